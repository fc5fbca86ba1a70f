import type { Joined } from '../../capture/capture-digest.ts';
import { settleBridges } from '../points/name-points.ts';
import { comparedPairs } from '../same-traffic/compared-pairs.ts';
import { trackOf } from '../same-traffic/member-tracks.ts';
import type { Member } from '../same-traffic/same-traffic.ts';
import type { SightingStore } from '../same-traffic/sighting-store.ts';
import { DEVICE_DELAY_SECONDS, ONE_CLOCK_TOLERANCE } from '../same-traffic/thresholds.ts';
import type { Comparison } from './comparison.ts';
import { nodesOfPods, type Unit, unitsOf } from './host-units.ts';
import { pairOf, routedOnce } from './one-router.ts';

interface Input {
  evidence: Joined;
  groups: readonly Member[][];
  store: SightingStore;
  /** Number of the clock of each point: one for each named host, and one for each capture without a host. */
  clocks: readonly number[];
  comparisons: readonly Comparison[];
}

/**
 * Guesses which captures were taken on one host, when neither names nor the user say so. On its way through a node a
 * packet passes
 *
 *   pod side ── hop limit − 1 ── tunnel device ── encapsulated ── NIC        (or the other way)
 *
 * within microseconds of one clock. So the captures that are nearest to each other belong together, unless there is a
 * contradiction: their clocks differ; the hop limit falls by two between them (each host takes one); both are NICs or
 * both tunnel devices (then they are the two ends of the wire); or tunnels show that their pods are on different nodes.
 * Pod-side captures with the same MAC address are on one bridge. Where nothing tells what a capture is, two with one
 * router between them are taken for its two sides: the nearest first, and each capture once.
 *
 * The result is a guess, so the notes report it.
 */
export function guessHosts(input: Input): void {
  const { evidence } = input;
  if (evidence.captures.length < 2 || evidence.points.every(({ host }) => host !== null)) return;
  const units = unitsOf(evidence, input.clocks);
  const apart = differentHosts(input);
  const clusterOf = new Map(units.map((unit) => [unit, [unit]]));
  for (const { a, b } of linksOf(input, units)) {
    const [x, y] = [clusterOf.get(a), clusterOf.get(b)] as [Unit[], Unit[]];
    if (x === y || !mayJoin(x, y, apart)) continue;
    x.push(...y);
    for (const unit of y) clusterOf.set(unit, x);
  }
  // What tunnels and devices leave open: two captures with one machine between them are taken for two of its interfaces.
  for (const { a, b } of linksByRouter(input, units)) {
    const [x, y] = [clusterOf.get(a), clusterOf.get(b)] as [Unit[], Unit[]];
    if (x.length > 1 || y.length > 1 || !mayBeOneRouter(a, b, apart)) continue;
    x.push(...y);
    clusterOf.set(b, x);
  }
  const joined = [...new Set(clusterOf.values())].filter((cluster) => cluster.length > 1);
  nameHosts(evidence, joined);
  settleBridges(evidence);
}

/** Conversations whose hop limits are compared; enough to find one that passes both points. */
const COMPARED_CONVERSATIONS = 2048;

/** Pairs of clocks that cannot belong to one host: their offsets differ, or two hops lie between them. */
function differentHosts({ groups, store, clocks, comparisons }: Input): Set<string> {
  const apart = new Set<string>();
  for (const { clocks: pair, forth, back } of comparisons) {
    const floors = [forth, back].filter(({ matches }) => matches > 0).map((floor) => floor.minimum(0));
    if (floors.some((delay) => delay < -ONE_CLOCK_TOLERANCE)) apart.add(pairOf(...pair));
  }
  for (const group of groups.slice(0, COMPARED_CONVERSATIONS)) {
    const falls = new Map<string, number>();
    for (const [i, j] of comparedPairs(group.length)) {
      const fall = hopsBetween(group[i], group[j], store);
      const key = pairOf(clocks[group[i].biflow.point], clocks[group[j].biflow.point]);
      falls.set(key, Math.min(fall, falls.get(key) ?? Infinity));
    }
    for (const [key, fall] of falls) if (fall >= 2 && fall < Infinity) apart.add(key);
  }
  return apart;
}

/** Decrease of the hop limit; Infinity when both points share no direction. */
function hopsBetween(a: Member, b: Member, store: SightingStore): number {
  let fall = Infinity;
  for (const direction of [0, 1] as const) {
    const [x, y] = [a, b].map((member) => trackOf(store, member, direction));
    if (x.rows.length > 0 && y.rows.length > 0)
      fall = Math.min(fall, Math.abs(x.columns.ttl[x.rows[0]] - y.columns.ttl[y.rows[0]]));
  }
  return fall;
}

interface Link {
  a: Unit;
  b: Unit;
  delay: number;
}

/** Devices that may be neighbours in a node, the nearest first. */
function linksOf({ evidence, comparisons }: Input, units: readonly Unit[]): Link[] {
  const podNodes = nodesOfPods(evidence);
  const links = linksByMac(units.filter(({ kind }) => kind === 'pod'));
  const unitOf = new Map(units.map((unit) => [unit.clock, unit]));
  const wires = units.filter(({ kind }) => kind === 'wire').length;
  for (const comparison of comparisons) {
    const [a, b] = comparison.clocks.map((clock) => unitOf.get(clock) as Unit);
    const delay = apparentDelay(comparison);
    const kinds = new Set([a.kind, b.kind]);
    if (kinds.size < 2 || kinds.has('unknown') || delay > DEVICE_DELAY_SECONDS) continue;
    if (!kinds.has('wire') || isOnSide(comparison, a, b, wires, podNodes)) links.push({ a, b, delay });
  }
  return links.sort((x, y) => x.delay - y.delay || x.a.clock - y.a.clock || x.b.clock - y.b.clock);
}

/** Captures of one interface each, with one machine and at most the delay of its devices between them; nearest first. */
function linksByRouter({ groups, store, clocks, comparisons }: Input, units: readonly Unit[]): Link[] {
  const once = routedOnce(groups, store, clocks);
  const unitOf = new Map(units.map((unit) => [unit.clock, unit]));
  const links = comparisons
    .filter(({ clocks: pair }) => once.has(pairOf(...pair)))
    .map((comparison) => {
      const [a, b] = comparison.clocks.map((clock) => unitOf.get(clock) as Unit);
      return { a, b, delay: apparentDelay(comparison) };
    });
  return links
    .filter(({ a, b, delay }) => a.points.length === 1 && b.points.length === 1 && delay <= DEVICE_DELAY_SECONDS)
    .sort((x, y) => x.delay - y.delay || x.a.clock - y.a.clock || x.b.clock - y.b.clock);
}

/** As `mayJoin`, for two captures of which neither has a host; what is not known of them is no contradiction. */
function mayBeOneRouter(a: Unit, b: Unit, apart: ReadonlySet<string>): boolean {
  if (a.host !== null || b.host !== null || apart.has(pairOf(a.clock, b.clock))) return false;
  if (a.kind === b.kind && a.kind !== 'pod' && a.kind !== 'unknown') return false;
  return nodesOfCluster([a, b]).size > 0;
}

/** Groups of pod-side captures that show the same MAC address. */
function linksByMac(pods: readonly Unit[]): Link[] {
  const byMac = new Map<string, Unit[]>();
  for (const pod of pods) {
    for (const mac of pod.macs) {
      const known = byMac.get(mac);
      if (known === undefined) byMac.set(mac, [pod]);
      else known.push(pod);
    }
  }
  const links = new Map<string, Link>();
  for (const ofMac of byMac.values()) {
    for (const [i, j] of comparedPairs(ofMac.length)) {
      const [a, b] = [ofMac[i], ofMac[j]];
      links.set(pairOf(a.clock, b.clock), { a, b, delay: 0 });
    }
  }
  return [...links.values()];
}

/**
 * Whether a NIC is on the same side of the wire as a device that shows the same packets in plain. The order of passage
 * shows the node of that device: a packet that passes it before encapsulation comes from its node. If the end of the
 * NIC is unknown, the NIC of the other end must be among the captures, and farther away.
 */
function isOnSide(
  { nearer }: Comparison,
  a: Unit,
  b: Unit,
  wires: number,
  podNodes: ReadonlyMap<string, string>,
): boolean {
  const [wire, plain] = a.kind === 'wire' ? [a, b] : [b, a];
  const votes = new Map<string, number>();
  for (const [ends, sum] of nearer) {
    const nodes = ends.split(' ').map((address) => podNodes.get(address));
    const isClientSide = plain === a ? sum > 0 : sum < 0;
    const node = sum === 0 ? undefined : nodes[isClientSide ? 0 : 1];
    if (node !== undefined) votes.set(node, (votes.get(node) ?? 0) + Math.abs(sum));
  }
  const [first] = [...votes].sort(([node, x], [other, y]) => y - x || (node < other ? -1 : 1));
  const own = wire.nodes ?? new Set();
  if (first !== undefined && !own.has(first[0])) return false;
  return own.size === 1 || wires > 1;
}

/** Smallest difference between the clocks' times of one packet, in the direction where it is larger. */
function apparentDelay({ forth, back, unordered }: Comparison): number {
  const known = [forth, back].filter(({ matches }) => matches > 0);
  const floors = known.length > 0 ? known : [unordered];
  return Math.max(...floors.map((floor) => Math.abs(floor.minimum(0))));
}

function mayJoin(x: readonly Unit[], y: readonly Unit[], apart: ReadonlySet<string>): boolean {
  for (const a of x) {
    for (const b of y) {
      if (a.host !== null && b.host !== null) return false;
      if (a.kind === b.kind && a.kind !== 'pod') return false;
      if (apart.has(pairOf(a.clock, b.clock))) return false;
    }
  }
  return nodesOfCluster([...x, ...y]).size > 0;
}

const ANYWHERE = '';

/** Addresses that the host of a cluster of captures may have; `ANYWHERE` when unknown. */
function nodesOfCluster(cluster: readonly Unit[]): Set<string> {
  const told = cluster.map(({ nodes }) => nodes).filter((nodes) => nodes !== null);
  if (told.length === 0) return new Set([ANYWHERE]);
  return new Set([...told[0]].filter((node) => told.every((nodes) => nodes.has(node))));
}

function nameHosts(evidence: Joined, clusters: readonly Unit[][]): void {
  const candidates = clusters.map(nodesOfCluster);
  const settled = new Set(candidates.filter(({ size }) => size === 1).flatMap((nodes) => [...nodes]));
  const taken = new Set(evidence.points.map(({ host }) => host));
  for (const [nth, cluster] of clusters.entries()) {
    const told = cluster.find(({ host }) => host !== null)?.host;
    // Each node belongs to one cluster of captures. A cluster with several candidates gets the node that is left.
    const left = [...candidates[nth]].filter((node) => candidates[nth].size === 1 || !settled.has(node));
    const host =
      told ?? (left.length === 1 && left[0] !== ANYWHERE && !taken.has(left[0]) ? left[0] : `host ${nth + 1}`);
    taken.add(host);
    const points = cluster.flatMap((unit) => unit.points);
    for (const point of points) {
      if (point.host === null && point.namedBy === 'unknown') point.namedBy = 'traffic';
      point.host ??= host;
    }
    evidence.notes.push({ code: 'host-guessed', points: points.map(({ index }) => index), host });
  }
}
