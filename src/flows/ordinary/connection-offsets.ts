// Made from record-layout.ts by `npm run accessors`: change the layout, not this file.

/** Bytes of a record. */
export const RECORD_BYTES: i32 = 440;
/** Address, of IPv6 its number less 2³². Roles are those of the first packet between these end points. */
export const CLIENT: i32 = 0;
/** As `client`. */
export const SERVER: i32 = 4;
/** Client port << 16 | server port. */
export const PORTS: i32 = 8;
/** Point << 16 | encapsulation. */
export const PLACE: i32 = 12;
/** Number of the connection in the sightings. */
export const FLOW: i32 = 16;
/** Low 12 bits: marks, ROLES_FROM_SYN and on; the 20 above: which letters the history has. */
export const MARKS_AND_LETTERS: i32 = 20;
/** The request that waits for its answer: packet. */
export const REQUEST_PACKET: i32 = 24;
/** Its payload, octets. */
export const REQUEST_OCTETS: i32 = 28;
/** When it was sent, seconds. */
export const REQUEST_TIME: i32 = 32;
/** When it was acknowledged, seconds; -1 before. */
export const REQUEST_ACK_TIME: i32 = 40;
/** Last data of the server, seconds. */
export const ANSWER_TIME: i32 = 48;
/** Payload of the server since the latest request, octets. */
export const ANSWER_OCTETS: i32 = 56;
/** Position of its large transfer plus one; 0 without one. */
export const TRANSFER: i32 = 60;
/** HAS_ISS and on. */
export const MARKS: i32 = 0;
/** Kinds of the last segment. */
export const LAST_KINDS: i32 = 2;
/** Unscaled window of the last segment. */
export const WINDOW: i32 = 4;
/** Duplicate ACKs in a row. */
export const DUP_ACKS: i32 = 6;
/** One past the highest octet seen (Wireshark). */
export const NEXT_SEQ: i32 = 8;
/** One past the highest octet that has no hole before it. */
export const CONTIGUOUS: i32 = 12;
/** Acknowledgement of the last segment. */
export const LAST_ACK: i32 = 16;
/** Highest acknowledgement. */
export const HIGHEST_ACK: i32 = 20;
/** Time of the last packet, seconds. */
export const LAST_TIME: i32 = 24;
/** Number of the last packet. */
export const LAST_PACKET: i32 = 32;
/** Packets. */
export const PACKETS: i32 = 36;
/** Payload, octets. */
export const PAYLOAD_OCTETS: i32 = 40;
/** Segments that had payload. */
export const DATA_SEGMENTS: i32 = 48;
/** Last of the remembered segments, see `UnackedSegments`. */
export const LIST_TAIL: i32 = 52;
/** Lowest sequence number. */
export const SEQ_LOW: i32 = 56;
/** Remembered segments. */
export const LIST_LENGTH: i32 = 60;
/** IP ID of the segment with the highest octet. */
export const NEXT_SEQ_IP_ID: i32 = 62;
/** TTL of the first packet. */
export const TTL: i32 = 64;
/** Window scale, or SCALE_ABSENT and on. */
export const WINDOW_SCALE: i32 = 65;
/** TunnelFlow index of the first packet plus one. */
export const TUNNEL: i32 = 66;
/** Of the first packet, by number of `LinkAddresses`. */
export const SOURCE_MAC: i32 = 68;
/** As `sourceMac`. */
export const DESTINATION_MAC: i32 = 70;
/** Largest IP packet with payload, octets. */
export const LARGEST_L3: i32 = 72;
/** Largest that was acknowledged, octets. */
export const LARGEST_ACKED_L3: i32 = 74;
/** MSS option, octets. */
export const MSS: i32 = 76;
/** Segments with SYN. */
export const SYNS: i32 = 78;
/** Highest timestamp. */
export const TS_LAST: i32 = 80;
/** Most octets that were under way. */
export const LARGEST_FLIGHT: i32 = 84;
/** Round trips measured. */
export const RTT_SAMPLES: i32 = 88;
/** Median round trip of data, seconds. */
export const RTT_MEDIAN: i32 = 92;
/** Shortest round trip, seconds. */
export const RTT_MIN: i32 = 96;
/** Longest round trip, seconds. */
export const RTT_MAX: i32 = 100;
/** Time of the first packet, seconds. */
export const FIRST_TIME: i32 = 104;
/** Number of the first packet. */
export const FIRST_PACKET: i32 = 112;
/** Initial sequence number, see HAS_ISS. */
export const ISS: i32 = 116;
/** First timestamp. */
export const TS_FIRST: i32 = 120;
/** Segments with FIN. */
export const FINS: i32 = 124;
/** Segments with RST. */
export const RESETS: i32 = 126;
/** Time of the ACK that ends the handshake, seconds. */
export const HANDSHAKE_ACK_TIME: i32 = 320;
/** Its packet; 0 when not seen. */
export const HANDSHAKE_ACK_PACKET: i32 = 328;
/** What the first SYN-ACK acknowledges, see HAS_SYN_ACK. */
export const SYN_ACK_ACKS: i32 = 332;
/** Answered requests. */
export const TURNS: i32 = 336;
/** Order of the letters of the history, see `writeHistory`. */
export const HISTORY_ORDER: i32 = 340;
/** All turns together, seconds. */
export const TURN_SECONDS: i32 = 344;
/** The fastest turn, seconds. */
export const FASTEST_TURN: i32 = 348;
/** First packet of the latest request, seconds. */
export const REQUEST_START: i32 = 384;
/** First FIN or reset, seconds, see HAS_END. */
export const END_TIME: i32 = 392;
/** Packet of the first FIN or reset. */
export const END_PACKET: i32 = 404;
/** Seconds without data before the end. */
export const END_IDLE: i32 = 400;
/** All stalls together, see `noteStall`, seconds. */
export const STALL_SECONDS: i32 = 408;
/** Stalls of the client. */
export const STALLS_TO_SERVER: i32 = 412;
/** Stalls of the server. */
export const STALLS_TO_CLIENT: i32 = 414;
/** HAS_END and on. */
export const END_MARKS: i32 = 416;
/** Turns of its TLS handshake, at most 255. */
export const TLS_TURNS: i32 = 418;
/** When data of a direction was first acknowledged, seconds, see HAS_ACKED_DATA. */
export const ACKED_DATA_TIME: i32 = 0;
/** The packet that acknowledged it. */
export const ACKED_DATA_PACKET: i32 = 8;
/** The lowest acknowledgement that settles some of what is open. */
export const OPEN_LOW: i32 = 0;
/** End of the highest octets that were sent again, see OPEN_REPEATS. */
export const OPEN_HIGH: i32 = 4;
