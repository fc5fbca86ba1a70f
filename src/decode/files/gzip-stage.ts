import { createGunzip } from 'node:zlib';
import { type ByteSink, type Decompressed, PIECE } from './decompressed.ts';
import { CUT, Gunzip } from './gunzip.ts';

/** Buffer size of node:zlib. The default of 16 KiB is five times slower. */
const GUNZIP_CHUNK = 1 << 20;

/** `Gunzip` for a consumer that is asynchronous. */
class BufferedGunzip {
  failure: Error | undefined;
  readonly #decoded: Uint8Array[] = [];
  readonly #gunzip = new Gunzip((bytes) => this.#decoded.push(bytes));
  readonly #take: (bytes: Uint8Array) => Promise<void> | undefined;

  constructor(take: (bytes: Uint8Array) => Promise<void> | undefined) {
    this.#take = take;
  }

  async push(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length && this.failure === undefined; at += PIECE) {
      this.#attempt(() => this.#gunzip.push(chunk.subarray(at, at + PIECE)));
      for (const bytes of this.#decoded.splice(0)) await this.#take(bytes);
    }
  }

  end(): void {
    if (this.failure === undefined) this.#attempt(() => this.#gunzip.end());
  }

  #attempt(decode: () => void): void {
    try {
      decode();
    } catch (error) {
      this.failure = error instanceof Error ? error : new Error(String(error));
    }
  }
}

/** Decodes gzip that can be read only once: every octet before the damage is passed on. */
export class GzipStage implements ByteSink {
  readonly #into: Decompressed;
  readonly #gunzip: BufferedGunzip;

  constructor(into: Decompressed) {
    this.#into = into;
    this.#gunzip = new BufferedGunzip((bytes) => into.push(bytes));
  }

  async push(chunk: Uint8Array): Promise<void> {
    if (this.#into.isOver) return;
    await this.#gunzip.push(chunk);
    if (this.#gunzip.failure !== undefined) this.#into.break(this.#gunzip.failure);
  }

  async end(): Promise<void> {
    this.#gunzip.end();
    if (this.#gunzip.failure !== undefined) this.#into.break(this.#gunzip.failure);
    await this.#into.end();
  }
}

/**
 * Decodes gzip with node:zlib, which loses the output of a failed call. Then `Gunzip` reads the bytes again from the
 * beginning and passes on the missing ones.
 */
export class GzipAgainStage implements ByteSink {
  readonly #into: Decompressed;
  readonly #again: () => AsyncIterable<Uint8Array>;
  readonly #gunzip = createGunzip({ chunkSize: GUNZIP_CHUNK });
  #failure: Error | undefined;
  #finished = false;
  /** Whether the stream has had an event since the last check. */
  #stirred = false;
  #wake: () => void = () => {};

  constructor(into: Decompressed, again: () => AsyncIterable<Uint8Array>) {
    this.#into = into;
    this.#again = again;
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
    if (this.#failure !== undefined) await this.#recover(this.#failure);
  }

  async end(): Promise<void> {
    if (!this.#isOver()) {
      this.#gunzip.end();
      while (!this.#isOver()) await this.#drainWhenStirred();
    }
    if (this.#failure !== undefined) await this.#recover(this.#failure);
    await this.#into.end();
  }

  /** With garbage after its last member, the decoder's stream ends before its input does. */
  #isOver(): boolean {
    return this.#finished || this.#failure !== undefined || this.#into.isOver;
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
      await this.#into.push(chunk);
    }
    if (this.#into.isOver) this.#gunzip.destroy();
  }

  async #recover(failure: Error): Promise<void> {
    const into = this.#into;
    if (into.isOver) return;
    // At the end of a truncated stream, all its output has been passed on.
    if ((failure as NodeJS.ErrnoException).code === 'Z_BUF_ERROR') {
      into.break(new Error(CUT));
      return;
    }
    const known = into.delivered;
    let position = 0;
    const decoder = new BufferedGunzip((bytes) => {
      const from = Math.max(0, Math.min(bytes.length, known - position));
      position += bytes.length;
      return into.push(bytes.subarray(from));
    });
    for await (const chunk of this.#again()) {
      await decoder.push(chunk);
      if (decoder.failure !== undefined || into.isOver) break;
    }
    into.break(decoder.failure ?? failure);
  }
}
