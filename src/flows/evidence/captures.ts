/** Captures and the points at which they were taken. */
import type { FileProblem } from '../../decode/files/capture-record.ts';

/** What a byte budget can refuse. A `row` is one of the sightings; an `address` one of IPv6. */
export type NoRoomFor =
  | 'connection'
  | 'biflow'
  | 'lookup'
  | 'ping'
  | 'neighbour'
  | 'host'
  | 'value'
  | 'datagram'
  | 'trouble'
  | 'event'
  | 'tunnel'
  | 'row'
  | 'address';

export interface CaptureSummary {
  path: string;
  /** File names of a capture in several files, in order of time. Packet numbers count through all of them. */
  parts?: string[];
  format: string;
  /** Reading was stopped before the end of the file. */
  isPartial?: true;
  packets: number;
  /** Exact time of the first packet: whole seconds since 1970 and nanoseconds. */
  baseSeconds: number;
  baseNanoseconds: number;
  /** Seconds from the first packet to the latest one. */
  duration: number;
  snaplen: number;
  /** Drops told by the file (isb_ifdrop, isb_osdrop, epb_dropcount); null when it does not say, or says what cannot be. */
  dropped: number | null;
  /** More drops than could be, as the file tells them; they are not believed. */
  doubtedDrops?: number;
  filters: string[];
  /** What of the file was looked at (`Selection`), as text; it is in `filters` too. Missing when that is all of it. */
  selected?: string;
  comments: string[];
  problems: FileProblem[];
  problemsTotal: number;
  /** Packets of what found no room within the byte budget, by what that is; missing when there was room for all. */
  noRoom?: Partial<Record<NoRoomFor, number>>;
  /** Number of packets with a link type that is not decoded, by "NAME (number)". */
  undecodedLinkTypes: Record<string, number>;
}

export type PointRole =
  | 'pod-veth'
  | 'bridge'
  | 'tunnel-device'
  | 'node-nic'
  | 'host-nic'
  | 'any'
  | 'outside'
  | 'unknown';

/** One place where packets were captured: one interface of one capture. */
export interface CapturePoint {
  /** Index in `Evidence.points`; in a digest, index in its own list. */
  index: number;
  capture: number;
  /** Interface index of the file, and of the record (SLL2); -1 when absent. */
  fileInterface: number;
  linkInterface: number;
  linkType: number;
  interfaceName: string | null;
  /** Display name, unique in the report. */
  name: string;
  host: string | null;
  role: PointRole;
  /** How host and role were found: 'given' | 'name' | 'traffic' | 'unknown'. */
  namedBy: 'given' | 'name' | 'traffic' | 'unknown';
  /** Seconds to add to a time of this point to get the common time (capture start and clock offset). */
  timeShift: number;
  quality: PointQuality;
}

export interface PointQuality {
  packets: number;
  firstTime: number;
  lastTime: number;
  /** Packets with fewer octets captured than were on the wire. */
  cut: number;
  /** Packets truncated so much that addresses or ports are missing. */
  unreadable: number;
  /** Malformed headers, by layer. */
  malformed: Record<string, number>;
  malformedTotal: number;
  notDecoded: number;
  /** Copies of packets that were already seen at this point (see `copies.ts`). */
  copies: number;
  /** How often one packet was seen at most, in a row and with the same hop limit; 0 without copies. */
  mostTimes: number;
  /** How often time went back by more than 1 ms. */
  timeSteps: number;
  largestTimeStepBack: number;
  /** Segments larger than the agreed MSS: super-segments of TSO or GRO. */
  superSegments: number;
  /**
   * IP, TCP and UDP checksums: wrong ones that were completely captured, and partial ones that transmit offload left.
   */
  badChecksums: number;
  partialChecksums: number;
  /** Octets acknowledged but never captured, and TCP payload octets captured, summed over all connections. */
  gapOctets: number;
  tcpOctets: number;
  /** Connections of which only one direction was seen / all connections. */
  oneWayConnections: number;
  connections: number;
  arpPackets: number;
  icmpPackets: number;
}
