// State of a direction of a biflow of which packets are verified, see `PacketFates`.

/** TCP: the first data of this direction was verified. */
export const FIRST_DATA = 1;
/** Others: two bits count the verified datagrams of this direction. */
export const DATAGRAMS = 3;
/** A verified packet of this direction has no answer yet. */
export const WAITS = 4;
/** … and its checksums are not wrong. */
export const WAITS_RIGHT = 8;
/** Checksums of a packet were right. The results of a verification are these two marks, 0 where it was not captured whole. */
export const RIGHT = 16;
/** … or covered the pseudo header only. */
export const PARTIAL = 32;
/** Packets with wrong checksums have no answer yet. */
export const HAS_OPEN = 64;
/** A verified packet was followed by the next one before it was answered. */
export const TROUBLED = 128;
