import type { Joined } from '../../capture/capture-digest.ts';
import type { Direction, Hop, PacketRef } from '../../evidence/evidence.ts';
import { SIGHTING_TCP } from '../../rows/row-marks.ts';
import type { Timeline } from '../hosts-and-clocks/clocks.ts';
import { AcknowledgedUnseen } from '../matching/acknowledged.ts';
import type { Coverage } from '../matching/coverage.ts';
import { matchPackets, type TimeBounds } from '../matching/packet-match.ts';
import { coverRanges, holesOf } from '../matching/range-match.ts';
import { trackOf } from '../same-traffic/member-tracks.ts';
import type { Member } from '../same-traffic/same-traffic.ts';
import type { SightingStore, Track } from '../same-traffic/sighting-store.ts';
import {
  CAPTURE_LOSS_SHARE,
  EDGE_GUARD_SECONDS,
  LOST_PACKETS_LISTED,
  REORDERING_SECONDS,
} from '../same-traffic/thresholds.ts';
import type { Span } from './coverage-window.ts';
import { changesOf } from './hop-changes.ts';

const FLAG_FIN_SYN_RST = 7;
const FLAG_FIN_SYN = 3;

/** Input for one direction of a conversation between two neighbouring points. */
export interface HopInput {
  evidence: Joined;
  store: SightingStore;
  timeline: Timeline;
  direction: Direction;
  from: Member;
  /** Null when the second point never saw the conversation. */
  to: Member | null;
  toPoint: number;
  /** All members of the conversation, for the packets that came back. */
  path: readonly Member[];
  /** The time in which the second point was capturing, on the common clock; null: never. */
  window: Span | null;
}

/** Counts packets that arrived and packets that did not. Only transmissions within the window can be lost. */
export function countHop(input: HopInput): Hop {
  const { store, timeline, direction, from, to, toPoint } = input;
  const a = trackOf(store, from, direction);
  const b = to === null ? { ...a, rows: a.rows.subarray(0, 0) } : trackOf(store, to, direction);
  const bounds = timeline.bounds(from.biflow.point, toPoint);
  const matched = matchPackets(a, b, bounds);
  const coverage = coverRanges(a, b, matched);
  const hop = emptyHop(direction, from.biflow.point, toPoint);
  const delays = delaysOf(a, b, matched, coverage, bounds);
  const window = windowFor(input, delays);
  const unseen = new AcknowledgedUnseen(a, b, () => answersOf(input));
  const acknowledged = countRows(hop, a, matched, coverage, window, input, unseen);
  if (acknowledged > CAPTURE_LOSS_SHARE * (hop.packets + acknowledged)) hop.unknown = { code: 'acknowledged-unseen' };
  hop.reordered = reorderedOf(a, b, matched);
  hop.delay = summaryOf(delays, timeline.error(from.biflow.point, toPoint));
  if (to !== null) hop.changes = changesOf({ from, to, direction, a, b, matched });
  return hop;
}

/**
 * Answers at the two points. If the first point saw none, answers at all points: a bridge may show each direction on
 * another point, and the second point may have been captured for a shorter time.
 */
function answersOf({ store, from, to, path, direction }: HopInput): Track[] {
  const back = (member: Member): Track => trackOf(store, member, (1 - direction) as Direction);
  const near = back(from).rows.length > 0 ? [from, ...(to === null ? [] : [to])] : path;
  return near.map(back).filter(({ rows }) => rows.length > 0);
}

export const emptyHop = (direction: Direction, from: number, to: number): Hop => ({
  direction,
  from,
  to,
  packets: 0,
  octets: 0,
  lost: 0,
  lostOctets: 0,
  lostData: 0,
  lostControl: 0,
  largestArrived: 0,
  smallestLost: 0,
  largestLost: 0,
  lostPackets: [],
  matched: 0,
  matchedData: 0,
  lostSinceMatch: 0,
  reordered: 0,
  delay: null,
  changes: [],
  unknown: null,
});

/** Delays of equal segments, on the common clock, in ascending order. */
function delaysOf(
  a: Track,
  b: Track,
  matched: Int32Array,
  coverage: Coverage | null,
  { rateA, rateB, shiftA, shiftB }: TimeBounds,
): Float64Array {
  const delays = new Float64Array(matched.length);
  const [left, right] = [a.columns.time, b.columns.time];
  let count = 0;
  for (let index = 0; index < matched.length; index++) {
    const at = matched[index] >= 0 ? matched[index] : (coverage?.firstPiece[index] ?? -1);
    if (at < 0) continue;
    delays[count++] = right[b.rows[at]] * rateB + shiftB - (left[a.rows[index]] * rateA + shiftA);
  }
  return delays.subarray(0, count).sort();
}

function windowFor({ window, evidence, timeline, from, toPoint }: HopInput, delays: Float64Array): Span | null {
  if (window === null) return null;
  const error = timeline.error(from.biflow.point, toPoint) ?? 0;
  const usual = delays.length === 0 ? 0 : Math.max(0, delays[Math.floor(delays.length * 0.95)]);
  const sameCapture = from.biflow.capture === evidence.points[toPoint].capture;
  const guard = sameCapture ? 0 : EDGE_GUARD_SECONDS;
  return { start: window.start - guard, end: window.end - error - usual };
}

/** @returns packets that the receiver has although the second point never saw them */
function countRows(
  hop: Hop,
  a: Track,
  matched: Int32Array,
  coverage: Coverage | null,
  window: Span | null,
  input: HopInput,
  unseen: AcknowledgedUnseen,
): number {
  let acknowledged = 0;
  const { columns, rows } = a;
  const segment = coverage?.segmentOctets ?? 0;
  const isCutFiner = coverage?.pieces.some((pieces) => pieces > 1) ?? false;
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index];
    const l3Length = columns.l3Length[row];
    if (matched[index] >= 0) {
      hop.packets++;
      hop.octets += l3Length;
      countMatched(hop, 1, columns.payloadLength[row] > 0);
      if (l3Length > hop.largestArrived) hop.largestArrived = l3Length;
      continue;
    }
    const payload = columns.payloadLength[row];
    const arrived = coverage?.covered[index] ?? 0;
    const pieces = coverage?.pieces[index] ?? 0;
    if (pieces > 0) {
      hop.packets += pieces;
      countMatched(hop, pieces, true);
      hop.octets += l3Length;
      hop.largestArrived = Math.max(
        hop.largestArrived,
        Math.min(l3Length, l3Length - payload + Math.min(payload, segment)),
      );
      if (arrived >= payload) continue;
    }
    const time = input.timeline.at(input.from.biflow.point, columns.time[row]);
    if (window === null || time < window.start || time > window.end) continue;
    if (isPureAck(columns, row) && columns.ipId[row] === 0 && columns.tsValue[row] === 0) continue;
    if (unseen.has(index)) {
      acknowledged++;
      continue;
    }
    const holes = coverage === null ? null : holesOf(coverage, index, payload);
    const isPart = pieces > 0 || (isCutFiner && payload > segment);
    const lost = isPart && holes !== null ? holes.reduce((sum, [s, e]) => sum + Math.ceil((e - s) / segment), 0) : 1;
    const header = l3Length - payload;
    const octets = payload - arrived + lost * header;
    if (pieces === 0) hop.octets += l3Length;
    countLost(hop, {
      lost,
      octets,
      columns,
      row,
      sentAgain: payload === 0 && isControlSentAgain(a, index),
      l3Length: isPart ? Math.min(l3Length, l3Length - payload + segment) : l3Length,
    });
  }
  return acknowledged;
}

/** A SYN or FIN that comes again, with the same number. */
function isControlSentAgain({ columns, rows }: Track, index: number): boolean {
  const row = rows[index];
  const control = columns.flags[row] & FLAG_FIN_SYN;
  if (columns.kind[row] !== SIGHTING_TCP || control === 0) return false;
  for (let later = index + 1; later < rows.length; later++) {
    const other = rows[later];
    if (columns.seq[other] === columns.seq[row] && (columns.flags[other] & FLAG_FIN_SYN) === control) return true;
  }
  return false;
}

function countMatched(hop: Hop, packets: number, hasData: boolean): void {
  hop.matched += packets;
  hop.lostSinceMatch = 0;
  if (hasData) hop.matchedData += packets;
}

interface LostRow {
  lost: number;
  octets: number;
  columns: Track['columns'];
  row: number;
  l3Length: number;
  /** It is a SYN or FIN, and its sender repeated it: the first one did not arrive, and its answer was not only missed. */
  sentAgain: boolean;
}

function countLost(hop: Hop, { lost, octets, columns, row, l3Length, sentAgain }: LostRow): void {
  hop.packets += lost;
  hop.lost += lost;
  hop.lostSinceMatch += lost;
  hop.lostOctets += octets;
  if (columns.payloadLength[row] > 0) hop.lostData += lost;
  else if (sentAgain) hop.lostControl += lost;
  if (hop.smallestLost === 0 || l3Length < hop.smallestLost) hop.smallestLost = l3Length;
  if (l3Length > hop.largestLost) hop.largestLost = l3Length;
  if (hop.lostPackets.length < LOST_PACKETS_LISTED)
    hop.lostPackets.push({ packet: columns.packet[row], time: columns.time[row] } satisfies PacketRef);
}

/**
 * Packets that arrived after one that was clearly sent later (RFC 4737, 3.3). Each point is judged by its own clock.
 */
function reorderedOf(a: Track, b: Track, matched: Int32Array): number {
  if (isAscending(matched)) return 0;
  const sender = new Int32Array(b.rows.length).fill(-1);
  for (let index = 0; index < matched.length; index++) if (matched[index] >= 0) sender[matched[index]] = index;
  let latest = -1;
  let arrival = 0;
  let reordered = 0;
  for (let at = 0; at < sender.length; at++) {
    const index = sender[at];
    if (index < 0) continue;
    const time = b.columns.time[b.rows[at]];
    if (index > latest) [latest, arrival] = [index, time];
    else if (a.columns.time[a.rows[latest]] - a.columns.time[a.rows[index]] > REORDERING_SECONDS && arrival < time)
      reordered++;
  }
  return reordered;
}

/** Whether what arrived came in the order in which it was sent. */
function isAscending(matched: Int32Array): boolean {
  let last = -1;
  for (let index = 0; index < matched.length; index++) {
    const at = matched[index];
    if (at < 0) continue;
    if (at < last) return false;
    last = at;
  }
  return true;
}

function summaryOf(delays: Float64Array, error: number | null): Hop['delay'] {
  if (delays.length === 0 || error === null) return null;
  const quantile = (share: number) => delays[Math.min(delays.length - 1, Math.floor(share * delays.length))];
  return { p50: quantile(0.5), p95: quantile(0.95), max: delays[delays.length - 1], error };
}

/** A pure ACK without IP ID and timestamp looks like its neighbours, so its absence proves nothing. */
const isPureAck = (columns: Track['columns'], row: number): boolean =>
  columns.kind[row] === SIGHTING_TCP &&
  columns.payloadLength[row] === 0 &&
  (columns.flags[row] & FLAG_FIN_SYN_RST) === 0;
