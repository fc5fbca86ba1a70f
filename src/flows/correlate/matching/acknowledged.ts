import { MARK_HEADER_CUT, SIGHTING_TCP } from '../../rows/row-marks.ts';
import type { Track } from '../same-traffic/sighting-store.ts';

const FLAG_FIN = 1;
const FLAG_SYN = 2;
const FLAG_RST = 4;
const FLAG_ACK = 16;
/** Longest options (RFC 9293, 3.1), octets. */
const OPTIONS = 40;

/**
 * Octets that the receiver has although a point on the path never saw them: an ACK covers them, and no segment at the
 * point carried them. They are not lost: they took another path, or the capture missed them.
 *
 *   from   |── seq 1000 … 2448 ──|            ← ACK 2448
 *   point       nothing, ever
 *
 * A lost segment that was sent again is seen there at least once, so it stays lost.
 */
export class AcknowledgedUnseen {
  readonly #sent: Track;
  readonly #base: number;
  readonly #answers: () => readonly Track[];
  /** Highest octet acknowledged, from `#base`. */
  #acknowledged: number | undefined;
  readonly #arrived: Track;
  /** Octets that the point saw, as disjoint ranges from `#base`: [start, end, …]. */
  #seen: number[] | undefined;

  /**
   * @param sent packets that left the first point, in order
   * @param arrived those that the second point saw
   * @param answers packets that came back, at points that saw them; called when the first segment was not seen
   */
  constructor(sent: Track, arrived: Track, answers: () => readonly Track[]) {
    this.#sent = sent;
    this.#arrived = arrived;
    this.#base = sent.rows.length === 0 ? 0 : sent.columns.seq[sent.rows[0]];
    this.#answers = answers;
  }

  /** @param index position in `sent.rows` of a segment that the point did not see */
  has(index: number): boolean {
    const { columns, rows } = this.#sent;
    const row = rows[index];
    if (columns.kind[row] !== SIGHTING_TCP) return false;
    const octets = sequenceLength(this.#sent, row);
    if (octets === 0) return false;
    const start = (columns.seq[row] - this.#base) | 0;
    this.#acknowledged ??= Math.max(0, ...this.#answers().map((answers) => highestAck(answers, this.#base)));
    if (start + octets > this.#acknowledged) return false;
    this.#seen ??= rangesOf(this.#arrived, this.#base);
    return !covers(this.#seen, start, start + octets);
  }
}

/** Octets of sequence space: the payload, plus one for SYN and one for FIN (RFC 9293, 3.4). */
function sequenceLength({ columns }: Track, row: number): number {
  const flags = columns.flags[row];
  return columns.payloadLength[row] + ((flags & FLAG_SYN) !== 0 ? 1 : 0) + ((flags & FLAG_FIN) !== 0 ? 1 : 0);
}

/**
 * A reset acknowledges the segment that it refuses, so it does not prove arrival. If the flags were cut off, a non-zero
 * number shows that ACK was set.
 */
const proves = (track: Track, row: number): boolean =>
  isCutEarly(track, row)
    ? track.columns.ack[row] !== 0
    : (track.columns.flags[row] & (FLAG_ACK | FLAG_RST)) === FLAG_ACK;

/**
 * The header was cut before the flags. Then only the smallest possible payload is known, assuming the longest options.
 */
const isCutEarly = ({ columns }: Track, row: number): boolean =>
  columns.flags[row] === 0 && (columns.marks[row] & MARK_HEADER_CUT) !== 0;

function highestAck(track: Track, base: number): number {
  const { columns, rows } = track;
  let highest = 0;
  for (const row of rows) {
    if (!proves(track, row)) continue;
    highest = Math.max(highest, (columns.ack[row] - base) | 0);
  }
  return highest;
}

function rangesOf(track: Track, base: number): number[] {
  const starts: [number, number][] = [];
  for (const row of track.rows) {
    const octets = sequenceLength(track, row) + (isCutEarly(track, row) ? OPTIONS : 0);
    const start = (track.columns.seq[row] - base) | 0;
    if (octets > 0) starts.push([start, start + octets]);
  }
  starts.sort((x, y) => x[0] - y[0]);
  const ranges: number[] = [];
  for (const [start, end] of starts) {
    const last = ranges.length - 1;
    if (last > 0 && start <= ranges[last]) ranges[last] = Math.max(ranges[last], end);
    else ranges.push(start, end);
  }
  return ranges;
}

function covers(ranges: readonly number[], start: number, end: number): boolean {
  let low = 0;
  let high = ranges.length / 2;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ranges[2 * middle + 1] < end) low = middle + 1;
    else high = middle;
  }
  return 2 * low < ranges.length && ranges[2 * low] <= start;
}

/**
 * Whether one side of a connection continues in a way that only an answer explains, even an unseen one: its
 * acknowledgement number advances, or an ACK follows its SYN.
 *
 * @param sent one direction of a TCP connection
 */
export function wasAnswered({ columns, rows }: Track): boolean {
  let first = -1;
  let opened = false;
  for (const row of rows) {
    if (columns.kind[row] !== SIGHTING_TCP || (columns.flags[row] & FLAG_RST) !== 0) continue;
    if ((columns.flags[row] & FLAG_ACK) === 0) opened ||= (columns.flags[row] & FLAG_SYN) !== 0;
    else if (opened) return true;
    else if (first < 0) first = columns.ack[row];
    else if (columns.ack[row] !== first) return true;
  }
  return false;
}
