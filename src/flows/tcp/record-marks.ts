/** Sizes and places in a record of `CONNECTION_LAYOUT`, bytes. */
export const RECORD_BYTES = 336;
/** The direction towards the server; the other one follows. */
export const DIRECTIONS_AT = 48;
export const DIRECTION_BYTES = 128;

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
/** A SYN-ACK was seen: the first packet towards the client, unless `ConnectionTable.lateSynAcks` has another. */
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

/** Largest window scale that is kept; a larger value stands for no scale. */
export const LARGEST_SCALE = 127;
/** Window scale of a direction whose SYN had no such option, and of one whose SYN was not seen. */
export const SCALE_ABSENT = 128;
export const SCALE_UNKNOWN = 129;

/** Most that a field of IP lengths can hold: the longest packet but for jumbograms. */
export const MOST_L3 = 65_535;
