/**
 * What is remembered of one connection: a record of 336 bytes, so that a packet meets five or six lines of the
 * processor's cache. Kept as one column for each field, it met more than thirty.
 *
 *            0              12                         44                         76           84 words of 4 bytes
 *   record   │ who, request │ direction towards server │ direction towards client │ beginning  │
 *                           0           16                         32
 *   direction               │ each packet meets these   │ and these less often      │
 *
 * Offsets below are counted in elements of the view that their comment names, from the beginning of the record (`at`)
 * or of the direction (`mine`, `peer`), which are counted in words:
 *
 *   words[mine + NEXT_SEQ]   halves[(mine << 1) + WINDOW]   octets[(mine << 2) + TTL]   doubles[(mine >> 1) + LAST_TIME]
 *
 * Times are seconds since the first packet of the capture. All fields begin with 0.
 */
export const RECORD_WORDS = 84;
/** The direction towards the server; the other one follows. */
export const DIRECTIONS_AT = 12;
export const DIRECTION_WORDS = 32;

/** Records of a block, as views of one buffer. */
export class ConnectionBlock {
  readonly words: Uint32Array<ArrayBuffer>;
  /** The same numbers with a sign: sequence numbers read so are never boxed. */
  readonly signed: Int32Array;
  readonly halves: Uint16Array;
  readonly octets: Uint8Array;
  readonly floats: Float32Array;
  readonly doubles: Float64Array;

  /** @param room for how many records, or the buffer of such a block */
  constructor(room: number | ArrayBuffer) {
    const buffer = typeof room === 'number' ? new ArrayBuffer(room * RECORD_WORDS * 4) : room;
    this.words = new Uint32Array(buffer);
    this.signed = new Int32Array(buffer);
    this.halves = new Uint16Array(buffer);
    this.octets = new Uint8Array(buffer);
    this.floats = new Float32Array(buffer);
    this.doubles = new Float64Array(buffer);
  }
}

// Of the connection, from `at`.

/** words: addresses, of IPv6 their number less 2³². Roles are those of the first packet between these end points. */
export const CLIENT = 0;
export const SERVER = 1;
/** words: client port << 16 | server port. */
export const PORTS = 2;
/** words: point << 16 | encapsulation. */
export const PLACE = 3;
/** words: number of the connection in the sightings. */
export const FLOW = 4;
/** words: low 12 bits are marks, see ROLES_FROM_SYN and on; the 20 above tell which letters the history has. */
export const MARKS_AND_LETTERS = 5;
/** The request that waits for its answer. words: packet and payload octets; doubles: when it was sent and acknowledged. */
export const REQUEST_PACKET = 6;
export const REQUEST_OCTETS = 7;
export const REQUEST_TIME = 8 / 2;
/** doubles: -1 while it is not acknowledged. */
export const REQUEST_ACK_TIME = 10 / 2;
/** doubles, words: the ACK that ends the handshake; packet 0 when not seen. */
export const HANDSHAKE_ACK_TIME = 76 / 2;
export const HANDSHAKE_ACK_PACKET = 78;
/** words: what the first SYN-ACK acknowledges, see HAS_SYN_ACK. */
export const SYN_ACK_ACKS = 79;
/** words: answered requests. */
export const TURNS = 80;
/** words: in which order the letters of the history came, see `writeHistory`. */
export const HISTORY_ORDER = 81;
/** floats: seconds of all turns together, and of the fastest. */
export const TURN_SECONDS = 82;
export const FASTEST_TURN = 83;

// Of a direction, from `mine` or `peer`.

/** halves: bits HAS_ISS and on; kinds of the last segment. */
export const MARKS = 0;
export const LAST_KINDS = 1;
/** halves: unscaled window of the last segment; duplicate ACKs in a row. */
export const WINDOW = 2;
export const DUP_ACKS = 3;
/** words: one past the highest octet seen (Wireshark: nextseq), and one past the highest without a hole before it. */
export const NEXT_SEQ = 2;
export const CONTIGUOUS = 3;
/** words */
export const LAST_ACK = 4;
export const HIGHEST_ACK = 5;
/** doubles, words */
export const LAST_TIME = 6 / 2;
export const LAST_PACKET = 8;
/** words */
export const PACKETS = 9;
/** doubles, words: payload octets, and segments that had some. */
export const PAYLOAD_OCTETS = 10 / 2;
export const DATA_SEGMENTS = 12;
/** words: last of the remembered segments, see `UnackedSegments`. */
export const LIST_TAIL = 13;
/** words: lowest sequence number. */
export const SEQ_LOW = 14;
/** halves: remembered segments; IP ID of the segment with the highest octet. */
export const LIST_LENGTH = 30;
export const NEXT_SEQ_IP_ID = 31;
/** octets: TTL of the first packet; window scale, or SCALE_ABSENT and on. */
export const TTL = 64;
export const WINDOW_SCALE = 65;
/** halves, of the first packet: TunnelFlow index plus one; link addresses by number of `LinkAddresses`. */
export const TUNNEL = 33;
export const SOURCE_MAC = 34;
export const DESTINATION_MAC = 35;
/** halves: octets of the largest IP packet with payload, and of the largest that was acknowledged; MSS option. */
export const LARGEST_L3 = 36;
export const LARGEST_ACKED_L3 = 37;
export const MSS = 38;
/** halves */
export const SYNS = 39;
/** words: highest timestamp, and most octets that were under way. */
export const TS_LAST = 20;
export const LARGEST_FLIGHT = 21;
/** words, floats: round trips, seconds. */
export const RTT_SAMPLES = 22;
export const RTT_MEDIAN = 23;
export const RTT_MIN = 24;
export const RTT_MAX = 25;
/** doubles, words */
export const FIRST_TIME = 26 / 2;
export const FIRST_PACKET = 28;
/** words */
export const ISS = 29;
export const TS_FIRST = 30;
/** halves */
export const FINS = 62;
export const RESETS = 63;

// Marks of a connection.

export const ROLES_FROM_SYN = 1;
export const ROLES_FROM_SYN_ACK = 2;
/** The sides of the record are the other way round than the roles. */
export const FLIPPED = 4;
export const WAITS_FOR_ANSWER = 8;
export const IS_IPV6 = 16;
export const HANDSHAKE_DONE = 32;
/** Another connection began between these end points and found no room. */
export const ABANDONED = 64;
/** Its next segment may be an ordinary one, see `followOrdinary`. */
export const IS_CALM = 128;
/** A SYN-ACK was seen: the first packet towards the client, unless `ConnectionRecords.lateSynAcks` has another. */
export const HAS_SYN_ACK = 256;
/** First bit of the letters, above the marks. */
export const FIRST_LETTER = 12;

// Marks of a direction.

export const HAS_ISS = 1;
export const HAS_NEXT = 2;
export const HAS_CONTIGUOUS = 4;
export const HAS_ACK = 8;
export const SACK_PERMITTED = 16;
export const HAS_TIMESTAMPS = 32;
export const DONT_FRAGMENT = 64;
/** At least one IP ID that is not 0, and none that fell: then a smaller one tells an earlier sending. */
export const HAS_IP_IDS = 128;
export const IP_IDS_FALL = 256;

/** Largest window scale that is told apart; what lies above is no scale. */
export const LARGEST_SCALE = 127;
/** Window scale of a direction whose SYN had no such option, and of one whose SYN was not seen. */
export const SCALE_ABSENT = 128;
export const SCALE_UNKNOWN = 129;

/** Most that a field of IP lengths can hold: the longest packet but for jumbograms. */
export const MOST_L3 = 65_535;

/** RFC 7323, 2.3. */
const LARGEST_SHIFT = 14;

/** Bits by which the windows of `mine` are shifted: none unless both SYNs had the option (RFC 7323, 2.2). */
export function windowShift({ octets }: ConnectionBlock, mine: number, peer: number): number {
  const scale = octets[(mine << 2) + WINDOW_SCALE];
  if (scale > LARGEST_SCALE || octets[(peer << 2) + WINDOW_SCALE] === SCALE_ABSENT) return 0;
  return scale > LARGEST_SHIFT ? LARGEST_SHIFT : scale;
}

/** What sequence numbers of `mine` are told relative to: its iss, or 0 when that was not seen. */
export const baseOf = ({ words, halves }: ConnectionBlock, mine: number): number =>
  (halves[(mine << 1) + MARKS] & HAS_ISS) !== 0 ? words[mine + ISS] : 0;

/** The direction of a record that spoke last. */
export function lastSpeaker({ words }: ConnectionBlock, at: number): number {
  const toServer = at + DIRECTIONS_AT;
  const toClient = toServer + DIRECTION_WORDS;
  return words[toServer + LAST_PACKET] > words[toClient + LAST_PACKET] ? toServer : toClient;
}

/** SYN to the ACK of the handshake, seconds; 0 when not seen. */
export function handshakeSeconds({ words, doubles }: ConnectionBlock, at: number): number {
  if ((words[at + MARKS_AND_LETTERS] & ROLES_FROM_SYN) === 0 || words[at + HANDSHAKE_ACK_PACKET] === 0) return 0;
  return doubles[(at >> 1) + HANDSHAKE_ACK_TIME] - doubles[((at + DIRECTIONS_AT) >> 1) + FIRST_TIME];
}
