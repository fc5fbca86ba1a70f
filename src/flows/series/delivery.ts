import type { SackRange, SizeCount } from '../evidence/series.ts';

/** Most different lengths that are counted. */
const MOST_SIZES = 400;
/** Most segments that wait for their acknowledgement: a window of 6 MB of ordinary segments. */
const MOST_WAITING = 4096;

interface Waiting {
  from: number;
  to: number;
  octets: number;
  time: number;
  sendings: number;
  /** Named by a SACK: it arrived, and its round trip is known. */
  isSacked: boolean;
}

/** Which segments of one direction arrived, by what the receiver acknowledged; by length. */
export class Delivery {
  /** Not acknowledged yet, sorted by their end. */
  readonly #waiting: Waiting[] = [];
  readonly #sizes = new Map<number, SizeCount>();
  /** Segments of lengths beyond the limit. */
  leftOut = 0;

  sent(time: number, from: number, to: number, octets: number): void {
    const count = this.#countOf(octets);
    if (count === undefined) return;
    count.sent++;
    let at = this.#waiting.length;
    while (at > 0 && this.#waiting[at - 1].to > to) at--;
    const same = this.#waiting[at - 1];
    if (same !== undefined && same.to === to && same.from === from) {
      same.sendings++;
      // The attempt that is acknowledged may be shorter; its length is the one that passed.
      same.octets = Math.min(same.octets, octets);
    } else if (this.#waiting.length < MOST_WAITING) {
      this.#waiting.splice(at, 0, { from, to, octets, time, sendings: 1, isSacked: false });
    }
  }

  /**
   * @returns the round trip of the newest segment that it acknowledges, in seconds; undefined when none was sent once only
   *   (Karn: RFC 6298, 3)
   */
  acknowledged(time: number, ack: number): number | undefined {
    let roundTrip: number | undefined;
    let done = 0;
    for (const waiting of this.#waiting) {
      if (waiting.to > ack) break;
      done++;
      if (waiting.isSacked) continue;
      this.#arrived(waiting);
      if (waiting.sendings === 1) roundTrip = time - waiting.time;
    }
    if (done > 0) this.#waiting.splice(0, done);
    return roundTrip;
  }

  /**
   * Blocks are told again and again, and grow at their ends: what lies before a segment that is known is known too.
   *
   * @returns as `acknowledged`
   */
  selectively({ time, from, to }: SackRange): number | undefined {
    let roundTrip: number | undefined;
    for (let at = this.#lastUpTo(to); at >= 0; at--) {
      const waiting = this.#waiting[at];
      if (waiting.from < from || waiting.isSacked) break;
      waiting.isSacked = true;
      this.#arrived(waiting);
      if (waiting.sendings === 1) roundTrip ??= time - waiting.time;
    }
    return roundTrip;
  }

  /** Lengths, ascending. */
  finish(): SizeCount[] {
    return [...this.#sizes.values()].sort((a, b) => a.octets - b.octets);
  }

  /** Place of the last segment that ends at `to` or before; -1 when there is none. */
  #lastUpTo(to: number): number {
    let [low, high] = [0, this.#waiting.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#waiting[middle].to <= to) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  #arrived({ octets }: Waiting): void {
    const count = this.#sizes.get(octets);
    if (count !== undefined) count.delivered++;
  }

  #countOf(octets: number): SizeCount | undefined {
    const known = this.#sizes.get(octets);
    if (known !== undefined) return known;
    if (this.#sizes.size >= MOST_SIZES) {
      this.leftOut++;
      return undefined;
    }
    const count = { octets, sent: 0, delivered: 0 };
    this.#sizes.set(octets, count);
    return count;
  }
}
