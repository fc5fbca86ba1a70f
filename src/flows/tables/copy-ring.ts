// The latest packets of a capture, of which the next one may be a copy (`Copies`). Also compiled to WebAssembly.

/** Packets in the look-back window: the 50 ms of a routed copy at 80,000 packets a second. They fit into the cache. */
export const RING_ROWS: i32 = 4096;
export const RING_MASK: i32 = RING_ROWS - 1;
/** Most entries of one hash bucket that are compared. */
export const LONGEST_WALK: i32 = 8;
