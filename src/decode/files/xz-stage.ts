import { type ByteSink, type Decompressed, PIECE } from './decompressed.ts';

/** Decompresses xz (one stream or several) by the reference decoder XZ Embedded, which `xz-decompress` has as WebAssembly. */
export class XzStage implements ByteSink {
  readonly #into: Decompressed;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  /** Resolves when the decoder asks for the next chunk. */
  #asked: Promise<void>;
  #ask: () => void = () => {};
  #decoding: Promise<void> | undefined;
  #isOver = false;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #failure: unknown;

  constructor(into: Decompressed) {
    this.#into = into;
    this.#asked = this.#nextAsk();
  }

  async push(chunk: Uint8Array): Promise<void> {
    this.#decoding ??= this.#decode();
    for (let at = 0; at < chunk.length; at += PIECE) {
      await this.#asked;
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#isOver || this.#into.isOver) return;
      this.#asked = this.#nextAsk();
      this.#controller?.enqueue(chunk.slice(at, at + PIECE));
    }
    // The chunk is the caller's again when all of it was taken.
    await this.#asked;
    if (this.#failure !== undefined) throw this.#failure;
  }

  async end(): Promise<void> {
    if (!this.#isOver) this.#controller?.close();
    await this.#decoding;
    if (this.#failure !== undefined) throw this.#failure;
    await this.#into.end();
  }

  /** The decoder has one memory for all streams of a thread: the next one waits until it is given back. */
  abandon(): void {
    if (!this.#isOver) this.#reader?.cancel().catch(() => {});
  }

  #nextAsk(): Promise<void> {
    return new Promise((resolve) => {
      this.#ask = resolve;
    });
  }

  async #decode(): Promise<void> {
    try {
      // Loaded on demand: few captures are xz.
      const { XzReadableStream } = (await import('xz-decompress')).default;
      const compressed = new ReadableStream<Uint8Array>(
        {
          start: (controller) => {
            this.#controller = controller;
          },
          pull: () => this.#ask(),
        },
        { highWaterMark: 0 },
      );
      const reader = new XzReadableStream(compressed).getReader();
      this.#reader = reader;
      for (;;) {
        const { done, value } = await reader.read();
        if (done || this.#into.isOver) break;
        if (value.length > 0) await this.#into.push(value);
      }
    } catch (error) {
      try {
        this.#into.break(error instanceof Error ? error : new Error(String(error)));
      } catch (broken) {
        this.#failure = broken;
      }
    } finally {
      this.#isOver = true;
      this.#ask();
    }
  }
}
