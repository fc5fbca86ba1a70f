import { createGunzip } from 'node:zlib';
import { Decompress } from 'fzstd';
import { PcapdiagError } from '../../text/pcapdiag-error.ts';
import type { FileProblem } from './capture-record.ts';
import { type Compression, isCompression, sniff } from './sniff.ts';
import { ZstdFrames } from './zstd-frames.ts';

/**
 * Takes bytes in order. If it returns a promise, wait for it before the next call, and do not change the chunk until
 * then.
 */
export interface ByteSink {
  push(chunk: Uint8Array): Promise<void> | undefined;
  end(): Promise<void> | undefined;
}

/** Buffer size of node:zlib. The default of 16 KiB is five times slower. */
const GUNZIP_CHUNK = 1 << 20;
/** Compressed bytes given to a decoder at once. Where the stream breaks, the output of one such piece is lost. */
const PIECE = 1 << 14;
/** Largest window. zstd itself refuses larger ones without --long (ZSTD_WINDOWLOG_LIMIT_DEFAULT 27). */
const MAX_ZSTD_WINDOW = 1 << 27;
/** Most layers of compression. A backup may compress a compressed file again; more layers do not occur. */
const MAX_NESTING = 2;
const MAGIC_LENGTH = 4;

/**
 * Recognises gzip and zstd by their first bytes and passes on the decompressed bytes. Other bytes pass unchanged. For a
 * truncated or broken stream, it passes on what could be read and reports a problem of kind `compression`.
 */
export class Decompression implements ByteSink {
  /** Outermost compression, once known. */
  compression: Compression | undefined;
  readonly #next: ByteSink;
  readonly #onProblem: (problem: FileProblem) => void;
  readonly #depth: number;
  #stage: ByteSink | undefined;
  #first = new Uint8Array(0);

  constructor(next: ByteSink, onProblem: (problem: FileProblem) => void, depth = MAX_NESTING) {
    this.#next = next;
    this.#onProblem = onProblem;
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

  #choose(first: Uint8Array): ByteSink {
    const sniffed = sniff(first);
    if (this.#depth === 0 || !isCompression(sniffed)) return this.#next;
    this.compression = sniffed.kind;
    const inner = new Decompression(this.#next, this.#onProblem, this.#depth - 1);
    return sniffed.kind === 'gzip' ? new GzipStage(inner, this.#onProblem) : new ZstdStage(inner, this.#onProblem);
  }
}

/** Common part of both decoders: counts the output and reports where the stream broke. */
class Broken {
  readonly #name: Compression;
  readonly #onProblem: (problem: FileProblem) => void;
  /** Bytes passed on so far. */
  delivered = 0;
  told = false;

  constructor(name: Compression, onProblem: (problem: FileProblem) => void) {
    this.#name = name;
    this.#onProblem = onProblem;
  }

  /** @throws PcapdiagError `corrupt-header` when nothing could be decompressed. */
  tell(error: Error): void {
    if (this.told) return;
    this.told = true;
    const message = `the ${this.#name} stream is cut or broken (${error.message})`;
    if (this.delivered === 0) throw new PcapdiagError('corrupt-header', message, { offset: 0, cause: error });
    this.#onProblem({
      kind: 'compression',
      offset: this.delivered,
      message: `${message}; what came before it was read`,
    });
  }
}

class GzipStage implements ByteSink {
  readonly #next: ByteSink;
  readonly #gunzip = createGunzip({ chunkSize: GUNZIP_CHUNK });
  readonly #broken: Broken;
  #failure: Error | undefined;
  #finished = false;
  /** Whether the stream has had an event since the last check. */
  #stirred = false;
  #wake: () => void = () => {};

  constructor(next: ByteSink, onProblem: (problem: FileProblem) => void) {
    this.#next = next;
    this.#broken = new Broken('gzip', onProblem);
    this.#gunzip.on('readable', () => this.#stir());
    this.#gunzip.on('end', () => {
      this.#finished = true;
      this.#stir();
    });
    this.#gunzip.on('error', (error) => {
      this.#failure = error;
      this.#stir();
    });
  }

  async push(chunk: Uint8Array): Promise<void> {
    try {
      await this.#inflate(chunk);
    } catch (error) {
      this.#gunzip.destroy();
      throw error;
    }
  }

  async #inflate(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length && !this.#isOver(); at += PIECE) {
      let written = false;
      this.#gunzip.write(chunk.subarray(at, at + PIECE), () => {
        written = true;
        this.#stir();
      });
      while (!written && !this.#isOver()) await this.#drainWhenStirred();
    }
    await this.#drain();
    if (this.#failure !== undefined) this.#broken.tell(this.#failure);
  }

  async end(): Promise<void> {
    if (!this.#isOver()) {
      this.#gunzip.end();
      while (!this.#isOver()) await this.#drainWhenStirred();
    }
    if (this.#failure !== undefined) this.#broken.tell(this.#failure);
    await this.#next.end();
  }

  /** With garbage after its last member, the decoder's stream ends before its input does. */
  #isOver(): boolean {
    return this.#finished || this.#failure !== undefined;
  }

  #stir(): void {
    this.#stirred = true;
    this.#wake();
  }

  async #drainWhenStirred(): Promise<void> {
    if (!this.#stirred) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#stirred = false;
    await this.#drain();
  }

  async #drain(): Promise<void> {
    for (let chunk: Uint8Array | null; (chunk = this.#gunzip.read() as Uint8Array | null) !== null; ) {
      this.#broken.delivered += chunk.length;
      await this.#next.push(chunk);
    }
  }
}

class ZstdStage implements ByteSink {
  readonly #next: ByteSink;
  readonly #broken: Broken;
  readonly #frames = new ZstdFrames(refuseLargeWindow);
  readonly #decoder: Decompress;
  #pending: Promise<void> | undefined;
  /** An error of the following stages, not of the decoder. */
  #behind: unknown;

  constructor(next: ByteSink, onProblem: (problem: FileProblem) => void) {
    this.#next = next;
    this.#broken = new Broken('zstd', onProblem);
    this.#decoder = new Decompress((block) => this.#deliver(block));
  }

  push(chunk: Uint8Array): Promise<void> | undefined {
    for (let at = 0; at < chunk.length && !this.#broken.told; at += PIECE) {
      // Copied, because the decoder keeps references to its input.
      const piece = chunk.slice(at, at + PIECE);
      this.#decode(piece, false);
    }
    return this.#takePending();
  }

  async end(): Promise<void> {
    if (!this.#broken.told) this.#decode(new Uint8Array(0), true);
    await this.#takePending();
    await this.#next.end();
  }

  #decode(piece: Uint8Array, isLast: boolean): void {
    try {
      this.#frames.push(piece);
      this.#decoder.push(piece, isLast);
    } catch (error) {
      if (this.#behind !== undefined) throw this.#behind;
      if (error instanceof PcapdiagError) throw error;
      this.#broken.tell(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #deliver(block: Uint8Array): void {
    if (block.length === 0) return;
    this.#broken.delivered += block.length;
    try {
      if (this.#pending === undefined) this.#pending = this.#next.push(block);
      else this.#pending = this.#pending.then(() => this.#next.push(block));
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
