// Limits of pauses, turns, transfers and round trips, also read by the core (`../ordinary`).

/** A silence this long, seconds, is kept as an idle gap: the initial retransmission timeout (RFC 6298, 2.1). */
export const IDLE_SECONDS: f64 = 1;
/** The median moves towards each sample by this share, which estimates it without storing samples. */
export const MEDIAN_STEP: f64 = 0.05;

/** Shortest wait for an answer, seconds, that is stored as an object. */
export const SLOW_TURN_SECONDS: f64 = 0.1;
/** Least delay of an acknowledgement that counts as delayed, seconds: Linux include/net/tcp.h, TCP_DELACK_MIN is 40 ms. */
export const DELAYED_ACK_SECONDS: f64 = 0.03;
/** A receiver delays an acknowledgement by less than this, seconds (RFC 9293, 3.8.6.3). */
export const LONGEST_DELAYED_ACK: f64 = 0.5;
/** Options that a full segment may carry in place of payload, octets (RFC 9293, 3.1). */
export const MOST_OPTIONS: i32 = 40;
/** MSS of a side that announced none, octets (RFC 9293, 3.7.1). */
export const DEFAULT_MSS: i32 = 536;

/** A request or an answer is large from these octets on: more than the initial window (RFC 6928: ten segments). */
export const LARGE_OCTETS: i32 = 16_384;
/** Most large transfers that are measured, one a connection: about 2 MB. */
export const TRANSFERS_KEPT: i32 = 10_000;
/** A sender pauses when it sends nothing for two round trips, and for this long at least, seconds. */
export const PAUSE_SECONDS: f64 = 0.02;
export const PAUSE_ROUND_TRIPS: f64 = 2;
/** A sender waits for the receiver when it filled its window and this time passes, seconds: more than the work of both. */
export const HELD_AT_LEAST: f64 = 0.005;
/** A system sends what it had held back this soon after the acknowledgement, seconds. */
export const AT_ONCE: f64 = 0.002;
