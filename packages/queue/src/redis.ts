import type { ConnectionOptions } from 'node:tls';
import { Redis } from 'ioredis';
import { PREFIX } from './jobs.ts';
import { QueueError } from './queue-error.ts';

/** Where Redis is. Nothing of it enters a job. */
export interface RedisAddress {
  /** Name or address; localhost without it. */
  host?: string;
  /** 6379 without it. */
  port?: number;
  /** User of an access list; the default user without it. */
  username?: string;
  /** Password of the user. */
  password?: string;
  /** Encrypts the connection; `ca` holds the certificates that are believed, those of the system without it. */
  tls?: Pick<ConnectionOptions, 'ca' | 'servername'>;
}

/** Milliseconds between attempts to reach a Redis that went away; BullMQ repeats what had no answer. */
const RETRY_MS = 500;
/** Milliseconds for the first connection. */
const CONNECT_MS = 10_000;

/** A job whose worker died is given on so often; a capture that kills its worker each time is not read for ever. */
const MOST_STALLS = 10;

/** Of every queue and worker: commands wait for a Redis that comes back. */
export const queueSettings = (address: RedisAddress) => ({
  connection: { ...address, maxRetriesPerRequest: null, retryStrategy: () => RETRY_MS },
  prefix: PREFIX,
});

/** Of a worker as well. @param lockSeconds after so long without a sign of life its job is given to another one */
export const workerSettings = (address: RedisAddress, lockSeconds: number) => ({
  ...queueSettings(address),
  lockDuration: lockSeconds * 1000,
  stalledInterval: lockSeconds * 1000,
  maxStalledCount: MOST_STALLS,
});

/**
 * BullMQ waits for a Redis that is not there, and for a password that is wrong: so both are tried before.
 *
 * @throws QueueError
 */
export async function tryRedis(address: RedisAddress): Promise<void> {
  const client = new Redis({
    ...address,
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    maxRetriesPerRequest: 1,
    retryStrategy: () => null,
  });
  let last: Error | undefined;
  client.on('error', (error: Error) => {
    last = error;
  });
  try {
    await client.connect();
    await client.ping();
  } catch (error) {
    const { host = 'localhost', port = 6379 } = address;
    throw new QueueError(`Redis at ${host}:${port}: ${(last ?? (error as Error)).message}`);
  } finally {
    client.disconnect();
  }
}
