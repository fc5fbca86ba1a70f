/**
 * Interruptible work. It yields after pieces of some microseconds to some milliseconds, so that the caller can handle
 * signals and timers, or stop.
 */
export type Steps<T> = Generator<undefined, T, undefined>;

/** Runs all steps without a pause. */
export function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value as T;
  }
}
