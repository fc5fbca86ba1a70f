const MIB = 1024 * 1024;

/**
 * How much of each kind is kept for one capture. Beyond a limit the totals still count everything and the report says
 * so; nothing fails. The defaults together stay below the 250 MB of DECISIONS.md for every capture.
 */
export interface Limits {
  /** Bytes of connections and other biflows together. */
  flowBytes: number;
  /** Bytes of everything else that trackers keep, together. */
  otherBytes: number;
  /** Bytes of the objects that are handed on when the capture has been read. */
  handedOnBytes: number;
  /** Rows of sightings; 59 bytes each. Beyond it only the first rows of each flow stay. */
  sightings: number;
  /** Rows of sightings, when only the first ones of each flow stay; `sightings` when it is less. */
  sightingHeads: number;
  /** Capture points. A pcapng file may have any number of interfaces; further ones share the last point. */
  points: number;
  /** Biflows other than TCP that get a number: about 60 bytes each. */
  biflows: number;
  /** TCP connections that are followed, about 400 bytes each. Further ones are only counted. */
  connections: number;
  /** Segments that are remembered until acknowledged, over all connections; 29 bytes each. */
  unackedSegments: number;
  /** Connections that become objects, about 2 kB each. Those in trouble come first. */
  keptConnections: number;
  /** Ordinary connections kept in addition, as records of about 340 bytes, where many captures share the memory. */
  keptOrdinary: number;
  /**
   * Connections that become objects in a capture that is analysed alone, with one point, so that nothing is compared
   * with it.
   */
  keptConnectionsAlone: number;
  /** Promptly answered DNS exchanges, and answered datagram flows, that are kept of such a capture for comparison. */
  ordinaryExchangesAlone: number;
  /**
   * Rows of sightings beyond which a capture that is analysed alone, with one point, keeps none. Fewer than its byte
   * budget has room for: at that limit the table would sort out heads of flows, and index each further packet.
   */
  sightingsAlone: number;
  /** Connections whose content is read at the same time, about 240 bytes each. Older ones give way. */
  contents: number;
  /** Errors of applications kept, about 300 bytes each. */
  applicationErrors: number;
  /** Pairs of client and server whose content is counted, about 300 bytes each. */
  applicationUses: number;
  /** Pairs of time server and client kept. */
  timeServers: number;
  /** DNS exchanges kept, about 600 bytes each. */
  dnsExchanges: number;
  /** ICMP echo exchanges kept, about 300 bytes each. */
  echoExchanges: number;
  /** ARP and neighbour discovery exchanges kept. */
  arpExchanges: number;
  /** Pairs of address and MAC kept as claims. */
  claims: number;
  /** DHCP leases kept, and DHCP clients. */
  leases: number;
  /** Datagram flows kept, 112 bytes each. */
  datagrams: number;
  icmpErrors: number;
  /** Packets with a small TTL kept, as traceroute sends them; about 300 bytes each. */
  probes: number;
  /** Tunnel flows. Their number must fit the 16-bit column of the sightings. */
  tunnels: number;
  /** Addresses by point, about 100 bytes each. */
  hosts: number;
  /** Fragmented datagrams that can be incomplete at the same time. */
  openFragments: number;
  /** Fragmented datagrams kept: incomplete ones, and as many complete ones as examples. */
  fragments: number;
  loops: number;
  /** Security associations of ESP, about 1 kB each. */
  carriers: number;
  /** Different values kept of one counted list: MACs, TTLs, inner addresses. */
  countedValues: number;
  /** References to packets kept in one list of an item: queries, requests, samples. */
  packetsPerItem: number;
  /** Comments and filters kept, and their longest length in characters. */
  comments: number;
  commentLength: number;
  /** Problems of the file kept. */
  problems: number;
  /** Outer UDP checksums verified for each tunnel flow. */
  tunnelChecksums: number;
  /** Biflows of which packets that want an answer are verified, by their number: 18 bytes each. */
  checkedFlows: number;
  /** Directions of biflows kept that have wrong checksums, and as many others that were not answered at once. */
  checkedDirections: number;
  /** Of each source link address so many directions of TCP connections of which the first data is verified. */
  checkedFirstData: number;
  /** Source link addresses by point of which verified packets are counted; their number must fit 16 bits. */
  checkedSenders: number;
  /** Checksums of ordinary packets verified for each point, unless all are requested. */
  pointChecksums: number;
}

export const DEFAULT_LIMITS: Limits = {
  flowBytes: 440 * MIB,
  otherBytes: 160 * MIB,
  handedOnBytes: Number.POSITIVE_INFINITY,
  sightings: 1_500_000,
  sightingHeads: 0,
  points: 4096,
  biflows: 200_000,
  connections: 1_000_000,
  unackedSegments: 1_000_000,
  keptConnections: 20_000,
  keptOrdinary: 0,
  keptConnectionsAlone: 2_000,
  ordinaryExchangesAlone: 500,
  sightingsAlone: 98_000,
  contents: 20_000,
  applicationErrors: 20_000,
  applicationUses: 20_000,
  timeServers: 5_000,
  dnsExchanges: 50_000,
  echoExchanges: 50_000,
  arpExchanges: 20_000,
  claims: 10_000,
  leases: 1_000,
  datagrams: 100_000,
  icmpErrors: 5_000,
  probes: 10_000,
  tunnels: 4096,
  hosts: 50_000,
  openFragments: 4096,
  fragments: 1_000,
  loops: 100,
  carriers: 1_000,
  countedValues: 32,
  packetsPerItem: 16,
  comments: 100,
  commentLength: 2_000,
  problems: 100,
  tunnelChecksums: 64,
  pointChecksums: 2_000,
  checkedFlows: 500_000,
  checkedDirections: 2_000,
  checkedFirstData: 256,
  checkedSenders: 4096,
};

/** Most captures that each have the full limits. More captures share the limits of this many. */
export const CAPTURES_WITH_FULL_LIMITS = 4;

/**
 * Limits that captures share when they are compared with each other. All of them together may keep
 * `CAPTURES_WITH_FULL_LIMITS` times the limit of one.
 */
const OF_ALL_CAPTURES = {
  keptOrdinary: 400_000,
  hosts: 800_000,
} as const;

const SHARED = [
  'keptConnections',
  'dnsExchanges',
  'echoExchanges',
  'arpExchanges',
  'claims',
  'leases',
  'datagrams',
  'icmpErrors',
  'probes',
  'fragments',
] as const satisfies readonly (keyof Limits)[];

/** Byte budgets of a capture that is analysed alone: with Node and the report, 250 MB (DECISIONS.md). */
const ALONE = { flowBytes: 36 * MIB, otherBytes: 31 * MIB, handedOnBytes: 34 * MIB } as const;
/** Bytes of everything but flows that each of many captures may keep in any case. */
const LEAST_OTHER_BYTES = 8 * MIB;

/** Limits of each of `captures` captures. The total has one budget, independent of their number. */
export function limitsOfOne(captures: number): Limits {
  if (captures === 1) return { ...DEFAULT_LIMITS, ...ALONE };
  if (captures <= CAPTURES_WITH_FULL_LIMITS) return DEFAULT_LIMITS;
  const limits = { ...DEFAULT_LIMITS };
  for (const name of SHARED) limits[name] = Math.ceil((DEFAULT_LIMITS[name] * CAPTURES_WITH_FULL_LIMITS) / captures);
  limits.otherBytes = Math.max(LEAST_OTHER_BYTES, (DEFAULT_LIMITS.otherBytes * CAPTURES_WITH_FULL_LIMITS) / captures);
  limits.keptOrdinary = Math.ceil(OF_ALL_CAPTURES.keptOrdinary / captures);
  limits.hosts = Math.min(DEFAULT_LIMITS.hosts, Math.ceil(OF_ALL_CAPTURES.hosts / captures));
  return limits;
}

/** Rows of sightings of a few captures together in the first pass: 35 MB, and 10 MB that correlation adds. */
export const ROWS_OF_ALL_CAPTURES = 600_000;
/**
 * The same for more than `CAPTURES_WITH_FULL_LIMITS` captures, and for stored digests: 240 MB. To ration the rows of many
 * captures costs more than they take, and loses places (measured: 128 captures of 20,000 packets with a hub, 20 s of
 * processor time and 1.03 GB with all rows, 60 s and 1.09 GB when those of the hub's captures were rationed, and one of two
 * faults without its place).
 */
export const ROWS_OF_MANY_CAPTURES = 4_000_000;
/** Rows of all of so many captures together in the first pass. */
export const rowsOfFirstPass = (captures: number): number =>
  captures > CAPTURES_WITH_FULL_LIMITS ? ROWS_OF_MANY_CAPTURES : ROWS_OF_ALL_CAPTURES;

/**
 * Rows that each capture may keep in any case, 480 kB. Further readings of hundreds of small captures take more time and
 * memory than their rows (measured: 512 captures of 2,000 packets, 14 s against 33 s and 1.18 GB against 1.33).
 */
export const LEAST_ROWS_OF_ONE = 8_192;

/** Rows of conversations in trouble in one further pass over all captures, besides the first rows of each flow. */
export const ROWS_OF_A_READING = 600_000;
/**
 * The same for a single conversation, which cannot be compared in parts: both ends of a transfer of 1.5 GB take 150 MB.
 */
export const ROWS_OF_ONE_CONVERSATION = 2_200_000;

/** Seconds to wait for the other fragments of a datagram (Linux: net.ipv4.ipfrag_time). */
export const FRAGMENT_SECONDS = 30;
