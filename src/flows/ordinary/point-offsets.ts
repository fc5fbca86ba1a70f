// Made from point-layout.ts by `npm run accessors`: change the layout, not this file.

/** Bytes of a record. */
export const RECORD_BYTES: i32 = 32;
/** Latest time at the point, seconds since the first packet. */
export const LAST_TIME: i32 = 0;
/** Interface that SLL2 tells; -1 of other frames. */
export const LINK_INTERFACE: i32 = 8;
/** Index of the point. */
export const INDEX: i32 = 12;
/** Packets whose checksums are verified; below 0 none. */
export const TO_VERIFY: i32 = 16;
/** Packets of this run. */
export const PACKETS: i32 = 20;
/** Those of them that were not captured whole. */
export const CUT: i32 = 24;
/** Segments of this run above the MSS. */
export const SUPER_SEGMENTS: i32 = 28;
