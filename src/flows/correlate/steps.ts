/**
 * Interruptible work. It yields after pieces of some microseconds to some milliseconds, so that the caller can handle
 * signals and timers, or stop.
 */
export type Steps<T> = Generator<undefined, T, undefined>;

/** Biflows or conversations between two pauses. A pause costs some 0.3 µs, a biflow takes about 10. */
export const ITEMS_A_STEP = 32;

/** Runs all steps without a pause. */
export function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value as T;
  }
}
