import { PcapdiagError } from '../../text/pcapdiag-error.ts';
import type { FileProblem } from './capture-record.ts';
import type { Compression } from './sniff.ts';

/** Takes bytes in order. A promise means: wait for it before the next call, and leave the chunk alone until then. */
export interface ByteSink {
  push(chunk: Uint8Array): Promise<void> | undefined;
  end(): Promise<void> | undefined;
  /** Nothing more will come, and nobody waits for the result: what is held is freed. */
  abandon?(): void;
}

/** Compressed bytes given to a decoder at once: bounds what is decoded before it is taken on. */
export const PIECE = 1 << 14;

/** What comes out of a decoder: counted, passed on as far as the limit allows, and the place where it broke. */
export class Decompressed {
  /** Bytes passed on so far. */
  delivered = 0;
  /** Broken, or at the limit: nothing more is passed on. */
  isOver = false;
  readonly #name: Compression;
  readonly #next: ByteSink;
  readonly #onProblem: (problem: FileProblem) => void;
  readonly #limit: number;

  constructor(name: Compression, next: ByteSink, onProblem: (problem: FileProblem) => void, limit: number) {
    this.#name = name;
    this.#next = next;
    this.#onProblem = onProblem;
    this.#limit = limit;
  }

  push(chunk: Uint8Array): Promise<void> | undefined {
    if (this.isOver || chunk.length === 0) return undefined;
    const left = this.#limit - this.delivered;
    if (chunk.length <= left) {
      this.delivered += chunk.length;
      return this.#next.push(chunk);
    }
    this.delivered += left;
    this.isOver = true;
    this.#onProblem({
      kind: 'compression',
      offset: this.delivered,
      message: `the ${this.#name} stream gives more than ${this.#limit} bytes, the limit of inflation (--inflate-limit); what came before it was read`,
    });
    return this.#next.push(chunk.subarray(0, left));
  }

  /** @throws PcapdiagError when nothing at all could be decompressed: the error if it is one, else `corrupt-header` */
  break(error: Error): void {
    if (this.isOver) return;
    this.isOver = true;
    const message = `the ${this.#name} stream is cut or broken (${error.message})`;
    if (this.delivered === 0) {
      if (error instanceof PcapdiagError) throw error;
      throw new PcapdiagError('corrupt-header', message, { offset: 0, cause: error });
    }
    this.#onProblem({
      kind: 'compression',
      offset: this.delivered,
      message: `${message}; what came before it was read`,
    });
  }

  end(): Promise<void> | undefined {
    return this.#next.end();
  }
}
