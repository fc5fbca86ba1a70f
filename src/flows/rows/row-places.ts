/**
 * Where the columns of sightings lie, see `SightingColumns`, for the core as well (`flows/ordinary`): octets of a row that come
 * before a column. The widest columns come first, so that each one is aligned.
 */
export const TIME: i32 = 0;
export const PACKET: i32 = 8;
export const FLOW: i32 = 12;
export const L3_LENGTH: i32 = 16;
export const PAYLOAD_LENGTH: i32 = 20;
export const SEQ: i32 = 24;
export const ACK: i32 = 28;
export const TS_VALUE: i32 = 32;
export const TS_ECHO: i32 = 36;
export const PAYLOAD_HASH: i32 = 40;
export const POINT: i32 = 44;
export const IP_ID: i32 = 46;
export const FLAGS: i32 = 48;
export const WINDOW: i32 = 50;
export const TUNNEL: i32 = 52;
export const KIND: i32 = 54;
export const DIRECTION: i32 = 55;
export const TTL: i32 = 56;
export const DSCP: i32 = 57;
export const MARKS: i32 = 58;
/** Octets of a row, all columns. */
export const ROW_BYTES: i32 = 59;

/** Rows of a page that a core and the general way fill in turns. */
export const PAGE_ROWS: i32 = 1024;
/** Packets of a page of `PacketIndex`. */
export const PAGE_PACKETS: i32 = 4096;
