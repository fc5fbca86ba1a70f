/**
 * Builders of single items of evidence. Longer than 300 lines because it is one plain list of defaults, one builder per
 * kind, and nothing else. Times are seconds; a packet number follows from the time, so equal rows are equal.
 */
import { emptySummary } from '../../src/flows/capture/empty-summary.ts';
import {
  type ArpExchange,
  type CapturePoint,
  type CaptureSummary,
  type CarrierFlow,
  type CheckedDirection,
  type CheckedSender,
  type Connection,
  type DatagramFlow,
  type DhcpClient,
  type Direction,
  type DnsExchange,
  type EchoExchange,
  type Endpoint,
  type FragmentedDatagram,
  type Hop,
  type HostActivity,
  type IcmpError,
  type InnerFlow,
  type PacketRef,
  type PointQuality,
  type Probe,
  type QuotedPacket,
  type ResetEvent,
  type TcpDirection,
  TO_CLIENT,
  TO_SERVER,
  type TunnelFlow,
  type WrongChecksum,
} from '../../src/flows/evidence/evidence.ts';

/** "10.0.0.1:80" or "[fd00::1]:80"; without a port, 0. */
export type EndpointText = string | Endpoint;
/** A time, with a packet number made up from it, or both. */
export type RefText = number | PacketRef;

export function endpoint(text: EndpointText): Endpoint {
  if (typeof text !== 'string') return text;
  const bracketed = /^\[(.+)\](?::(\d+))?$/.exec(text);
  if (bracketed !== null) return { address: bracketed[1], port: Number(bracketed[2] ?? 0) };
  const [address, port] = text.split(':').length === 2 ? text.split(':') : [text, '0'];
  return { address, port: Number(port) };
}

/** Packet numbers follow the time, so that equal rows are equal: 1,000 a second, from 1. */
export const ref = (at: RefText): PacketRef =>
  typeof at === 'number' ? { packet: Math.round(at * 1000) + 1, time: at } : at;
const refs = (times: readonly RefText[] | undefined): PacketRef[] => (times ?? []).map(ref);

// ---------------------------------------------------------------------------------------------- captures and points

export const quality = (some: Partial<PointQuality> = {}): PointQuality => ({
  packets: 100,
  firstTime: 0,
  lastTime: 60,
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
  arpPackets: 1,
  icmpPackets: 1,
  ...some,
});

export const capture = (some: Partial<CaptureSummary> = {}): CaptureSummary => ({
  ...emptySummary('capture.pcap'),
  format: 'pcap',
  packets: 100,
  baseSeconds: 1_700_000_000,
  duration: 60,
  snaplen: 262144,
  ...some,
});

/** `quality` may be partial: points last from 0 to 60 s. */
export const point = (
  some: Omit<Partial<CapturePoint>, 'quality'> & { quality?: Partial<PointQuality> } = {},
): CapturePoint => ({
  index: 0,
  capture: 0,
  fileInterface: 0,
  linkInterface: -1,
  linkType: 1,
  interfaceName: null,
  name: 'point',
  host: null,
  role: 'unknown',
  namedBy: 'unknown',
  timeShift: 0,
  ...some,
  quality: quality(some.quality),
});

export const carrier = (
  some: Omit<Partial<CarrierFlow>, 'first' | 'last' | 'lastFollowed' | 'innerFlows'> & {
    /** Biflow numbers at the point itself, or places. */
    innerFlows?: (number | InnerFlow)[];
    first?: RefText;
    last?: RefText;
    lastFollowed?: RefText | null;
  } = {},
): CarrierFlow => ({
  kind: 'esp',
  point: 0,
  flow: 0,
  source: '192.168.34.11',
  destination: '192.168.34.12',
  spi: 3,
  packets: 10,
  octets: 1_000,
  sequenceFirst: 1,
  sequenceLast: some.packets ?? 10,
  followed: 0,
  entered: 0,
  notFollowed: [],
  ...some,
  innerFlows: (some.innerFlows ?? []).map((inner) =>
    typeof inner === 'number' ? { point: some.point ?? 0, flow: inner } : inner,
  ),
  first: ref(some.first ?? 0),
  last: ref(some.last ?? 10),
  lastFollowed: some.lastFollowed === undefined || some.lastFollowed === null ? null : ref(some.lastFollowed),
});

// ---------------------------------------------------------------------------------------------- TCP

/** Data that was sent again: what Wireshark names so, less what was needless and the SYNs and FINs. */
const resentOf = ({
  resentSegments,
  retransmissions = 0,
  spuriousRetransmissions = 0,
  synsAgain = 0,
  finsAgain = 0,
}: Partial<TcpDirection>) =>
  resentSegments ?? Math.max(0, retransmissions - spuriousRetransmissions - synsAgain - finsAgain);

export const tcpDirection = (some: Partial<TcpDirection> = {}): TcpDirection => ({
  packets: 0,
  payloadOctets: 0,
  dataSegments: 0,
  first: null,
  last: null,
  syns: 0,
  fins: 0,
  resets: 0,
  iss: null,
  seqLow: null,
  seqHigh: null,
  ackHigh: null,
  mss: null,
  windowScale: null,
  sackPermitted: true,
  signature: null,
  timestamps: false,
  tsFirst: null,
  tsLast: null,
  retransmissions: 0,
  firstAckedData: null,
  synsAgain: 0,
  finsAgain: 0,
  resentSegments: resentOf(some),
  needlessSegments: some.spuriousRetransmissions ?? 0,
  resentLate: 0,
  retransmittedOctets: 0,
  fastRetransmissions: 0,
  spuriousRetransmissions: 0,
  timeoutRetransmissions: 0,
  outOfOrder: 0,
  previousSegmentNotCaptured: 0,
  ackedUnseen: 0,
  gapOctets: 0,
  dupAcks: 0,
  zeroWindows: 0,
  keepAlives: 0,
  zeroWindowProbes: 0,
  sackedAhead: 0,
  duplicateSacks: 0,
  foreignSacks: [],
  foreignSacksTotal: 0,
  largestL3: 0,
  largestAckedL3: 0,
  unackedOctets: 0,
  unackedSince: null,
  repeats: [],
  repeatsTotal: 0,
  holes: [],
  holesTotal: 0,
  ttls: [],
  sourceMacs: [],
  destinationMacs: [],
  tunnels: [],
  dontFragment: true,
  largestFlight: 0,
  ...some,
});

export const reset = (time: number, direction: Direction, some: Partial<ResetEvent> = {}): ResetEvent => ({
  ...ref(time),
  direction,
  seq: 0,
  ack: 0,
  hasAck: true,
  ttl: 64,
  ipId: 0,
  inWindow: true,
  sincePeer: 0.001,
  ...some,
});

interface ConnectionParts
  extends Omit<Partial<Connection>, 'client' | 'server' | 'syn' | 'synAck' | 'directions' | 'first' | 'last'> {
  client?: EndpointText;
  server?: EndpointText;
  /** Times of the SYNs and SYN-ACKs. */
  syn?: RefText[];
  synAck?: RefText[];
  /** Over what SYNs, SYN-ACKs and resets already say. */
  toServer?: Partial<TcpDirection>;
  toClient?: Partial<TcpDirection>;
  first?: RefText;
  last?: RefText;
}

/** A connection from its SYNs, SYN-ACKs and resets; `established` adds a request and its answer. */
export function connection(some: ConnectionParts = {}, { established = false } = {}): Connection {
  const { client, server, syn, synAck, toServer, toClient, first, last, ...rest } = some;
  const syns = refs(syn ?? (established ? [0] : []));
  const synAcks = refs(synAck ?? (established ? [0.001] : []));
  const start = syns[0]?.time ?? synAcks[0]?.time ?? 0;
  const resets = rest.resets ?? [];
  const count = (direction: Direction) => resets.filter((event) => event.direction === direction).length;
  const data = established ? { payloadOctets: 100, dataSegments: 1, seqHigh: 101 } : {};
  const to = [
    tcpDirection({
      packets: syns.length + count(TO_SERVER) + (established ? 2 : 0),
      syns: syns.length,
      resets: count(TO_SERVER),
      iss: syns.length > 0 ? 1000 : null,
      first: syns[0] ?? null,
      last: syns.at(-1) ?? null,
      ...data,
      ...toServer,
    }),
    tcpDirection({
      packets: synAcks.length + count(TO_CLIENT) + (established ? 2 : 0),
      syns: synAcks.length,
      resets: count(TO_CLIENT),
      iss: synAcks.length > 0 ? 5000 : null,
      first: synAcks[0] ?? null,
      last: synAcks.at(-1) ?? null,
      ...data,
      ...toClient,
    }),
  ] as const;
  const times = [...syns, ...synAcks, ...resets, ...(established ? [ref(start + 0.01)] : [])];
  return {
    index: -1,
    point: 0,
    flow: -1,
    client: endpoint(client ?? '10.244.1.5:40000'),
    server: endpoint(server ?? '10.244.2.7:80'),
    ipVersion: 4,
    rolesFrom: syns.length > 0 ? 'syn' : synAcks.length > 0 ? 'syn-ack' : 'guess',
    encapsulation: [],
    directions: [to[0], to[1]],
    state: established ? 'established' : synAcks.length > 0 ? 'syn-received' : 'syn-sent',
    history: '',
    syn: syns,
    synAck: synAcks,
    synAckAcks: synAcks.length > 0 ? 1001 : null,
    handshakeAck: established ? ref(start + 0.002) : null,
    handshakeServerSide: established ? 0.001 : null,
    handshakeClientSide: established ? 0.001 : null,
    rtt: [null, null],
    events: [],
    eventsTotal: 0,
    resets,
    zeroWindowSpans: [],
    idleGaps: [],
    slowTurns: [],
    turns: 0,
    turnSeconds: 0,
    fastestTurn: 0,
    tlsTurns: 0,
    application: null,
    end: null,
    transfer: null,
    stalls: [0, 0],
    stallSeconds: 0,
    complete: true,
    ...rest,
    first: first === undefined ? earliest(times) : ref(first),
    last: last === undefined ? latest(times) : ref(last),
  };
}

const earliest = (times: PacketRef[]): PacketRef =>
  times.reduce((a, b) => (b.time < a.time ? b : a), times[0] ?? ref(0));
const latest = (times: PacketRef[]): PacketRef => times.reduce((a, b) => (b.time > a.time ? b : a), times[0] ?? ref(0));

// ---------------------------------------------------------------------------------------------- exchanges

interface DnsParts extends Omit<Partial<DnsExchange>, 'client' | 'server' | 'queries' | 'responses'> {
  client?: EndpointText;
  server?: EndpointText;
  /** Times of the queries. */
  queries?: RefText[];
  /** Time of the answer; null or absent: none. */
  answered?: number | null;
  rcode?: number;
  truncated?: boolean;
  addresses?: string[];
  /** Who answers, when it is not the one that was asked. */
  from?: EndpointText;
}

/** A DNS exchange over UDP, type A, not answered unless `answered` is given. */
export function dns(some: DnsParts = {}): DnsExchange {
  const { client, server, queries, answered, rcode = 0, truncated = false, addresses, from, ...rest } = some;
  const source = endpoint(client ?? '10.244.1.5:40000');
  const target = endpoint(server ?? '10.96.0.10:53');
  const asked = refs(queries ?? [0]).map((at) => ({ ...at, sourcePort: source.port, l3Length: 70 }));
  const found = addresses ?? (rcode === 0 ? ['10.244.2.7'] : []);
  return {
    index: -1,
    point: 0,
    flow: -1,
    client: source,
    server: target,
    transport: 'udp',
    id: 1,
    name: 'web.example.test',
    type: 1,
    queries: asked,
    queriesTotal: asked.length,
    encapsulation: [],
    responses:
      answered === undefined || answered === null
        ? []
        : [
            {
              ...ref(answered),
              from: from === undefined ? target : endpoint(from),
              rcode,
              truncated,
              answers: found.length,
              addresses: found,
              l3Length: 90,
            },
          ],
    ...rest,
  };
}

interface DatagramParts extends Omit<Partial<DatagramFlow>, 'client' | 'server'> {
  client?: EndpointText;
  server?: EndpointText;
  /** Times of the packets to the server and back. */
  sent?: RefText[];
  back?: RefText[];
}

export function datagram(some: DatagramParts = {}): DatagramFlow {
  const { client, server, sent, back, ...rest } = some;
  const samples: [PacketRef[], PacketRef[]] = [refs(sent ?? [0]), refs(back)];
  return {
    index: -1,
    point: 0,
    flow: -1,
    protocol: 17,
    client: endpoint(client ?? '10.244.1.5:40000'),
    server: endpoint(server ?? '10.244.2.7:5000'),
    packets: [samples[0].length, samples[1].length],
    octets: [samples[0].length * 70, samples[1].length * 70],
    first: [samples[0][0] ?? null, samples[1][0] ?? null],
    last: [samples[0].at(-1) ?? null, samples[1].at(-1) ?? null],
    largestL3: [70, 70],
    samples,
    encapsulation: [],
    tunnels: [],
    toGroup: [false, false],
    quic: false,
    sinceAnswer: sinceAnswer(samples),
    unanswered: unanswered(samples),
    ...rest,
  };
}

/** Requests that another one follows without an answer in between, after the first answer. */
function unanswered([requests, answers]: [PacketRef[], PacketRef[]]): DatagramFlow['unanswered'] {
  const packets: PacketRef[] = [];
  let [answersAgain, longestAnswer, shortestWait] = [0, 0, Number.POSITIVE_INFINITY];
  let asked: PacketRef | null = null;
  let isOpen = false;
  const turns = [
    ...requests.map((one) => ({ ...one, asks: true })),
    ...answers.map((one) => ({ ...one, asks: false })),
  ];
  for (const { asks, packet, time } of turns.sort((a, b) => a.time - b.time)) {
    if (!asks) {
      if (isOpen && asked === null) answersAgain++;
      if (isOpen && asked !== null) longestAnswer = Math.max(longestAnswer, time - asked.time);
      [isOpen, asked] = [true, null];
      continue;
    }
    if (isOpen && asked !== null) {
      packets.push(asked);
      shortestWait = Math.min(shortestWait, time - asked.time);
    }
    if (isOpen) asked = { packet, time };
  }
  return packets.length === 0 ? null : { requests: packets.length, packets, answersAgain, longestAnswer, shortestWait };
}

function sinceAnswer([sent, back]: [PacketRef[], PacketRef[]]): DatagramFlow['sinceAnswer'] {
  const last = back.at(-1)?.time ?? Number.POSITIVE_INFINITY;
  const since = sent.filter(({ time }) => time > last);
  return since.length === 0 ? null : { packets: since.length, octets: since.length * 70, first: since[0] };
}

interface EchoParts extends Omit<Partial<EchoExchange>, 'request' | 'reply'> {
  /** Times; null: not seen. */
  request?: RefText | null;
  reply?: RefText | null;
}

/** A DHCP client that asks at 0, 4, 12 and 28 s, and is not answered unless said. */
export const dhcpClient = ({
  asks = [0, 4, 12, 28],
  ...some
}: Partial<DhcpClient> & { asks?: number[] } = {}): DhcpClient => ({
  point: 0,
  mac: '02:42:ac:11:00:05',
  discovers: asks.map(ref),
  discoversTotal: asks.length,
  offers: 0,
  requests: 0,
  acks: 0,
  naks: 0,
  servers: [],
  ...some,
});

/** One echo, answered after 1 ms unless `reply` is null. */
export function echo(some: EchoParts = {}): EchoExchange {
  const { request = 0, reply, ...rest } = some;
  const asked = request === null ? null : ref(request);
  return {
    index: -1,
    point: 0,
    flow: -1,
    source: '10.244.1.5',
    destination: '10.244.2.7',
    id: 1,
    sequence: 1,
    l3Length: 84,
    request: asked,
    requests: asked === null ? 0 : 1,
    reply: reply === null ? null : ref(reply ?? (asked?.time ?? 0) + 0.001),
    ttl: 64,
    dontFragment: true,
    encapsulation: [],
    toGroup: false,
    ...rest,
  };
}

interface ArpParts extends Omit<Partial<ArpExchange>, 'requests' | 'replies'> {
  requests?: RefText[];
  /** MAC addresses that answer, 1 ms after the last request. */
  answers?: string[];
}

export function arp(some: ArpParts = {}): ArpExchange {
  const { requests, answers = [], ...rest } = some;
  const asked = refs(requests ?? [0]);
  return {
    index: -1,
    point: 0,
    flow: -1,
    protocol: 'arp',
    asker: '10.244.1.1',
    askerMac: '02:00:00:00:00:01',
    target: '10.244.1.5',
    requests: asked,
    requestsTotal: asked.length,
    broadcasts: asked.length,
    replies: answers.map((mac) => ({ ...ref((asked.at(-1)?.time ?? 0) + 0.001), mac })),
    gratuitous: false,
    ...rest,
  };
}

interface QuotedParts extends Omit<Partial<QuotedPacket>, 'source' | 'destination'> {
  source: EndpointText;
  destination: EndpointText;
}

export const quoted = ({ source, destination, ...rest }: QuotedParts): QuotedPacket => ({
  ipVersion: 4,
  protocol: 17,
  tcpSeq: null,
  ipId: 0,
  l3Length: 70,
  sequence: null,
  tunnel: null,
  ...rest,
  source: endpoint(source),
  destination: endpoint(destination),
});

/** Port unreachable unless said otherwise. */
export const icmpError = (time: number, some: Partial<IcmpError> = {}): IcmpError => ({
  ...ref(time),
  point: 0,
  version: 4,
  type: 3,
  code: 3,
  from: '10.244.2.7',
  to: '10.244.1.5',
  mtu: 0,
  quoted: null,
  encapsulation: [],
  sourceMac: null,
  ttl: 64,
  ...some,
});

interface ProbeParts extends Omit<Partial<Probe>, 'source' | 'destination'> {
  source?: EndpointText;
  destination?: EndpointText;
}

/** An echo request with a small TTL, unless a protocol is given. */
export const probe = (time: number, ttl: number, { source, destination, ...rest }: ProbeParts = {}): Probe => ({
  ...ref(time),
  point: 0,
  flow: -1,
  ipVersion: 4,
  protocol: 1,
  ttl,
  ipId: 0,
  sequence: null,
  encapsulation: [],
  ...rest,
  source: endpoint(source ?? '10.244.1.5:1'),
  destination: endpoint(destination ?? '10.244.2.7:1'),
});

export const tunnel = (some: Partial<TunnelFlow> = {}): TunnelFlow => ({
  index: -1,
  point: 0,
  kind: 'vxlan',
  source: '192.168.0.1',
  destination: '192.168.0.2',
  networkId: 1,
  destinationPort: 8472,
  packets: 10,
  octets: 1000,
  first: ref(0),
  last: ref(1),
  innerSourceMacs: [],
  innerDestinationMacs: [],
  innerSources: [],
  innerDestinations: [],
  largestOuterL3: 134,
  fragments: 0,
  ttls: [],
  checksums: { good: 0, bad: 0, partial: 0, absent: 10, notCaptured: 0 },
  firstBadChecksum: null,
  fates: { sent: 0, answered: 0, wrong: 0, wrongAnswered: 0 },
  sourceMacs: [],
  destinationMacs: [],
  depth: 1,
  ...some,
});

/** A SYN with a wrong TCP checksum that nothing answers. */
export const wrongChecksum = (at: RefText, some: Partial<WrongChecksum> = {}): WrongChecksum => ({
  ...ref(at),
  header: 'tcp',
  tunnel: -1,
  isSyn: true,
  outcome: 'none',
  ...some,
});

/** What was verified of one direction of a biflow; right checksums unless `wrong` has some. */
export const checkedDirection = (flow: number, some: Partial<CheckedDirection> = {}): CheckedDirection => ({
  point: 0,
  flow,
  direction: TO_SERVER,
  mac: '02:00:00:00:00:01',
  right: some.wrong === undefined,
  partial: false,
  wrong: [],
  wrongTotal: some.wrong?.length ?? 0,
  ...some,
});

/** A link address whose right packets are answered. */
export const checkedSender = (some: Partial<CheckedSender> = {}): CheckedSender => ({
  point: 0,
  mac: '02:00:00:00:00:01',
  rightAnswered: 2,
  wrong: 0,
  wrongAnswered: 0,
  ...some,
});

export const hostActivity = (address: string, some: Partial<HostActivity> = {}): HostActivity => ({
  point: 0,
  address,
  outer: false,
  sent: 10,
  received: 10,
  firstSent: 0,
  lastSent: 10,
  firstReceived: 0,
  lastReceived: 10,
  macs: [],
  ttls: [],
  ...some,
});

export const fragmented = (some: Partial<FragmentedDatagram> = {}): FragmentedDatagram => ({
  point: 0,
  source: '10.244.1.5',
  destination: '10.244.2.7',
  protocol: 17,
  ipId: 1,
  first: ref(0),
  packets: 1,
  seenOctets: 1480,
  totalOctets: 2000,
  tcp: null,
  hasFirst: true,
  complete: false,
  encapsulation: [],
  outer: false,
  ...some,
});

/** `lost` of `packets` sent from point `from` were not seen at `to`. */
export const hop = (some: Partial<Hop> = {}): Hop => {
  const packets = some.packets ?? some.lost ?? 1;
  return {
    direction: TO_SERVER,
    from: 0,
    to: 1,
    packets,
    octets: packets * 70,
    lost: 0,
    lostOctets: 0,
    lostData: 0,
    lostControl: 0,
    matchedData: 0,
    lostSinceMatch: 0,
    largestArrived: 0,
    smallestLost: 0,
    largestLost: 0,
    lostPackets: [],
    matched: packets - (some.lost ?? 0),
    reordered: 0,
    delay: null,
    changes: [],
    unknown: null,
    ...some,
  };
};
