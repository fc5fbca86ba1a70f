/**
 * How much of each kind is kept of one capture. Beyond a limit the totals count on and the report says so; nothing
 * fails. The defaults together stay under the 250 MB of DECISIONS.md, whatever the capture holds.
 */
export interface Limits {
  /** Rows of sightings; 59 bytes each. */
  sightings: number;
  /** Capture points; a pcapng file may name any number of interfaces. Further ones share the last point. */
  points: number;
  /** Biflows other than TCP that get a number: about 60 bytes each. */
  biflows: number;
  /** TCP connections followed, about 400 bytes each; further ones are counted. */
  connections: number;
  /** Segments remembered until they are acknowledged, over all connections; 29 bytes each. */
  unackedSegments: number;
  /** Connections handed on as objects, about 2 kB each; those in trouble first. */
  keptConnections: number;
  /** Ordinary connections handed on beside those, as records of about 340 bytes: where many captures share the memory. */
  keptOrdinary: number;
  /** The same for a capture that is analysed alone and has one point: nothing is compared with it. */
  keptConnectionsAlone: number;
  /** Prompt and answered DNS exchanges, and answered datagram flows, kept of such a capture: enough to compare with. */
  ordinaryExchangesAlone: number;
  /** Rows of sightings after which a lone capture with one point keeps none. */
  sightingsAlone: number;
  /** DNS exchanges kept, about 600 bytes each. */
  dnsExchanges: number;
  /** ICMP echo exchanges kept, about 300 bytes each. */
  echoExchanges: number;
  /** ARP and neighbour discovery exchanges kept. */
  arpExchanges: number;
  /** Pairs of address and MAC kept as claims. */
  claims: number;
  /** DHCP leases kept. */
  leases: number;
  /** Datagram flows kept, 112 bytes each. */
  datagrams: number;
  icmpErrors: number;
  /** Packets with a small TTL kept, as traceroute sends them; about 300 bytes each. */
  probes: number;
  /** Tunnel flows; their number must fit the 16-bit column of the sightings. */
  tunnels: number;
  /** Addresses by point, about 100 bytes each. */
  hosts: number;
  /** Fragmented datagrams that are waited for at once. */
  openFragments: number;
  /** Fragmented datagrams kept: those that never became whole, and as many examples that did. */
  fragments: number;
  loops: number;
  /** Different values kept of one counted list: MACs, TTLs, inner addresses. */
  countedValues: number;
  /** References to packets kept in one list of an item: queries, requests, samples. */
  packetsPerItem: number;
  /** Comments and filters kept, and characters of each. */
  comments: number;
  commentLength: number;
  /** Problems of the file kept. */
  problems: number;
  /** Outer UDP checksums verified for each tunnel flow; further ones are not looked at. */
  tunnelChecksums: number;
  /** Biflows of which packets that want an answer are verified, by their number: 18 bytes each. */
  checkedFlows: number;
  /** Directions of biflows kept that have wrong checksums, and as many others that were not answered at once. */
  checkedDirections: number;
  /** Of each source link address so many directions of TCP connections of which the first data is verified. */
  checkedFirstData: number;
  /** Source link addresses by point of which verified packets are counted; their number must fit 16 bits. */
  checkedSenders: number;
  /** Checksums of ordinary packets verified for each point, unless all are asked for. */
  pointChecksums: number;
}

export const DEFAULT_LIMITS: Limits = {
  sightings: 1_500_000,
  points: 4096,
  biflows: 200_000,
  connections: 1_000_000,
  unackedSegments: 1_000_000,
  keptConnections: 20_000,
  keptOrdinary: 0,
  keptConnectionsAlone: 2_000,
  ordinaryExchangesAlone: 500,
  sightingsAlone: 100_000,
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

/** Captures that may each keep what one alone may. More of them share what these may keep. */
export const CAPTURES_WITH_FULL_LIMITS = 4;

/** What each capture that is compared with others may keep, and all of them together, beside `CAPTURES_WITH_FULL_LIMITS` times the limit of one. */
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

/** Limits of one of `captures` captures, so that what all of them hand on has one budget, however many they are. */
export function limitsOfOne(captures: number): Limits {
  if (captures <= CAPTURES_WITH_FULL_LIMITS) return DEFAULT_LIMITS;
  const limits = { ...DEFAULT_LIMITS };
  for (const name of SHARED) limits[name] = Math.ceil((DEFAULT_LIMITS[name] * CAPTURES_WITH_FULL_LIMITS) / captures);
  limits.keptOrdinary = Math.ceil(OF_ALL_CAPTURES.keptOrdinary / captures);
  limits.hosts = Math.min(DEFAULT_LIMITS.hosts, Math.ceil(OF_ALL_CAPTURES.hosts / captures));
  return limits;
}

/** Rows of sightings of all captures together when they are read first: 35 MB, and 10 MB of what correlation adds to them. */
export const ROWS_OF_ALL_CAPTURES = 600_000;

/** Rows of conversations in trouble that one further reading of all captures takes, besides the first ones of each flow. */
export const ROWS_OF_A_READING = 600_000;
/** The same of one conversation, which cannot be compared in parts: both ends of a transfer of 1.5 GB. 150 MB. */
export const ROWS_OF_ONE_CONVERSATION = 2_200_000;

/** How long the first fragment of a datagram is waited for to become whole, seconds (Linux: net.ipv4.ipfrag_time). */
export const FRAGMENT_SECONDS = 30;
