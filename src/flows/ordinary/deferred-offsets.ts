// Made from deferred-layout.ts by `npm run accessors`: change the layout, not this file.

/** Bytes of a record. */
export const RECORD_BYTES: i32 = 72;
/** Seconds since the first packet. */
export const TIME: i32 = 0;
/** Number of the packet. */
export const PACKET: i32 = 8;
/** Its connection. */
export const CONNECTION: i32 = 12;
/** Sequence number. */
export const SEQ: i32 = 16;
/** Acknowledgement. */
export const ACK: i32 = 20;
/** Kinds of the segment. */
export const KINDS: i32 = 56;
/** Flags of TCP. */
export const FLAGS: i32 = 58;
/** Unscaled window. */
export const WINDOW: i32 = 60;
/** Octets of the IP packet. */
export const L3_LENGTH: i32 = 62;
/** IP ID. */
export const IP_ID: i32 = 64;
/** TTL. */
export const TTL: i32 = 66;
/** Direction. */
export const DIRECTION: i32 = 67;
/** Edges of SACK blocks. */
export const SACK_EDGES: i32 = 68;
/** Whether these are foreign, see `isForeignSack`. */
export const IS_FOREIGN: i32 = 69;
/** An edge of a SACK block. */
export const SACK_EDGE: i32 = 0;
