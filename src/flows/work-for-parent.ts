import { parentPort, workerData } from 'node:worker_threads';
import { PcapdiagError } from '../decode/pcapdiag-error.ts';
import { digestCapture, readSightings } from './digest-capture.ts';
import type { WorkerMessage, WorkerTask } from './digest-in-worker.ts';

/** Bytes read between two messages of progress: a message for every chunk would cost more than reading it. */
const PROGRESS_BYTES = 1 << 23;

/** What a thread that `digestInWorker` started does: reads the capture of its task and posts what it found. */
export async function workForParent(): Promise<void> {
  const { path, sightings, wholeFlows } = workerData as WorkerTask;
  const send = (message: WorkerMessage, transfer: ArrayBuffer[] = []): void =>
    parentPort!.postMessage(message, transfer);

  let told = 0;
  const onProgress = (bytesRead: number, totalBytes: number | undefined): void => {
    if (bytesRead - told < PROGRESS_BYTES && bytesRead !== totalBytes) return;
    told = bytesRead;
    send({ kind: 'progress', bytesRead, totalBytes });
  };

  try {
    const options = { limits: { sightings }, onProgress };
    const digest = wholeFlows === undefined ? await digestCapture(path, options) : null;
    const table = wholeFlows === undefined ? digest?.sightings : await readSightings(path, { ...options, wholeFlows });
    const rows = table?.toTransferable();
    const transfer =
      rows === undefined ? [] : Object.values(rows.columns).map((column) => column.buffer as ArrayBuffer);
    send({ kind: 'result', digest: digest && { ...digest, sightings: undefined }, rows }, transfer);
  } catch (error) {
    if (!(error instanceof PcapdiagError)) throw error;
    send({ kind: 'error', code: error.code, message: error.message, path: error.path, offset: error.offset });
  }
}
