import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Job, Queue, Worker } from 'bullmq';
import { type CaptureOfNode, digestKey, type MadeDigests, queueOfRun, REPORT, type ReportJob } from './jobs.ts';
import { QueueError } from './queue-error.ts';
import { queueSettings, type RedisAddress, tryRedis, workerSettings } from './redis.ts';
import { runPcapdiag } from './run-pcapdiag.ts';

/** Which report, and how it is made. */
export interface CollectOptions {
  /** Where Redis is. */
  redis: RedisAddress;
  /** The run that was submitted. */
  run: string;
  /** Folder where digests are; all machines share it. */
  digests: string;
  /** Further words for `pcapdiag correlate`, such as `-f json -o report.json`. */
  correlateWords?: readonly string[];
  /** After so many seconds without a sign of a coordinator another one may make the report; 30 without it. */
  lockSeconds?: number;
  /** Called with what happens. */
  onTold?: (line: string) => void;
}

/** A report that was made. */
export interface Collected {
  /** The exit status of `pcapdiag correlate`; 2 when a capture could not be read. */
  status: number;
  /** What it wrote to standard output. */
  out: string;
  /** Captures that nobody answered for: the report says so. */
  missing: CaptureOfNode[];
}

const POLL_MS = 500;
const UNUSABLE = 2;

/**
 * Waits for the digests of a run and makes the report; when the time of the run is over, of those that there are. Jobs
 * that had no answer stay: collecting once more later gives the report of all.
 *
 * @throws QueueError when there is no such run, no digest at all, or Redis cannot be used
 */
export async function collectRun(options: CollectOptions): Promise<Collected> {
  const { redis, run, lockSeconds = 30, onTold = () => {} } = options;
  const name = queueOfRun(run);
  await tryRedis(redis);
  const queue = new Queue<ReportJob>(name, queueSettings(redis));
  queue.on('error', (error) => onTold(error.message));
  let made: Collected | undefined;
  let failure: unknown;
  const worker = new Worker<ReportJob>(
    name,
    async (job) => {
      try {
        made = await report(job, options);
      } catch (error) {
        failure = error;
        throw error;
      }
    },
    { ...workerSettings(redis, lockSeconds), autorun: false },
  );
  worker.on('error', (error) => onTold(error.message));
  try {
    const job = await queue.getJob(REPORT);
    if (job === undefined) throw new QueueError(`no run ${run} was submitted`);
    void worker.run();
    while (made === undefined && failure === undefined) {
      const state = await job.getState();
      const isOver = state === 'waiting-children' && Date.now() >= job.data.until;
      if (isOver || state === 'completed' || state === 'failed') {
        const soFar = await report(job, options);
        // The last digest may have come meanwhile: the report of the worker is whole.
        made ??= soFar;
      } else await sleep(POLL_MS);
    }
    if (made === undefined) throw failure;
    return made;
  } finally {
    await worker.close();
    await queue.close();
  }
}

async function report(job: Job<ReportJob>, options: CollectOptions): Promise<Collected> {
  const { run, digests, correlateWords = [], onTold = () => {} } = options;
  const { captures } = job.data;
  const [done, failed] = await Promise.all([job.getChildrenValues<MadeDigests>(), job.getIgnoredChildrenFailures()]);
  const missing: CaptureOfNode[] = [];
  for (const of of captures) {
    const key = digestKey(run, of);
    if (done[key] !== undefined) continue;
    missing.push(of);
    onTold(`${of.node}/${of.capture}: ${failed[key] ?? 'no answer'}`);
  }
  const files = new Set(Object.values(done).flatMap(({ files }) => files.map((file) => checkedFile(file))));
  if (files.size === 0) throw new QueueError(`run ${run}: there is no digest of any capture`);
  const scratch = await mkdtemp(join(tmpdir(), 'pcapdiag-queue-'));
  try {
    const expected = join(scratch, 'expected');
    await writeFile(expected, expectedLines(captures, missing).join('\n'));
    const { status, out, told } = await runPcapdiag([
      'correlate',
      ...(missing.length > 0 ? ['--expect', expected] : []),
      ...correlateWords,
      '--',
      ...[...files].sort().map((file) => join(digests, file)),
    ]);
    if (told !== '') onTold(told.trimEnd());
    return { status: Object.keys(failed).length > 0 ? UNUSABLE : status, out, missing };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** A node that gave nothing by its name, of the others the captures. */
function expectedLines(captures: readonly CaptureOfNode[], missing: readonly CaptureOfNode[]): string[] {
  const answered = new Set(captures.filter((of) => !missing.includes(of)).map(({ node }) => node));
  return [...new Set(missing.map(({ node, capture }) => (answered.has(node) ? `${node}/${capture}` : node)))];
}

/** A result comes from another machine: it names a file of the folder, and no other. @throws QueueError */
function checkedFile(file: string): string {
  if (!/^[\w.@-]+\.pcapdiag-digest$/.test(file)) throw new QueueError(`"${file}" is no name of a digest`);
  return file;
}
