import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Steps } from '../flows/correlate/steps.ts';

/**
 * Milliseconds of work between two turns of the event loop. A signal is noticed at once, and a turn costs microseconds.
 */
const TURN_MILLISECONDS = 20;

/** Milliseconds that work may still take after `stop`. The user who asked for the results so far waits that long. */
const LAST_MILLISECONDS = 200;

/** Gives the event loop a turn when one is due. */
export class Turns {
  #dueAt = performance.now() + TURN_MILLISECONDS;

  get isDue(): boolean {
    return performance.now() >= this.#dueAt;
  }

  async next(): Promise<void> {
    if (!this.isDue) return;
    await nextTurn();
    this.#dueAt = performance.now() + TURN_MILLISECONDS;
  }
}

/** Runs work step by step, with turns of the event loop in between. @throws the reason of `signal` when it is aborted */
export async function inTurns<T>(steps: Steps<T>, signal: AbortSignal | undefined): Promise<T> {
  return (await untilStopped(steps, signal === undefined ? {} : { signal })) as T;
}

/**
 * Runs work step by step, as `inTurns` does.
 *
 * @returns null when `stop` ended it
 * @throws the reason of `signal` when it is aborted
 */
export async function untilStopped<T>(
  steps: Steps<T>,
  { signal, stop }: { signal?: AbortSignal; stop?: AbortSignal },
): Promise<T | null> {
  let endAt = Number.POSITIVE_INFINITY;
  signal?.throwIfAborted();
  for (const turns = new Turns(); ; ) {
    const { done, value } = steps.next();
    if (done) return value as T;
    if (!turns.isDue) continue;
    await turns.next();
    signal?.throwIfAborted();
    if (stop?.aborted && endAt === Number.POSITIVE_INFINITY) endAt = performance.now() + LAST_MILLISECONDS;
    if (performance.now() > endAt) return null;
  }
}
