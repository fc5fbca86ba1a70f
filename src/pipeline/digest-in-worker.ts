import { type ResourceLimits, Worker } from 'node:worker_threads';
import { type CaptureParts, type ReadOptions, sourceName } from '../decode/files/capture-source.ts';
import type { Selection } from '../filter/selection.ts';
import type { CaptureDigest } from '../flows/capture/capture-digest.ts';
import { type DigestMessage, digestOfMessage } from '../flows/digest/digest-codec.ts';
import type { Again } from '../flows/digest/read-again.ts';
import type { Limits } from '../flows/limits.ts';
import type { PacketIndexData } from '../flows/rows/packet-index.ts';
import { type SightingData, SightingTable } from '../flows/rows/sighting-table.ts';
import { type ErrorCode, PcapdiagError } from '../text/pcapdiag-error.ts';

export interface DigestTask {
  /** A path, or the paths of one capture in several files. */
  source: string | CaptureParts;
  /** Most rows of sightings kept. */
  rows: number;
  /** Limits of everything else. */
  limits: Partial<Limits>;
  selection: Selection;
  /** False: the TypeScript build of the core. */
  core?: boolean;
  /** Set for a second pass, which returns rows and no digest. */
  again?: Again;
}

/** The same as plain data. */
export interface WorkerTask extends Omit<DigestTask, 'again'> {
  /** Set to 1 when reading is to end where it is. */
  stop: Int32Array;
  inflateLimit?: number;
  again?: Omit<Again, 'index'> & { index: PacketIndexData | null };
}

export interface WorkerResult {
  /** Null after a second reading. */
  digest: CaptureDigest | null;
  rows: SightingTable | undefined;
}

export type WorkerMessage =
  | { kind: 'progress'; bytesRead: number; totalBytes: number | undefined }
  | { kind: 'digest'; message: DigestMessage }
  | { kind: 'rows'; rows: SightingData | undefined }
  | { kind: 'error'; code: ErrorCode; message: string; path: string | undefined; offset: number | undefined };

/**
 * Megabytes of the young generation. Most objects become garbage soon; a third of V8's default costs no time (measured)
 * and saves 20 MB.
 */
const YOUNG_MEGABYTES = 8;

/**
 * Workers need compiled JavaScript. When the sources run directly (tests), captures are digested one after the other.
 */
export const workersAvailable = (): boolean => !import.meta.url.endsWith('.ts');

/** Reads one capture in its own thread. Columns of the result are transferred without a copy. */
export function digestInWorker(
  { source, rows, limits, selection, core, again }: DigestTask,
  { onProgress, signal, stop, inflateLimit }: ReadOptions,
  resourceLimits: ResourceLimits = { maxYoungGenerationSizeMb: YOUNG_MEGABYTES },
): Promise<WorkerResult> {
  const index = again?.index?.toTransferable() ?? null;
  const stopped = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const workerData: WorkerTask = {
    source,
    rows,
    limits,
    selection,
    stop: stopped,
    ...(core !== undefined && { core }),
    ...(inflateLimit !== undefined && { inflateLimit }),
    ...(again && { again: { ...again, index } }),
  };
  const spare = again?.room.spare;
  const worker = new Worker(new URL('./digest-worker.js', import.meta.url), {
    workerData,
    transferList: spare === undefined ? [] : [spare],
    resourceLimits,
  });
  const end = (): void => void worker.terminate();
  const endReading = (): void => void Atomics.store(stopped, 0, 1);
  signal?.addEventListener('abort', end, { once: true });
  stop?.addEventListener('abort', endReading, { once: true });
  if (stop?.aborted) endReading();
  return new Promise<WorkerResult>((resolve, reject) => {
    worker.on('message', (message: WorkerMessage) => {
      if (message.kind === 'progress') onProgress?.(message.bytesRead, message.totalBytes);
      else if (message.kind === 'rows')
        resolve({ digest: null, rows: message.rows && SightingTable.from(message.rows) });
      else if (message.kind === 'digest') {
        const digest = digestOfMessage(message.message);
        resolve({ digest, rows: digest.sightings });
      } else reject(new PcapdiagError(message.code, message.message, message));
    });
    worker.on('error', (error) => reject(withoutMemory(error, sourceName(source) ?? '')));
    worker.on('exit', () => reject(signal?.reason ?? new Error('a worker ended without a result')));
  }).finally(() => {
    signal?.removeEventListener('abort', end);
    stop?.removeEventListener('abort', endReading);
  });
}

/** A thread that ran out of memory is told as what it means for its capture; other errors as they are. */
function withoutMemory(error: Error, path: string): Error {
  const { code } = error as NodeJS.ErrnoException;
  const isMemory =
    code === 'ERR_WORKER_OUT_OF_MEMORY' ||
    (error instanceof RangeError && /alloc|WebAssembly\.Memory/i.test(error.message));
  if (!isMemory) return error;
  const message = `${path}: not enough memory to read it beside the others; analyze fewer captures at once, or give Node more: NODE_OPTIONS=--max-old-space-size=MEGABYTES`;
  return new PcapdiagError('limit-exceeded', message, { path, cause: error });
}
