// Made from sender-layout.ts by `npm run accessors`: change the layout, not this file.

/** Bytes of a record. */
export const RECORD_BYTES: i32 = 32;
/** First two octets of the link address; -1 without one. */
export const MAC_UPPER: i32 = 0;
/** The other four. */
export const MAC_LOWER: i32 = 4;
/** Index of the point. */
export const POINT: i32 = 8;
/** Directions whose first data was met. */
export const DATA: i32 = 12;
/** Packets with right checksums that were answered. */
export const RIGHT_ANSWERED: i32 = 16;
/** Packets with wrong checksums. */
export const WRONG: i32 = 20;
/** Those of them that were answered. */
export const WRONG_ANSWERED: i32 = 24;
