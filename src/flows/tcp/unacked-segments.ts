import { isAfter, isBefore } from '../sequence-number.ts';

/** End of a list, and no segment. */
export const NONE = 0;

/** Most segments of one direction that are remembered at once: a window of 1.5 MB of full segments. */
export const MOST_PER_LIST = 1024;

/**
 * A remembered segment: 8 words, named by the offset of the first one (`slot`).
 * Offsets are counted in elements of the view that the comment names: `words[slot + SEQ]`, `doubles[(slot >> 1) + TIME]`.
 */
const SEGMENT_WORDS = 8;
/** words: first octet, and one past the last. */
export const SEQ = 0;
export const END = 1;
/** doubles, words: when it was sent, in which packet. */
export const TIME = 2 / 2;
export const PACKET = 4;
/** words: packets that the peer had sent when this one was sent. */
export const REVERSE_PACKETS = 5;
/** words: octets of its IP packet, shifted by LENGTH_SHIFT; below them the marks. */
export const LENGTH_AND_MARKS = 6;
export const LENGTH_SHIFT = 2;
/** Its octets were sent more than once, so an acknowledgement tells no time and no size (Karn). */
export const SENT_AGAIN = 1;
/** It was selectively acknowledged. */
export const SACKED = 2;
/** words: the segment sent next; of the last one of a list: the first one. */
const NEXT = 7;

const FIRST_SEGMENTS = 256;

/**
 * Segments sent and not yet acknowledged, of all directions, in one pool; each direction has a list in the order of
 * sending, of which it knows the last one:
 *
 *   first → second → … → last
 *     └────────────────────┘
 *
 * Invariant: every segment of the pool is in exactly one list or in the list of free ones.
 */
export class UnackedSegments {
  words = new Uint32Array(FIRST_SEGMENTS * SEGMENT_WORDS);
  doubles = new Float64Array(this.words.buffer);
  #free = NONE;
  /** The first one stays unused, as its offset is NONE. */
  #end = SEGMENT_WORDS;
  readonly #mostWords: number;

  /** @param most segments in all; beyond it new ones are not remembered */
  constructor(most: number) {
    this.#mostWords = (most + 1) * SEGMENT_WORDS;
  }

  /** A new segment at the end of the list that `tail` is the last one of, NONE when the pool is used up. */
  append(tail: number): number {
    const slot = this.#take();
    if (slot === NONE) return NONE;
    const { words } = this;
    if (tail === NONE) words[slot + NEXT] = slot;
    else {
      words[slot + NEXT] = words[tail + NEXT];
      words[tail + NEXT] = slot;
    }
    return slot;
  }

  /** Takes all up to `newest` off the list that `tail` is the last one of. Returns the tail, NONE when that was all. */
  dropThrough(newest: number, tail: number): number {
    const { words } = this;
    const first = words[tail + NEXT];
    if (newest !== tail) words[tail + NEXT] = words[newest + NEXT];
    words[newest + NEXT] = this.#free;
    this.#free = first;
    return newest === tail ? NONE : tail;
  }

  /** First of the list that `tail` is the last one of; NONE of an empty list. */
  first(tail: number): number {
    return tail === NONE ? NONE : this.words[tail + NEXT];
  }

  /** The one after `slot`, NONE after the last. */
  after(slot: number, tail: number): number {
    return slot === tail ? NONE : this.words[slot + NEXT];
  }

  /** Octets of the IP packet that carried it. */
  l3LengthOf(slot: number): number {
    return this.words[slot + LENGTH_AND_MARKS] >>> LENGTH_SHIFT;
  }

  has(slot: number, mark: number): boolean {
    return (this.words[slot + LENGTH_AND_MARKS] & mark) !== 0;
  }

  mark(slot: number, mark: number): void {
    this.words[slot + LENGTH_AND_MARKS] |= mark;
  }

  /** First segment of a list that holds the octet `seq`, NONE when there is none. */
  holding(tail: number, seq: number): number {
    const { words } = this;
    for (let slot = this.first(tail); slot !== NONE; slot = this.after(slot, tail)) {
      if (!isAfter(words[slot + SEQ], seq) && isBefore(seq, words[slot + END])) return slot;
    }
    return NONE;
  }

  /** Octets `seq` to `end` are sent again: whatever held them before proves nothing by being acknowledged. */
  markSentAgain(tail: number, seq: number, end: number): void {
    const { words } = this;
    for (let slot = this.first(tail); slot !== NONE; slot = this.after(slot, tail)) {
      if (isBefore(words[slot + SEQ], end) && isAfter(words[slot + END], seq)) this.mark(slot, SENT_AGAIN);
    }
  }

  #take(): number {
    const slot = this.#free;
    if (slot !== NONE) {
      this.#free = this.words[slot + NEXT];
      return slot;
    }
    if (this.#end >= this.#mostWords) return NONE;
    if (this.#end === this.words.length) this.#grow();
    const fresh = this.#end;
    this.#end += SEGMENT_WORDS;
    return fresh;
  }

  #grow(): void {
    const larger = new Uint32Array(this.words.length * 2);
    larger.set(this.words);
    this.words = larger;
    this.doubles = new Float64Array(larger.buffer);
  }
}
