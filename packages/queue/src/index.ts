/** Digests of captures of many nodes as jobs of BullMQ on Redis. */
export { type Collected, type CollectOptions, collectRun } from './collect.ts';
export type { CaptureOfNode } from './jobs.ts';
export { QueueError } from './queue-error.ts';
export type { RedisAddress } from './redis.ts';
export { type SubmitOptions, submitRun } from './submit.ts';
export { type Working, type WorkOptions, workNode } from './work.ts';
