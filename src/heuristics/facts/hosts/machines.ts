import {
  type Connection,
  type Conversation,
  type CountedValue,
  type Evidence,
  TO_CLIENT,
  TO_SERVER,
  type TunnelFlow,
} from '../../../flows/evidence/evidence.ts';
import { INITIAL_TTLS } from '../../../flows/evidence/initial-ttls.ts';
import { isSpecial, netOf } from '../../../text/addresses.ts';
import { appendTo } from '../../words/append-to.ts';
import { indexOf } from '../evidence-index.ts';
import { serviceAddressesOf } from '../service-addresses.ts';

/** The machine on which a capture point lies, by what its packets prove. */
export interface Machine {
  /** Name that the user gave; null when there is none. The name of a capture file names a capture and no machine. */
  given: string | null;
  /** Address of the machine itself; null when the packets do not prove one. */
  address: string | null;
  /** An address of a pod on it; null when none is proved. */
  pod: string | null;
  /** Whether it is a node of the cluster: it has pods, or an end of a tunnel. */
  isNode: boolean;
}

/** Peers on the link that tell the machine's own MAC from theirs. */
const LEAST_PEERS = 2;

const cache = new WeakMap<Evidence, Map<string, Machine>>();

/** The machine of a point. Computed once for all points of one host. */
export function machineAt(evidence: Evidence, point: number): Machine {
  const known = cache.get(evidence) ?? new Map<string, Machine>();
  cache.set(evidence, known);
  const key = hostKey(evidence, point);
  const machine = known.get(key) ?? machineOf(evidence, key);
  known.set(key, machine);
  return machine;
}

const hostKey = ({ points }: Evidence, point: number): string =>
  points[point].host ?? `capture ${points[point].capture}`;

function machineOf(evidence: Evidence, key: string): Machine {
  const points = evidence.points.filter(({ index }) => hostKey(evidence, index) === key);
  const numbers = new Set(points.map(({ index }) => index));
  const pods = podsAt(evidence, numbers);
  const ends = tunnelEnds(evidence, numbers);
  const given = points.find(({ namedBy, host }) => namedBy === 'given' && host !== null)?.host ?? null;
  const address = ends ?? nodeOfPods(evidence, pods) ?? ownAddress(evidence, numbers, pods);
  const isNode = pods.length > 0 || points.some(({ role }) => role === 'node-nic' || role === 'tunnel-device');
  return { given, address, pod: pods[0] ?? null, isNode };
}

/** Addresses that send with an initial hop limit at a device of pods. */
function podsAt(evidence: Evidence, points: ReadonlySet<number>): string[] {
  const services = new Set(evidence.conversations.map(({ serverBeforeNat }) => serverBeforeNat?.address));
  const { signOf } = serviceAddressesOf(evidence);
  const sent = new Map<string, number>();
  for (const { point, address, outer, sent: packets, ttls } of evidence.hosts) {
    const { role } = evidence.points[point];
    if (!points.has(point) || outer || packets === 0 || (role !== 'pod-veth' && role !== 'bridge')) continue;
    if (isSpecial(address) || services.has(address) || signOf(address)?.strength === 'strong' || !isInitial(ttls))
      continue;
    sent.set(address, (sent.get(address) ?? 0) + packets);
  }
  return [...sent].sort((a, b) => b[1] - a[1]).map(([address]) => address);
}

const isInitial = (ttls: readonly CountedValue<number>[]): boolean =>
  ttls.some(({ value }) => INITIAL_TTLS.includes(value));

/** The one node that sends the packets of these pods through tunnels, at whatever point. */
function nodeOfPods(evidence: Evidence, pods: readonly string[]): string | null {
  const nodes = pods.map((pod) => nodeOf(evidence, pod)).filter((node) => node !== null);
  return new Set(nodes).size === 1 ? nodes[0] : null;
}

const nodesCache = new WeakMap<Evidence, Map<string, string | null>>();

/**
 * The outer address that sends the packets of an inner address. Null when there is none or no single one that also gets
 * packets for it.
 */
export function nodeOf(evidence: Evidence, pod: string): string | null {
  const known = nodesCache.get(evidence) ?? nodesByPod(evidence);
  nodesCache.set(evidence, known);
  return known.get(pod) ?? null;
}

function nodesByPod(evidence: Evidence): Map<string, string | null> {
  const [sending, meant] = [new Map<string, string[]>(), new Map<string, string[]>()];
  for (const { source, destination, innerSources, innerDestinations } of evidence.tunnels) {
    for (const { value } of innerSources) appendTo(sending, value, source);
    for (const { value } of innerDestinations) appendTo(meant, value, destination);
  }
  return new Map(
    [...sending].map(([pod, sources]) => {
      const nodes = new Set(sources);
      const both = [...nodes].filter((node) => meant.get(pod)?.includes(node));
      const chosen = nodes.size === 1 ? [...nodes] : both;
      return [pod, chosen.length === 1 ? chosen[0] : null];
    }),
  );
}

/**
 * The end of the tunnels at these points that belongs to this machine. The side follows from the order of the points:
 * what is plain before it is encapsulated was encapsulated here, and what goes on to another machine came from here.
 */
function tunnelEnds(evidence: Evidence, points: ReadonlySet<number>): string | null {
  if (!evidence.tunnels.some(({ point }) => points.has(point))) return null;
  const votes = new Map<string, number>();
  const vote = (address: string) => votes.set(address, (votes.get(address) ?? 0) + 1);
  for (const conversation of evidence.conversations) {
    for (const [at, leg] of conversation.legs.entries()) {
      if (!points.has(leg.point) || leg.encapsulation.length === 0) continue;
      const side = sideOf(evidence, conversation, at, points);
      if (side === null) continue;
      for (const [direction, flow] of carriersOf(evidence, conversation, leg.point))
        vote(side === direction ? flow.source : flow.destination);
    }
  }
  return mostOf(votes);
}

/** The direction in which this machine sends the encapsulated packets of the conversation. */
function sideOf(
  evidence: Evidence,
  { legs }: Conversation,
  at: number,
  points: ReadonlySet<number>,
): typeof TO_SERVER | typeof TO_CLIENT | null {
  const isHere = (index: number) => points.has(legs[index].point);
  const plain = (index: number) => legs[index].encapsulation.length === 0;
  const before = legs.findIndex((_, index) => index < at && isHere(index) && plain(index)) >= 0;
  const after = legs.findIndex((_, index) => index > at && isHere(index) && plain(index)) >= 0;
  if (before !== after) return before ? TO_SERVER : TO_CLIENT;
  const elsewhere = legs.findIndex(
    (leg, index) => !isHere(index) && leg.encapsulation.length > 0 && evidence.points[leg.point].role !== 'unknown',
  );
  if (elsewhere < 0) return null;
  return elsewhere > at ? TO_SERVER : TO_CLIENT;
}

function carriersOf(
  evidence: Evidence,
  conversation: Conversation,
  point: number,
): [typeof TO_SERVER | typeof TO_CLIENT, TunnelFlow][] {
  const index = indexOf(evidence);
  const ofConnections = index
    .connections(conversation)
    .filter((leg) => leg.point === point)
    .flatMap(({ directions }) =>
      ([TO_SERVER, TO_CLIENT] as const).flatMap((direction) =>
        directions[direction].tunnels.map((tunnel) => [direction, evidence.tunnels[tunnel]] as const),
      ),
    );
  if (ofConnections.length > 0) return ofConnections.map(([direction, flow]) => [direction, flow]);
  return index
    .datagrams(conversation)
    .filter((leg) => leg.point === point)
    .flatMap(({ tunnels, client }) =>
      tunnels.map((tunnel): [typeof TO_SERVER | typeof TO_CLIENT, TunnelFlow] => {
        const flow = evidence.tunnels[tunnel];
        const isOfClient = flow.innerSources.some(({ value }) => value === client.address);
        return [isOfClient ? TO_SERVER : TO_CLIENT, flow];
      }),
    );
}

/** The address with the most votes; null when two have as many. */
function mostOf(votes: ReadonlyMap<string, number>): string | null {
  const [first, second] = [...votes].sort((a, b) => b[1] - a[1]);
  return first === undefined || second?.[1] === first[1] ? null : first[0];
}

/** The address of the machine on an ordinary network: by its MAC, by hop limits, or by the order of the points. */
function ownAddress(evidence: Evidence, points: ReadonlySet<number>, pods: readonly string[]): string | null {
  const local = evidence.hosts.filter(
    ({ point, address, sent, ttls }) =>
      points.has(point) &&
      sent > 0 &&
      !isSpecial(address) &&
      isInitial(ttls) &&
      !pods.includes(address) &&
      evidence.points[point].role !== 'tunnel-device' &&
      evidence.points[point].role !== 'bridge' &&
      evidence.points[point].role !== 'pod-veth',
  );
  const macs = new Map([...points].map((point) => [point, ownMac(evidence, point)]));
  const byMac = local.filter((host) => host.macs.some(({ value }) => value === macs.get(host.point)));
  const candidates = byMac.length > 0 ? byMac : local;
  const addresses = new Map<string, number>();
  for (const { address, sent } of candidates) addresses.set(address, (addresses.get(address) ?? 0) + sent);
  if (byMac.length > 0) return mostOf(addresses);
  if (pods.length > 0) return askerOfPods(evidence, points, pods);
  return atEnd(evidence, points, [...addresses.keys()]);
}

/**
 * The address from which the node asks for its pods at their veths. Behind a bridge that is the address of the bridge,
 * in the range of the pods, and it names no node.
 */
function askerOfPods(
  { arp, points: all }: Evidence,
  points: ReadonlySet<number>,
  pods: readonly string[],
): string | null {
  const askers = arp.filter(
    ({ point, asker, target }) =>
      points.has(point) &&
      all[point].role === 'pod-veth' &&
      pods.includes(target) &&
      !pods.includes(asker) &&
      !isSpecial(asker) &&
      netOf(asker) !== netOf(target),
  );
  const addresses = new Set(askers.map(({ asker }) => asker));
  return addresses.size === 1 ? [...addresses][0] : null;
}

/** The MAC that is at one end of every frame at a NIC: that of the machine itself, where it has several peers. */
function ownMac(evidence: Evidence, at: number): string | null {
  if (!isNic(evidence, at)) return null;
  const pairs = [
    ...evidence.connections
      .filter(({ point, encapsulation }) => point === at && encapsulation.length === 0)
      .flatMap(({ directions }: Connection) => directions),
    ...evidence.tunnels.filter(({ point }) => point === at),
  ].filter(({ sourceMacs, destinationMacs }) => sourceMacs.length > 0 && destinationMacs.length > 0);
  const ends = pairs.map(({ sourceMacs, destinationMacs }) =>
    [...sourceMacs, ...destinationMacs].map(({ value }) => value),
  );
  const [first = [], ...others] = ends;
  const common = [...new Set(first)].filter((mac) => others.every((macs) => macs.includes(mac)));
  const peers = new Set(ends.flat().filter((mac) => !common.includes(mac)));
  // With one peer only, its MAC is at one end of every frame as well.
  return common.length === 1 && peers.size >= LEAST_PEERS ? common[0] : null;
}

const isNic = ({ points }: Evidence, point: number): boolean =>
  !['pod-veth', 'bridge', 'tunnel-device'].includes(points[point].role);

/** The client where these points come first on the path, the server where they come last. */
function atEnd(evidence: Evidence, points: ReadonlySet<number>, addresses: readonly string[]): string | null {
  const votes = new Map<string, number>();
  for (const { legs } of evidence.conversations) {
    const here = legs.map((leg) => points.has(leg.point));
    if (here.every((is) => is) || !here.some((is) => is)) continue;
    const end = here[0] ? legs[0].client.address : here[legs.length - 1] ? legs[legs.length - 1].server.address : null;
    if (end !== null && addresses.includes(end)) votes.set(end, (votes.get(end) ?? 0) + 1);
  }
  return mostOf(votes);
}
