/** What pictures show beside the rest of the report. Present only when they were asked for; every list is bounded. */

/** One direction of the connection of the verdict at one capture point, segment by segment. */
export interface ReportSequence {
  point: string;
  /** Sender and receiver of the data. */
  from: string;
  to: string;
  /** Seconds from the first packet of the capture to the first of the connection: add it to find packets. */
  startSeconds: number;
  /** Length of the connection, seconds. */
  seconds: number;
  packets: number;
  /**
   * `[seconds since the start, of the last segment, first octet, octet after the last, segments, kind]`: one segment, or
   * several in a row where there are many.
   */
  sent: [time: number, until: number, from: number, to: number, packets: number, kind: ReportSentKind][];
  /** Acknowledged up to, and the end of the announced window (null where its scale is not known). */
  acks: [time: number, ack: number, limit: number | null, duplicate: 0 | 1][];
  /** Blocks of selective acknowledgements (RFC 2018). */
  sacks: [time: number, from: number, to: number][];
  /** Round trips of segments that were sent once, seconds. */
  roundTrips: [time: number, seconds: number][];
  /** Payload octets in bins of equal width. */
  rate: { binSeconds: number; fresh: number[]; again: number[] };
  /** Marks that found no room. */
  leftOut: number;
}

/** As in `SentRange` of the evidence. */
export type ReportSentKind = 'new' | 'again' | 'late' | 'probe' | 'open' | 'close' | 'reset';

/** Packets by size, and how many of them arrived. */
export interface ReportSizes {
  from: string;
  to: string;
  /** How arrival is known: acknowledged (TCP), or answered (ping). */
  knownBy: 'acknowledged' | 'answered';
  /** By IP length in octets, ascending. */
  rows: { octets: number; sent: number; delivered: number }[];
  /** As the finding says: the largest that passed, the smallest that did not, the MTU that ICMP told; null when unknown. */
  largestPassed: number | null;
  smallestLost: number | null;
  toldMtu: number | null;
}

/** Attempts that wait for an answer, on one clock: lookups, handshakes, address resolution. */
export interface ReportTries {
  kind: 'dns' | 'tcp' | 'arp';
  point: string;
  /** In order of their first attempt. */
  lanes: ReportLane[];
  /** Further ones that found no room. */
  lanesLeftOut: number;
}

export interface ReportLane {
  /** What was asked: name and type, connection, or address. */
  what: string;
  /** The server that was asked; of address resolution, who asks. */
  of: string;
  /** Seconds since the first attempt of all lanes. */
  tries: number[];
  answers: { seconds: number; word: string; isGood: boolean }[];
}

/** One step of a chain: who waits for whom, outermost first. */
export interface ReportWait {
  client: string;
  server: string;
  seconds: number;
}

/** Packets of one finding with their fields. */
export interface ReportExcerpt {
  /** Fingerprint of the finding. */
  finding: string;
  packets: {
    capture: string;
    packet: number;
    /** By the names of Wireshark's display filters; `odd` where this field is what the finding is about. */
    fields: { name: string; value: string; odd?: true }[];
  }[];
}

export interface ReportPictures {
  sequences: ReportSequence[];
  /** Null when no finding is about sizes. */
  sizes: ReportSizes | null;
  tries: ReportTries | null;
  waits: ReportWait[];
  excerpts: ReportExcerpt[];
  /** What could not be drawn, as sentences. */
  notes: string[];
}
