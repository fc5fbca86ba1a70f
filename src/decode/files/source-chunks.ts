import { closeSync, constants, createReadStream, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import type { Socket } from 'node:net';
import { devNull } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { PcapdiagError } from '../../text/pcapdiag-error.ts';
import type { NamedCapture, OfBytes } from './source-kinds.ts';

/** Chunks of a source, and its size if known. A chunk is valid until the next one is requested. */
interface Chunks {
  chunks: AsyncIterable<Uint8Array>;
  totalBytes: number | undefined;
  /** Reads the same chunks again from the beginning, for sources that allow it. */
  again?: () => AsyncIterable<Uint8Array>;
}

/** Bytes per read. They are still in the processor's cache when they are parsed. */
const READ_LENGTH = 1 << 18;
/** Bytes of a file between two turns of the event loop for signals and timers: 3 ms of work, 100 ms for a flood. */
const TURN_BYTES = 1 << 22;

/** Most bytes that a compressed file of unknown size may decompress to: about a minute of reading. */
const MOST_INFLATED = 2 ** 36;
/** Bytes that every compressed file may decompress to. */
const LEAST_INFLATED = 2 ** 32;
/**
 * Largest compression ratio of a larger file. Captures shrink to a tenth or a fifth, equal octets to a thousandth (the
 * maximum of DEFLATE is 1,032, RFC 1951).
 */
const MOST_TIMES_INFLATED = 200;

/** @param totalBytes compressed size; undefined when it is not known */
export const inflateLimitOf = (totalBytes: number | undefined): number =>
  totalBytes === undefined ? MOST_INFLATED : Math.max(LEAST_INFLATED, MOST_TIMES_INFLATED * totalBytes);

/** Memory into which the next bytes of a file are read; undefined where the source may take its own. */
export type RoomFor = (bytes: number) => Uint8Array | undefined;

export function openChunks(source: OfBytes, stop?: AbortSignal, room?: RoomFor): Chunks {
  if (source === '-') return { chunks: standardInput(stop), totalBytes: undefined };
  if (typeof source === 'string') return openFile(source, source, stop, room);
  if (typeof source !== 'object' || source === null) throw notASource();
  if ('file' in source) return openFile(Buffer.from(source.file), source.name, stop, room);
  if (isNamed(source)) return openChunks(source.data, stop, room);
  if (source instanceof Uint8Array)
    return { chunks: inPieces(source), totalBytes: source.length, again: () => inPieces(source) };
  if (!(Symbol.asyncIterator in source)) throw notASource();
  return { chunks: streamed(source as AsyncIterable<Uint8Array>, stop), totalBytes: undefined };
}

const notASource = (): PcapdiagError =>
  new PcapdiagError('bad-option', 'a capture must be a path, bytes, a stream or an async iterable of bytes');

const isNamed = (source: object): source is NamedCapture => 'data' in source && 'name' in source;

/** The caller's chunks, until `stop`. When their source fails, that is a read error. */
async function* streamed(chunks: AsyncIterable<Uint8Array>, stop?: AbortSignal): AsyncGenerator<Uint8Array> {
  const source = chunks[Symbol.asyncIterator]();
  const stopped = stop === undefined ? undefined : stoppedBy(stop);
  try {
    for (;;) {
      const next = source.next();
      // Nobody waits for the result after `stop`.
      next.catch(() => {});
      const found = await (stopped === undefined ? next : Promise.race([stopped, next]));
      if (found === null || found.done) return;
      yield found.value;
    }
  } catch (error) {
    if (error instanceof PcapdiagError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new PcapdiagError('cannot-read', `cannot be read: ${reason}`, { cause: error });
  } finally {
    if (stop?.aborted !== true) await source.return?.();
    else if ('destroy' in chunks && typeof chunks.destroy === 'function') chunks.destroy();
  }
}

const stoppedBy = (stop: AbortSignal): Promise<null> =>
  new Promise((resolve) => {
    if (stop.aborted) resolve(null);
    else stop.addEventListener('abort', () => resolve(null), { once: true });
  });

/** Yields the bytes in pieces, so that progress and abort work as for files. */
async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += READ_LENGTH) yield bytes.subarray(at, at + READ_LENGTH);
}

function openFile(path: string | Buffer, name: string, stop: AbortSignal | undefined, room?: RoomFor): Chunks {
  let stat: Stats;
  try {
    stat = statSync(path);
  } catch (error) {
    throw cannotRead(error, name);
  }
  if (stat.isDirectory())
    throw new PcapdiagError('bad-option', `${name}: is a directory, not a capture`, { path: name });
  if (stat.isFIFO()) return { chunks: streamed(openPipe(path, name), stop), totalBytes: undefined };
  // A device may block its reader, so it is read as a stream.
  if (!stat.isFile()) return { chunks: streamed(createReadStream(path), stop), totalBytes: undefined };
  const again = (): AsyncGenerator<Uint8Array> => fileChunks(path, name);
  return { chunks: fileChunks(path, name, room), totalBytes: stat.size, again };
}

/**
 * Opens a named pipe without waiting for a writer. A thread of Node that waits in `open` would keep the process from
 * ending.
 */
function openPipe(path: string | Buffer, name: string): Socket {
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    // Loaded on demand, because few captures come through a named pipe.
    const net = process.getBuiltinModule('node:net');
    return new net.Socket({ fd, readable: true, writable: false });
  } catch (error) {
    throw cannotRead(error, name);
  }
}

/** @throws PcapdiagError when it is closed or a directory */
function standardInput(stop: AbortSignal | undefined): AsyncIterable<Uint8Array> {
  const stat = fstatSync(0);
  if (stat.isDirectory()) throw new PcapdiagError('bad-option', 'is a directory, not a capture');
  if (isNullDevice(stat)) {
    // Node opens the null device in place of a closed descriptor.
    throw new PcapdiagError('empty-file', 'it is closed, or the null device: nothing can be read from it');
  }
  return streamed(process.stdin, stop);
}

function isNullDevice({ rdev }: Stats): boolean {
  const device = statSync(devNull, { throwIfNoEntry: false });
  return device?.isCharacterDevice() === true && device.rdev === rdev;
}

/**
 * Reads synchronously between parsing. A regular file comes from memory or read-ahead, and an asynchronous read costs
 * more than that.
 */
async function* fileChunks(path: string | Buffer, name: string, room?: RoomFor): AsyncGenerator<Uint8Array> {
  let offset = 0;
  const attempt = <T>(call: () => T): T => {
    try {
      return call();
    } catch (error) {
      throw cannotRead(error, name, offset);
    }
  };
  const file = attempt(() => openSync(path, 'r'));
  try {
    const own = new Uint8Array(READ_LENGTH);
    let buffer: Uint8Array = own;
    let turnAt = TURN_BYTES;
    for (let length: number; (length = attempt(() => readSync(file, buffer, 0, READ_LENGTH, null))) > 0; ) {
      yield length === READ_LENGTH ? buffer : buffer.subarray(0, length);
      buffer = room?.(READ_LENGTH) ?? own;
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
