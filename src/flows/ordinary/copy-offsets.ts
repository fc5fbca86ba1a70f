// Made from copy-layout.ts by `npm run accessors`: change the layout, not this file.

/** Bytes of a record. */
export const RECORD_BYTES: i32 = 48;
/** When it was seen, seconds. */
export const TIME: i32 = 0;
/** Hash of what no hop changes. */
export const HASH_A: i32 = 8;
/** Another one. */
export const HASH_B: i32 = 12;
/** Bucket of the first hash; -1 while unused. */
export const BUCKET: i32 = 16;
/** Row of the next older packet in the bucket; -1 at its end. */
export const NEXT: i32 = 20;
/** Hash of what a hop changes, besides the TTL. */
export const LINK: i32 = 24;
/** Its number. */
export const PACKET: i32 = 28;
/** Its biflow. */
export const FLOW: i32 = 32;
/** Loops: row of its previous pass; -1 for the first one. */
export const PREVIOUS: i32 = 36;
/** How often it was seen so far with the same hop limit. */
export const TIMES: i32 = 40;
/** Its TTL. */
export const TTL: i32 = 42;
/** Its direction in the biflow. */
export const DIRECTION: i32 = 43;
/** Whether it is a copy: 1. */
export const IS_COPY: i32 = 44;
/** Loops: passes with falling TTL so far, at most 255. */
export const PASSES: i32 = 45;
/** Loops: passes with a higher TTL than before, at most 255. */
export const RISES: i32 = 46;
