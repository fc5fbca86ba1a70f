import { type Direction, TO_CLIENT, TO_SERVER } from '../../evidence/evidence.ts';
import { comparedPairs } from '../same-traffic/compared-pairs.ts';
import { rowsOf, trackOf } from '../same-traffic/member-tracks.ts';
import type { Member } from '../same-traffic/same-traffic.ts';
import type { SightingStore } from '../same-traffic/sighting-store.ts';
import { INITIAL_TTLS } from '../same-traffic/thresholds.ts';

/** Conversations that are compared; enough to find one that passes both points. */
const COMPARED_CONVERSATIONS = 2048;

/** Key of two clocks, in either order. */
export const pairOf = (a: number, b: number): string => `${Math.min(a, b)} ${Math.max(a, b)}`;

/**
 * Pairs of clocks between which all packets that both saw are routed exactly once, or put into a tunnel or taken out of
 * it:
 *
 *   NIC ── hop limit − 1 ── veth          one machine lies between the two links: each capture is at one of its
 *   NIC (VXLAN) ─────────── veth          interfaces, or at the other end of the cable of that interface
 *
 * Two ends of one link show the same hop limit in the same form. Two machines take two from the hop limit. Where
 * requests still have their initial hop limit at one capture and replies at the other, the two may be end hosts with a
 * router between them: that tells nothing.
 */
export function routedOnce(
  groups: readonly Member[][],
  store: SightingStore,
  clocks: readonly number[],
): ReadonlySet<string> {
  const once = new Set<string>();
  const otherwise = new Set<string>();
  for (const group of groups.slice(0, COMPARED_CONVERSATIONS)) {
    for (const [i, j] of comparedPairs(group.length)) {
      const [a, b] = [group[i], group[j]];
      const [clockA, clockB] = [clocks[a.biflow.point], clocks[b.biflow.point]];
      if (clockA === clockB) continue;
      const isOnce = isRoutedOnce(a, b, store);
      if (isOnce !== null) (isOnce ? once : otherwise).add(pairOf(clockA, clockB));
    }
  }
  return new Set([...once].filter((pair) => !otherwise.has(pair)));
}

/** Null when the packets do not tell. */
function isRoutedOnce(a: Member, b: Member, store: SightingStore): boolean | null {
  const changesForm = a.biflow.encapsulation.length !== b.biflow.encapsulation.length;
  const shared = ([TO_SERVER, TO_CLIENT] as Direction[]).filter(
    (direction) => rowsOf(store, a, direction) > 0 && rowsOf(store, b, direction) > 0,
  );
  if (shared.length === 0) return null;
  const limits = shared.map((direction) => {
    const [x, y] = [a, b].map((member) => {
      const { columns, rows } = trackOf(store, member, direction);
      return columns.ttl[rows[0]];
    });
    return { first: Math.max(x, y), fall: Math.abs(x - y) };
  });
  if (!limits.every(({ fall }) => fall === 1 || (changesForm && fall === 0))) return false;
  const mayBeEnds = limits.length === 2 && limits.every(({ first }) => INITIAL_TTLS.includes(first));
  return mayBeEnds && !changesForm ? null : true;
}
