import type { Connection, Conversation, Direction, Evidence, TcpDirection } from '../../../flows/evidence/evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../../../flows/evidence/evidence.ts';

/**
 * Data segments that were sent again and repaired a loss. Not counted are segments that the receiver already had,
 * segments that it reported by D-SACK, and segments that met a closed window: a receiver discards data that it has no
 * room for (RFC 9293, 3.10.7.4). Without SACK a receiver cannot report what it got twice, but it acknowledges it: what
 * was lost behind the point is at most the segments that have no acknowledgement of their own.
 */
export function lossesOf(leg: Connection, direction: Direction): number {
  const { resentSegments, resentLate, needlessSegments } = leg.directions[direction];
  if (resentSegments === 0 && resentLate === 0) return 0;
  const reported = Math.max(0, leg.directions[1 - direction].duplicateSacks - needlessSegments);
  const behind = Math.min(resentSegments - resentLate, withoutOwnAcknowledgement(leg, direction));
  return Math.max(0, Math.round(behind + resentLate - reported - refusedByWindow(leg, direction)));
}

/**
 * Data segments less the pure acknowledgements of the other side, where SACK was not agreed. A segment that arrives out
 * of order or twice is acknowledged at once (RFC 5681, 4.2), so each acknowledgement is of a segment that arrived.
 * Infinite with SACK, whose D-SACK says it better, and without the handshake.
 */
function withoutOwnAcknowledgement({ syn, synAck, directions }: Connection, direction: Direction): number {
  if (syn.length === 0 || synAck.length === 0 || directions.every(({ sackPermitted }) => sackPermitted))
    return Infinity;
  const { packets, dataSegments, syns, fins, resets } = directions[1 - direction];
  // Of the handshake the client's third packet, and of the end the acknowledgement of a FIN, are for no data.
  const others = syns + fins + resets + (directions[direction].fins > 0 ? 1 : 0) + (direction === TO_CLIENT ? 1 : 0);
  return Math.max(0, directions[direction].dataSegments - Math.max(0, packets - dataSegments - others));
}

/** Data segments that arrived late although they were sent only once. */
export const lateOf = ({ outOfOrder, resentLate }: TcpDirection): number => outOfOrder - resentLate;

/**
 * Segments sent again because the window was closed, by the share of ranges first sent while it was closed or up to one
 * round trip before.
 */
function refusedByWindow({ directions, rtt, zeroWindowSpans }: Connection, direction: Direction): number {
  const { repeats, resentSegments } = directions[direction];
  const shut = zeroWindowSpans.filter((span) => span.direction !== direction);
  const refused = repeats.filter(({ packets: [first] }) =>
    shut.some(
      ({ start, end, lastTime }) =>
        first.time >= start.time - (rtt[direction]?.min ?? 0) && first.time < (end?.time ?? lastTime),
    ),
  );
  return repeats.length === 0 ? 0 : (resentSegments * refused.length) / repeats.length;
}

/** Whether data was seen at one point and not at the next. Such losses are counted at the hop. */
export const losesBetweenPoints = ({ hops }: Conversation, direction: Direction): boolean =>
  hops.some((hop) => hop.direction === direction && hop.unknown === null && hop.matched > 0 && hop.lostData > 0);

/** Whether every data packet of a direction was seen at each point. */
const passesAllPoints = ({ hops }: Conversation, direction: Direction): boolean => {
  const there = hops.filter((hop) => hop.direction === direction);
  return there.length > 0 && there.every(({ unknown, matched, lost }) => unknown === null && matched > 0 && lost === 0);
};

/**
 * The leg that shows what was lost: a sender's point shows retransmissions, a receiver's point shows holes that are
 * filled later. Where nothing is lost between points, only the sender's leg counts: at later points a late segment
 * looks like a retransmission.
 */
export function tellingLeg(conversation: Conversation, legs: readonly Connection[], direction: Direction): Connection {
  if (passesAllPoints(conversation, direction)) return direction === TO_SERVER ? legs[0] : legs[legs.length - 1];
  return legs.reduce((most, other) => (lossesOf(other, direction) > lossesOf(most, direction) ? other : most));
}

interface Totals {
  lost: number;
  segments: number;
  /** Connections that lost something. */
  losing: number;
}

const NONE: Totals = { lost: 0, segments: 0, losing: 0 };

/** Losses and data segments at each point by direction, and for each pair of sender and receiver there. */
interface Background {
  points: Map<string, Totals>;
  pairs: Map<string, Totals>;
  /** For each point, the two pairs that lost most. */
  worst: Map<number, Totals[]>;
}

const cache = new WeakMap<Evidence, Background>();
export const BACKGROUND_THRESHOLDS = {
  /** If other pairs sent fewer data segments than this, their share of losses says nothing. */
  comparableSegments: { value: 1000, unit: 'segments', source: 'docs/thresholds.md, comparable-segments' },
} as const;

/**
 * Losses that a connection of this many segments may have by chance, at the loss share of all other pairs of hosts at
 * its point: expectation, the given number of deviations (Poisson), and one more loss. The other pair that lost most is
 * left out, because one bad path excuses no other.
 *
 * @param sent data segments, possibly of several connections of the same pair
 */
export function backgroundOf(
  evidence: Evidence,
  leg: Connection,
  direction: Direction,
  deviations: number,
  sent = leg.directions[direction].dataSegments,
): number {
  const background = totalsOf(evidence);
  const { points, pairs } = background;
  const [there, answers] = ([TO_SERVER, TO_CLIENT] as const).map((one) => points.get(pointKey(leg.point, one)) ?? NONE);
  const own = pairs.get(pairKey(leg, direction)) ?? NONE;
  const worst = worstPairs(background, leg.point).find((pair) => pair !== own) ?? NONE;
  const segments = there.segments + answers.segments - own.segments - worst.segments;
  if (segments < BACKGROUND_THRESHOLDS.comparableSegments.value) return 0;
  const expected = (sent * (there.lost + answers.lost - own.lost - worst.lost)) / segments;
  return expected === 0 ? 0 : expected + deviations * Math.sqrt(expected) + 1;
}

/** Data segments of a direction that one point saw, and those of them that were sent again for a loss. */
export const seenLoss = (evidence: Evidence, point: number, direction: Direction): Readonly<Totals> =>
  totalsOf(evidence).points.get(pointKey(point, direction)) ?? NONE;

/** The two pairs of a point that lost most. Of equal pairs, the first comes first. */
const worstPairs = ({ worst }: Background, point: number): Totals[] => worst.get(point) ?? [];

function totalsOf(evidence: Evidence): Background {
  const known = cache.get(evidence);
  if (known !== undefined) return known;
  const background: Background = { points: new Map(), pairs: new Map(), worst: new Map() };
  for (const connection of evidence.connections) {
    for (const direction of [0, 1] as const) {
      const lost = lossesOf(connection, direction);
      const segments = connection.directions[direction].dataSegments;
      add(background.points, pointKey(connection.point, direction), lost, segments);
      add(background.pairs, pairKey(connection, direction), lost, segments);
    }
  }
  for (const [key, totals] of background.pairs) {
    const point = Number.parseInt(key, 10);
    const both = [...(background.worst.get(point) ?? []), totals].sort((a, b) => b.lost - a.lost);
    background.worst.set(point, both.slice(0, 2));
  }
  cache.set(evidence, background);
  return background;
}

function add<K>(totals: Map<K, Totals>, key: K, lost: number, segments: number): void {
  const total = totals.get(key) ?? { ...NONE };
  totals.set(key, total);
  total.lost += lost;
  total.segments += segments;
  if (lost > 0) total.losing++;
}

const pointKey = (point: number, direction: Direction): string => `${point} ${direction}`;

const pairKey = ({ point, client, server }: Connection, direction: Direction): string =>
  direction === 0 ? `${point} ${client.address}>${server.address}` : `${point} ${server.address}>${client.address}`;
