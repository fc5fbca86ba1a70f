import { RecentTexts } from '../text/recent-texts.ts';
import { hashOfAddress } from './address-hash.ts';
import { u32 } from './octets.ts';

/** First number that stands for an IPv6 address. An IPv4 address is its own number, below this. */
export const FIRST_IPV6 = 2 ** 32;

/** Most IPv6 addresses with a number: 60 bytes each. Larger than any cluster; beyond it, an attacker makes them up. */
const MOST_IPV6 = 300_000;
/** In place of a number: the book is full. */
export const NO_NUMBER = -1;

const FIRST_ADDRESSES = 256;
const FIRST_SLOTS = 1024;
const FREE = -1;

/** Most address texts that are cached: more than the pods of a node and their peers; 100 kB. */
const REMEMBERED_TEXTS = 4096;

/** Memory that a core reads, too: zeroed regions by their address. */
export interface SharedMemory {
  allocate(bytes: number): number;
  free(address: number, bytes: number): void;
  view<T>(
    type: new (buffer: SharedArrayBuffer, address: number, length: number) => T,
    address: number,
    length: number,
  ): T;
}

type WordColumn<T> = {
  new (length: number): T;
  new (buffer: SharedArrayBuffer, address: number, length: number): T;
};

/**
 * Gives every address a number, so that addresses fit in columns.
 *
 * Invariant: an IPv4 address is its own 32-bit value; the n-th IPv6 address in order of appearance is 2³² + n. Numbers
 * of IPv6 addresses are only valid with the book that assigned them.
 */
export class AddressBook {
  #slots: Int32Array = new Int32Array(FIRST_SLOTS).fill(FREE);
  #words: Uint32Array = new Uint32Array(4 * FIRST_ADDRESSES);
  #count = 0;
  #shared: SharedMemory | undefined;
  /** How often an address found no room. */
  refused = 0;
  readonly #most: number;
  readonly #texts = new RecentTexts(REMEMBERED_TEXTS, (address) => this.#textOf(address));

  /** @param most addresses of IPv6 */
  constructor(most = MOST_IPV6) {
    this.#most = most;
  }

  /** Number of the IPv6 address at `at` (16 octets); `NO_NUMBER` for a new one when the book is full. */
  ipv6(bytes: Uint8Array, at: number): number {
    const a = u32(bytes, at);
    const b = u32(bytes, at + 4);
    const c = u32(bytes, at + 8);
    const d = u32(bytes, at + 12);
    const index = this.#intern(a, b, c, d);
    return index === NO_NUMBER ? NO_NUMBER : FIRST_IPV6 + index;
  }

  /** The four 32-bit words of an IPv6 address, or undefined for IPv4. */
  words(address: number): [number, number, number, number] | undefined {
    if (address < FIRST_IPV6) return undefined;
    const row = (address - FIRST_IPV6) * 4;
    return [this.#words[row], this.#words[row + 1], this.#words[row + 2], this.#words[row + 3]];
  }

  /** Text form: dotted quad, or RFC 5952. */
  format(address: number): string {
    return this.#texts.of(address);
  }

  #textOf(address: number): string {
    const words = this.words(address);
    return words === undefined ? formatIpv4(address) : formatIpv6(words);
  }

  /** The distinct IPv6 addresses, in order of their numbers. */
  get ipv6Count(): number {
    return this.#count;
  }

  #intern(a: number, b: number, c: number, d: number): number {
    let slot = hashOfAddress(a, b, c, d) & (this.#slots.length - 1);
    for (;;) {
      const index = this.#slots[slot];
      if (index === FREE) break;
      const row = index * 4;
      const words = this.#words;
      if (words[row + 3] === d && words[row + 2] === c && words[row + 1] === b && words[row] === a) return index;
      slot = (slot + 1) & (this.#slots.length - 1);
    }
    if (this.#count >= this.#most) {
      this.refused++;
      return NO_NUMBER;
    }
    const index = this.#count++;
    if (index * 4 >= this.#words.length) this.#moveWords(2 * this.#words.length);
    this.#words.set([a, b, c, d], index * 4);
    this.#slots[slot] = index;
    if (this.#count * 2 > this.#slots.length) this.#rehash();
    return index;
  }

  #rehash(): void {
    const before = this.#slots;
    const slots = this.#new(Int32Array, before.length * 2).fill(FREE);
    for (let index = 0; index < this.#count; index++) {
      const row = index * 4;
      const words = this.#words;
      let slot = hashOfAddress(words[row], words[row + 1], words[row + 2], words[row + 3]) & (slots.length - 1);
      while (slots[slot] !== FREE) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = index;
    }
    this.#slots = slots;
    this.#release(before);
  }

  /** Moves all addresses into memory that a core reads, too, where they stay. */
  moveInto(shared: SharedMemory): void {
    this.#shared = shared;
    this.#moveWords(this.#words.length);
    const slots = this.#new(Int32Array, this.#slots.length);
    slots.set(this.#slots);
    this.#slots = slots;
  }

  /** Where a core finds them: addresses of the slots and of the words, and the bits of a slot. */
  get places(): { addressSlots: number; addressMask: number; addressWords: number } {
    return {
      addressSlots: this.#slots.byteOffset,
      addressMask: this.#slots.length - 1,
      addressWords: this.#words.byteOffset,
    };
  }

  #moveWords(length: number): void {
    const before = this.#words;
    const words = this.#new(Uint32Array, length);
    words.set(before);
    this.#words = words;
    this.#release(before);
  }

  #new<T>(type: WordColumn<T>, length: number): T {
    const shared = this.#shared;
    return shared === undefined ? new type(length) : shared.view(type, shared.allocate(4 * length), length);
  }

  #release({ buffer, byteOffset, byteLength }: Int32Array | Uint32Array): void {
    if (buffer instanceof SharedArrayBuffer) this.#shared?.free(byteOffset, byteLength);
  }
}

export const formatIpv4 = (value: number): string =>
  `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;

/** RFC 5952: lower case, no leading zeros, the longest run of two or more zero groups as `::`. */
export function formatIpv6(words: readonly number[]): string {
  const groups = words.flatMap((word) => [word >>> 16, word & 0xffff]);
  let bestAt = -1;
  let bestLength = 1;
  for (let at = 0; at < 8; at++) {
    let length = 0;
    while (at + length < 8 && groups[at + length] === 0) length++;
    if (length > bestLength) [bestAt, bestLength] = [at, length];
  }
  const hex = groups.map((group) => group.toString(16));
  if (bestAt < 0) return hex.join(':');
  return `${hex.slice(0, bestAt).join(':')}::${hex.slice(bestAt + bestLength).join(':')}`;
}

/** What is handed on may keep it, so it refers to nothing but the addresses. */
export const formatterOf =
  (addresses: AddressBook) =>
  (address: number): string =>
    addresses.format(address);
