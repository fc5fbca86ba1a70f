/** Sizes and offsets in a record of `CONNECTION_LAYOUT`, bytes. */
export const RECORD_BYTES = 440;
/** Bits of the number of a connection that say which record of a block it is. */
export const BLOCK_BITS = 12;
export const BLOCK_RECORDS = 1 << BLOCK_BITS;
/** The direction towards the server; the opposite direction follows it. */
export const DIRECTIONS_AT = 64;
export const DIRECTION_BYTES = 128;
/** When the first data of each direction was acknowledged, in the order of the directions. */
const ACKED_DATA_AT = 352;
const ACKED_DATA_BYTES = 16;

/** Where that of a direction lies. @param at the record @param direction TO_SERVER or TO_CLIENT */
export function ackedDataOf(at: i32, direction: i32): i32 {
  return at + ACKED_DATA_AT + direction * ACKED_DATA_BYTES;
}

/** What is open of each direction, in the order of the directions, see OPEN_HOLES. */
const OPEN_AT = 424;
const OPEN_BYTES = 8;

/** Where that of a direction lies. @param at the record @param direction TO_SERVER or TO_CLIENT */
export function openOf(at: i32, direction: i32): i32 {
  return at + OPEN_AT + direction * OPEN_BYTES;
}

// Marks of a connection.

export const ROLES_FROM_SYN = 1;
export const ROLES_FROM_SYN_ACK = 2;
/** The sides of the record are opposite to the roles. */
export const FLIPPED = 4;
export const WAITS_FOR_ANSWER = 8;
export const IS_IPV6 = 16;
export const HANDSHAKE_DONE = 32;
/** Another connection began between these end points and did not fit into the table. */
export const ABANDONED = 64;
/** The next segment may be an ordinary one, see `followOrdinary`. */
export const IS_CALM = 128;
/** A SYN-ACK was seen. It is the first packet towards the client, unless `ConnectionTable.lateSynAcks` has another. */
export const HAS_SYN_ACK = 256;
/** `ContentTracker` reads no more of it. */
export const CONTENT_READ = 512;
/** The client began with no protocol that `ContentTracker` knows, and it has no record of the connection. */
export const REQUEST_UNKNOWN = 1024;
/** Its latest turn was slow, and is kept as `ConnectionTrouble.latestTurn`. */
export const SLOW_TURN = 2048;
/** First bit of the history letters, above the marks. */
export const FIRST_LETTER = 12;
/** Letters of the history by number, see `connection-history.ts`: a SYN, a SYN-ACK, a bare acknowledgement, data … */
export const OPENING = 0;
export const OPENING_ANSWER = 1;
export const ACKNOWLEDGEMENT = 2;
export const DATA = 3;
/** … a FIN. */
export const FINISH = 4;
/** Most letters of a history. The orders of twelve letters fit into 32 bits; ten are enough to be informative. */
export const LETTERS_KEPT = 10;

// Marks of a direction.

export const HAS_ISS = 1;
export const HAS_NEXT = 2;
export const HAS_CONTIGUOUS = 4;
export const HAS_ACK = 8;
export const SACK_PERMITTED = 16;
export const HAS_TIMESTAMPS = 32;
export const DONT_FRAGMENT = 64;
/** At least one IP ID was not 0, and none decreased. Then a smaller IP ID means that the packet was sent earlier. */
export const HAS_IP_IDS = 128;
export const IP_IDS_FALL = 256;
/** Largest step between two packets of one sender for the IP ID to count as a counter. */
export const LARGEST_IP_ID_STEP = 4096;
/** The peer has acknowledged data of this direction. */
export const HAS_ACKED_DATA = 512;
/** The first SYN is signed: TCP MD5, TCP-AO. */
export const SIGNED_MD5 = 1024;
export const SIGNED_AO = 2048;
/** Octets of this direction are missing that may still come, or were sent again and have not arrived; see `markCalm`. */
export const OPEN_HOLES = 4096;
export const OPEN_REPEATS = 8192;

/** Largest count of a field of 16 bits. */
export const MOST_COUNTED = 65_535;

/** Largest window scale that is stored. A larger value means that there is no scale. */
export const LARGEST_SCALE = 127;
/** Window scale of a direction whose SYN lacked the option, and of a direction whose SYN was not seen. */
export const SCALE_ABSENT = 128;
export const SCALE_UNKNOWN = 129;

/** Largest value of a field for IP lengths: the longest packet, except for jumbograms. */
export const MOST_L3 = 65_535;

// Marks of the end of a connection, in `endMarks`.

/** A FIN or a reset was seen. */
export const HAS_END = 1;
export const END_TO_CLIENT = 2;
export const END_BY_RESET = 4;
/** A request waited for its answer. */
export const END_OPEN_REQUEST = 8;
/** The peer had sent data that the end does not acknowledge. */
export const END_UNREAD = 16;
/** Afterwards the peer sent data without having seen the end. */
export const END_CROSSED = 32;
/** Afterwards the peer sent data and had acknowledged the end. */
export const END_IGNORED = 64;
/** The connection is established, both directions are known, and no zero window is open; see `markCalm`. */
export const IS_STEADY = 128;
