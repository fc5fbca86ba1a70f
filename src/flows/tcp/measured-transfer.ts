import type { Direction } from '../evidence/evidence.ts';

/** One large transfer while it is measured. Sums are over the samples of the round trip. */
export interface MeasuredTransfer {
  direction: Direction;
  octets: number;
  segments: number;
  seconds: number;
  pauses: number;
  pausedSeconds: number;
  windows: number;
  /** Sequence number after all that was sent at the latest sample. */
  sentThrough: number;
  samples: number;
  flight: number;
  flightSquares: number;
  roundTrip: number;
  roundTripSquares: number;
  products: number;
  leastFlight: number;
  mostFlight: number;
}

export const newTransfer = (direction: Direction): MeasuredTransfer => ({
  direction,
  octets: 0,
  segments: 0,
  seconds: 0,
  pauses: 0,
  pausedSeconds: 0,
  windows: 0,
  sentThrough: -1,
  samples: 0,
  flight: 0,
  flightSquares: 0,
  roundTrip: 0,
  roundTripSquares: 0,
  products: 0,
  leastFlight: Number.POSITIVE_INFINITY,
  mostFlight: 0,
});
