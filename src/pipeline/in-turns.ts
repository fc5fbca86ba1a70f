import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Steps } from '../flows/correlate/steps.ts';

/**
 * Milliseconds of work between two turns of the event loop. A signal is noticed at once, and a turn costs microseconds.
 */
const TURN_MILLISECONDS = 20;

/** Milliseconds that work may still take after `stop`. The user who asked for the results so far waits that long. */
const LAST_MILLISECONDS = 700;

/**
 * Runs work step by step, with turns of the event loop in between.
 *
 * @returns null when `stop` ended it
 * @throws the reason of `signal` when it is aborted
 */
export async function inTurns<T>(
  steps: Steps<T>,
  { signal, stop }: { signal?: AbortSignal; stop?: AbortSignal },
): Promise<T | null> {
  let endAt = Number.POSITIVE_INFINITY;
  signal?.throwIfAborted();
  for (let turnAt = performance.now() + TURN_MILLISECONDS; ; ) {
    const { done, value } = steps.next();
    if (done) return value as T;
    if (performance.now() < turnAt) continue;
    await nextTurn();
    signal?.throwIfAborted();
    if (stop?.aborted && endAt === Number.POSITIVE_INFINITY) endAt = performance.now() + LAST_MILLISECONDS;
    if (performance.now() > endAt) return null;
    turnAt = performance.now() + TURN_MILLISECONDS;
  }
}
