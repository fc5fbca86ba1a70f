import { realpath } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { type Job, Worker } from 'bullmq';
import { checkedCapture, type DigestJob, type MadeDigests, queueOfNode } from './jobs.ts';
import { QueueError } from './queue-error.ts';
import { type RedisAddress, tryRedis, workerSettings } from './redis.ts';
import { runPcapdiag } from './run-pcapdiag.ts';

/** What the worker of a node is told. */
export interface WorkOptions {
  /** Where Redis is. */
  redis: RedisAddress;
  /** Name of this node: its queue, and the host that digests carry. */
  node: string;
  /** Set where captures of several nodes were collected: their names say of which (`node1__eth0.pcap`). */
  isHostInName?: boolean;
  /** Folder of the captures of this node. */
  captures: string;
  /** Folder where digests go; all machines share it. */
  digests: string;
  /** Captures that are read at the same time; 1 without it. */
  jobs?: number;
  /** After so many seconds without a sign of its worker a job is given to the next one; 30 without it. */
  lockSeconds?: number;
  /** Further words for `pcapdiag digest`, such as `--redact-key-file`. */
  digestWords?: readonly string[];
  /** Called with what happens: a capture that was read, a lost connection. */
  onTold?: (line: string) => void;
}

/** A worker that waits for jobs. */
export interface Working {
  /** Ends after the jobs in hand. */
  close: () => Promise<void>;
}

/**
 * Makes digests of the captures of one node, as their jobs come.
 *
 * @throws QueueError when Redis cannot be reached, or refuses the password
 */
export async function workNode(options: WorkOptions): Promise<Working> {
  const { redis, node, jobs = 1, lockSeconds = 30, onTold = () => {} } = options;
  const queue = queueOfNode(node);
  await tryRedis(redis);
  const worker = new Worker<DigestJob, MadeDigests>(queue, (job) => digest(job, options), {
    ...workerSettings(redis, lockSeconds),
    concurrency: jobs,
  });
  worker.on('error', (error) => onTold(error.message));
  worker.on('completed', ({ data }) => onTold(`${data.capture}: digest made`));
  worker.on('failed', (job, error) => onTold(`${job?.data.capture}: ${error.message}`));
  await worker.waitUntilReady();
  return { close: () => worker.close() };
}

async function digest({ data }: Job<DigestJob>, options: WorkOptions): Promise<MadeDigests> {
  const { node, isHostInName = false, captures, digests, digestWords = [] } = options;
  const path = await pathOf(captures, checkedCapture(data.capture));
  const identity = [...(isHostInName ? [] : ['--host', node]), '--run', data.run];
  const { status, out, told } = await runPcapdiag(['digest', ...identity, '-o', digests, ...digestWords, '--', path]);
  // The message goes to other machines, and a path of this one does not.
  if (status !== 0) throw withoutStack(told.trim().replaceAll(path, data.capture).replaceAll(digests, 'the digests'));
  return {
    files: out
      .trim()
      .split('\n')
      .map((file) => basename(file)),
  };
}

/** @throws Error when there is no such capture, or a symbolic link leads out of the folder */
async function pathOf(folder: string, capture: string): Promise<string> {
  try {
    const [root, path] = await Promise.all([realpath(folder), realpath(join(folder, capture))]);
    const inside = relative(root, path);
    if (!inside.startsWith('..') && resolve(root, inside) === path) return path;
  } catch {
    // Told below.
  }
  throw withoutStack(`${capture}: no such capture`);
}

/** BullMQ keeps stacks of errors with the job. */
function withoutStack(message: string): Error {
  const error = new QueueError(message);
  error.stack = message;
  return error;
}
