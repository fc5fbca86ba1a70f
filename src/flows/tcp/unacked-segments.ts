import { isAfter, isBefore } from '../sequence-number.ts';
import { UnackedAccess } from './unacked-access.ts';
import { SEGMENT_BYTES } from './unacked-layout.ts';
import { IS_SYN, LENGTH_SHIFT, NONE, SENT_AGAIN } from './unacked-marks.ts';

const FIRST_SEGMENTS = 256;

/**
 * Segments sent and not yet acknowledged, of all directions, in one pool. Each direction has a list in the order of
 * sending, and stores its last element:
 *
 *   first → second → … → last
 *     └────────────────────┘
 *
 * Invariant: every segment of the pool is in exactly one list or in the list of free ones.
 */
export class UnackedSegments extends UnackedAccess {
  #free = NONE;
  /** Offset of the next new segment, bytes. The first place is unused because its offset is NONE. */
  #unused = SEGMENT_BYTES;
  readonly #mostBytes: number;

  /** @param most segments in total; beyond it new ones are not remembered */
  constructor(most: number) {
    super(FIRST_SEGMENTS * SEGMENT_BYTES);
    this.#mostBytes = (most + 1) * SEGMENT_BYTES;
  }

  /** Appends a segment to the list that ends with `tail`. Returns NONE when the pool is exhausted. */
  append(tail: number): number {
    const slot = this.#take();
    if (slot === NONE) return NONE;

    if (tail === NONE) this.setNext(slot, slot);
    else {
      this.setNext(slot, this.next(tail));
      this.setNext(tail, slot);
    }
    return slot;
  }

  /**
   * Removes all segments up to `newest` from the list that ends with `tail`. Returns the tail, or NONE when the list is
   * empty.
   */
  dropThrough(newest: number, tail: number): number {
    const first = this.next(tail);
    if (newest !== tail) this.setNext(tail, this.next(newest));
    this.setNext(newest, this.#free);
    this.#free = first;
    return newest === tail ? NONE : tail;
  }

  /** First segment of the list that ends with `tail`; NONE for an empty list. */
  first(tail: number): number {
    return tail === NONE ? NONE : this.next(tail);
  }

  /** The segment after `slot`; NONE after the last. */
  after(slot: number, tail: number): number {
    return slot === tail ? NONE : this.next(slot);
  }

  /** Octets of the IP packet that carried it. */
  l3LengthOf(slot: number): number {
    return this.lengthAndMarks(slot) >>> LENGTH_SHIFT;
  }

  has(slot: number, mark: number): boolean {
    return (this.lengthAndMarks(slot) & mark) !== 0;
  }

  mark(slot: number, mark: number): void {
    this.setLengthAndMarks(slot, this.lengthAndMarks(slot) | mark);
  }

  /** First segment of a list, SYNs excepted, that contains the octet `seq`; NONE when there is none. */
  holding(tail: number, seq: number): number {
    for (let slot = this.first(tail); slot !== NONE; slot = this.after(slot, tail)) {
      if (!this.has(slot, IS_SYN) && !isAfter(this.seq(slot), seq) && isBefore(seq, this.end(slot))) return slot;
    }
    return NONE;
  }

  /** Last segment of a list that holds the octet `seq`, NONE when there is none. */
  lastHolding(tail: number, seq: number): number {
    let last = NONE;
    for (let slot = this.first(tail); slot !== NONE; slot = this.after(slot, tail)) {
      if (!isAfter(this.seq(slot), seq) && isBefore(seq, this.end(slot))) last = slot;
    }
    return last;
  }

  /**
   * Octets `seq` to `end` are sent again. An acknowledgement of the segments that held them before proves nothing now.
   */
  markSentAgain(tail: number, seq: number, end: number): void {
    for (let slot = this.first(tail); slot !== NONE; slot = this.after(slot, tail)) {
      if (isBefore(this.seq(slot), end) && isAfter(this.end(slot), seq)) this.mark(slot, SENT_AGAIN);
    }
  }

  /** First free segment. */
  get free(): number {
    return this.#free;
  }

  /** The next segment that was never used. */
  get unused(): number {
    return this.#unused;
  }

  /** End of the room for such segments, bytes. */
  get roomEnd(): number {
    return Math.min(this.capacity, this.#mostBytes);
  }

  /** Takes over the places after a core has used them. */
  setPlaces(free: number, unused: number): void {
    this.#free = free;
    this.#unused = unused;
  }

  #take(): number {
    const slot = this.#free;
    if (slot !== NONE) {
      this.#free = this.next(slot);
      return slot;
    }
    if (this.#unused >= this.#mostBytes) return NONE;
    if (this.#unused === this.capacity) this.resize(2 * this.#unused);
    const fresh = this.#unused;
    this.#unused += SEGMENT_BYTES;
    return fresh;
  }
}
