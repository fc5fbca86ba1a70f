import {
  type ApplicationError,
  type Connection,
  type Evidence,
  TO_CLIENT,
  TO_SERVER,
} from '../../../flows/evidence/evidence.ts';
import { groupBy } from '../../words/group-by.ts';
import { type Attempt, attemptsOf, endpointText } from '../attempts.ts';
import { sessionsOf } from './sessions.ts';

/** What the server of a request did meanwhile as a client of others. */
export interface Upstream {
  /**
   * `failed`: a connection to another server failed meanwhile. `answered`: another server answered meanwhile.
   * `idle`: it asks other servers in this capture, but not meanwhile. `unseen`: it asks nobody in this capture.
   */
  state: 'failed' | 'answered' | 'idle' | 'unseen';
  /** The server that it asked meanwhile. */
  server: string | null;
  /** The conversation with it. */
  conversation: number | null;
}

/** The servers that were asked with one outcome, each once, as text: several backends may fail. Null where none is known. */
export function serversIn(upstreams: readonly Upstream[], outcome: Upstream['state']): string | null {
  const servers = upstreams.flatMap(({ state, server }) => (state === outcome && server !== null ? [server] : []));
  return servers.length === 0 ? null : [...new Set(servers)].join(' and ');
}

export const DEAD_UPSTREAM_THRESHOLDS = {
  deadAttempts: { value: 2, unit: 'attempts', source: 'docs/thresholds.md, two-show-a-habit' },
} as const;

export const PASSED_ON_THRESHOLDS = {
  passedOnSeconds: { value: 0.01, unit: 's', source: 'docs/thresholds.md, nested-wait' },
} as const;

const FIRST_SERVER_ERROR = 500;
const cache = new WeakMap<Evidence, Map<string, Attempt[]>>();

const isServerError = ({ kind, code }: ApplicationError): boolean =>
  kind === 'status' && Number(code) >= FIRST_SERVER_ERROR;

/** What the machine at `address` tried as a client. */
function attemptsBy(evidence: Evidence, address: string): readonly Attempt[] {
  let known = cache.get(evidence);
  if (known === undefined)
    cache.set(evidence, (known = groupBy(attemptsOf(evidence), ({ connection }) => connection.client.address)));
  return known.get(address) ?? [];
}

/** The other server did not take the connection. */
const isRefused = ({ outcome }: Attempt): boolean =>
  outcome === 'refused' || outcome === 'rejected' || outcome === 'silent';

/**
 * A server that took none of the connections of `address`, although two or more were tried before `time` of the common clock:
 * a proxy that has found its backends dead asks them no more for a while. Null where there is none, or where the machine
 * at `address` has another server that takes its connections.
 */
export function deadUpstreamOf(evidence: Evidence, address: string, time: number): Upstream | null {
  const attempts = attemptsBy(evidence, address);
  const tried = attempts.filter(
    ({ connection: { first, point } }) => first.time + evidence.points[point].timeShift <= time,
  );
  if (tried.length < DEAD_UPSTREAM_THRESHOLDS.deadAttempts.value || !attempts.every(isRefused)) return null;
  const { server, index } = tried[0].conversation;
  return { state: 'failed', server: endpointText(server), conversation: index };
}

/**
 * Whether the machine at `address` spent most of the time between two moments of the common clock, seconds, with
 * connections that another server does not take, until the end.
 *
 * @param share of this time
 */
export function failsToConnect(evidence: Evidence, address: string, from: number, to: number, share: number): boolean {
  const begun = attemptsBy(evidence, address)
    .map((attempt) => ({
      attempt,
      time: attempt.connection.first.time + evidence.points[attempt.connection.point].timeShift,
    }))
    .filter(({ time }) => time >= from && time <= to);
  return (
    begun.length > 0 &&
    begun.every(({ attempt }) => isRefused(attempt)) &&
    to - Math.min(...begun.map(({ time }) => time)) >= share * (to - from)
  );
}

/**
 * What the machine at `address` did as a client between two moments of the common clock, seconds. It answers which
 * server made an error: the one that sent it, or one that it asked.
 */
export function upstreamOf(evidence: Evidence, address: string, from: number, to: number): Upstream {
  const attempts = attemptsBy(evidence, address);
  const found: Upstream = { state: attempts.length === 0 ? 'unseen' : 'idle', server: null, conversation: null };
  for (const attempt of attempts) {
    const { connection, conversation } = attempt;
    const shift = evidence.points[connection.point].timeShift;
    if (connection.first.time + shift > to || connection.last.time + shift < from) continue;
    const server = endpointText(conversation.server);
    if (hasFailed(attempt, from - shift, to - shift))
      return { state: 'failed', server, conversation: conversation.index };
    if (hasAnswered(connection, from - shift, to - shift)) {
      found.state = 'answered';
      found.server = server;
      found.conversation = conversation.index;
    }
  }
  return found;
}

/** The other server did not take the connection, did not answer on it, or answered with an error. */
function hasFailed(attempt: Attempt, from: number, to: number): boolean {
  if (isRefused(attempt)) return true;
  const { connection } = attempt;
  const { directions, application } = connection;
  const error = application?.messages.find(({ time }) => time >= from && time <= to);
  if (error !== undefined) return error.kind !== 'status' || isServerError(error);
  if (application?.tls != null && !application.tls.established && application.tls.alert !== null) return true;
  if (directions[TO_SERVER].payloadOctets === 0) return false;
  const back = directions[TO_CLIENT];
  if (back.payloadOctets === 0) return true;
  return connection.slowTurns.some(
    ({ request, response }) => response === null && request.time >= from && request.time <= to,
  );
}

const hasAnswered = ({ directions }: Connection, from: number, to: number): boolean => {
  const { payloadOctets, first, last } = directions[TO_CLIENT];
  return payloadOctets > 0 && first !== null && last !== null && first.time <= to && last.time >= from;
};

/**
 * Whether the client of a connection is itself a server, and answers its own client with a server error right after
 * the end of the connection. Then two packets of two programs say that it failed.
 */
export function isPassedOn(evidence: Evidence, { client, end, point }: Connection): boolean {
  if (end === null) return false;
  const time = end.time + evidence.points[point].timeShift;
  return sessionsOf(evidence).some(({ leg, facts }) => {
    if (leg.server.address !== client.address) return false;
    const shift = evidence.points[leg.point].timeShift;
    return facts.messages.some((error) => {
      const later = error.time + shift - time;
      return isServerError(error) && later >= 0 && later <= PASSED_ON_THRESHOLDS.passedOnSeconds.value;
    });
  });
}
