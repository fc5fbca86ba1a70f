/** One large transfer while it is measured: numbers in one array, which packets change without making objects. */
export type MeasuredTransfer = Float64Array;

// Positions. Sums are over the samples of the round trip.

export const DIRECTION = 0;
export const OCTETS = 1;
export const SEGMENTS = 2;
export const SECONDS = 3;
export const PAUSES = 4;
export const PAUSED_SECONDS = 5;
export const WINDOWS = 6;
/** Sequence number after all that was sent at the latest sample. */
export const SENT_THROUGH = 7;
export const SAMPLES = 8;
export const FLIGHT = 9;
export const FLIGHT_SQUARES = 10;
export const ROUND_TRIP = 11;
export const ROUND_TRIP_SQUARES = 12;
export const PRODUCTS = 13;
export const LEAST_FLIGHT = 14;
export const MOST_FLIGHT = 15;

export function newTransfer(direction: 0 | 1): MeasuredTransfer {
  const transfer = new Float64Array(16);
  transfer[DIRECTION] = direction;
  transfer[SENT_THROUGH] = -1;
  transfer[LEAST_FLIGHT] = Number.POSITIVE_INFINITY;
  return transfer;
}
