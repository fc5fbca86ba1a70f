import { parentPort, workerData } from 'node:worker_threads';
import { PcapdiagError } from '../decode/pcapdiag-error.ts';
import { digestCapture } from './digest-capture.ts';
import type { WorkerMessage, WorkerTask } from './digest-in-worker.ts';

const { path, sightings } = workerData as WorkerTask;
const send = (message: WorkerMessage, transfer: ArrayBuffer[] = []): void => parentPort!.postMessage(message, transfer);

try {
  const digest = await digestCapture(path, {
    ...(sightings !== undefined && { limits: { sightings } }),
    onProgress: (bytesRead, totalBytes) => send({ kind: 'progress', bytesRead, totalBytes }),
  });
  const rows = digest.sightings?.toTransferable();
  const transfer = rows === undefined ? [] : Object.values(rows.columns).map((column) => column.buffer as ArrayBuffer);
  send({ kind: 'digest', digest: { ...digest, sightings: undefined }, rows }, transfer);
} catch (error) {
  if (!(error instanceof PcapdiagError)) throw error;
  send({ kind: 'error', code: error.code, message: error.message, path: error.path, offset: error.offset });
}
