import { u16, u32 } from '../../decode/octets.ts';
import { grown, grownIn } from '../tables/columns.ts';
import type { LinearMemory } from '../tables/linear-memory.ts';
import { finish, mix, SEED } from '../tables/mix.ts';
import { NO_ROW, RowTable } from '../tables/row-table.ts';

/** Means "no link address", or that the table is full. */
export const NO_LINK_ADDRESS = 0;

/** Most different link addresses with a number: the range of 16 bits. */
const MOST = 65_535;
const FIRST_ADDRESSES = 256;

/** Assigns small numbers to link addresses, so that two of them take 4 bytes of a connection, not 16. */
export class LinkAddresses {
  /** Two words for each number: the first 2 octets, and the other 4. The words of number 0 match no address. */
  #words: Int32Array = new Int32Array(2 * FIRST_ADDRESSES).fill(-1, 0, 2);
  #length = 1;
  readonly #byAddress = new RowTable((number) => hashOf(this.#words[2 * number], this.#words[2 * number + 1]));
  #linear: LinearMemory | undefined;

  /** Number of the address at `at`; `NO_LINK_ADDRESS` for -1. */
  numberAt(bytes: Uint8Array, at: number): number {
    if (at < 0) return NO_LINK_ADDRESS;
    const byAddress = this.#byAddress;
    const known = byAddress.first(hashOf(u16(bytes, at), u32(bytes, at + 2)));
    for (let number = known; number !== NO_ROW; number = byAddress.next())
      if (this.isAt(bytes, at, number)) return number;
    if (this.#length > MOST) return NO_LINK_ADDRESS;
    const number = this.#length++;
    if (2 * number >= this.#words.length) this.#grow();
    this.#words[2 * number] = u16(bytes, at);
    this.#words[2 * number + 1] = u32(bytes, at + 2);
    byAddress.put(number);
    return number;
  }

  /** Moves the words of all addresses into linear memory, where they stay. */
  moveInto(linear: LinearMemory): void {
    this.#linear = linear;
    this.#words = grownIn(linear, this.#words, this.#words.length);
    this.#byAddress.moveInto(linear);
  }

  /** Where a core finds them: addresses of the words and of the slots, and the bits of a slot. */
  get places(): { links: number; linkSlots: number; linkMask: number } {
    const { linearAddress: linkSlots, mask: linkMask } = this.#byAddress;
    return { links: this.#words.byteOffset, linkSlots, linkMask };
  }

  #grow(): void {
    const words = this.#words;
    const linear = this.#linear;
    this.#words = linear === undefined ? grown(words, words.length * 2) : grownIn(linear, words, words.length * 2);
  }

  /** Whether the address at `at` has this number; never true for `NO_LINK_ADDRESS`. */
  isAt(bytes: Uint8Array, at: number, number: number): boolean {
    const words = this.#words;
    return words[2 * number + 1] === (u32(bytes, at + 2) | 0) && words[2 * number] === u16(bytes, at);
  }

  /** All addresses by number. */
  all(): Float64Array<ArrayBuffer> {
    return Float64Array.from({ length: this.#length }, (_, number) => this.addressOf(number));
  }

  /** The address as a number below 2⁴⁸. */
  addressOf(number: number): number {
    return this.#words[2 * number] * 0x1_0000_0000 + (this.#words[2 * number + 1] >>> 0);
  }
}

const hashOf = (upper: number, lower: number): number => finish(mix(mix(SEED, upper), lower));
