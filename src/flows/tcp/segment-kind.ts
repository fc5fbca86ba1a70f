/**
 * Kinds of segment as a bit set, with Wireshark's names. The bits FAST and SPURIOUS are set together with
 * RETRANSMISSION.
 */
export const RETRANSMISSION = 1;
export const FAST_RETRANSMISSION = 2;
export const SPURIOUS_RETRANSMISSION = 4;
export const OUT_OF_ORDER = 8;
export const PREVIOUS_SEGMENT_NOT_CAPTURED = 16;
export const DUP_ACK = 32;
export const ZERO_WINDOW = 64;
export const WINDOW_FULL = 128;
export const KEEP_ALIVE = 256;
export const ACKED_UNSEEN_SEGMENT = 512;
export const ZERO_WINDOW_PROBE = 1024;
export const ZERO_WINDOW_PROBE_ACK = 2048;
export const WINDOW_UPDATE = 4096;
export const KEEP_ALIVE_ACK = 8192;
export const PORTS_REUSED = 16384;

/** Common kinds: alone they make no event. */
export const ORDINARY_KINDS = WINDOW_UPDATE | KEEP_ALIVE_ACK;

/** Flags of the TCP header (RFC 9293, 3.1). */
export const FIN = 1;
export const SYN = 2;
export const RST = 4;
export const PSH = 8;
export const ACK = 16;
