import { setImmediate as nextTurn } from 'node:timers/promises';
import { PcapdiagError } from '../../text/pcapdiag-error.ts';
import type { FileProblem } from './capture-record.ts';
import type { ByteSink } from './decompressed.ts';
import { Decompression } from './decompression.ts';
import { inflateLimitOf, openChunks } from './source-chunks.ts';
import type { OfBytes } from './source-kinds.ts';

/** A regular file in a tar archive. */
export interface TarMember {
  /** Path in the archive. */
  name: string;
  /** Octets by its header. */
  size: number;
  /** Its octets, to be read before the next member; fewer than `size` where the archive ends inside it. */
  body: AsyncIterable<Uint8Array>;
}

/** What reading an archive may be told. */
export interface ArchiveOptions {
  /** Stops reading: the next step of the iterator rejects with the reason of the signal. */
  signal?: AbortSignal;
  /** Bytes that a compressed archive may give at most. */
  inflateLimit?: number;
  /** Called where the compression is cut or broken; what came before is read. */
  onProblem?: (problem: FileProblem) => void;
}

const BLOCK = 512;
/** Bytes of a compressed stream within which its first 512 come. */
const MOST_PEEKED = 1 << 20;

/** True when the checksum of the header is right: the sum of its octets, with the checksum field counted as spaces. */
export function isTarHeader(header: Uint8Array): boolean {
  if (header.length < BLOCK || header[0] === 0) return false;
  let sum = 8 * 0x20;
  for (let at = 0; at < BLOCK; at++) if (at < 148 || at >= 156) sum += header[at];
  const field = new TextDecoder('latin1').decode(header.subarray(148, 156)).replace(/[\0 ].*$/s, '');
  return sum === Number.parseInt(field, 8);
}

/** What the beginning of a stream tells. */
export interface PeekedTar {
  /** Whether it is a tar archive, compressed or not. */
  isTar: boolean;
  /** All octets of the stream, those that were looked at included. */
  chunks: AsyncIterable<Uint8Array>;
}

/** Whether the bytes of a stream are a tar archive, compressed or not; `chunks` gives all of them. */
export async function peekTar(source: AsyncIterable<Uint8Array>): Promise<PeekedTar> {
  const iterator = source[Symbol.asyncIterator]();
  const taken: Uint8Array[] = [];
  const first = new FirstBlock();
  const opened = new Decompression(first, () => {}, { limit: MOST_PEEKED });
  let length = 0;
  while (first.length < BLOCK && length < MOST_PEEKED) {
    const { done, value } = await iterator.next();
    if (done) break;
    taken.push(value.slice());
    length += value.length;
    try {
      await opened.push(value);
    } catch {
      // The reader of the capture tells what is wrong with it.
      break;
    }
  }
  opened.abandon();
  return { isTar: isTarHeader(first.bytes.subarray(0, first.length)), chunks: chained(taken, iterator) };
}

class FirstBlock implements ByteSink {
  readonly bytes = new Uint8Array(BLOCK);
  length = 0;

  push(chunk: Uint8Array): undefined {
    const some = chunk.subarray(0, BLOCK - this.length);
    this.bytes.set(some, this.length);
    this.length += some.length;
    return undefined;
  }

  end(): undefined {
    return undefined;
  }
}

async function* chained(first: readonly Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* first;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

/**
 * Reads the regular files of a tar archive (ustar, pax, GNU), compressed or not, one after the other; a chunk of the
 * archive is in memory at a time.
 *
 * @throws PcapdiagError 'cannot-read', 'not-a-capture' for what is no tar archive, 'corrupt-header' for what can be
 *   decompressed nowhere
 */
export async function* tarMembers(source: OfBytes, options: ArchiveOptions = {}): AsyncGenerator<TarMember> {
  // Loaded on demand, as few captures come in archives.
  const { createTarDecoder } = await import('modern-tar');
  options.signal?.throwIfAborted();
  const decoder = createTarDecoder({ strict: true });
  const input = new ArchiveInput(decoder.writable.getWriter());
  const entries = decoder.readable.getReader();
  void input.readAll(source, options);
  // What is pending is abandoned when the input is over: its last member may be cut.
  const next = <T>(read: Promise<T>): Promise<T | undefined> => {
    read.catch(() => {});
    return Promise.race([read, input.over.then(() => undefined)]);
  };
  try {
    for (;;) {
      options.signal?.throwIfAborted();
      const entry = await next(entries.read());
      if (entry === undefined || entry.done) break;
      const { header, body } = entry.value;
      const isFile = header.type === undefined || header.type === 'file';
      const reader = body.getReader();
      const octets = async function* (): AsyncGenerator<Uint8Array> {
        for (;;) {
          options.signal?.throwIfAborted();
          const chunk = await next(reader.read());
          if (chunk === undefined || chunk.done) return;
          yield chunk.value;
        }
      };
      const rest = octets();
      if (isFile) yield { name: header.name, size: header.size, body: rest };
      for await (const _ of rest);
    }
  } catch (error) {
    options.signal?.throwIfAborted();
    if (input.failure === undefined) throw notTar(error);
  } finally {
    input.isStopped = true;
  }
  if (input.failure !== undefined) throw input.failure;
}

const notTar = (error: unknown): PcapdiagError =>
  error instanceof PcapdiagError
    ? error
    : new PcapdiagError('not-a-capture', `is no tar archive, or a broken one: ${String((error as Error).message)}`, {
        cause: error,
      });

class ArchiveInput {
  /** Resolves when everything was decoded, or nothing more can be. */
  readonly over: Promise<void>;
  failure: unknown;
  isStopped = false;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBufferLike>>;
  #end: () => void = () => {};

  constructor(writer: WritableStreamDefaultWriter<Uint8Array<ArrayBufferLike>>) {
    this.#writer = writer;
    writer.closed.catch(() => {});
    this.over = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  async readAll(source: OfBytes, { inflateLimit, onProblem }: ArchiveOptions): Promise<void> {
    try {
      const { chunks, totalBytes, again } = openChunks(source);
      const limit = inflateLimit ?? inflateLimitOf(totalBytes);
      const sink: ByteSink = {
        // The chunk belongs to the reader, which fills it anew.
        push: async (chunk) => {
          if (!this.isStopped) await this.#writer.write(chunk.slice());
        },
        end: () => undefined,
      };
      const input = new Decompression(sink, (problem) => onProblem?.(problem), { limit, again });
      try {
        for await (const chunk of chunks) {
          if (this.isStopped) break;
          await input.push(chunk);
        }
        if (!this.isStopped) await input.end();
      } finally {
        input.abandon();
      }
    } catch (error) {
      // An error of the decoder reaches its reader.
      if (error instanceof PcapdiagError) this.failure = error;
    }
    // The decoder's reader has its turn for what was written last.
    await nextTurn();
    await nextTurn();
    this.#end();
  }
}
