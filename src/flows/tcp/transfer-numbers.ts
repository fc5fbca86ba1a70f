// Positions in the numbers of one transfer. Sums are over the samples of the round trip.

export const DIRECTION = 0;
export const OCTETS = 1;
export const SEGMENTS = 2;
export const SECONDS = 3;
export const PAUSES = 4;
export const PAUSED_SECONDS = 5;
export const WINDOWS = 6;
/** Segments of which the round trip is being measured. */
export const PROBES = 7;
export const SAMPLES = 8;
export const FLIGHT = 9;
export const FLIGHT_SQUARES = 10;
export const ROUND_TRIP = 11;
export const ROUND_TRIP_SQUARES = 12;
export const PRODUCTS = 13;
export const LEAST_FLIGHT = 14;
export const MOST_FLIGHT = 15;
/** Octets that the window of the receiver leaves after the latest segment. */
export const ROOM = 16;
/** Seconds in which the sender waited for the receiver. */
export const HELD_SECONDS = 17;

/** The first of `MOST_PROBES` such segments in order: sequence number behind it, time, octets under way with it. */
export const FIRST_PROBE = 18;
export const PROBE_NUMBERS = 3;
export const MOST_PROBES = 4;

/** Numbers of one transfer. */
export const NUMBERS = FIRST_PROBE + MOST_PROBES * PROBE_NUMBERS;
