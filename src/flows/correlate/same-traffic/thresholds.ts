/**
 * Every number that decides in correlation, with its source. Units are seconds and octets unless the name says
 * otherwise.
 */

/** Agreeing bits that make two biflows the same traffic: one ISN pair, or one ISN and its TSval (2^-64 by chance). */
export const ENOUGH_BITS = 64;
/** Distinct packets that make two biflows the same traffic when each alone has too few bits. */
export const ENOUGH_PACKETS = 3;
/** Fewest bits of a packet that counts towards `ENOUGH_PACKETS`: an IP ID, or a sequence number. */
export const COUNTING_BITS = 16;
/**
 * Longest difference of the delays of datagrams that are matched by payload alone. Queues hold packets for seconds;
 * coincidences differ by more.
 */
export const PAYLOAD_DELAY_SPREAD = 2;
/** Rows of a direction whose fingerprints are compared; larger flows are sampled alike at all points (RFC 5475, 6.2). */
export const FINGERPRINTS_PER_DIRECTION = 64;
/**
 * Largest difference between two sightings of one packet inside one host: softirq and backlog, far below the 200 ms
 * RTO.
 */
export const SAME_HOST_SECONDS = 0.05;

/**
 * Largest minimum delay between two devices of one host, normally tens of microseconds. Above this, two captures are
 * not assumed to be of one host.
 */
export const DEVICE_DELAY_SECONDS = 0.001;
/**
 * Most by which a packet may appear at the second device before the first on one clock, because several CPUs take
 * timestamps.
 */
export const ONE_CLOCK_TOLERANCE = 20e-6;

/**
 * Packets of weak identity (no IP ID, no timestamp) match only within this delay, after alignment; or within 10 round
 * trips.
 */
export const WEAK_MATCH_SECONDS = 0.05;
export const WEAK_MATCH_ROUND_TRIPS = 10;
/**
 * Longest queueing delay of a packet of weak identity that is the only one of its kind (bufferbloat: seconds; MSL:
 * minutes).
 */
export const LATE_MATCH_SECONDS = 2;
/** Most by which a packet may appear to arrive before it was sent: files with microseconds, tools with milliseconds. */
export const NEGATIVE_DELAY = 0.001;
/**
 * Share of packets matched with their IP ID above which IP IDs are assumed to survive the path, so that another ID is
 * another packet. Offload hides most.
 */
export const IP_ID_RELIABLE_SHARE = 0.02;

/** Skew is fitted only over at least this span and this many packets in each direction (Moon et al., INFOCOM 1999). */
export const SKEW_MINIMUM_SPAN = 10;
export const SKEW_MINIMUM_MATCHES = 20;
/**
 * Largest skew. Crystals stay within 100 ppm, virtual machines within 500; a larger value, plus the error of the fit,
 * is not a skew.
 */
export const SKEW_LIMIT_PPM = 510;
/** Largest drift between two ordinary crystals (50 ppm each). A bound allows for it where drift was not measured. */
export const USUAL_SKEW_PPM = 100;
/** Largest contradiction between the offsets of the two directions before a clock counts as having been set. */
export const CLOCK_STEP_SECONDS = 0.001;

/**
 * Most times that a clock may be set while a capture runs. A clock that is set more often is not used (chrony steps at
 * most three times, `makestep 1 3`).
 */
export const MOST_CLOCK_STEPS = 4;

/**
 * Share of packets missed by the capture itself above which absence never counts as loss (Zeek's capture-loss warns at
 * 0.1 %).
 */
export const CAPTURE_LOSS_SHARE = 0.001;
/**
 * Share of acknowledged octets that a point did not capture, above which a packet that is absent there does not count as
 * lost (docs/thresholds.md, gap-share).
 */
export const MISSED_OCTETS_SHARE = 0.1;
/**
 * Captures of one session begin within this time. An empty one, or one that ends early, is assumed to have run as long
 * as the others of its host.
 */
export const SESSION_START_SECONDS = 5;
/**
 * Largest assumed difference between wall clocks of two hosts that no packet compares. NTP keeps hosts within tens of
 * milliseconds (RFC 5905, 1), and retransmission pauses are of this size.
 */
export const WALL_CLOCK_SECONDS = 1;
/** Near the edges of the covered time, packets may still be in transit. */
export const EDGE_GUARD_SECONDS = 0.0005;
/**
 * Packets sent closer together than this may be reordered by CPUs that read one queue in parallel, so this is not a
 * sign of the path (RFC 4737, 3.3 counts both). Inside healthy hosts up to 22 µs was measured, on parallel paths 67 µs
 * and more.
 */
export const REORDERING_SECONDS = 50e-6;
/** Most lost packets listed per hop, 16 bytes each; `--export-missing` can write these. */
export const LOST_PACKETS_LISTED = 4096;
export { INITIAL_TTLS } from '../../evidence/initial-ttls.ts';

/**
 * Fewest plain packets that fit into the encrypted ones of a key, and their share of these, for a device to be the inside
 * of a tunnel (docs/thresholds.md, three-sendings and majority). Equal packets fit anywhere, so lengths must differ.
 */
export const LEAST_INSIDE = 3;
export const INSIDE_SHARE = 0.5;
export const INSIDE_LENGTHS = 2;
/**
 * The same where no name says that the points are of one host: in both directions, and nine of ten of one
 * (docs/thresholds.md, nine-of-ten). Other pods of the host send and receive as well.
 */
export const LEAST_INSIDE_UNNAMED = 8;
export const INSIDE_SHARE_UNNAMED = 0.9;
export const INSIDE_LENGTHS_UNNAMED = 3;
