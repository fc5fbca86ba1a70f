import { parentPort, workerData } from 'node:worker_threads';
import { packetSelection } from '../filter/selection.ts';
import { chosenCore } from '../flows/capture/capture-options.ts';
import { digestCapture } from '../flows/digest/digest-capture.ts';
import { buffersOf, digestMessage } from '../flows/digest/digest-codec.ts';
import { type Again, readAgain } from '../flows/digest/read-again.ts';
import { PacketIndex } from '../flows/rows/packet-index.ts';
import { PcapdiagError } from '../text/pcapdiag-error.ts';
import type { WorkerMessage, WorkerTask } from './digest-in-worker.ts';

/** Bytes read between two progress messages. A message for every chunk would cost more than reading it. */
const PROGRESS_BYTES = 1 << 23;

/** Main function of a thread that `digestInWorker` started: reads the capture of its task and posts the result. */
export async function workForParent(): Promise<void> {
  const { source, rows, limits, selection: wanted, core, again, stop, inflateLimit } = workerData as WorkerTask;
  const stopped = new AbortController();
  const send = (message: WorkerMessage, transfer: ArrayBuffer[] = []): void =>
    parentPort!.postMessage(message, transfer);

  let told = 0;
  const onProgress = (bytesRead: number, totalBytes: number | undefined): void => {
    if (Atomics.load(stop, 0) === 1) stopped.abort();
    if (bytesRead - told < PROGRESS_BYTES && bytesRead !== totalBytes) return;
    told = bytesRead;
    send({ kind: 'progress', bytesRead, totalBytes });
  };

  const selection = packetSelection(wanted);
  const reading = {
    onProgress,
    stop: stopped.signal,
    ...(inflateLimit !== undefined && { inflateLimit }),
    ...(selection && { selection }),
  };
  try {
    if (again) {
      const rowsAgain = (await readAgain(source, revived(again), rows, reading))?.toTransferable(Infinity);
      send({ kind: 'rows', rows: rowsAgain }, buffersOf(rowsAgain));
    } else {
      const digest = await digestCapture(source, { compact: true, limits, ...reading, ...chosenCore(core) });
      const { message, transfer } = digestMessage(digest);
      send({ kind: 'digest', message }, transfer);
    }
  } catch (error) {
    if (!(error instanceof PcapdiagError)) throw error;
    send({ kind: 'error', code: error.code, message: error.message, path: error.path, offset: error.offset });
  }
}

const revived = ({ index, ...again }: NonNullable<WorkerTask['again']>): Again => ({
  ...again,
  index: index && new PacketIndex(index),
});
