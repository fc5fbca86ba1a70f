// Made from path-layout.ts by `npm run accessors`: change the layout, not this file.

/** Bytes of a record. */
export const RECORD_BYTES: i32 = 96;
/** Octets of the outer IP packets. */
export const OCTETS: i32 = 0;
/** Time of the last packet, seconds. */
export const LAST_TIME: i32 = 8;
/** Packets. */
export const PACKETS: i32 = 68;
/** Those without an outer UDP checksum. */
export const WITHOUT_CHECKSUM: i32 = 72;
/** Octets of the largest outer IP packet. */
export const LARGEST: i32 = 76;
/** Number of the last packet. */
export const LAST_PACKET: i32 = 80;
/** Index of the tunnel. */
export const TUNNEL: i32 = 84;
/** Whether no further outer UDP checksum is verified. */
export const IS_VERIFIED: i32 = 88;
/** A word of the key. */
export const KEY: i32 = 0;
