/** What a report says of the captures and of the points at which they were taken. */
import type { CaptureId, PointId, Timestamp, WholeNumber } from './quantities.ts';

/** A defect of a capture file. The rest of the file was read. */
export interface ReportProblem {
  /** `truncated`: the file ends inside a record; `corrupt`: octets were skipped; `compression`: it is cut or broken. */
  kind: 'truncated' | 'corrupt' | 'compression';
  /** Offset in the decompressed file, octets. */
  offset: WholeNumber;
  /** The defect in words. */
  message: string;
}

/** One capture that was read. */
export interface ReportCapture {
  /** Id by which the rest of the report names it. */
  id: CaptureId;
  /** Path or given name. */
  path: string;
  /** Format of the file: pcap, pcap-ns, pcap-modified or pcapng. */
  format: string;
  /** Packets that were read and selected. */
  packets: WholeNumber;
  /** Time of the first packet; null for an empty capture. */
  firstTime: Timestamp | null;
  /** Time of the latest packet; null for an empty capture. */
  lastTime: Timestamp | null;
  /** Octets kept of each packet at most; 0 when the file does not say. */
  snaplen: WholeNumber;
  /** Packets dropped while capturing, as the file says; null when it does not say. */
  dropped: WholeNumber | null;
  /** Whether the file is cut, or its compression. */
  truncated: boolean;
  /** Present when reading was stopped before the end of the file. */
  partial?: true;
  /** Defects of the file. */
  problems: ReportProblem[];
}

/** What kind of device a capture point is; `any` is tcpdump's device of all, `outside` no machine of the cluster. */
export type ReportRole =
  | 'pod-veth'
  | 'bridge'
  | 'tunnel-device'
  | 'node-nic'
  | 'host-nic'
  | 'any'
  | 'outside'
  | 'unknown';

/** How the clock of a point stands to that of the reference. All null when it cannot be told. */
export interface ReportClockOffset {
  /** Seconds that this clock is ahead of the reference. */
  offsetSeconds: number | null;
  /** Uncertainty of the offset, seconds. */
  errorSeconds: number | null;
  /** How fast the offset grows, parts per million (microseconds a second). */
  skewPpm: number | null;
}

/** A capture point: one interface of one capture. */
export interface ReportPoint {
  /** Id by which the rest of the report names it. */
  id: PointId;
  /** The capture that it is a part of. */
  capture: CaptureId;
  /** Name of the network device; null when nothing tells it. */
  interface: string | null;
  /** Name for people, unique in the report. */
  name: string;
  /** Name of the machine; null when nothing tells it. */
  host: string | null;
  /** Kind of the device. */
  role: ReportRole;
  /** What told host and role: an option, the file name, the traffic, or nothing. */
  namedBy: 'given' | 'name' | 'traffic' | 'unknown';
  /** Packets captured here. */
  packets: WholeNumber;
  /** Its clock. */
  clock: ReportClockOffset;
}

/** Why the offset between two clocks is unknown. */
export type ClockCode = 'no-common-packets' | 'clock-moved' | 'one-direction';

/** How the clock of one host stands to that of another. */
export interface ReportClock extends ReportClockOffset {
  /** Host, or path of the capture, whose clock is the common one. */
  reference: string;
  /** Host, or path of the capture, that is compared with it. */
  host: string;
  /** Packets seen at both from which the offset was taken. */
  matches: WholeNumber;
  /** Why the offset is unknown, as a sentence; null when it is known. */
  because: string | null;
  /** The same reason for programs. */
  code: ClockCode | null;
}
