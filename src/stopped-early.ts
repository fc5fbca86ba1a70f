import type { CaptureSummary } from './flows/evidence/evidence.ts';
import type { Judgement } from './heuristics/judge/judgement.ts';
import type { CutShort } from './report/sections/cut-short.ts';

/** What an analysis left out because its caller asked for what is known so far. */
export class StoppedEarly {
  /** For `evidenceOfCaptures`. */
  readonly told: { onUnread: (name: string) => void; onSkipped: () => void };
  readonly #stop: AbortSignal | undefined;
  readonly #unread: string[] = [];
  #isSkipped = false;

  constructor(stop: AbortSignal | undefined) {
    this.#stop = stop;
    this.told = {
      onUnread: (name) => void this.#unread.push(name),
      onSkipped: () => void (this.#isSkipped = true),
    };
  }

  /** Does something that only a whole analysis has: not after `stop`, and not to its end when `stop` comes meanwhile. */
  async unlessStopped(
    signal: AbortSignal | undefined,
    act: (signal: AbortSignal | undefined) => Promise<void>,
  ): Promise<void> {
    if (this.#stop === undefined) return act(signal);
    if (this.#stop.aborted) return;
    try {
      await act(AbortSignal.any(signal === undefined ? [this.#stop] : [this.#stop, signal]));
    } catch (error) {
      if (!this.#stop.aborted || error !== this.#stop.reason) throw error;
    }
  }

  /** Undefined when nothing was left out. */
  cutShort(captures: readonly CaptureSummary[], { leftOut = [] }: Judgement): CutShort | undefined {
    const isCut =
      this.#unread.length + leftOut.length > 0 || this.#isSkipped || captures.some(({ isPartial }) => isPartial);
    if (!isCut) return undefined;
    const reason: unknown = this.#stop?.reason;
    return {
      because: typeof reason === 'string' ? reason : 'its caller',
      unread: this.#unread,
      isSkipped: this.#isSkipped,
    };
  }
}
