import type { Connection, Evidence } from '../../../flows/evidence/evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../../../flows/evidence/evidence.ts';
import { INITIAL_TTLS } from '../../../flows/evidence/initial-ttls.ts';
import type { Attempt } from '../attempts.ts';
import { indexOf } from '../evidence-index.ts';
import { type Listener, wasNotAccepted } from './listener.ts';

/**
 * What the open connections of a listener show about its accept queue when SYNs are ignored. The kernel completes
 * handshakes until the queue is full, and acknowledges what these clients send. The program reads nothing of it before
 * the next accept:
 *
 *   accepted   SYN, SYN-ACK, ACK, request ……… answer
 *   queued     SYN, SYN-ACK, ACK, request ………  |  ……… answer at last, or never; or the SYN-ACK again and again
 *   ignored                                   SYN …… SYN …… SYN
 *
 * `full`: a connection was waiting when the SYN was ignored. `served`: every request had its answer, so the queue was
 * not full. `unknown`: no request and answer was seen.
 */
export function acceptQueue(
  evidence: Evidence,
  { attempts }: Listener,
  ignored: readonly Attempt[],
): 'full' | 'served' | 'unknown' {
  const open = attempts.filter(({ outcome }) => outcome === 'answered').map(({ connection }) => connection);
  const times = ignored.map(({ connection }) => connection.syn[0].time);
  if (open.some((connection) => isQueued(evidence, connection, times))) return 'full';
  return open.some(({ turns }) => turns > 0) ? 'served' : 'unknown';
}

/**
 * Whether the queue is full, and the cause is not a device on the path that counts connections. Where the queue shows
 * nothing, the place decides: a SYN that reached the interface of the server has passed every such device.
 */
export function isQueueFull(evidence: Evidence, listener: Listener, ignored: readonly Attempt[]): boolean {
  const queue = acceptQueue(evidence, listener, ignored);
  return (
    queue === 'full' || (queue === 'unknown' && listener.attempts.some((attempt) => isAtServer(evidence, attempt)))
  );
}

export const ACCEPT_THRESHOLDS = {
  /** Seconds that an accepted request may take before its connection counts as waiting for accept. */
  acceptPatienceSeconds: { value: 1, unit: 's', source: 'docs/thresholds.md, accept-patience' },
  /** Factor by which the far side must take longer than the near one; noise of system calls stays below it. */
  nearerFactor: { value: 2, unit: 'factor', source: 'docs/thresholds.md, nearer-twice' },
} as const;

function isQueued(evidence: Evidence, connection: Connection, ignoredAt: readonly number[]): boolean {
  if (wasNotAccepted(connection)) return true;
  const { directions, handshakeAck, point, slowTurns } = connection;
  const [asked, answered] = directions;
  if (handshakeAck === null || asked.dataSegments === 0) return false;
  if (answered.dataSegments > 0)
    return slowTurns.some(
      ({ response }) =>
        response !== null && ignoredAt.some((time) => handshakeAck.time <= time && time <= response.time),
    );
  const waited = indexOf(evidence).endOf(point) - handshakeAck.time;
  return answered.resets === 0 && asked.largestAckedL3 > 0 && waited >= ACCEPT_THRESHOLDS.acceptPatienceSeconds.value;
}

/**
 * Whether the last point that saw the attempt is at the server: there, packets of the server have not yet crossed a
 * router, and those of the client have.
 */
function isAtServer(evidence: Evidence, { conversation, outcome }: Attempt): boolean {
  const last = indexOf(evidence).connections(conversation).at(-1);
  if (last === undefined || outcome !== 'answered') return false;
  const isFresh = (direction: 0 | 1): boolean =>
    last.directions[direction].ttls.length > 0 &&
    last.directions[direction].ttls.every(({ value }) => INITIAL_TTLS.includes(value));
  if (!isFresh(TO_CLIENT)) return false;
  if (!isFresh(TO_SERVER)) return true;
  // Both ends are on one segment: the end whose answers come sooner is the near one.
  const { handshakeServerSide: there, handshakeClientSide: back } = last;
  return there !== null && back !== null && there * ACCEPT_THRESHOLDS.nearerFactor.value < back;
}

/** Attempts whose SYNs were seen to vanish between two capture points, so no listener got them. */
export const lostOnTheWay = (attempts: readonly Attempt[]): Attempt[] =>
  attempts.filter(({ conversation }) =>
    conversation.hops.some(({ unknown, direction, lost }) => unknown === null && direction === TO_SERVER && lost > 0),
  );
