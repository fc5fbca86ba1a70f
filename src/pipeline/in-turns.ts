import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Steps } from '../flows/correlate/steps.ts';

/** Milliseconds of work between two turns of the event loop: a signal is heard at once, and a turn costs microseconds. */
const TURN_MILLISECONDS = 20;

/** Runs work piece by piece and lets the event loop have its turns. @throws the reason of the signal when it is aborted */
export async function inTurns<T>(steps: Steps<T>, signal: AbortSignal | undefined): Promise<T> {
  signal?.throwIfAborted();
  for (let turnAt = performance.now() + TURN_MILLISECONDS; ; ) {
    const { done, value } = steps.next();
    if (done) return value as T;
    if (performance.now() < turnAt) continue;
    await nextTurn();
    signal?.throwIfAborted();
    turnAt = performance.now() + TURN_MILLISECONDS;
  }
}
