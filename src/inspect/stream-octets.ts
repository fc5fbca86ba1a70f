/** Most octets that wait for missing ones before them: the rest of a window; then what is missing is a gap. */
const MOST_HELD = 4 * 1024 * 1024;

export interface OctetSink {
  octets(bytes: Uint8Array): void;
  /** So many octets were not captured. */
  gap(octets: number): void;
}

/**
 * One direction of a TCP connection as its receiver got it: in order, each octet once. The first copy of an octet counts.
 */
export class StreamOctets {
  readonly #sink: OctetSink;
  /** Sequence number of the next octet; NaN before the first segment. */
  #next = Number.NaN;
  /** Segments behind a hole, by distance order at the time of use. */
  #held: { seq: number; bytes: Uint8Array; length: number }[] = [];
  #heldOctets = 0;

  constructor(sink: OctetSink) {
    this.#sink = sink;
  }

  /**
   * @param isSyn the sequence number is that of the SYN: the first octet is the next one
   * @param length octets by the header: those beyond `bytes` were not captured
   */
  segment(seq: number, isSyn: boolean, bytes: Uint8Array, length: number): void {
    if (isSyn) {
      if (Number.isNaN(this.#next)) this.#next = (seq + 1) >>> 0;
      seq = (seq + 1) >>> 0;
    }
    if (length === 0) return;
    if (Number.isNaN(this.#next)) this.#next = seq;
    if (distance(seq, this.#next) > 0) {
      this.#held.push({ seq, bytes: bytes.slice(), length });
      this.#heldOctets += bytes.length;
      if (this.#heldOctets > MOST_HELD) this.#skipHole();
      return;
    }
    this.#take(seq, bytes, length);
    this.#takeHeld();
  }

  /** Gives what still waits, with gaps before it. */
  end(): void {
    while (this.#held.length > 0) this.#skipHole();
  }

  #take(seq: number, bytes: Uint8Array, length: number): void {
    const known = -distance(seq, this.#next);
    if (known >= length) return;
    if (known < bytes.length) this.#sink.octets(bytes.subarray(known));
    const cut = length - Math.max(bytes.length, known);
    if (cut > 0) this.#sink.gap(cut);
    this.#next = (seq + length) >>> 0;
  }

  #takeHeld(): void {
    for (;;) {
      const at = this.#held.findIndex(({ seq }) => distance(seq, this.#next) <= 0);
      if (at < 0) return;
      const [{ seq, bytes, length }] = this.#held.splice(at, 1);
      this.#heldOctets -= bytes.length;
      this.#take(seq, bytes, length);
    }
  }

  #skipHole(): void {
    const first = this.#held.reduce((a, b) => (distance(b.seq, a.seq) < 0 ? b : a));
    const missing = distance(first.seq, this.#next);
    if (missing > 0) this.#sink.gap(missing);
    this.#next = first.seq;
    this.#takeHeld();
  }
}

/** How far `a` is behind `b`, in sequence space (RFC 9293, 3.4): negative when it comes before. */
const distance = (a: number, b: number): number => (a - b) | 0;
