import { FlowProducer, Queue } from 'bullmq';
import {
  type CaptureOfNode,
  checkedCapture,
  digestId,
  queueOfNode,
  queueOfRun,
  REPORT,
  type ReportJob,
} from './jobs.ts';
import { QueueError } from './queue-error.ts';
import { queueSettings, type RedisAddress, tryRedis } from './redis.ts';

/** What is to be read, and how long it is waited for. */
export interface SubmitOptions {
  /** Where Redis is. */
  redis: RedisAddress;
  /** One identifier for the captures of all nodes. */
  run: string;
  /** The captures of all nodes. */
  captures: readonly CaptureOfNode[];
  /** Seconds until the report is made of what there is; 3600 without it. */
  waitSeconds?: number;
}

/** Seconds that jobs that ended are kept. */
const KEPT = { age: 7 * 24 * 3600 };
const ATTEMPTS = { attempts: 3, backoff: { type: 'exponential', delay: 1000 } };

/**
 * Gives each capture to the queue of its node, below one report. All or nothing of it is written, and a run that was
 * submitted before is left as it is.
 *
 * @returns false when this run was submitted before
 * @throws QueueError for a wrong name, a run of other captures, and when Redis cannot be used
 */
export async function submitRun({ redis, run, captures, waitSeconds = 3600 }: SubmitOptions): Promise<boolean> {
  if (captures.length === 0) throw new QueueError('name at least one capture');
  for (const { capture } of captures) checkedCapture(capture);
  const queueName = queueOfRun(run);
  const data: ReportJob = { captures: [...captures], until: Date.now() + waitSeconds * 1000 };
  const children = captures.map((of) => ({
    name: 'digest',
    queueName: queueOfNode(of.node),
    data: { run, capture: of.capture },
    opts: {
      jobId: digestId(run, of),
      ignoreDependencyOnFailure: true,
      removeOnComplete: KEPT,
      removeOnFail: KEPT,
      ...ATTEMPTS,
    },
  }));
  await tryRedis(redis);
  const settings = queueSettings(redis);
  const queue = new Queue<ReportJob>(queueName, settings);
  const flows = new FlowProducer(settings);
  try {
    const known = await queue.getJob(REPORT);
    if (known !== undefined) {
      if (JSON.stringify(known.data.captures) === JSON.stringify(data.captures)) return false;
      throw new QueueError(`run ${run} was submitted with other captures`);
    }
    const opts = { jobId: REPORT, removeOnComplete: KEPT, removeOnFail: KEPT };
    await flows.add({ name: REPORT, queueName, data, opts, children });
    return true;
  } finally {
    await Promise.all([flows.close(), queue.close()]);
  }
}
