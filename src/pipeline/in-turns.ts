import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Steps } from '../flows/correlate/steps.ts';

/**
 * Milliseconds of work between two turns of the event loop. A signal is noticed at once, and a turn costs microseconds.
 */
const TURN_MILLISECONDS = 20;

/** Milliseconds that comparing may still take after `stop`. The user who asked for the results so far waits that long. */
const LAST_OF_COMPARING = 100;

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

/**
 * The time that work may still take after `stop`, from the first look after it. It is over when the clock and the
 * processor time both say so: on a busy machine the same work is done, and collecting garbage beside it does not count.
 */
export class LastMoments {
  readonly #stop: AbortSignal | undefined;
  readonly #milliseconds: number;
  #since: { clock: number; processor: number } | undefined;

  constructor(stop: AbortSignal | undefined, milliseconds: number) {
    this.#stop = stop;
    this.#milliseconds = milliseconds;
  }

  get areOver(): boolean {
    if (!this.#stop?.aborted) return false;
    const { user, system } = process.cpuUsage();
    const now = { clock: performance.now(), processor: (user + system) / 1000 };
    this.#since ??= now;
    return Math.min(now.clock - this.#since.clock, now.processor - this.#since.processor) > this.#milliseconds;
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
  const last = new LastMoments(stop, LAST_OF_COMPARING);
  signal?.throwIfAborted();
  for (const turns = new Turns(); ; ) {
    const { done, value } = steps.next();
    if (done) return value as T;
    if (!turns.isDue) continue;
    await turns.next();
    signal?.throwIfAborted();
    if (last.areOver) return null;
  }
}
