import { randomBytes } from 'node:crypto';
import { constants, unlinkSync, writeFileSync } from 'node:fs';
import { type FileHandle, open, rename, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isUnchanged, type OutputTarget } from './output-targets.ts';
import { UsageError } from './usage-error.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
/** Reading and writing for everybody, as far as the umask allows. */
const NEW_FILE_MODE = 0o666;
/** Milliseconds between two checks for a reader of a named pipe. */
const PIPE_MILLISECONDS = 50;

/** A whole output, or its chunks as they are made. */
export type Output = string | Uint8Array | AsyncIterable<Uint8Array>;

/**
 * Writes a complete file or nothing: the data is written to a new file, flushed to disk, and renamed to the target.
 * Pipes, devices and open descriptors are written directly. A reader that closes them early is not an error.
 *
 * @param stop ends waiting for the reader of a pipe
 * @param mode of a new file, less the umask; a file that is replaced hands on its own
 * @throws UsageError; the existing file is not changed
 */
export async function writeOutput(
  target: OutputTarget,
  data: Output,
  stop: AbortSignal,
  mode = NEW_FILE_MODE,
): Promise<void> {
  try {
    if (target.how === 'replace') await replace(target, data, mode);
    else if (target.how === 'direct') await writeDirectly(target, data, stop);
    else await writeDescriptor(target.descriptor, data);
  } catch (error) {
    if (target.how !== 'replace' && (error as NodeJS.ErrnoException).code === 'EPIPE') return;
    const reason = error instanceof Error ? error.message : String(error);
    const stays = target.how === 'replace' && target.found !== undefined ? '; what was there before stays' : '';
    throw new UsageError(`--${target.option}: cannot write ${target.path}: ${reason}${stays}`);
  }
}

async function replace(target: OutputTarget, data: Output, mode: number): Promise<void> {
  const { real, found } = target;
  const temporary = join(dirname(real), `.pcapdiag-${process.pid}-${randomBytes(6).toString('hex')}`);
  const handle = await open(temporary, 'wx', mode);
  const guard = removeOnSecondSignal(temporary);
  try {
    try {
      await writeFile(handle, data);
      if (found !== undefined) await takeOver(handle, Number(found.mode), Number(found.uid), Number(found.gid));
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (!isUnchanged(target)) throw new Error('it became another file meanwhile');
    await rename(temporary, real);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
  } finally {
    guard.release();
  }
  await syncFolder(dirname(real));
}

/**
 * Copies the mode and, where allowed, the owner of the replaced file. The owner comes first, because changing it clears
 * bits of the mode.
 */
async function takeOver(handle: FileHandle, mode: number, uid: number, gid: number): Promise<void> {
  await handle.chown(uid, gid).catch(() => {});
  await handle.chmod(mode & 0o7777);
}

/** Flushes the new name to disk. Not every file system supports this. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r').catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

/**
 * The first signal lets a file be written to its end. The second one ends the process at once and leaves no partial
 * file.
 */
function removeOnSecondSignal(path: string): { release: () => void } {
  const onSignal = (signal: NodeJS.Signals): void => {
    // The second signal is handled elsewhere; this is the first.
    if (process.listenerCount(signal) > 1) return;
    unlinkSync(path);
    release();
    process.kill(process.pid, signal);
  };
  const release = (): void => {
    for (const signal of SIGNALS) process.removeListener(signal, onSignal);
  };
  for (const signal of SIGNALS) process.prependListener(signal, onSignal);
  return { release };
}

async function writeDirectly({ real }: OutputTarget, data: Output, stop: AbortSignal): Promise<void> {
  const reader = await whenRead(real, stop);
  const handle = await open(real, constants.O_WRONLY);
  await reader.close();
  try {
    await writeFile(handle, data);
  } finally {
    await handle.close();
  }
}

/**
 * Opens without blocking. A thread that waits in `open` for the reader of a pipe would keep the process from ending.
 */
async function whenRead(path: string, stop: AbortSignal): Promise<FileHandle> {
  for (;;) {
    try {
      return await open(path, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENXIO') throw error;
      if (stop.aborted) throw new Error('nobody reads it');
      await sleep(PIPE_MILLISECONDS);
    }
  }
}

async function writeDescriptor(descriptor: number, data: Output): Promise<void> {
  const isWhole = typeof data === 'string' || data instanceof Uint8Array;
  for await (const part of isWhole ? [data] : data) {
    // An error of standard output is an event, which the command line handles.
    if (descriptor !== 1) writeFileSync(descriptor, part);
    else if (process.stdout.errored) return;
    else if (!process.stdout.write(part)) await roomAgain(process.stdout);
  }
}

/** A reader that closes the pipe takes nothing more. */
const roomAgain = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => {
    const settle = (): void => {
      for (const event of ['drain', 'error', 'close']) stream.removeListener(event, settle);
      resolve();
    };
    for (const event of ['drain', 'error', 'close']) stream.once(event, settle);
  });
