/**
 * Work that can be interrupted: it yields between pieces of some microseconds to some milliseconds, so that whoever runs
 * it may let signals and timers have their turn, or stop.
 */
export type Steps<T> = Generator<undefined, T, undefined>;

/** Runs all of it at once. */
export function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value as T;
  }
}
