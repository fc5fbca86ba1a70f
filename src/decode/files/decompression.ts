import type { FileProblem } from './capture-record.ts';
import { type ByteSink, Decompressed } from './decompressed.ts';
import { GzipAgainStage, GzipStage } from './gzip-stage.ts';
import { type Compression, isCompression, sniff } from './sniff.ts';
import { XzStage } from './xz-stage.ts';
import { ZstdStage } from './zstd-stage.ts';

/** A compressed file that was compressed again by a backup is seen; more is not. */
const MAX_NESTING = 2;
const MAGIC_LENGTH = 4;

export interface DecompressionOptions {
  limit: number;
  again?: (() => AsyncIterable<Uint8Array>) | undefined;
  depth?: number;
}

/**
 * Recognises gzip, zstd and xz by their first bytes and passes on the decompressed bytes. Other bytes pass unchanged. For a
 * truncated or broken stream, it passes on what could be read and reports a problem of kind `compression`.
 */
export class Decompression implements ByteSink {
  /** Outermost compression, once known. */
  compression: Compression | undefined;
  readonly #next: ByteSink;
  readonly #onProblem: (problem: FileProblem) => void;
  readonly #limit: number;
  readonly #again: (() => AsyncIterable<Uint8Array>) | undefined;
  readonly #depth: number;
  #stage: ByteSink | undefined;
  #first = new Uint8Array(0);

  /**
   * @param limit bytes that are passed on at most
   * @param again gives the same bytes from their beginning, where that is possible: then a faster decoder is used
   */
  constructor(
    next: ByteSink,
    onProblem: (problem: FileProblem) => void,
    { limit, again, depth = MAX_NESTING }: DecompressionOptions,
  ) {
    this.#next = next;
    this.#onProblem = onProblem;
    this.#limit = limit;
    this.#again = again;
    this.#depth = depth;
  }

  push(chunk: Uint8Array): Promise<void> | undefined {
    if (this.#stage !== undefined) return this.#stage.push(chunk);
    const first = new Uint8Array(this.#first.length + chunk.length);
    first.set(this.#first);
    first.set(chunk, this.#first.length);
    if (first.length < MAGIC_LENGTH) {
      this.#first = first;
      return undefined;
    }
    this.#stage = this.#choose(first);
    return this.#stage.push(first);
  }

  end(): Promise<void> | undefined {
    if (this.#stage !== undefined) return this.#stage.end();
    this.#stage = this.#next;
    if (this.#first.length > 0) this.#stage.push(this.#first);
    return this.#stage.end();
  }

  abandon(): void {
    this.#stage?.abandon?.();
  }

  #choose(first: Uint8Array): ByteSink {
    const sniffed = sniff(first);
    if (this.#depth === 0 || !isCompression(sniffed)) return this.#next;
    this.compression = sniffed.kind;
    const [limit, depth] = [this.#limit, this.#depth - 1];
    const inner = new Decompression(this.#next, this.#onProblem, { limit, depth });
    const into = new Decompressed(sniffed.kind, inner, this.#onProblem, limit);
    if (sniffed.kind === 'zstd') return new ZstdStage(into);
    if (sniffed.kind === 'xz') return new XzStage(into);
    return this.#again === undefined ? new GzipStage(into) : new GzipAgainStage(into, this.#again);
  }
}
