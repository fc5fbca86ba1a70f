/** What can be measured of the traffic of one capture: each conversation and each packet once, however often it is in it. */
export interface TrafficMeasures {
  /** Packets, each once. */
  packets: number;
  /** Ends of conversations with the protocol, each once: "tcp 10.244.1.5" of a client, "udp 10.96.0.10:53" of a server. */
  ends: string[];
  /** Lookups. */
  dns: {
    /** Number of lookups. */
    queries: number;
    /** Those of which the capture shows that nobody answered them. */
    unanswered: number;
    /** Seconds to the answers, shortest first. */
    seconds: number[];
  };
  /** Connections. */
  tcp: {
    /** Connections of which the SYN was captured. */
    connections: number;
    /** Those that were refused, or of which the capture shows that nobody answered them. */
    failed: number;
    /** Those that did not open here, where the capture ends too soon or is too poor to say that nobody answered. */
    untold: number;
    /** Segments with payload, repeated ones included. */
    dataSegments: number;
    /** Those of which every octet was sent before. */
    sentAgain: number;
    /** Seconds from the SYN to the acknowledgement of its SYN-ACK, shortest first. */
    roundTrips: number[];
  };
  /** Smallest MSS that an address offers, octets. */
  mss: Record<string, number>;
  /** Smallest MTU that ICMP told an address, octets. */
  toldMtu: Record<string, number>;
  /** The TTL or hop limit that most packets of an address have here. */
  ttl: Record<string, number>;
}
