import { Decompress } from 'fzstd';
import { PcapdiagError } from '../../text/pcapdiag-error.ts';
import type { ByteSink, Decompressed } from './decompressed.ts';
import { ZstdFrames } from './zstd-frames.ts';

/** Largest window. zstd itself refuses larger ones without --long (ZSTD_WINDOWLOG_LIMIT_DEFAULT 27). */
const MAX_ZSTD_WINDOW = 1 << 27;

/** Decodes zstd block by block, and passes on each block before the damage. */
export class ZstdStage implements ByteSink {
  readonly #into: Decompressed;
  readonly #frames = new ZstdFrames(refuseLargeWindow);
  readonly #decoder: Decompress;
  #pending: Promise<void> | undefined;
  /** An error of the following stages, not of the decoder. */
  #behind: unknown;

  constructor(into: Decompressed) {
    this.#into = into;
    this.#decoder = new Decompress((block) => this.#deliver(block));
  }

  async push(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length && !this.#into.isOver; ) {
      const to = this.#endOfUnit(chunk, at);
      // Copied, because the decoder keeps references to its input.
      this.#attempt(() => this.#decoder.push(chunk.slice(at, to), false));
      at = to;
      await this.#takePending();
    }
  }

  async end(): Promise<void> {
    if (!this.#into.isOver) this.#attempt(() => this.#decoder.push(new Uint8Array(0), true));
    await this.#takePending();
    await this.#into.end();
  }

  /**
   * The decoder gets no octet after a block before it has decoded the block, because it reads beyond the end of damaged
   * blocks.
   */
  #endOfUnit(chunk: Uint8Array, at: number): number {
    let to = chunk.length;
    this.#attempt(() => {
      to = this.#frames.advance(chunk, at);
    });
    return to;
  }

  #attempt(act: () => void): void {
    if (this.#into.isOver) return;
    try {
      act();
    } catch (error) {
      if (this.#behind !== undefined) throw this.#behind;
      this.#into.break(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #deliver(block: Uint8Array): void {
    if (block.length === 0) return;
    try {
      if (this.#pending === undefined) this.#pending = this.#into.push(block);
      else this.#pending = this.#pending.then(() => this.#into.push(block));
    } catch (error) {
      this.#behind = error;
      throw error;
    }
  }

  #takePending(): Promise<void> | undefined {
    const pending = this.#pending;
    this.#pending = undefined;
    return pending;
  }
}

function refuseLargeWindow(bytes: number): void {
  if (bytes <= MAX_ZSTD_WINDOW) return;
  const mebibytes = Math.ceil(bytes / 2 ** 20);
  throw new PcapdiagError(
    'limit-exceeded',
    `the zstd stream asks for a window of ${mebibytes} MiB, more than 128; use: zstd -dc --long=31 FILE | pcapdiag analyze -`,
  );
}
