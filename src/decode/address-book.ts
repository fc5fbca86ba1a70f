import { RecentTexts } from '../text/recent-texts.ts';
import { u32 } from './octets.ts';

/** First number that stands for an IPv6 address. An IPv4 address is its own number, below this. */
export const FIRST_IPV6 = 2 ** 32;

/** Most IPv6 addresses with a number: 60 bytes each. Larger than any cluster; beyond it, an attacker makes them up. */
const MOST_IPV6 = 300_000;
/** In place of a number: the book is full. */
export const NO_NUMBER = -1;

/** Most address texts that are cached: more than the pods of a node and their peers; 100 kB. */
const REMEMBERED_TEXTS = 4096;

/**
 * Gives every address a number, so that addresses fit in columns.
 *
 * Invariant: an IPv4 address is its own 32-bit value; the n-th IPv6 address in order of appearance is 2³² + n. Numbers
 * of IPv6 addresses are only valid with the book that assigned them.
 */
export class AddressBook {
  #slots = new Int32Array(1024).fill(-1);
  #words = new Uint32Array(4 * 256);
  #count = 0;
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
    let slot = hash(a, b, c, d) & (this.#slots.length - 1);
    for (;;) {
      const index = this.#slots[slot];
      if (index < 0) break;
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
    if (index * 4 >= this.#words.length) this.#words = grown(this.#words);
    this.#words.set([a, b, c, d], index * 4);
    this.#slots[slot] = index;
    if (this.#count * 2 > this.#slots.length) this.#rehash();
    return index;
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2).fill(-1);
    for (let index = 0; index < this.#count; index++) {
      const row = index * 4;
      const words = this.#words;
      let slot = hash(words[row], words[row + 1], words[row + 2], words[row + 3]) & (slots.length - 1);
      while (slots[slot] >= 0) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = index;
    }
    this.#slots = slots;
  }
}

const hash = (a: number, b: number, c: number, d: number): number => {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b);
  h = Math.imul(h ^ b ^ (h >>> 15), 0xc2b2ae35);
  h = Math.imul(h ^ c ^ (h >>> 13), 0x27d4eb2f);
  h = Math.imul(h ^ d ^ (h >>> 16), 0x165667b1);
  return (h ^ (h >>> 15)) >>> 0;
};

const grown = (words: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> => {
  const larger = new Uint32Array(words.length * 2);
  larger.set(words);
  return larger;
};

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
