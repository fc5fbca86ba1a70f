/** What pictures show beside the rest of the report. Present only when they were asked for; every list is bounded. */

/** One direction of the connection of the verdict at one capture point, segment by segment. */
export interface ReportSequence {
  /** Id of the capture point. */
  point: string;
  /** Sender of the data: address and port. */
  from: string;
  /** Receiver of the data. */
  to: string;
  /** Seconds from the first packet of the capture to the first of the connection: add it to find packets. */
  startSeconds: number;
  /** Length of the connection, seconds. */
  seconds: number;
  /** Packets of the connection, both directions. */
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
  rate: {
    /** Width of a bin, seconds. */
    binSeconds: number;
    /** Octets that were sent for the first time, by bin. */
    fresh: number[];
    /** Octets that were sent again, by bin. */
    again: number[];
  };
  /** Marks that found no room. */
  leftOut: number;
}

/** As in `SentRange` of the evidence. */
export type ReportSentKind = 'new' | 'again' | 'late' | 'probe' | 'open' | 'close' | 'reset';

/** Packets by size, and how many of them arrived. */
export interface ReportSizes {
  /** Who sent them. */
  from: string;
  /** Whom they were for. */
  to: string;
  /** How arrival is known: acknowledged (TCP), or answered (ping). */
  knownBy: 'acknowledged' | 'answered';
  /** One for each size, ascending. */
  rows: {
    /** IP length, octets. */
    octets: number;
    /** Packets of this size that were sent. */
    sent: number;
    /** Packets of them that arrived. */
    delivered: number;
  }[];
  /** IP length of the largest that passed, as the finding says, octets; null when unknown. */
  largestPassed: number | null;
  /** IP length of the smallest that did not pass, octets; null when unknown. */
  smallestLost: number | null;
  /** The MTU that ICMP told, octets; null when it told none. */
  toldMtu: number | null;
}

/** Attempts that wait for an answer, on one clock: lookups, handshakes, address resolution. */
export interface ReportTries {
  /** What is tried. */
  kind: 'dns' | 'tcp' | 'arp';
  /** Id of the capture point. */
  point: string;
  /** In order of their first attempt. */
  lanes: ReportLane[];
  /** Further ones that found no room. */
  lanesLeftOut: number;
}

/** What was tried for one question, and what answered. */
export interface ReportLane {
  /** What was asked: name and type, connection, or address. */
  what: string;
  /** The server that was asked; of address resolution, who asks. */
  of: string;
  /** Seconds since the first attempt of all lanes. */
  tries: number[];
  /** What came back. */
  answers: {
    /** Seconds since the first attempt of all lanes. */
    seconds: number;
    /** What it is, "NXDOMAIN", "RST". */
    word: string;
    /** Whether it is what was asked for. */
    isGood: boolean;
  }[];
}

/** One step of a chain: who waits for whom, outermost first. */
export interface ReportWait {
  /** Who waits. */
  client: string;
  /** Whom it waits for. */
  server: string;
  /** How long, seconds. */
  seconds: number;
}

/** Packets of one finding with their fields. */
export interface ReportExcerpt {
  /** Fingerprint of the finding. */
  finding: string;
  /** The packets, in the order of the finding. */
  packets: {
    /** Path of the capture. */
    capture: string;
    /** Number of the packet, as Wireshark counts. */
    packet: number;
    /** What its headers say. */
    fields: {
      /** As Wireshark's display filters name it. */
      name: string;
      /** For people. */
      value: string;
      /** Set where the finding is about this field. */
      odd?: true;
    }[];
  }[];
}

/** What the drawings of a page are made from. */
export interface ReportPictures {
  /** The connection of the verdict, by direction and point; empty when it is about none. */
  sequences: ReportSequence[];
  /** Null when no finding is about sizes. */
  sizes: ReportSizes | null;
  /** Null when no finding is about answers that stay away. */
  tries: ReportTries | null;
  /** Who waited for whom, outermost first; empty when no finding tells a chain. */
  waits: ReportWait[];
  /** Packets behind the findings. */
  excerpts: ReportExcerpt[];
  /** What could not be drawn, as sentences. */
  notes: string[];
}
