/** Every number that correlation decides by, with its source. Seconds and octets unless the name says otherwise. */

/** Agreeing bits that make two biflows the same traffic: one ISN pair, or one ISN and its TSval (2^-64 by chance). */
export const ENOUGH_BITS = 64;
/** Distinct packets that make two biflows the same traffic when each alone has too few bits. */
export const ENOUGH_PACKETS = 3;
/** Fewest bits of a packet that counts towards `ENOUGH_PACKETS`: an IP ID, or a sequence number. */
export const COUNTING_BITS = 16;
/** Datagrams known by their payload alone: their delays differ by no more, for a queue holds seconds, a coincidence anything. */
export const PAYLOAD_DELAY_SPREAD = 2;
/** Rows of a direction whose fingerprints are compared; larger flows are sampled alike at all points (RFC 5475, 6.2). */
export const FINGERPRINTS_PER_DIRECTION = 64;
/** Two sightings of one packet inside one host lie closer than this: softirq and backlog, far below the 200 ms RTO. */
export const SAME_HOST_SECONDS = 0.05;

/** Smallest delay between two devices of one host: tens of microseconds; above this two captures are not taken to be of one. */
export const DEVICE_DELAY_SECONDS = 0.001;
/** On one clock a packet may seem to be at the second device before the first by this much: CPUs stamp side by side. */
export const ONE_CLOCK_TOLERANCE = 20e-6;

/** Packets whose identity is weak (no IP ID, no timestamp) match only within this, after alignment; or 10 round trips. */
export const WEAK_MATCH_SECONDS = 0.05;
export const WEAK_MATCH_ROUND_TRIPS = 10;
/** Longest time in a queue of a packet of weak identity that is the only one of its kind (bufferbloat: seconds; MSL is minutes). */
export const LATE_MATCH_SECONDS = 2;
/** A packet may seem to arrive before it left by this much: microsecond files, millisecond tools. */
export const NEGATIVE_DELAY = 0.001;
/** Share of packets matched with their IP ID above which IP IDs survive the path, so another ID is another packet. Offload hides most. */
export const IP_ID_RELIABLE_SHARE = 0.02;

/** Skew is fitted only over at least this span and this many packets in each direction (Moon et al., INFOCOM 1999). */
export const SKEW_MINIMUM_SPAN = 10;
export const SKEW_MINIMUM_MATCHES = 20;
/** Crystals stay within 100 ppm, virtual machines within 500: more, and the error of the fit, is no skew. */
export const SKEW_LIMIT_PPM = 510;
/** Two ordinary crystals drift apart by up to this (50 ppm each): what a bound has to allow where drift was not measured. */
export const USUAL_SKEW_PPM = 100;
/** Offsets of the two directions may contradict each other by this much before the clock is taken to have been set. */
export const CLOCK_STEP_SECONDS = 0.001;

/** Times that a clock may be set while a capture runs, to be told one by one: more is no clock to go by (chrony steps at most three times, `makestep 1 3`). */
export const MOST_CLOCK_STEPS = 4;

/** Packets that the capture itself missed: above this share no absence counts as a loss (Zeek's capture-loss warns at 0.1 %). */
export const CAPTURE_LOSS_SHARE = 0.001;
/** Captures of one session that are empty, or end early, are taken to have run when others of the host did and began this near. */
export const SESSION_START_SECONDS = 5;
/**
 * Wall clocks of two hosts that no packet compares are taken to agree to this: NTP keeps hosts within tens of
 * milliseconds (RFC 5905, 1), and pauses of retransmission are of this size.
 */
export const WALL_CLOCK_SECONDS = 1;
/** At the edges of what a point covers, packets may still be under way. */
export const EDGE_GUARD_SECONDS = 0.0005;
/**
 * Packets sent closer together than this that change their order tell of CPUs that took them from a queue side by side,
 * not of the path (RFC 4737, 3.3 counts both): inside healthy hosts up to 22 µs was measured, on parallel paths 67 µs
 * and more.
 */
export const REORDERING_SECONDS = 50e-6;
/** Lost packets listed per hop, 16 bytes each: what `--export-missing` can write. */
export const LOST_PACKETS_LISTED = 4096;
/** Hop limits that systems start with (Linux 64, Windows 128, network devices 255): a packet that still has it was made here. */
export const INITIAL_TTLS: readonly number[] = [64, 128, 255];
