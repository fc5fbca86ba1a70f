import type { Joined } from '../../capture/capture-digest.ts';
import type { CapturePoint } from '../../evidence/evidence.ts';
import { atPoint } from '../points/at-point.ts';
import { INITIAL_TTLS } from '../same-traffic/thresholds.ts';

/** Position of the points of a capture on the path through a node. */
export type Kind = 'pod' | 'tunnel' | 'wire' | 'unknown';

/** What is known of the captures of one clock. */
export interface Unit {
  clock: number;
  points: CapturePoint[];
  host: string | null;
  kind: Kind;
  /** Underlay addresses, one of which is the host's own; null when unknown. */
  nodes: ReadonlySet<string> | null;
  macs: ReadonlySet<string>;
}

/** Groups the captures by clock. Points that only show ARP of a pod with a captured bridge get their role here. */
export function unitsOf(evidence: Joined, clocks: readonly number[]): Unit[] {
  const podNodes = nodesOfPods(evidence);
  const units = new Map<number, Unit>();
  for (const point of evidence.points) {
    const clock = clocks[point.index];
    const known = units.get(clock);
    if (known !== undefined) known.points.push(point);
    else
      units.set(clock, {
        clock,
        points: [point],
        host: point.host,
        kind: 'unknown',
        nodes: null,
        macs: new Set(),
      });
  }
  for (const unit of units.values()) {
    unit.kind = kindOf(evidence, unit.points);
    unit.macs = macsOf(evidence, unit.points);
    unit.nodes = nodesOf(evidence, unit, podNodes);
  }
  const all = [...units.values()];
  const podMacs = new Set(all.filter(({ kind }) => kind === 'pod').flatMap(({ macs }) => [...macs]));
  for (const unit of all) joinQuietPod(evidence, unit, podMacs);
  return all;
}

const hasTunnels = (evidence: Joined, { index }: CapturePoint): boolean => atPoint(evidence.tunnels, index).length > 0;

/** A capture of several interfaces is a host of its own and is not changed. */
function kindOf(evidence: Joined, points: readonly CapturePoint[]): Kind {
  if (points.length !== 1) return 'unknown';
  const [{ role }] = points;
  if (role === 'pod-veth' || role === 'bridge') return 'pod';
  if (role === 'tunnel-device') return 'tunnel';
  return role === 'node-nic' && hasTunnels(evidence, points[0]) ? 'wire' : 'unknown';
}

function macsOf(evidence: Joined, points: readonly CapturePoint[]): Set<string> {
  const macs = new Set<string>();
  for (const { index } of points) {
    for (const host of atPoint(evidence.hosts, index)) for (const { value } of host.macs) macs.add(value);
    for (const { askerMac, replies } of atPoint(evidence.arp, index)) {
      macs.add(askerMac);
      for (const { mac } of replies) macs.add(mac);
    }
  }
  return macs;
}

/** A point that only shows ARP of a pod whose bridge was captured: a veth of that bridge without other traffic. */
function joinQuietPod(evidence: Joined, unit: Unit, podMacs: ReadonlySet<string>): void {
  const [point] = unit.points;
  const isQuiet = unit.points.length === 1 && point.role === 'unknown' && point.quality.packets > 0;
  if (!isQuiet || atPoint(evidence.hosts, point.index).some(({ sent }) => sent > 0)) return;
  if (![...unit.macs].some((mac) => podMacs.has(mac))) return;
  unit.kind = 'pod';
  point.role = 'pod-veth';
  point.namedBy = 'traffic';
}

/**
 * Maps pods to the node that sends their packets through tunnels. If several nodes do, the one that sends most of them
 * is chosen.
 */
export function nodesOfPods(evidence: Joined): Map<string, string> {
  const packets = new Map<string, Map<string, number>>();
  for (const { source, innerSources } of evidence.tunnels) {
    for (const { value, count } of innerSources) {
      const ofPod = packets.get(value) ?? new Map<string, number>();
      packets.set(value, ofPod.set(source, (ofPod.get(source) ?? 0) + count));
    }
  }
  const mostOf = (nodes: Map<string, number>): string =>
    [...nodes].reduce((a, b) => (b[1] > a[1] || (b[1] === a[1] && b[0] < a[0]) ? b : a))[0];
  return new Map([...packets].map(([pod, nodes]) => [pod, mostOf(nodes)]));
}

function nodesOf(evidence: Joined, { kind, points }: Unit, podNodes: ReadonlyMap<string, string>): Set<string> | null {
  const [{ index }] = points;
  if (kind === 'pod') return nodesOfOwnPods(evidence, index, podNodes);
  return kind === 'wire' ? ownAddresses(evidence, index) : null;
}

/** Pods whose packets still have their initial hop limit are on this host. */
function nodesOfOwnPods(evidence: Joined, point: number, podNodes: ReadonlyMap<string, string>): Set<string> | null {
  const nodes = new Set<string>();
  for (const { outer, sent, address, ttls } of atPoint(evidence.hosts, point)) {
    const node = podNodes.get(address);
    if (outer || sent === 0 || node === undefined) continue;
    if (ttls.some(({ value }) => INITIAL_TTLS.includes(value))) nodes.add(node);
  }
  return nodes.size === 0 ? null : nodes;
}

/**
 * The address of the NIC itself among the tunnel end points: nearly all packets have it, and its own packets have not
 * been routed yet.
 */
function ownAddresses(evidence: Joined, point: number): Set<string> {
  const here = atPoint(evidence.tunnels, point);
  const ends = [...new Set(here.flatMap(({ source, destination }) => [source, destination]))];
  const packets = new Map<string, number>();
  for (const { address, sent, received } of atPoint(evidence.hosts, point))
    packets.set(address, (packets.get(address) ?? 0) + sent + received);
  const packetsOf = (end: string): number => packets.get(end) ?? 0;
  const fresh = new Set(
    here.filter(({ ttls }) => ttls.some(({ value }) => INITIAL_TTLS.includes(value))).map(({ source }) => source),
  );
  const sources = new Set(here.map(({ source }) => source));
  const routed = (end: string): boolean => sources.has(end) && !fresh.has(end);
  const most = ends.reduce((max, end) => Math.max(max, packetsOf(end)), 0);
  const own = ends.filter((end) => packetsOf(end) >= OWN_SHARE * most && !routed(end));
  return new Set(own.length > 0 ? own : ends);
}

/** Fewest packets of a NIC's own address, relative to its busiest one: flooded packets and broken headers lack it. */
const OWN_SHARE = 0.98;
