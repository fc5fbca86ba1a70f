import { distance } from '../sequence-number.ts';

/** Octets that one head may have: a ClientHello of 2 KB, or the first certificate of a chain. */
export const HEAD_OCTETS = 4_096;
/** Heads that are open at once: 256 KB, and as many marks. The one that is open longest gives way. */
const HEADS = 64;
/** No head. */
export const NO_HEAD = 0;
const NOBODY = -1;

/**
 * Octets of streams in the order of their sequence numbers: the first ones of a direction, or a message that several
 * segments carry. Segments may come out of order and repeatedly. All heads share one buffer. A head is open until it
 * has been read; a message that one segment carries whole never gets here.
 *
 *   seq      base                  base + octetsOf        base + HEAD_OCTETS
 *            │ contiguous octets   │ missing │ later ones │
 */
export class StreamHeads {
  readonly bytes = new Uint8Array(HEADS * HEAD_OCTETS);
  readonly #isThere = new Uint8Array(HEADS * HEAD_OCTETS);
  readonly #octets = new Uint16Array(HEADS);
  readonly #base = new Uint32Array(HEADS);
  readonly #owner = new Int32Array(HEADS).fill(NOBODY);
  #turn = 0;

  /**
   * Opens a head that begins at the sequence number `base`.
   * @param owner number of the direction to which it belongs
   * @param onEvicted is told the owner of a head that had to give way
   * @returns number of the head, from 1
   */
  open(owner: number, base: number, onEvicted: (owner: number) => void): number {
    let index = this.#owner.indexOf(NOBODY);
    if (index < 0) {
      index = this.#turn;
      this.#turn = (index + 1) % HEADS;
      onEvicted(this.#owner[index]);
    }
    const at = index * HEAD_OCTETS;
    this.#isThere.fill(0, at, at + HEAD_OCTETS);
    this.#octets[index] = 0;
    this.#base[index] = base;
    this.#owner[index] = owner;
    return index + 1;
  }

  close(head: number): void {
    this.#owner[head - 1] = NOBODY;
  }

  /** Copies the captured octets of a segment to their place. Those outside the head are left out. */
  put(head: number, sequence: number, from: Uint8Array, at: number, end: number): void {
    const index = head - 1;
    const start = index * HEAD_OCTETS;
    const offset = distance(this.#base[index], sequence);
    const first = Math.max(0, -offset);
    const last = Math.min(end - at, HEAD_OCTETS - offset);
    if (first >= last) return;
    this.bytes.set(from.subarray(at + first, at + last), start + offset + first);
    this.#isThere.fill(1, start + offset + first, start + offset + last);
    let octets = this.#octets[index];
    while (octets < HEAD_OCTETS && this.#isThere[start + octets] === 1) octets++;
    this.#octets[index] = octets;
  }

  /** Drops the first octets: the head begins at the sequence number `base` from now on. */
  moveTo(head: number, base: number): void {
    const index = head - 1;
    const start = index * HEAD_OCTETS;
    const octets = Math.min(HEAD_OCTETS, Math.max(0, distance(this.#base[index], base)));
    this.bytes.copyWithin(start, start + octets, start + HEAD_OCTETS);
    this.#isThere.copyWithin(start, start + octets, start + HEAD_OCTETS);
    this.#isThere.fill(0, start + HEAD_OCTETS - octets, start + HEAD_OCTETS);
    this.#octets[index] = Math.max(0, this.#octets[index] - octets);
    this.#base[index] = base;
  }

  /** Place of the first octet in `bytes`. */
  startOf = (head: number): number => (head - 1) * HEAD_OCTETS;
  /** Sequence number of the first octet. */
  baseOf = (head: number): number => this.#base[head - 1];
  /** Octets from the first one on without a gap. */
  octetsOf = (head: number): number => this.#octets[head - 1];
}
