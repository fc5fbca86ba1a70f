import { isAfter, isBefore } from '../sequence-number.ts';

/** End of a list, and no segment. */
export const NONE = -1;

/** Most segments of one direction that are remembered at once: a window of 1.5 MB of full segments. */
const MOST_PER_LIST = 1024;

/** Marks of a segment: its octets were sent more than once, so an acknowledgement tells no time and no size (Karn). */
export const SENT_AGAIN = 1;
/** It was selectively acknowledged. */
export const SACKED = 2;

/**
 * Segments sent and not yet acknowledged, of all directions, in one pool of columns; each direction has a list in the
 * order of sending.
 * Invariant: every slot is in exactly one list or in the free list.
 */
export class UnackedSegments {
  seq = new Uint32Array(1024);
  end = new Uint32Array(1024);
  time = new Float64Array(1024);
  packet = new Uint32Array(1024);
  l3Length = new Uint32Array(1024);
  /** Packets that the peer had sent when this one was sent. */
  reversePackets = new Uint32Array(1024);
  /** Bits SENT_AGAIN and SACKED. */
  marks = new Uint8Array(1024);
  next = new Int32Array(1024).fill(NONE);
  #free = NONE;
  #length = 0;
  readonly #most: number;

  /** @param most segments in all; beyond it new ones are not remembered */
  constructor(most: number) {
    this.#most = most;
  }

  /** A free slot, or NONE when the pool is used up. */
  take(): number {
    if (this.#free !== NONE) {
      const slot = this.#free;
      this.#free = this.next[slot];
      return slot;
    }
    if (this.#length >= this.#most) return NONE;
    if (this.#length === this.seq.length) this.#grow();
    return this.#length++;
  }

  release(slot: number): void {
    this.next[slot] = this.#free;
    this.#free = slot;
  }

  /** First segment of a list that holds the octet `seq`, NONE when there is none. */
  holding(head: number, seq: number): number {
    for (let slot = head; slot !== NONE; slot = this.next[slot]) {
      if (!isAfter(this.seq[slot], seq) && isBefore(seq, this.end[slot])) return slot;
    }
    return NONE;
  }

  /** Octets `seq` to `end` are sent again: whatever held them before proves nothing by being acknowledged. */
  markSentAgain(head: number, seq: number, end: number): void {
    for (let slot = head; slot !== NONE; slot = this.next[slot]) {
      if (isBefore(this.seq[slot], end) && isAfter(this.end[slot], seq)) this.marks[slot] |= SENT_AGAIN;
    }
  }

  static readonly MOST_PER_LIST = MOST_PER_LIST;

  #grow(): void {
    const size = Math.min(this.#most, this.seq.length * 2);
    this.seq = copied(this.seq, new Uint32Array(size));
    this.end = copied(this.end, new Uint32Array(size));
    this.time = copied(this.time, new Float64Array(size));
    this.packet = copied(this.packet, new Uint32Array(size));
    this.l3Length = copied(this.l3Length, new Uint32Array(size));
    this.reversePackets = copied(this.reversePackets, new Uint32Array(size));
    this.marks = copied(this.marks, new Uint8Array(size));
    this.next = copied(this.next, new Int32Array(size));
  }
}

function copied<T extends Uint32Array | Float64Array | Uint8Array | Int32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
