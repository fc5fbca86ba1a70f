import type { Track } from '../same-traffic/sighting-store.ts';
import type { Coverage } from './coverage.ts';

/** Most datagrams in a run that forms a merged one: offload holds up to 64 segments (UDP_MAX_SEGMENTS of Linux). */
const LONGEST_RUN = 64;
/** All fragments except the last carry a multiple of this many octets (RFC 791, 3.2). */
const FRAGMENT_UNIT = 8;

/**
 * Matches datagrams that are whole at one point and in pieces at the other:
 *
 *   offload     |──── 3,900 ────|     segments of one size, the last one shorter (UDP_SEGMENT, UDP_GRO)
 *               |1250|1250|1250|150|
 * fragments   |──── 3,900 ────|     the first one has the header and the IP ID; the later ones belong to no flow
 *               |─1472─|
 *
 * @param left positions in `a.rows` without an equal packet, in order
 * @param right positions in `b.rows`, likewise
 */
export function coverDatagrams(a: Track, b: Track, left: readonly number[], right: readonly number[]): Coverage {
  const coverage: Coverage = {
    covered: new Uint32Array(a.rows.length),
    pieces: new Uint16Array(a.rows.length),
    firstPiece: new Int32Array(a.rows.length).fill(-1),
    runs: new Map(),
    segmentOctets: 0,
  };
  const enter = (index: number, at: number, pieces: number, octets: number): void => {
    coverage.covered[index] = a.columns.payloadLength[a.rows[index]];
    coverage.pieces[index] = pieces;
    coverage.firstPiece[index] = at;
    coverage.segmentOctets = Math.max(coverage.segmentOctets, octets);
  };
  for (const { whole, run } of mergedRuns(a, left, b, right)) enter(whole, run[0], run.length, payloadOf(b, run[0]));
  for (const { whole, run } of mergedRuns(b, right, a, left))
    for (const index of run) enter(index, whole, 1, payloadOf(a, run[0]));
  enterFragments(a, b, left, right, coverage, enter);
  return coverage;
}

const payloadOf = ({ columns, rows }: Track, index: number): number => columns.payloadLength[rows[index]];

/** Runs of `fine` that form datagrams of `coarse`, both in order. */
function mergedRuns(
  coarse: Track,
  wholes: readonly number[],
  fine: Track,
  parts: readonly number[],
): { whole: number; run: number[] }[] {
  const found: { whole: number; run: number[] }[] = [];
  let next = 0;
  for (const whole of wholes) {
    const octets = payloadOf(coarse, whole);
    for (let start = next; start < Math.min(parts.length, next + LONGEST_RUN); start++) {
      const length = runLength(fine, parts, start, octets);
      if (length === 0) continue;
      found.push({ whole, run: parts.slice(start, start + length) });
      next = start + length;
      break;
    }
  }
  return found;
}

/**
 * Number of datagrams from `start` that form `octets`: neighbours of one size, the last one no larger; 0 when they do
 * not.
 */
function runLength(fine: Track, parts: readonly number[], start: number, octets: number): number {
  const size = payloadOf(fine, parts[start]);
  let sum = size;
  for (let at = start + 1; at < Math.min(parts.length, start + LONGEST_RUN) && sum < octets; at++) {
    const isNeighbour = parts[at] === parts[at - 1] + 1;
    const wasLast = payloadOf(fine, parts[at - 1]) < size;
    if (!isNeighbour || wasLast || payloadOf(fine, parts[at]) > size) return 0;
    sum += payloadOf(fine, parts[at]);
    if (sum === octets) return at - start + 1;
  }
  return 0;
}

function enterFragments(
  a: Track,
  b: Track,
  left: readonly number[],
  right: readonly number[],
  { pieces }: Coverage,
  enter: (index: number, at: number, pieces: number, octets: number) => void,
): void {
  const byId = new Map<number, number>();
  for (const at of right) if (b.columns.ipId[b.rows[at]] !== 0) byId.set(b.columns.ipId[b.rows[at]], at);
  for (const index of left) {
    const at = byId.get(a.columns.ipId[a.rows[index]]);
    if (at === undefined || pieces[index] > 0) continue;
    const shorter = Math.min(payloadOf(a, index), payloadOf(b, at));
    if (payloadOf(a, index) === payloadOf(b, at) || shorter % FRAGMENT_UNIT !== 0) continue;
    enter(index, at, 1, shorter);
    byId.delete(a.columns.ipId[a.rows[index]]);
  }
}
