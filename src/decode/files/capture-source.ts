import { closeSync, createReadStream, openSync, readSync, type Stats, statSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { PcapdiagError } from '../../text/pcapdiag-error.ts';
import type { CaptureFormat, RecordSink } from './capture-record.ts';
import { type ByteSink, Decompression } from './decompression.ts';
import type { PcapParserSource } from './from-pcap-parser.ts';
import { OpenReader } from './open-reader.ts';
import type { Compression } from './sniff.ts';

/**
 * The source of a capture's bytes: a path (`-` is standard input), the bytes themselves, a stream or another source of
 * chunks. Any of them may have a name for messages. Other sources are the events of a `pcap-parser` (`fromPcapParser`),
 * and a sequence of files.
 */
export type CaptureSource =
  | string
  | Uint8Array
  | AsyncIterable<Uint8Array>
  | NodeJS.ReadableStream
  | NamedCapture
  | PcapParserSource
  | CaptureParts;

/** Bytes of a capture under a name. */
export interface NamedCapture {
  name: string;
  data: Uint8Array | AsyncIterable<Uint8Array>;
}

/**
 * One capture in several files, in order of time. Capture programs write these when they start a new file now and then.
 */
export interface CaptureParts {
  name: string;
  parts: readonly (string | NamedCapture)[];
}

export interface ReadOptions {
  /** Progress: bytes read of the file as stored (compressed), and the file size if it is known. */
  onProgress?: (bytesRead: number, totalBytes: number | undefined) => void;
  /** Stops reading: the promise rejects with the reason of the signal. */
  signal?: AbortSignal;
}

/** Result of reading. */
export interface ReadResult {
  format: CaptureFormat;
  /** Bytes of the file as stored, compressed or not. */
  bytesRead: number;
  /** Outermost compression. */
  compression?: Compression;
}

/** Sources that give one file's bytes. */
export type OfBytes = Exclude<CaptureSource, PcapParserSource | CaptureParts>;

/** Chunks of a source, and its size if known. A chunk is valid until the next one is requested. */
interface Chunks {
  chunks: AsyncIterable<Uint8Array>;
  totalBytes: number | undefined;
}

/** Bytes per read. They are still in the processor's cache when they are parsed. */
const READ_LENGTH = 1 << 18;
/** Bytes of a file between two turns of the event loop for signals and timers: about 10 ms of work. */
const TURN_BYTES = 1 << 24;

/** Name of a source for messages: its path or given name; undefined for unnamed bytes. */
export function sourceName(source: CaptureSource): string | undefined {
  if (typeof source === 'string') return source === '-' ? 'standard input' : source;
  return typeof source === 'object' && source !== null && 'name' in source && typeof source.name === 'string'
    ? source.name
    : undefined;
}

/** Whether the source can be read twice with the same bytes. False for standard input, a pipe or a stream. */
export function isReadableTwice(source: CaptureSource): boolean {
  if (typeof source === 'string') return source !== '-' && !isPipe(source);
  if (source instanceof Uint8Array) return true;
  if (isInParts(source)) return source.parts.every(isReadableTwice);
  return typeof source === 'object' && 'data' in source && source.data instanceof Uint8Array;
}

function isPipe(path: string): boolean {
  try {
    const found = statSync(path);
    return found.isFIFO() || found.isSocket() || found.isCharacterDevice();
  } catch {
    // The analysis reports a path that cannot be read at all.
    return false;
  }
}

/**
 * Reads one capture from beginning to end into `sink`.
 *
 * Damage inside the file is reported to `sink.onProblem`. Errors that the sink throws are rethrown unchanged.
 *
 * @throws PcapdiagError, with path and offset: `cannot-read` (no such file, no permission), `empty-file`,
 *   `not-a-capture`, `unsupported-format`, `corrupt-header`, `limit-exceeded`; `bad-option` for a directory
 */
export async function readCapture(
  source: CaptureSource,
  sink: RecordSink,
  options: ReadOptions = {},
): Promise<ReadResult> {
  const name = sourceName(source);
  try {
    if (isPcapParserSource(source)) return await source.readInto(sink, options.signal);
    if (isInParts(source)) return await readParts(source.parts, sink, options);
    return await readBytes(source, sink, options);
  } catch (error) {
    if (error instanceof PcapdiagError && error.path === undefined && name !== undefined) throw named(error, name);
    throw error;
  }
}

/** An unreadable part is reported as damage of the whole capture. If no part can be read, the error is thrown. */
async function readParts(
  parts: CaptureParts['parts'],
  sink: RecordSink,
  { onProgress, signal }: ReadOptions,
): Promise<ReadResult> {
  let bytesRead = 0;
  let format: CaptureFormat | undefined;
  let failed: unknown;
  for (const part of parts) {
    const before = bytesRead;
    const progress = (bytes: number): void => onProgress?.(before + bytes, undefined);
    try {
      const read = await readCapture(part, sink, { ...(signal && { signal }), onProgress: progress });
      bytesRead += read.bytesRead;
      format = read.format;
    } catch (error) {
      if (!(error instanceof PcapdiagError)) throw error;
      failed ??= error;
      sink.onProblem({ kind: 'corrupt', offset: error.offset ?? 0, message: error.message });
    }
  }
  if (format === undefined) throw failed;
  return { format, bytesRead };
}

async function readBytes(source: OfBytes, sink: RecordSink, { onProgress, signal }: ReadOptions): Promise<ReadResult> {
  const reader = new OpenReader(sink);
  const input = new Decompression(synchronous(reader), (problem) => sink.onProblem(problem));
  const { chunks, totalBytes } = await openChunks(source);
  let bytesRead = 0;
  for await (const chunk of chunks) {
    signal?.throwIfAborted();
    if (!(chunk instanceof Uint8Array)) {
      throw new PcapdiagError('bad-option', `a capture stream must give bytes, not ${typeof chunk}s`);
    }
    const waiting = input.push(chunk);
    if (waiting !== undefined) await waiting;
    bytesRead += chunk.length;
    onProgress?.(bytesRead, totalBytes);
  }
  await input.end();
  // `end` of the reader throws when no format was recognised.
  const format = reader.format as CaptureFormat;
  return input.compression === undefined
    ? { format, bytesRead }
    : { format, bytesRead, compression: input.compression };
}

const synchronous = (reader: OpenReader): ByteSink => ({
  push: (chunk) => void reader.push(chunk),
  end: () => void reader.end(),
});

async function openChunks(source: OfBytes): Promise<Chunks> {
  if (source === '-') return { chunks: streamed(process.stdin), totalBytes: undefined };
  if (typeof source === 'string') return openFile(source);
  if (typeof source !== 'object' || source === null) throw notASource();
  if (isNamed(source)) return openChunks(source.data);
  if (source instanceof Uint8Array) return { chunks: inPieces(source), totalBytes: source.length };
  if (!(Symbol.asyncIterator in source)) throw notASource();
  return { chunks: streamed(source as AsyncIterable<Uint8Array>), totalBytes: undefined };
}

const notASource = (): PcapdiagError =>
  new PcapdiagError('bad-option', 'a capture must be a path, bytes, a stream or an async iterable of bytes');

const isNamed = (source: object): source is NamedCapture => 'data' in source && 'name' in source;

const isPcapParserSource = (source: CaptureSource): source is PcapParserSource =>
  typeof source === 'object' && source !== null && 'readInto' in source;

export const isInParts = (source: CaptureSource): source is CaptureParts =>
  typeof source === 'object' && source !== null && 'parts' in source;

/** The caller's chunks. When their source fails, that is a read error. */
async function* streamed(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (error) {
    if (error instanceof PcapdiagError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new PcapdiagError('cannot-read', `cannot be read: ${reason}`, { cause: error });
  }
}

/** Yields the bytes in pieces, so that progress and abort work as for files. */
async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += READ_LENGTH) yield bytes.subarray(at, at + READ_LENGTH);
}

function openFile(path: string): Chunks {
  let stat: Stats;
  try {
    stat = statSync(path);
  } catch (error) {
    throw cannotRead(error, path);
  }
  if (stat.isDirectory()) throw named(new PcapdiagError('bad-option', 'is a directory, not a capture'), path);
  // A pipe or a device may block its reader, so it is read as a stream.
  if (!stat.isFile()) return { chunks: streamed(createReadStream(path)), totalBytes: undefined };
  return { chunks: fileChunks(path), totalBytes: stat.size };
}

/**
 * Reads synchronously between parsing. A regular file comes from memory or read-ahead, and an asynchronous read costs
 * more than that.
 */
async function* fileChunks(path: string): AsyncGenerator<Uint8Array> {
  let offset = 0;
  const attempt = <T>(call: () => T): T => {
    try {
      return call();
    } catch (error) {
      throw cannotRead(error, path, offset);
    }
  };
  const file = attempt(() => openSync(path, 'r'));
  try {
    const buffer = new Uint8Array(READ_LENGTH);
    let turnAt = TURN_BYTES;
    for (let length: number; (length = attempt(() => readSync(file, buffer, 0, READ_LENGTH, null))) > 0; ) {
      yield length === READ_LENGTH ? buffer : buffer.subarray(0, length);
      offset += length;
      if (offset < turnAt) continue;
      turnAt += TURN_BYTES;
      await nextTurn();
    }
  } finally {
    closeSync(file);
  }
}

function cannotRead(error: unknown, path: string, offset?: number): PcapdiagError {
  const reason = error instanceof Error ? error.message : String(error);
  return new PcapdiagError('cannot-read', `cannot read ${path}: ${reason}`, { path, offset, cause: error });
}

/** The same error with the file name: its message begins with the name, and commands in it name the file. */
function named(error: PcapdiagError, path: string): PcapdiagError {
  const message = `${path}: ${error.message.replace('FILE |', `${path} |`)}`;
  return new PcapdiagError(error.code, message, { path, offset: error.offset, cause: error.cause ?? error });
}
