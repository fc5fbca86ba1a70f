import { u8 } from '../octets.ts';
import { type DeflateCode, longCode, MORE_BITS, TABLE_BITS } from './deflate-code.ts';

/** Bits held at once at most: one fewer than make a number that V8 keeps as an integer negative. */
export const MOST_HELD = 31;

/** Bits of a stream that comes in chunks, lowest first (RFC 1951, 3.1.1). */
export class BitReader {
  input: Uint8Array = new Uint8Array(0);
  /** Next octet of `input` that is not held. */
  at = 0;
  /** Bits taken from the input and not yet used, the next one lowest. */
  hold = 0;
  bits = 0;

  append(chunk: Uint8Array): void {
    const left = this.input.length - this.at;
    if (left === 0) this.input = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    else {
      const both = new Uint8Array(left + chunk.length);
      both.set(this.input.subarray(this.at));
      both.set(chunk, left);
      this.input = both;
    }
    this.at = 0;
  }

  /** Copies what is left, so that the chunk may be reused. */
  keepRest(): void {
    this.input = this.input.slice(this.at);
    this.at = 0;
  }

  moveTo(at: number, hold: number, bits: number): void {
    this.at = at;
    this.hold = hold;
    this.bits = bits;
  }

  /** Reads, or when that gives false takes nothing. */
  attempt(read: () => boolean): boolean {
    const { at, hold, bits } = this;
    if (read()) return true;
    this.moveTo(at, hold, bits);
    return false;
  }

  /** The next `count` bits, 16 at most; MORE_BITS when there are fewer. */
  take(count: number): number {
    while (this.bits < count) {
      if (this.at === this.input.length) return MORE_BITS;
      this.#holdOctet();
    }
    const value = this.hold & ((1 << count) - 1);
    this.#drop(count);
    return value;
  }

  /** Passes over the bits before the next octet. */
  toOctet(): void {
    this.#drop(this.bits & 7);
  }

  /** Up to `most` whole octets, from an octet on: a view, valid until the next chunk. */
  octets(most: number): Uint8Array {
    if (this.bits > 0) return Uint8Array.of(this.take(8));
    const bytes = this.input.subarray(this.at, this.at + most);
    this.at += bytes.length;
    return bytes;
  }

  /** Passes over all that was appended. */
  skip(): void {
    this.moveTo(this.input.length, 0, 0);
  }

  /** The next symbol of a code that has no unused ones; MORE_BITS when too few bits are there to tell. */
  symbol(code: DeflateCode): number {
    while (this.bits <= MOST_HELD - 8 && this.at < this.input.length) this.#holdOctet();
    const entry = code.table[this.hold & ((1 << TABLE_BITS) - 1)] || longCode(code, this.hold, this.bits);
    if (entry === MORE_BITS || (entry > 0 && (entry & 15) > this.bits)) return MORE_BITS;
    this.#drop(entry & 15);
    return entry >>> 4;
  }

  #holdOctet(): void {
    this.hold |= u8(this.input, this.at++) << this.bits;
    this.bits += 8;
  }

  #drop(count: number): void {
    this.hold >>>= count;
    this.bits -= count;
  }
}
