import { Worker } from 'node:worker_threads';
import type { CaptureParts } from '../decode/files/capture-source.ts';
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
  /** Of everything else. */
  limits: Partial<Limits>;
  /** Set for a second pass, which returns rows and no digest. */
  again?: Again;
}

/** The same as plain data. */
export interface WorkerTask extends Omit<DigestTask, 'again'> {
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
  { source, rows, limits, again }: DigestTask,
  onProgress: (bytesRead: number, totalBytes: number | undefined) => void,
  signal: AbortSignal | undefined,
): Promise<WorkerResult> {
  const index = again?.index?.toTransferable() ?? null;
  const workerData: WorkerTask = { source, rows, limits, ...(again && { again: { ...again, index } }) };
  const spare = again?.room.spare;
  const worker = new Worker(new URL('./digest-worker.js', import.meta.url), {
    workerData,
    transferList: spare === undefined ? [] : [spare],
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEGABYTES },
  });
  const stop = (): void => void worker.terminate();
  signal?.addEventListener('abort', stop, { once: true });
  return new Promise<WorkerResult>((resolve, reject) => {
    worker.on('message', (message: WorkerMessage) => {
      if (message.kind === 'progress') onProgress(message.bytesRead, message.totalBytes);
      else if (message.kind === 'rows')
        resolve({ digest: null, rows: message.rows && SightingTable.from(message.rows) });
      else if (message.kind === 'digest') {
        const digest = digestOfMessage(message.message);
        resolve({ digest, rows: digest.sightings });
      } else reject(new PcapdiagError(message.code, message.message, message));
    });
    worker.on('error', reject);
    worker.on('exit', () => reject(signal?.reason ?? new Error('a worker ended without a result')));
  }).finally(() => signal?.removeEventListener('abort', stop));
}
