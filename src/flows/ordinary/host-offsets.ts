// Made from host-layout.ts by `npm run accessors`: change the layout, not this file.

/** Bytes of a record. */
export const RECORD_BYTES: i32 = 88;
/** Number of the address. */
export const ADDRESS: i32 = 0;
/** Packets that it sent. */
export const SENT: i32 = 8;
/** When it sent the latest one, seconds. */
export const LAST_SENT: i32 = 16;
/** The current run: source link address of its latest packets. */
export const MAC: i32 = 24;
/** Packets in a row with this link address. */
export const MAC_RUN: i32 = 32;
/** Packets in a row with this TTL. */
export const TTL_RUN: i32 = 40;
/** Packets that it received. */
export const RECEIVED: i32 = 48;
/** When it received the latest one, seconds. */
export const LAST_RECEIVED: i32 = 56;
/** When it sent the first one, seconds. */
export const FIRST_SENT: i32 = 64;
/** When it received the first one, seconds. */
export const FIRST_RECEIVED: i32 = 72;
/** Twice the point, plus one for outer addresses. */
export const PLACE: i32 = 80;
/** The current run: TTL of its latest packets. */
export const TTL: i32 = 84;
