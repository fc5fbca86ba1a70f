import { SIGHTING_TCP } from '../../rows/row-marks.ts';
import type { Track } from '../same-traffic/sighting-store.ts';
import type { Coverage } from './coverage.ts';
import { coverDatagrams } from './datagram-runs.ts';

/**
 * Payload of the segments that offload creates: from the default MSS less options (RFC 9293, 3.7.1) to jumbo frames.
 */
const SMALLEST_SEGMENT = 480;
const LARGEST_SEGMENT = 9216;

/**
 * Offload cuts and merges segments, so one transmission may be ten rows at one point and one at another:
 *
 *   first track    |──────────── 14,480 ────────────|
 *   second track   |1448|1448|    |1448| … |1448|        the hole is lost
 *
 * Data without an equal segment is compared by octets. Segments of one transmission carry the same TSval. An octet at
 * the second track matches only one transmission at the first. Datagrams have no sequence: see `coverDatagrams`.
 *
 * @param matched what `matchPackets` returned
 */
export function coverRanges(a: Track, b: Track, matched: Int32Array): Coverage | null {
  const left = openRows(a, (index) => matched[index] < 0);
  if (left.length === 0) return null;
  const taken = new Uint8Array(b.rows.length);
  for (const at of matched) if (at >= 0) taken[at] = 1;
  const right = openRows(b, (index) => taken[index] === 0);
  if (right.length === 0) return null;
  if (a.columns.kind[a.rows[left[0]]] !== SIGHTING_TCP) return coverDatagrams(a, b, left, right);
  const base = a.columns.seq[a.rows[left[0]]];
  bySequence(left, a, base);
  bySequence(right, b, base);
  return sweep(a, b, left, right, base);
}

function openRows({ columns, rows }: Track, isOpen: (index: number) => boolean): number[] {
  const open: number[] = [];
  for (let index = 0; index < rows.length; index++)
    if (columns.payloadLength[rows[index]] > 0 && isOpen(index)) open.push(index);
  return open;
}

/** Serial number arithmetic (RFC 1982): positions relative to a sequence number of the same direction. */
const position = ({ columns, rows }: Track, index: number, base: number): number =>
  (columns.seq[rows[index]] - base) | 0;

function bySequence(open: number[], track: Track, base: number): void {
  let isSorted = true;
  for (let i = 1; i < open.length && isSorted; i++)
    isSorted = position(track, open[i - 1], base) <= position(track, open[i], base);
  if (!isSorted) open.sort((x, y) => position(track, x, base) - position(track, y, base) || x - y);
}

function sweep(a: Track, b: Track, left: number[], right: number[], base: number): Coverage {
  const coverage: Coverage = {
    covered: new Uint32Array(a.rows.length),
    pieces: new Uint16Array(a.rows.length),
    firstPiece: new Int32Array(a.rows.length).fill(-1),
    runs: new Map(),
    segmentOctets: segmentOctets(a, b, left, right),
  };
  let low = 0;
  let longest = 0;
  for (const index of left) longest = Math.max(longest, a.columns.payloadLength[a.rows[index]]);
  for (const at of right) {
    const start = position(b, at, base);
    const end = start + b.columns.payloadLength[b.rows[at]];
    while (low < left.length && position(a, left[low], base) + longest <= start) low++;
    let from = start;
    for (let i = low; i < left.length && from < end; i++) {
      const index = left[i];
      const begin = position(a, index, base);
      if (begin >= end) break;
      const stop = begin + a.columns.payloadLength[a.rows[index]];
      if (stop <= from || begin > from || !isSameBatch(a, index, b, at)) continue;
      const until = Math.min(stop, end);
      if (!cover(coverage, index, from - begin, until - begin)) continue;
      coverage.pieces[index]++;
      if (coverage.firstPiece[index] < 0) coverage.firstPiece[index] = at;
      from = until;
    }
  }
  return coverage;
}

function segmentOctets(a: Track, b: Track, left: number[], right: number[]): number {
  const largest = (track: Track, open: number[]) =>
    open.reduce((most, index) => Math.max(most, track.columns.payloadLength[track.rows[index]]), 0);
  return Math.min(largest(a, left), largest(b, right));
}

function isSameBatch(a: Track, indexA: number, b: Track, indexB: number): boolean {
  const [rowA, rowB] = [a.rows[indexA], b.rows[indexB]];
  if (a.columns.tsValue[rowA] !== b.columns.tsValue[rowB]) return false;
  const [idA, idB] = [a.columns.ipId[rowA], b.columns.ipId[rowB]];
  if (idA === 0 || idB === 0 || idA === idB) return true;
  // The IDs count segments, so their difference must equal the number of segments between the two starts.
  const octets = Math.abs((b.columns.seq[rowB] - a.columns.seq[rowA]) | 0);
  const segments = Math.abs(((idB - idA) << 16) >> 16);
  return octets >= segments * SMALLEST_SEGMENT && octets <= segments * LARGEST_SEGMENT;
}

/**
 * Marks a run of octets as arrived. Returns false when a part of it has arrived already; then it belongs to another
 * transmission.
 */
function cover(coverage: Coverage, index: number, start: number, end: number): boolean {
  const { covered, runs } = coverage;
  const known = runs.get(index);
  if (known === undefined) {
    if (start === covered[index]) {
      covered[index] = end;
      return true;
    }
    if (start < covered[index]) return false;
    runs.set(index, covered[index] === 0 ? [start, end] : [0, covered[index], start, end]);
    covered[index] += end - start;
    return true;
  }
  for (let i = 0; i < known.length; i += 2) if (start < known[i + 1] && end > known[i]) return false;
  if (known[known.length - 1] === start) known[known.length - 1] = end;
  else known.push(start, end);
  covered[index] += end - start;
  return true;
}

/** Ranges of a row's payload that did not arrive, as [start, end) offsets. */
export function holesOf(coverage: Coverage, index: number, octets: number): [number, number][] {
  const runs = coverage.runs.get(index) ?? (coverage.covered[index] > 0 ? [0, coverage.covered[index]] : []);
  const holes: [number, number][] = [];
  let at = 0;
  const sorted: [number, number][] = [];
  for (let i = 0; i < runs.length; i += 2) sorted.push([runs[i], runs[i + 1]]);
  sorted.sort((x, y) => x[0] - y[0]);
  for (const [start, end] of sorted) {
    if (start > at) holes.push([at, start]);
    at = Math.max(at, end);
  }
  if (at < octets) holes.push([at, octets]);
  return holes;
}
