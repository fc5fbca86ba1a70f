// A thread has no `process.chdir` of its own: the main thread does it, while the thread waits for it.
import { BroadcastChannel, isMainThread } from 'node:worker_threads';

const CHANNEL = 'chdir-of-threads';
const [WAITING, DONE, FAILED] = [0, 1, 2];

/** In the main thread: does what threads ask for, until the process ends. */
export function serveChdir() {
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = ({ data: { folder, state } }) => {
    let outcome = DONE;
    try {
      process.chdir(folder);
    } catch {
      outcome = FAILED;
    }
    Atomics.store(state, 0, outcome);
    Atomics.notify(state, 0);
  };
  channel.unref();
}

/** In a thread: `process.chdir` from now on. All threads have the folder of the process. */
export function askForChdir() {
  if (isMainThread) return;
  const channel = new BroadcastChannel(CHANNEL);
  channel.unref();
  process.chdir = (folder) => {
    const state = new Int32Array(new SharedArrayBuffer(4));
    channel.postMessage({ folder, state });
    Atomics.wait(state, 0, WAITING);
    if (Atomics.load(state, 0) === FAILED) throw new Error(`chdir: ${folder}`);
  };
}
