/** What a report says of the way of packets: translations, paths, and single packets along them. */
import type { PacketNumber, PointId, WholeNumber } from './quantities.ts';

/** A network address translation that two points show. */
export interface ReportNat {
  /** Translation of the destination, or of the source. */
  kind: 'dnat' | 'snat';
  /** Transport protocol. */
  protocol: string;
  /** ADDRESS or ADDRESS:PORT at the first point. */
  before: string;
  /** ADDRESS or ADDRESS:PORT at the second point. */
  after: string;
  /** The points between which it happens. */
  between: [PointId, PointId];
  /** Conversations that it was seen for. */
  conversations: WholeNumber;
}

/** Points that the same conversations passed, in order. */
export interface ReportPath {
  /** Points from client to server. */
  points: PointId[];
  /** Conversations that took this path. */
  conversations: WholeNumber;
  /** Packets at each point: towards the server, towards the client. */
  packets: [WholeNumber[], WholeNumber[]];
  /**
   * Packets lost, at the point that saw them last: of packets to the server the next point did not see them, of the others
   * the one before.
   */
  lost: [WholeNumber[], WholeNumber[]];
}

/** One transmission along the path. */
export interface ReportLadderRow {
  /**
   * Seconds since the first row, on the common clock.
   *
   * @minimum 0
   */
  relativeSeconds: number;
  /** `>` from client to server, `<` from server to client. */
  direction: '>' | '<';
  /** Number of the packet at each of `points`; null where it is not known to have been seen. */
  packets: (PacketNumber | null)[];
  /** Index into `points` of the next point that should have seen the packet and did not; null when none lacks it. */
  missing: WholeNumber | null;
  /** The packet in words. */
  note: string;
}

/** Single packets behind the verdict, across all capture points that saw them. */
export interface ReportLadder {
  /** ADDRESS:PORT of the client. */
  client: string;
  /** ADDRESS:PORT of the server. */
  server: string;
  /** Points along the path from client to server. One that packets pass twice (plain, then encapsulated) stands twice. */
  points: PointId[];
  /**
   * The earliest transmissions, one a row.
   *
   * @maxItems 20
   */
  rows: ReportLadderRow[];
  /** Number of all transmissions, those that are not listed included. */
  rowsTotal: WholeNumber;
}

/** Where to capture next. */
export interface ReportNextCapture {
  /** The host, or its address when no name is known. */
  on: string;
  /** Network device to capture on. */
  interface: string;
  /** What the capture will tell. */
  why: string;
  /** The command, quoted for a POSIX shell. */
  command: string;
}
