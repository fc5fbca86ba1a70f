import type { Connection, Conversation, Direction, Evidence, TcpDirection } from '../../../flows/evidence/evidence.ts';
import { TO_SERVER } from '../../../flows/evidence/evidence.ts';

/**
 * Data segments that were sent again and repaired something: not those of data the receiver had, nor those it told of by
 * D-SACK, nor those of data that met a shut window: a receiver throws away what it has no room for (RFC 9293, 3.10.7.4).
 */
export function lossesOf(leg: Connection, direction: Direction): number {
  const { resentSegments, needlessSegments } = leg.directions[direction];
  const reported = Math.max(0, leg.directions[1 - direction].duplicateSacks - needlessSegments);
  return Math.max(0, Math.round(resentSegments - reported - refusedByWindow(leg, direction)));
}

/** Data segments that came late without having been sent twice. */
export const lateOf = ({ outOfOrder, resentLate }: TcpDirection): number => outOfOrder - resentLate;

/** Segments sent again, by the share of the ranges that were sent first while the window was shut, or a round trip before. */
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

/** Data was seen at one point and not at the next, and counted there. */
export const losesBetweenPoints = ({ hops }: Conversation, direction: Direction): boolean =>
  hops.some((hop) => hop.direction === direction && hop.unknown === null && hop.matched > 0 && hop.lostData > 0);

/** Every data packet of a direction was seen at each point. */
const passesAllPoints = ({ hops }: Conversation, direction: Direction): boolean => {
  const there = hops.filter((hop) => hop.direction === direction);
  return there.length > 0 && there.every(({ unknown, matched, lost }) => unknown === null && matched > 0 && lost === 0);
};

/**
 * The leg that tells what was lost: a sender's point shows retransmissions, a receiver's holes that are filled later.
 * Where nothing is lost between points the sender's alone tells: behind it, what is late looks as if it were sent again.
 */
export function tellingLeg(conversation: Conversation, legs: readonly Connection[], direction: Direction): Connection {
  if (passesAllPoints(conversation, direction)) return direction === TO_SERVER ? legs[0] : legs[legs.length - 1];
  return legs.reduce((most, other) => (lossesOf(other, direction) > lossesOf(most, direction) ? other : most));
}

interface Totals {
  lost: number;
  segments: number;
}

/** Losses and data segments at each point, and of each pair of sender and receiver there. */
interface Background {
  points: Map<number, Totals>;
  pairs: Map<string, Totals>;
  /** Of each point the two pairs that lost most. */
  worst: Map<number, Totals[]>;
}

const cache = new WeakMap<Evidence, Background>();
export const BACKGROUND_THRESHOLDS = {
  /** Below this many data segments of others their share tells nothing. */
  comparableSegments: { value: 1000, unit: 'segments', source: 'docs/thresholds.md, comparable-segments' },
} as const;

/**
 * Losses that a connection of this many segments may have by chance, at the share that all other pairs of hosts at its
 * point lose: expectation, the given number of deviations (Poisson), and what a loss verdict asks for besides. Of the
 * others the pair that lost most is left out: one bad path beside it excuses nothing.
 *
 * @param sent data segments, of several connections of the same pair
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
  const all = points.get(leg.point) ?? { lost: 0, segments: 0 };
  const own = pairs.get(pairKey(leg, direction)) ?? { lost: 0, segments: 0 };
  const worst = worstPairs(background, leg.point).find((pair) => pair !== own) ?? { lost: 0, segments: 0 };
  const segments = all.segments - own.segments - worst.segments;
  if (segments < BACKGROUND_THRESHOLDS.comparableSegments.value) return 0;
  const expected = (sent * (all.lost - own.lost - worst.lost)) / segments;
  return expected === 0 ? 0 : expected + deviations * Math.sqrt(expected) + 1;
}

/** The two pairs of a point that lost most, the first of equals first. */
const worstPairs = ({ worst }: Background, point: number): Totals[] => worst.get(point) ?? [];

function totalsOf(evidence: Evidence): Background {
  const known = cache.get(evidence);
  if (known !== undefined) return known;
  const background: Background = { points: new Map(), pairs: new Map(), worst: new Map() };
  for (const connection of evidence.connections) {
    for (const direction of [0, 1] as const) {
      const lost = lossesOf(connection, direction);
      const segments = connection.directions[direction].dataSegments;
      add(background.points, connection.point, lost, segments);
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
  const total = totals.get(key) ?? { lost: 0, segments: 0 };
  totals.set(key, { lost: total.lost + lost, segments: total.segments + segments });
}

const pairKey = ({ point, client, server }: Connection, direction: Direction): string =>
  direction === 0 ? `${point} ${client.address}>${server.address}` : `${point} ${server.address}>${client.address}`;
