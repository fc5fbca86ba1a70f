import type { Joined } from '../../capture/capture-digest.ts';
import {
  type Direction,
  type Hop,
  type HopReason,
  type PointRole,
  TO_CLIENT,
  TO_SERVER,
} from '../../evidence/evidence.ts';
import { SIGHTING_TCP } from '../../rows/row-marks.ts';
import type { Timeline } from '../hosts-and-clocks/clocks.ts';
import { type ExpectedPath, isForMany } from '../paths/expected-path.ts';
import type { UnknownOrders } from '../paths/unknown-orders.ts';
import type { VethOwners } from '../paths/veth-owners.ts';
import { countsOf } from '../same-traffic/leg-counts.ts';
import { rowsOf, trackOf } from '../same-traffic/member-tracks.ts';
import type { Member } from '../same-traffic/same-traffic.ts';
import type { SightingStore, Track } from '../same-traffic/sighting-store.ts';
import {
  CAPTURE_LOSS_SHARE,
  MISSED_OCTETS_SHARE,
  SAME_HOST_SECONDS,
  WALL_CLOCK_SECONDS,
} from '../same-traffic/thresholds.ts';
import type { CoverageWindow, Span } from './coverage-window.ts';
import { countHop, type HopInput } from './hop-count.ts';

const FLAG_RST = 4;

export interface HopContext {
  evidence: Joined;
  store: SightingStore;
  timeline: Timeline;
  windows: CoverageWindow[];
  veths: VethOwners;
  /** Pairs of points with an unknown order. */
  unknownOrders: UnknownOrders;
}

/** Hops between the members of a conversation, in the direction of the packets: first to the server, then back. */
export function hopsOf(context: HopContext, ordered: readonly Member[], expected: ExpectedPath): Hop[] {
  const [{ biflow }] = ordered;
  if (isForMany(biflow.server.address) || isForMany(biflow.client.address)) return [];
  // A bridge floods packets for unknown addresses to every veth. The veth of another pod is not part of their path.
  const isOnTheWay = (point: number) => !context.veths.isOfAnother(point, ordered);
  const path = ordered.filter((member) => isOnTheWay(member.biflow.point));
  if (path.length === 0) return [];
  const forth = hopsOfDirection(context, path, TO_SERVER);
  const next = context.evidence.points.length > 1 ? expected.after(path) : -1;
  if (next >= 0 && isOnTheWay(next)) forth.push(hopToAbsence(context, path, next, TO_SERVER));
  return [...forth, ...hopsOfDirection(context, [...path].reverse(), TO_CLIENT)];
}

function hopsOfDirection(context: HopContext, path: readonly Member[], direction: Direction): Hop[] {
  const hops: Hop[] = [];
  if (path.length < 2) return hops;
  const onTheWay = legsOnTheWay(context.store, withoutOtherInterfaces(context, path, direction), direction);
  for (let leg = 1; leg < onTheWay.length; leg++)
    hops.push(hopBetween(context, path, onTheWay[leg - 1], onTheWay[leg], direction));
  const [first] = onTheWay;
  if (first === undefined) return hops;
  // The order of a silent point is unknown: packets may have been lost on the way to it, even if it is listed first.
  for (const silent of path.slice(0, path.indexOf(first)))
    if (context.unknownOrders.has(silent, first)) hops.push(hopBetween(context, path, first, silent, direction));
  return hops;
}

/**
 * Requests may enter a host by one interface while the replies leave by another one. The interface that shows the other
 * direction only is not on the way of this one: its packets are not lost there.
 */
function withoutOtherInterfaces(
  { evidence, store }: HopContext,
  path: readonly Member[],
  direction: Direction,
): readonly Member[] {
  const back = (1 - direction) as Direction;
  const hostOf = ({ biflow }: Member): string | null => evidence.points[biflow.point].host;
  const sees = (member: Member, way: Direction): boolean => rowsOf(store, member, way) > 0;
  const isHalf = (member: Member): boolean => sees(member, direction) !== sees(member, back);
  const halves = path.filter((member) => isHalf(member) && isOutside(evidence.points[member.biflow.point].role));
  const splits = new Set(halves.filter((member) => sees(member, direction)).map(hostOf));
  const others = halves.filter((member) => sees(member, back) && hostOf(member) !== null && splits.has(hostOf(member)));
  return others.length === 0 ? path : path.filter((member) => !others.includes(member));
}

const isOutside = (role: PointRole): boolean => role !== 'pod-veth' && role !== 'bridge' && role !== 'tunnel-device';

/**
 * Hops from the first point that saw packets of a direction to the last, and one further hop to where they stopped. A
 * point in between that saw none of them, while later points did, is not on the path of this direction.
 *
 * @param path in the order in which the packets pass
 */
export function legsOnTheWay(store: SightingStore, path: readonly Member[], direction: Direction): Member[] {
  const seen = path.map((member) => rowsOf(store, member, direction));
  const first = seen.findIndex((packets) => packets > 0);
  if (first < 0) return [];
  const last = seen.findLastIndex((packets) => packets > 0);
  const onTheWay = path.filter((_, leg) => leg >= first && leg <= last && seen[leg] > 0);
  const points = new Set(onTheWay.map(({ biflow }) => biflow.point));
  // Another passage of a point that did see the packets does not count as a further point.
  const silent = path.slice(last + 1).find(({ biflow }) => !points.has(biflow.point));
  if (silent !== undefined) onTheWay.push(silent);
  return onTheWay;
}

/** Counts a hop, and records why absence at its end proves nothing, if so. */
function hopBetween(context: HopContext, path: readonly Member[], from: Member, to: Member, direction: Direction): Hop {
  return hopTo(context, { path, from, to, toPoint: to.biflow.point, direction });
}

/** A hop from the end of a path to a point that should have seen the conversation and never did. */
function hopToAbsence(context: HopContext, path: readonly Member[], toPoint: number, direction: Direction): Hop {
  return hopTo(context, { path, from: path[path.length - 1], to: null, toPoint, direction });
}

type HopEnds = Pick<HopInput, 'path' | 'from' | 'to' | 'toPoint' | 'direction'>;

function hopTo(context: HopContext, ends: HopEnds): Hop {
  const { evidence, store, timeline } = context;
  const byWallClock = isByWallClock(timeline, ends);
  const window = byWallClock ? within(windowOf(context, ends), WALL_CLOCK_SECONDS) : windowOf(context, ends);
  const counted = countHop({ evidence, store, timeline, window, ...ends });
  const hop = hasAllRows(context, ends) ? counted : settledByCounts(context, ends, counted);
  const unknown = hop.unknown ?? orderUnknown(context, ends, hop) ?? whyUnknown(context, ends, hop, window);
  if (unknown !== null) return { ...hop, unknown };
  return byWallClock ? { ...hop, byWallClock } : hop;
}

/** Whether only wall clocks show that the second point, which saw none of the packets, was capturing. */
const isByWallClock = (timeline: Timeline, { from, to, toPoint }: HopEnds): boolean =>
  to === null &&
  timeline.clockOf(from.biflow.point) !== timeline.clockOf(toPoint) &&
  !isCompared(timeline, from, toPoint);

const isCompared = (timeline: Timeline, { biflow: { point } }: Member, toPoint: number): boolean =>
  timeline.error(point, toPoint) !== null || (timeline.isAligned(point, toPoint) && !timeline.hasMoved(point, toPoint));

const within = (span: Span | null, seconds: number): Span | null =>
  span === null ? null : { start: span.start + seconds, end: span.end - seconds };

/**
 * Whether the order of the two points is unknown. Then packets that the second point lacks may have passed it first.
 */
const orderUnknown = ({ unknownOrders }: HopContext, { from, to }: HopEnds, { lost }: Hop): HopReason | null =>
  to !== null && lost > 0 && unknownOrders.has(from, to) ? { code: 'order-unknown' } : null;

/** Whether the packets of a direction can be compared one by one, because their rows were kept at both ends. */
const hasAllRows = (context: HopContext, { from, to, direction }: HopEnds): boolean =>
  hasRowsOf(context, from, direction) && (to === null || hasRowsOf(context, to, direction));

const hasRowsOf = ({ evidence, store }: HopContext, member: Member, direction: Direction): boolean =>
  store.isWhole(member.biflow) || rowsOf(store, member, direction) === countsOf(evidence, member, direction)?.packets;

/** Only the first rows were kept. If both ends counted the same number of packets and octets, none was lost. */
function settledByCounts({ evidence }: HopContext, { from, to, direction }: HopEnds, hop: Hop): Hop {
  const a = countsOf(evidence, from, direction);
  const b = to === null ? null : countsOf(evidence, to, direction);
  if (a === null || b === null || a.packets !== b.packets || a.octets !== b.octets)
    return { ...hop, unknown: { code: 'rows-not-kept' } };
  const nothingLost = {
    lost: 0,
    lostOctets: 0,
    lostData: 0,
    lostControl: 0,
    lostSinceMatch: 0,
    smallestLost: 0,
    largestLost: 0,
    lostPackets: [],
  };
  const { packets, octets } = a;
  return { ...hop, ...nothingLost, packets, matched: packets, octets, unknown: null };
}

const isReset = ({ columns }: Track, row: number): boolean =>
  columns.kind[row] === SIGHTING_TCP && (columns.flags[row] & FLAG_RST) !== 0;

/** Seconds in which an answer may still arrive. Linux does not retransmit earlier (TCP_RTO_MIN). */
const ANSWER_SECONDS = 0.2;

/** Fewest unanswered packets that count as lost before the first, or after the last, packet of a quiet capture. */
const UNANSWERED_PACKETS = 3;

/**
 * The time in which the second point is assumed to have been capturing. Beyond its own first and last packet this rests
 * on its capture session, and only holds where the packets were unanswered. An answer proves that they arrived, and so
 * that the capture had ended.
 */
function windowOf({ store, timeline, windows }: HopContext, ends: HopEnds): Span | null {
  const { from, to, toPoint, direction } = ends;
  const { proved, presumed } = windows[toPoint];
  if (proved === null || presumed === null) return presumed;
  if (proved.start === presumed.start && proved.end === presumed.end) return proved;
  const isSilent = to === null || rowsOf(store, to, direction) === 0;
  const needed = isSilent ? 1 : UNANSWERED_PACKETS;
  const at = ({ columns }: Track, row: number) => timeline.at(from.biflow.point, columns.time[row]);
  const sent = trackOf(store, from, direction);
  const latest = (windows[from.biflow.point].proved?.end ?? Infinity) - ANSWER_SECONDS;
  const answers = answersTo(store, timeline, ends);
  // An answer within the transit time of the host was seen at the second point before the edge of its capture. A reset
  // may come from the device that dropped the earlier packets. So only packets that were ignored until then count.
  const isUnanswered = (secondsOutside: (time: number) => number): boolean => {
    let until = Infinity;
    for (const { biflow, track } of answers) {
      for (const row of track.rows) {
        const time = timeline.at(biflow.point, track.columns.time[row]);
        if (secondsOutside(time) <= SAME_HOST_SECONDS) continue;
        if (!isReset(track, row)) return false;
        until = Math.min(until, time);
      }
    }
    let packets = 0;
    for (const row of sent.rows) {
      const time = at(sent, row);
      if (secondsOutside(time) > 0 && time < until && time <= latest && ++packets >= needed) return true;
    }
    return false;
  };
  return {
    start: isUnanswered((time) => proved.start - time) ? presumed.start : proved.start,
    end: isUnanswered((time) => time - proved.end) ? presumed.end : proved.end,
  };
}

/**
 * Packets that came back at the first point. If it has none, those at other points of its clock (a bridge separates
 * directions).
 */
function answersTo(
  store: SightingStore,
  timeline: Timeline,
  { path, from, direction }: HopEnds,
): { biflow: Member['biflow']; track: Track }[] {
  const answersAt = (member: Member) => ({
    biflow: member.biflow,
    track: trackOf(store, member, (1 - direction) as Direction),
  });
  const own = answersAt(from);
  if (own.track.rows.length > 0) return [own];
  const clock = timeline.clockOf(from.biflow.point);
  return path.filter(({ biflow }) => timeline.clockOf(biflow.point) === clock).map(answersAt);
}

/**
 * If a point cannot read one packet in a hundred, the missing packets may be among these: `-s 96` cuts into the inner
 * TCP header of VXLAN (50 + 14 + 20 + 20 octets).
 */
const UNREADABLE_SHARE = 0.01;

/** Why absence at the end of a hop proves nothing; null when loss may be claimed. */
function whyUnknown(
  { evidence, store, timeline }: HopContext,
  { from, to, toPoint }: HopEnds,
  hop: Hop,
  window: Span | null,
): HopReason | null {
  const point = evidence.points[toPoint];
  const capture = evidence.captures[point.capture];
  if (!store.hasHeads(point.capture) || !store.hasHeads(from.biflow.capture)) return { code: 'rows-not-kept' };
  if (hop.matched === 0 && !store.hasAllConnections(point.capture)) return { code: 'connections-not-kept' };
  if (hop.matched === 0 && point.quality.unreadable > UNREADABLE_SHARE * point.quality.packets)
    return { code: 'unreadable', packets: point.quality.unreadable, of: point.quality.packets };
  if (window === null) return { code: 'capture-time-unknown' };
  if (capture.dropped !== null && capture.dropped > CAPTURE_LOSS_SHARE * capture.packets)
    return { code: 'dropped', packets: capture.dropped, of: capture.packets + capture.dropped };
  const { gapOctets, tcpOctets } = point.quality;
  if (hop.lost > 0 && hop.matched > 0 && gapOctets > MISSED_OCTETS_SHARE * (gapOctets + tcpOctets))
    return { code: 'packets-missed', octets: gapOctets, of: gapOctets + tcpOctets };
  const isJudged =
    isCompared(timeline, from, toPoint) ||
    (to === null && hop.packets > 0 && !timeline.hasMoved(from.biflow.point, toPoint));
  if (!isJudged) return { code: 'clock-unrelated', between: [from.biflow.point, toPoint] };
  return hop.packets === 0 ? { code: 'no-common-time' } : null;
}
