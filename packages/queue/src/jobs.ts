/** Queues and jobs as they are in Redis: names and numbers, no path of a machine and no credential. */
import { createHash } from 'node:crypto';
import { QueueError } from './queue-error.ts';

/** Keys in Redis begin so. */
export const PREFIX = 'pcapdiag';
/** The only job in the queue of a run: its report. */
export const REPORT = 'report';

/** A capture on a node. */
export interface CaptureOfNode {
  /** Name of the node, as its worker is called. */
  node: string;
  /** Name of the file below the folder that the worker reads. */
  capture: string;
}

/** Data of the job that makes the digest of a capture. */
export interface DigestJob {
  run: string;
  capture: string;
}

/** What such a job gives: base names of files in the folder that all machines share. */
export interface MadeDigests {
  files: string[];
}

/** Data of the job that makes the report of a run. */
export interface ReportJob {
  captures: CaptureOfNode[];
  /** After it the report is made of what there is; milliseconds since 1970. */
  until: number;
}

export const queueOfNode = (node: string): string => `node-${checked(node, 'node')}`;
export const queueOfRun = (run: string): string => `run-${checked(run, 'run')}`;

/** One job for a capture of a run, however often it is submitted. */
export const digestId = (run: string, { node, capture }: CaptureOfNode): string =>
  createHash('sha256')
    .update(JSON.stringify([run, node, capture]))
    .digest('hex')
    .slice(0, 32);

/** The key under which its report knows it. */
export const digestKey = (run: string, of: CaptureOfNode): string =>
  `${PREFIX}:${queueOfNode(of.node)}:${digestId(run, of)}`;

/** @throws QueueError for what cannot be in the name of a queue */
function checked(name: string, what: string): string {
  if (!/^[A-Za-z0-9._-]{1,200}$/.test(name))
    throw new QueueError(`"${name}" is no name of a ${what}: letters, digits, . _ -`);
  return name;
}

/** @throws QueueError for a name that leads out of the folder of captures */
export function checkedCapture(capture: string): string {
  const parts = capture.split('/');
  if (capture.includes('\0') || parts.some((part) => part === '' || part === '.' || part === '..'))
    throw new QueueError(`"${capture}" is no name of a capture below the folder of a node`);
  return capture;
}
