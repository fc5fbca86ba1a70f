import {
  type Direction,
  type Evidence,
  type Hop,
  type Leg,
  TO_CLIENT,
  TO_SERVER,
} from '../../flows/evidence/evidence.ts';
import { groupBy } from '../words/group-by.ts';
import type { Attempt } from './attempts.ts';
import { isStagedLoss, STAGED_THRESHOLDS } from './staged-loss.ts';
import { seenLoss } from './tcp/background-loss.ts';
import { isBySize } from './tcp/hop-losses.ts';

export const LOST_BY_CHANCE_THRESHOLDS = {
  ...STAGED_THRESHOLDS,
  /** Above this probability, chance is reason enough. */
  chance: { value: 0.001, unit: 'share', source: 'docs/thresholds.md, lost-by-chance' },
  /** Fewest conversations that lose something and go on. What fewer lose is no share of what passes. */
  losing: { value: 3, unit: 'conversations', source: 'docs/thresholds.md, losing-connections' },
} as const;

/** What conversations that pass a hop lose there in one direction. */
export interface PassingLoss {
  /** Those that were left out as ordinary are estimated, from their packets. */
  conversations: number;
  /**
   * Share of their packets that was lost although later ones of the same conversation passed, 0 to 1; 0 where fewer than
   * three lose any.
   */
  share: number;
}

interface Totals {
  conversations: number;
  losing: number;
  sent: number;
  lost: number;
}

type Place = Pick<Hop, 'from' | 'to' | 'direction'>;

const cache = new WeakMap<Evidence, Map<string, Totals>>();

/**
 * What passing conversations lose between the two points. Where one packet in twenty is lost, both packets of a short
 * conversation are lost now and then, and nothing blocks it. Not counted are the end of a conversation (its path may have
 * broken), losses of large packets only, and SYNs and FINs, which a limit of connections drops.
 */
export function passingLoss(evidence: Evidence, hop: Place): PassingLoss {
  const totals = totalsOf(evidence).get(keyOf(hop));
  if (totals === undefined) return { conversations: 0, share: 0 };
  const { conversations, losing, sent, lost } = totals;
  return { conversations, share: losing < LOST_BY_CHANCE_THRESHOLDS.losing.value ? 0 : lost / sent };
}

/**
 * Whether so many events or more come about by chance where so many are expected (Poisson). Each loss counts as
 * independent of others; those that come in bursts hit all of a conversation more often than that.
 */
export function isByChance(events: number, expected: number): boolean {
  let [one, fewer] = [Math.exp(-expected), 0];
  for (let count = 0; count < events; count++) {
    fewer += one;
    one *= expected / (count + 1);
  }
  return 1 - fewer > LOST_BY_CHANCE_THRESHOLDS.chance.value;
}

/**
 * Lists of hops that let nothing pass, without those that chance explains: at the share that passing conversations lose
 * there, as many lose all of so few packets. What is too large for some link, or stops after the handshake, is no matter
 * of chance.
 *
 * @param gone by two ends
 * @param passed of which others pass; of all others everything counts together: twelve lookups that lose their only query
 */
export function withoutChance<T extends { hop: Hop }>(
  evidence: Evidence,
  gone: Map<string, T[]>,
  passed: ReadonlySet<string>,
): Map<string, T[]> {
  const cases = [...gone].flatMap(([key, all]) => (passed.has(key) ? all.map((one) => [one]) : [all]));
  const lostOf = (some: readonly T[]): number => some.reduce((sum, { hop }) => sum + hop.lost, 0);
  const byChance = new Set<T>();
  for (const alike of groupBy(cases, (some) => `${keyOf(some[0].hop)} ${lostOf(some)}`).values()) {
    const { conversations, share } = passingLoss(evidence, alike[0][0].hop);
    if (!isByChance(alike.length, (conversations + alike.length) * share ** lostOf(alike[0]))) continue;
    for (const one of alike.flat()) if (one.hop.matched === 0 && isSmall(one.hop)) byChance.add(one);
  }
  if (byChance.size === 0) return gone;
  const left = [...gone].map(([key, some]) => [key, some.filter((one) => !byChance.has(one))] as const);
  return new Map(left.filter(([, some]) => some.length > 0));
}

/**
 * Whether of `tried` attempts to connect as many lose a SYN or its answer by chance, or all of them where nothing
 * answers, at the loss of what passes the same hops, or of the data that one point sees sent again.
 */
export function areLostByChance(evidence: Evidence, lost: readonly Attempt[], tried: number): boolean {
  const chances = lost.map((attempt) => {
    const { outcome, connection } = attempt;
    return (1 - arrival(evidence, attempt)) ** (outcome === 'silent' ? connection.syn.length : 1);
  });
  const expected = (tried * chances.reduce((sum, chance) => sum + chance, 0)) / lost.length;
  return isByChance(lost.length, expected);
}

/**
 * Probability that a SYN and its answer arrive. Where the points lose nothing of a conversation between them, it lost
 * what it lost behind the last one.
 */
function arrival(evidence: Evidence, { conversation: { hops, legs } }: Attempt): number {
  if (hops.some(({ unknown, lost }) => unknown === null && lost > 0))
    return hops.reduce((product, hop) => product * (1 - passingLoss(evidence, hop).share), 1);
  const [there, back] = ([TO_SERVER, TO_CLIENT] as const).map((direction) =>
    shareSeen(evidence, legs[legs.length - 1], direction),
  );
  // A server that takes no connection loses data of clients. Only where its own data is lost too, the path loses it.
  // Data of servers may be lost before the last of several points, too.
  return back === 0 || (hops.length > 0 && there === 0) ? 1 : (1 - there) * (1 - back);
}

/** Share of data segments of a direction that one point sees sent again, 0 to 1; 0 where fewer than three connections lose. */
function shareSeen(evidence: Evidence, { point }: Leg, direction: Direction): number {
  const { losing, segments, lost } = seenLoss(evidence, point, direction);
  return losing < LOST_BY_CHANCE_THRESHOLDS.losing.value ? 0 : lost / segments;
}

/** Whether every link carries the packets. */
const isSmall = ({ smallestLost }: Hop): boolean => smallestLost <= STAGED_THRESHOLDS.harmlessOctets.value;

function totalsOf(evidence: Evidence): Map<string, Totals> {
  const known = cache.get(evidence);
  if (known !== undefined) return known;
  const made = new Map<string, Totals>();
  for (const conversation of evidence.conversations) {
    for (const hop of conversation.hops) {
      if (hop.unknown !== null || hop.matched === 0 || isStagedLoss(evidence, conversation, hop)) continue;
      const totals = made.get(keyOf(hop)) ?? { conversations: 0, losing: 0, sent: 0, lost: 0 };
      made.set(keyOf(hop), totals);
      totals.conversations++;
      totals.sent += hop.matched + hop.lost - hop.lostControl;
      const lost = isBySize(hop) ? 0 : Math.max(0, hop.lost - hop.lostSinceMatch - hop.lostControl);
      totals.lost += lost;
      if (lost > 0) totals.losing++;
    }
  }
  for (const left of evidence.hopsLeftOut) addLeftOut(made, left);
  for (const left of evidence.datagramsLeftOut) {
    const totals = made.get(keyOf(left));
    if (totals === undefined) continue;
    totals.sent += left.packets;
    totals.conversations += left.conversations;
  }
  cache.set(evidence, made);
  return made;
}

/** Adds packets of ordinary conversations that were left out: as many conversations as had these packets of the kept ones. */
function addLeftOut(made: ReadonlyMap<string, Totals>, { from, to, packets }: Evidence['hopsLeftOut'][number]): void {
  const both = ([TO_SERVER, TO_CLIENT] as const).flatMap((direction) => made.get(keyOf({ from, to, direction })) ?? []);
  const sent = both.reduce((sum, totals) => sum + totals.sent, 0);
  if (sent === 0) return;
  for (const totals of both) {
    totals.conversations += (totals.conversations * packets) / sent;
    totals.sent += (totals.sent * packets) / sent;
  }
}

const keyOf = ({ from, to, direction }: Place): string => `${from} ${to} ${direction}`;
