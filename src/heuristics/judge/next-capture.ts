/** Where to capture next, when packets vanish and the captures at hand do not show where. */

import type {
  CapturePoint,
  Conversation,
  Evidence,
  Leg,
  PointRole,
  TunnelFlow,
} from '../../flows/evidence/evidence.ts';
import { TO_SERVER } from '../../flows/evidence/evidence.ts';
import { INITIAL_TTLS } from '../../flows/evidence/initial-ttls.ts';
import { shellQuote } from '../../text/shell-quote.ts';
import { spanOf } from '../facts/place.ts';
import type { Occurrence } from '../rule/rule.ts';
import type { Judgement } from './judgement.ts';

export interface NextCapture {
  /** The host; its address when no name is known. */
  on: string;
  /** `any` where the names of the host's devices are unknown, because it covers all of them. */
  interface: string;
  why: string;
  /** The command, quoted for a POSIX shell. */
  command: string;
}

/** Devices in the order in which packets of a pod leave its node. */
const DEVICE_ORDER: readonly PointRole[] = ['pod-veth', 'bridge', 'tunnel-device', 'node-nic'];
const EDGE_ROLES: ReadonlySet<PointRole> = new Set(['node-nic', 'host-nic', 'any', 'outside']);
/** Tunnels of the usual plugins (flannel and Calico VXLAN, IPIP), for captures that show no tunnel. */
const USUAL_TUNNELS: readonly string[] = ['udp port 8472', 'udp port 4789', 'ip proto 4'];

export function nextCaptureOf(evidence: Evidence, { findings: [first] }: Judgement): NextCapture | null {
  if (first === undefined || first.level === 'note' || first.meta.place !== 'last-seen') return null;
  const { between, conversations } = first.occurrence;
  const own = conversations.map((index) => evidence.conversations[index]);
  const conversation = own.find((each) => each !== undefined && each.legs.length > 0);
  if (between !== undefined && between !== null) return insideGap(evidence, between, first.occurrence, conversation);
  return conversation === undefined ? null : beyondLastPoint(evidence, conversation);
}

/** The fault is known to lie between two points. Devices between them were not captured. */
function insideGap(
  evidence: Evidence,
  between: [number, number],
  { subject }: Occurrence,
  conversation: Conversation | undefined,
): NextCapture | null {
  const [from, to] = between.map((index) => evidence.points[index]);
  const span = spanOf(evidence, between);
  if (span === 'unknown') return null;
  const gap = `packets are last seen at ${from.name} and not at ${to.name}`;
  if (span === 'between') {
    const blind = [from, to].filter((point) => !hasEdge(evidence, point.host));
    if (blind.length === 0) return null;
    const hosts = blind.map(({ host }) => host).join(' and ');
    const why = `${gap}; no interface between ${from.host} and ${to.host} was captured: whether the packets leave the one and reach the other is open`;
    return captureOn(hosts, why, tunnelFilter(tunnelsBetween(evidence, between)));
  }
  if (from !== to && !leavesDevicesOut(from, to)) return null;
  const why =
    from === to
      ? `packets enter ${from.name} and do not leave it in the form in which they go on; no other device of ${from.host} was captured there`
      : `${gap}; the devices of ${from.host} between these two were not captured`;
  const ends = conversation === undefined ? [subject.client, subject.server].map(addressOf) : addressesOf(conversation);
  return captureOn(from.host ?? from.name, why, anyForm(evidence, ends));
}

function leavesDevicesOut(from: CapturePoint, to: CapturePoint): boolean {
  const [a, b] = [from, to].map(({ role }) => DEVICE_ORDER.indexOf(role));
  return a >= 0 && b >= 0 && Math.abs(a - b) > 1;
}

/** The captures show only silence. The next capture belongs behind the point that is nearest to the server. */
function beyondLastPoint(evidence: Evidence, conversation: Conversation): NextCapture | null {
  const { legs } = conversation;
  const leg = legs[legs.length - 1];
  const point = evidence.points[leg.point];
  const filter = anyForm(evidence, addressesOf(conversation));
  const host = point.host ?? `the host of ${point.name}`;
  const seen = `${point.name} is the last point that sees the packets`;
  const before = legs.findLast((each) => evidence.points[each.point].host !== point.host);
  const sameHostBefore = legs.some(
    (each) => each.point !== leg.point && evidence.points[each.point].host === point.host,
  );
  if (!EDGE_ROLES.has(point.role)) {
    if (before !== undefined)
      return point.role === 'pod-veth' || hasRole(evidence, point.host, 'pod-veth') ? null : onward(host, seen, filter);
    if (point.role === 'tunnel-device') return betweenNodes(evidence, point, seen);
    // At the server's own interface the packets have arrived, so only the pod itself is left to capture.
    const isOnClientSide = sameHostBefore || sentHere(evidence, leg);
    if (!isOnClientSide || hasEdge(evidence, point.host)) return null;
    const why = `${seen}; the tunnel device and the network interface of its node were not captured: whether the packets leave the node is open`;
    return captureOn(host, why, filter);
  }
  const tunnel = tunnelOf(evidence, leg);
  if (tunnel !== undefined) {
    if (before !== undefined) return onward(host, seen, filter);
    if (isWatched(evidence, point.host, [tunnel.source, tunnel.destination])) return null;
    const peer = nodeName(evidence, tunnel.destination);
    const other = sameHostBefore ? peer : `the other one of ${nodeName(evidence, tunnel.source)} and ${peer}`;
    return captureOn(other, `${seen}; whether they reach the other end of the tunnel is open`, tunnelFilter([tunnel]));
  }
  if (before !== undefined || point.role === 'node-nic' || !sentHere(evidence, leg)) return onward(host, seen, filter);
  if (isWatched(evidence, point.host, [leg.client.address, leg.server.address])) return null;
  const why = `${seen}; whether they reach the server is open`;
  return captureOn(nodeName(evidence, leg.server.address), why, filter);
}

/** A tunnel device shows packets inside their node. One device does not show in which direction they pass. */
function betweenNodes(evidence: Evidence, { host }: CapturePoint, seen: string): NextCapture | null {
  const devices = evidence.points.filter(({ role }) => role === 'tunnel-device');
  const blind = new Set(devices.map((device) => device.host).filter((name) => !hasEdge(evidence, name)));
  if (host === null || !blind.has(host)) return null;
  const why = `${seen}; no network interface of the nodes was captured: whether the packets in the tunnel leave the one and reach the other is open`;
  return captureOn([...blind].join(' and '), why, USUAL_TUNNELS.join(' or '));
}

/** The packets came in at the edge of a node, or farther on. */
const onward = (host: string, seen: string, filter: string): NextCapture =>
  captureOn(host, `${seen}; what becomes of them behind it is open`, filter);

const captureOn = (on: string, why: string, filter: string): NextCapture => ({
  on,
  interface: 'any',
  why: `${why}; capture there and at the present points at the same time`,
  // The file name gives host and interface to the next analysis.
  command: `tcpdump -i any -n -s 0 -w "$(hostname)__any.pcap" ${shellQuote(filter)}`,
});

const hasRole = ({ points }: Evidence, host: string | null, role: PointRole): boolean =>
  points.some((point) => point.host === host && point.role === role);

const hasEdge = ({ points }: Evidence, host: string | null): boolean =>
  host !== null && points.some((point) => point.host === host && EDGE_ROLES.has(point.role));

/** Whether the edge of another host was captured and shows packets between these two addresses. */
const isWatched = ({ points, hosts }: Evidence, host: string | null, ends: readonly string[]): boolean =>
  points.some(
    (point) =>
      point.host !== host &&
      EDGE_ROLES.has(point.role) &&
      ends.every((end) => hosts.some((seen) => seen.point === point.index && seen.address === end)),
  );

/** Whether the client's packets reach this point without passing a router. */
const sentHere = ({ hosts }: Evidence, { point, client }: Leg): boolean =>
  hosts
    .filter((host) => host.point === point && host.address === client.address && !host.outer)
    .some(({ ttls }) => ttls.length > 0 && INITIAL_TTLS.includes(ttls[0].value));

function tunnelOf({ tunnels, connections, datagrams }: Evidence, leg: Leg): TunnelFlow | undefined {
  if (leg.kind === 'tcp') return tunnels[connections[leg.index]?.directions[TO_SERVER].tunnels[0] ?? -1];
  if (leg.kind === 'datagram') return tunnels[datagrams[leg.index]?.tunnels[0] ?? -1];
  if (leg.encapsulation.length === 0) return undefined;
  const holds = (values: TunnelFlow['innerSources'], address: string) => values.some(({ value }) => value === address);
  return tunnels.find(
    ({ point, innerSources, innerDestinations }) =>
      point === leg.point && holds(innerSources, leg.client.address) && holds(innerDestinations, leg.server.address),
  );
}

/** Tunnels that were seen at points of the two hosts. */
function tunnelsBetween(evidence: Evidence, between: [number, number]): TunnelFlow[] {
  const hosts = new Set(between.map((index) => evidence.points[index].host));
  return evidence.tunnels.filter(({ point }) => hosts.has(evidence.points[point].host));
}

/**
 * A filter for the outer packets of these tunnels, when they have one form and one pair of ends; else for the usual
 * tunnels.
 */
function tunnelFilter(tunnels: readonly TunnelFlow[]): string {
  const forms = tunnelForms(tunnels);
  const anyOf = forms.join(' or ');
  const ends = new Set(tunnels.flatMap(({ source, destination }) => [source, destination]));
  if (ends.size !== 2) return anyOf;
  const hosts = [...ends].map((address) => `host ${address}`).join(' and ');
  return `${hosts} and ${forms.length > 1 ? `(${anyOf})` : anyOf}`;
}

function tunnelForms(tunnels: readonly TunnelFlow[]): readonly string[] {
  const forms = new Set<string>();
  for (const { kind, destinationPort } of tunnels) {
    if (destinationPort !== 0) forms.add(`udp port ${destinationPort}`);
    else if (kind === 'gre') forms.add('ip proto 47');
    else forms.add('ip proto 4');
  }
  return forms.size === 0 ? USUAL_TUNNELS : [...forms].sort();
}

/** A filter for the packets in plain form, before and after address translation, and inside a tunnel. */
function anyForm({ tunnels }: Evidence, addresses: readonly string[]): string {
  const hosts = addresses.filter((address) => address !== '').map((address) => `host ${address}`);
  return [...new Set(hosts), ...tunnelForms(tunnels)].join(' or ');
}

const addressesOf = ({ client, server, serverBeforeNat }: Conversation): string[] =>
  [client, server, serverBeforeNat].map((end) => end?.address ?? '');

/** The address in "10.0.0.1:80", "[fd00::1]:80" or a text without a port. Empty when the text holds no address. */
function addressOf(end: string | null): string {
  const address = /^\[(.*)\]:\d+$/.exec(end ?? '')?.[1] ?? (end ?? '').replace(/^([^:]*):\d+$/, '$1');
  return /^[\da-f.:]+$/i.test(address) ? address : '';
}

const nodeName = ({ known }: Evidence, address: string): string =>
  known.nodes[address] === undefined ? address : `${known.nodes[address]} (${address})`;
