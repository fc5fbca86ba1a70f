import { createCipheriv, createHmac } from 'node:crypto';

/** Octets that decide what the others become: those that tell packets apart (`flows/rows/payload-hash.ts`). */
const HEAD_OCTETS = 64;
/** So few octets are turned one by one, so that different ones stay different. */
const FEW = 4;
const BLOCK = 16;

/**
 * Octets to other octets of the same number. Equal octets become equal ones, also where fewer of them were captured, and
 * nothing of them can be read from the result.
 */
export class OctetFill {
  readonly #key: Uint8Array;

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /** @param length octets on the wire, of which `bytes[at … end)` were captured */
  fill(bytes: Uint8Array, at: number, end: number, length = end - at): void {
    if (at >= end) return;
    if (end - at < FEW) {
      const turns = createHmac('sha256', this.#key).update(`${length}`).digest();
      for (let place = at; place < end; place++) bytes[place] = (bytes[place] + turns[place - at]) & 0xff;
      return;
    }
    const seed = createHmac('sha256', this.#key)
      .update(`${length} `)
      .update(bytes.subarray(at, Math.min(end, at + HEAD_OCTETS)))
      .digest();
    const stream = createCipheriv('aes-128-ctr', this.#key.subarray(0, BLOCK), seed.subarray(0, BLOCK));
    bytes.set(stream.update(new Uint8Array(end - at)), at);
  }

  /** Padding: zeros stay. */
  fillPadding(bytes: Uint8Array, at: number, end: number): void {
    for (let place = at; place < end; place++)
      if (bytes[place] !== 0) {
        this.fill(bytes, at, end);
        return;
      }
  }
}
