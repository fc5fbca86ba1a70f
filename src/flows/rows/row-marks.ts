// Also compiled to WebAssembly, with `flows/ordinary`.

/** Kinds of rows. */
export const SIGHTING_TCP: i32 = 1;
export const SIGHTING_UDP: i32 = 2;
export const SIGHTING_ICMP: i32 = 3;
export const SIGHTING_ARP: i32 = 4;
/** A later fragment, or another protocol. */
export const SIGHTING_OTHER: i32 = 5;

export const MARK_COPY: i32 = 1;
export const MARK_DF: i32 = 2;
export const MARK_LATER_FRAGMENT: i32 = 4;
export const MARK_CUT: i32 = 8;
export const MARK_RETRANSMISSION: i32 = 16;
export const MARK_OUTBOUND: i32 = 32;
export const MARK_INBOUND: i32 = 64;
export const MARK_HEADER_CUT: i32 = 128;

/** Rows kept of each direction of every flow: flows that are the same traffic are found by them, clocks and points ordered. */
export const HEAD_ROWS: i32 = 8;

/** Bits of a word of `PacketIndex`; above them is the flow. */
export const INDEX_COPY: i32 = 1;
export const INDEX_TO_CLIENT: i32 = 2;
export const INDEX_FLOW_SHIFT: i32 = 2;
