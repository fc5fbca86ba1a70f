import type { CaptureRecord } from '../../decode/files/capture-record.ts';

const NANOSECONDS = 1e9;

/** Times of one capture: seconds since its first packet. */
export class CaptureClock {
  baseSeconds = 0;
  baseNanoseconds = 0;
  /** Seconds from the first packet to the latest one. */
  duration = 0;
  #hasBegun = false;

  /** Integers until the division, so that the result is the same on every machine. */
  timeOf({ seconds, nanoseconds }: CaptureRecord): number {
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      this.baseSeconds = seconds;
      this.baseNanoseconds = nanoseconds;
    }
    const time = ((seconds - this.baseSeconds) * NANOSECONDS + (nanoseconds - this.baseNanoseconds)) / NANOSECONDS;
    if (time > this.duration) this.duration = time;
    return time;
  }
}
