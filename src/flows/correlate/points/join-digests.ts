import type { CaptureDigest, Joined } from '../../capture/capture-digest.ts';
import { CompactDatagram } from '../../compact/compact-datagram.ts';
import { CompactLookup } from '../../compact/compact-lookup.ts';
import type { CapturePoint, CaptureSummary, Connection, KnownCluster, PointQuality } from '../../evidence/evidence.ts';
import { CompactConnection } from '../../tcp/compact-connection.ts';

const NOTHING_SEEN: PointQuality = {
  packets: 0,
  firstTime: 0,
  lastTime: 0,
  cut: 0,
  unreadable: 0,
  malformed: {},
  malformedTotal: 0,
  notDecoded: 0,
  copies: 0,
  mostTimes: 0,
  timeSteps: 0,
  largestTimeStepBack: 0,
  superSegments: 0,
  badChecksums: 0,
  partialChecksums: 0,
  gapOctets: 0,
  tcpOctets: 0,
  oneWayConnections: 0,
  connections: 0,
  arpPackets: 0,
  icmpPackets: 0,
};

/**
 * Joins the lists of all captures, one after the other. Indexes of points, connections, datagrams, exchanges and
 * tunnels are those of the joined lists; flow numbers stay local to their capture. A capture without packets also gets
 * a point, because it shows that nothing arrived there.
 *
 * @param takeOver moves the items of the digests into the evidence, so that a large capture is not in memory twice.
 *   The digests must not be used afterwards. Without it, they are not changed.
 */
export function joinDigests(digests: readonly CaptureDigest[], known: KnownCluster, { takeOver = false } = {}): Joined {
  const evidence = emptyEvidence(known);
  const adopt: Adopt = takeOver
    ? (item, changes) => Object.assign(item, changes)
    : (item, changes) => ({ ...item, ...changes });
  for (const [capture, digest] of digests.entries()) appendDigest(evidence, digest, capture, adopt);
  const earliest = evidence.captures
    .filter(({ packets }) => packets > 0)
    .reduce<CaptureSummary | null>((a, b) => (a === null || startOf(b) < startOf(a) ? b : a), null);
  for (const point of evidence.points) point.timeShift = secondsAfter(evidence.captures[point.capture], earliest);
  return evidence;
}

/** An item with some of its fields changed. */
type Adopt = <T extends object>(item: T, changes: Partial<T>) => T;

/** Whole seconds are subtracted first, because one number cannot hold seconds since 1970 with nanoseconds. */
function secondsAfter(
  { packets, baseSeconds, baseNanoseconds }: CaptureSummary,
  earliest: CaptureSummary | null,
): number {
  if (packets === 0 || earliest === null) return 0;
  return baseSeconds - earliest.baseSeconds + (baseNanoseconds - earliest.baseNanoseconds) / 1e9;
}

const startOf = ({ baseSeconds, baseNanoseconds }: { baseSeconds: number; baseNanoseconds: number }): number =>
  baseSeconds + baseNanoseconds / 1e9;

function appendDigest(evidence: Joined, digest: CaptureDigest, capture: number, adopt: Adopt): void {
  const firstPoint = evidence.points.length;
  const firstTunnel = evidence.tunnels.length;
  const offsets = { firstPoint, firstTunnel };
  const rebased = (tunnels: readonly number[]) => tunnels.map((tunnel) => tunnel + firstTunnel);
  const place = <T extends { point: number }>(item: T, more: Partial<T> = {}): T =>
    adopt(item, { point: item.point + firstPoint, ...more } as Partial<T>);
  const append = <T extends { point: number; index: number }>(list: T[], items: readonly T[]): void => {
    for (const item of items) list.push(place(item, { index: list.length } as Partial<T>));
  };
  evidence.captures.push(digest.capture);
  for (const point of digest.points.length > 0 ? digest.points : [pointOfEmptyCapture()])
    evidence.points.push({ ...point, index: evidence.points.length, capture });
  for (const connection of digest.connections) {
    const index = evidence.connections.length;
    if (connection instanceof CompactConnection) {
      evidence.connections.push(connection.placed(index, offsets));
      continue;
    }
    const [toServer, toClient] = connection.directions;
    const directions: Connection['directions'] = [
      adopt(toServer, { tunnels: rebased(toServer.tunnels) }),
      adopt(toClient, { tunnels: rebased(toClient.tunnels) }),
    ];
    evidence.connections.push(place(connection, { index, directions }));
  }
  for (const opened of digest.openedLeftOut) evidence.openedLeftOut.push(place(opened));
  for (const use of digest.applications) evidence.applications.push(place(use));
  for (const flow of digest.datagrams) {
    const index = evidence.datagrams.length;
    const placed =
      flow instanceof CompactDatagram
        ? flow.placed(index, offsets)
        : place(flow, { index, tunnels: rebased(flow.tunnels) });
    evidence.datagrams.push(placed);
  }
  for (const lookup of digest.dns) {
    const index = evidence.dns.length;
    evidence.dns.push(lookup instanceof CompactLookup ? lookup.placed(index, offsets) : place(lookup, { index }));
  }
  append(evidence.echoes, digest.echoes);
  append(evidence.arp, digest.arp);
  append(evidence.tunnels, digest.tunnels);
  for (const item of digest.claims) evidence.claims.push(place(item));
  for (const item of digest.leases) evidence.leases.push(place(item));
  for (const item of digest.dhcpClients) evidence.dhcpClients.push(place(item));
  for (const item of digest.icmpErrors) evidence.icmpErrors.push(place(item));
  for (const item of digest.timeServers) evidence.timeServers.push(place(item));
  for (const item of digest.probes) evidence.probes.push(place(item));
  for (const item of digest.hosts) evidence.hosts.push(place(item));
  for (const item of digest.fragments) evidence.fragments.push(place(item));
  for (const item of digest.loops) evidence.loops.push(place(item));
  for (const item of digest.checkedSenders) evidence.checkedSenders.push(place(item));
  for (const item of digest.checked) {
    const wrong = item.wrong.map((packet) =>
      packet.tunnel < 0 ? packet : { ...packet, tunnel: packet.tunnel + firstTunnel },
    );
    evidence.checked.push(place(item, { wrong }));
  }
  for (const item of digest.carriers) {
    const innerFlows = item.innerFlows.map(({ point, flow }) => ({ point: point + firstPoint, flow }));
    evidence.carriers.push(place(item, { innerFlows }));
  }
  evidence.connectionsTotal += digest.connectionsTotal;
  evidence.connectionsEvicted += digest.connectionsEvicted;
  evidence.dnsTotal += digest.dnsTotal;
  evidence.echoesTotal += digest.echoesTotal;
  evidence.icmpErrorsTotal += digest.icmpErrorsTotal;
  evidence.probesTotal += digest.probesTotal;
  evidence.fragmentsTotal += digest.fragmentsTotal;
  evidence.fragmentsIncomplete += digest.fragmentsIncomplete;
}

const pointOfEmptyCapture = (): CapturePoint => ({
  index: 0,
  capture: 0,
  fileInterface: 0,
  linkInterface: -1,
  linkType: -1,
  interfaceName: null,
  name: '',
  host: null,
  role: 'unknown',
  namedBy: 'unknown',
  timeShift: 0,
  quality: { ...NOTHING_SEEN, malformed: {} },
});

const emptyEvidence = (known: KnownCluster): Joined => ({
  captures: [],
  points: [],
  connections: [],
  connectionsTotal: 0,
  connectionsEvicted: 0,
  openedLeftOut: [],
  applications: [],
  dns: [],
  dnsTotal: 0,
  echoes: [],
  echoesTotal: 0,
  arp: [],
  claims: [],
  leases: [],
  dhcpClients: [],
  datagrams: [],
  icmpErrors: [],
  icmpErrorsTotal: 0,
  timeServers: [],
  probes: [],
  probesTotal: 0,
  tunnels: [],
  hosts: [],
  fragments: [],
  fragmentsTotal: 0,
  fragmentsIncomplete: 0,
  loops: [],
  checked: [],
  checkedSenders: [],
  carriers: [],
  conversations: [],
  hopsLeftOut: [],
  datagramsLeftOut: [],
  answeredLeftOut: [],
  nat: [],
  clocks: [],
  paths: [],
  notes: [],
  known,
});
