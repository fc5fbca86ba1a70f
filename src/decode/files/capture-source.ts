import { statSync } from 'node:fs';
import { PcapdiagError } from '../../text/pcapdiag-error.ts';
import type { CaptureFormat, RecordSink } from './capture-record.ts';
import type { ByteSink } from './decompressed.ts';
import { Decompression } from './decompression.ts';
import type { PcapParserSource } from './from-pcap-parser.ts';
import { OpenReader } from './open-reader.ts';
import type { Compression } from './sniff.ts';
import { inflateLimitOf, openChunks } from './source-chunks.ts';
import type { CaptureFile, CaptureParts, CaptureSource, OfBytes } from './source-kinds.ts';

export type { ByteStream, CaptureFile, CaptureParts, CaptureSource, NamedCapture, OfBytes } from './source-kinds.ts';

export interface ReadOptions {
  /** Progress: bytes read of the file as stored (compressed), and the file size if it is known. */
  onProgress?: (bytesRead: number, totalBytes: number | undefined) => void;
  /** Stops reading: the promise rejects with the reason of the signal. */
  signal?: AbortSignal;
  /** Ends reading where it is: what was read so far is the result. */
  stop?: AbortSignal;
  /** Bytes that a compressed file may give at most. */
  inflateLimit?: number;
  /** Called when a chunk of the file was read: the next one waits for it. */
  afterChunk?: () => Promise<void> | undefined;
}

/** Result of reading. */
export interface ReadResult {
  format: CaptureFormat;
  /** Bytes of the file as stored, compressed or not. */
  bytesRead: number;
  /** Outermost compression. */
  compression?: Compression;
  /** Reading was ended before the end of the file. */
  isPartial?: true;
}

/** Name of a source for people: its path or given name; undefined for nameless bytes. */
export function sourceName(source: CaptureSource): string | undefined {
  if (typeof source === 'string') return source === '-' ? 'standard input' : source;
  return typeof source === 'object' && source !== null && 'name' in source && typeof source.name === 'string'
    ? source.name
    : undefined;
}

/** Whether the source can be read twice with the same bytes. False for standard input, a pipe or a stream. */
export function isReadableTwice(source: CaptureSource): boolean {
  if (typeof source === 'string') return source !== '-' && !isPipe(source);
  if (isFile(source)) return !isPipe(Buffer.from(source.file));
  if (source instanceof Uint8Array) return true;
  if (isInParts(source)) return source.parts.every(isReadableTwice);
  return typeof source === 'object' && 'data' in source && source.data instanceof Uint8Array;
}

function isPipe(path: string | Buffer): boolean {
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
 *   `not-a-capture`, `unsupported-format`, `corrupt-header`, `limit-exceeded`; `bad-option` for a directory; `stopped`
 *   when `stop` came before anything was known of the file
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
  { onProgress, ...options }: ReadOptions,
): Promise<ReadResult> {
  let bytesRead = 0;
  let isPartial = false;
  let format: CaptureFormat | undefined;
  let failed: unknown;
  for (const part of parts) {
    isPartial ||= options.stop?.aborted === true;
    if (isPartial) break;
    const before = bytesRead;
    const progress = (bytes: number): void => onProgress?.(before + bytes, undefined);
    try {
      const read = await readCapture(part, sink, { ...options, onProgress: progress });
      bytesRead += read.bytesRead;
      format = read.format;
      isPartial ||= read.isPartial === true;
    } catch (error) {
      if (!(error instanceof PcapdiagError)) throw error;
      failed ??= error;
      if (error.code === 'stopped') continue;
      sink.onProblem({ kind: 'corrupt', offset: error.offset ?? 0, message: error.message });
    }
  }
  if (format === undefined) throw failed ?? stoppedEarly();
  return { format, bytesRead, ...(isPartial && { isPartial }) };
}

async function readBytes(source: OfBytes, sink: RecordSink, options: ReadOptions): Promise<ReadResult> {
  const { onProgress, signal, stop, afterChunk } = options;
  const reader = new OpenReader(sink);
  const room = (bytes: number): Uint8Array | undefined =>
    input.compression === undefined ? reader.room(bytes) : undefined;
  const { chunks, totalBytes, again } = openChunks(source, stop, room);
  const limit = options.inflateLimit ?? inflateLimitOf(totalBytes);
  const input: Decompression = new Decompression(synchronous(reader), (problem) => sink.onProblem(problem), {
    limit,
    again,
  });
  let bytesRead = 0;
  try {
    for await (const chunk of chunks) {
      signal?.throwIfAborted();
      if (!(chunk instanceof Uint8Array)) {
        throw new PcapdiagError('bad-option', `a capture stream must give bytes, not ${typeof chunk}s`);
      }
      const waiting = input.push(chunk);
      if (waiting !== undefined) await waiting;
      bytesRead += chunk.length;
      onProgress?.(bytesRead, totalBytes);
      const pause = afterChunk?.();
      if (pause !== undefined) await pause;
      if (stop?.aborted) break;
    }
    const isPartial = stop?.aborted === true && bytesRead !== totalBytes;
    if (!isPartial) await input.end();
    else if (reader.format === undefined) throw stoppedEarly();
    // `end` of the reader throws unless it found a format.
    const format = reader.format as CaptureFormat;
    return {
      format,
      bytesRead,
      ...(input.compression !== undefined && { compression: input.compression }),
      ...(isPartial && { isPartial }),
    };
  } finally {
    input.abandon();
  }
}

const stoppedEarly = (): PcapdiagError => new PcapdiagError('stopped', 'stopped before anything was read of it');

const synchronous = (reader: OpenReader): ByteSink => ({
  push: (chunk) => void reader.push(chunk),
  end: () => void reader.end(),
});

const isPcapParserSource = (source: CaptureSource): source is PcapParserSource =>
  typeof source === 'object' && source !== null && 'readInto' in source;

const isFile = (source: object): source is CaptureFile => 'file' in source && 'name' in source;

export const isInParts = (source: CaptureSource): source is CaptureParts =>
  typeof source === 'object' && source !== null && 'parts' in source;

/** The same error, about a file: its message begins with the name, and commands in it name the file. */
function named(error: PcapdiagError, path: string): PcapdiagError {
  const message = `${path}: ${error.message.replace('FILE |', `${path} |`)}`;
  return new PcapdiagError(error.code, message, { path, offset: error.offset, cause: error.cause ?? error });
}
