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

export const PASSED_ON_THRESHOLDS = {
  passedOnSeconds: { value: 0.01, unit: 's', source: 'docs/thresholds.md, nested-wait' },
} as const;

const FIRST_SERVER_ERROR = 500;
const cache = new WeakMap<Evidence, Map<string, Attempt[]>>();

const isServerError = ({ kind, code }: ApplicationError): boolean =>
  kind === 'status' && Number(code) >= FIRST_SERVER_ERROR;

/** Attempts by the address of their client. */
function attemptsByClient(evidence: Evidence): Map<string, Attempt[]> {
  const known = cache.get(evidence);
  if (known !== undefined) return known;
  const attempts = groupBy(attemptsOf(evidence), ({ connection }) => connection.client.address);
  cache.set(evidence, attempts);
  return attempts;
}

/**
 * What the machine at `address` did as a client between two moments of the common clock, seconds. It answers which
 * server made an error: the one that sent it, or one that it asked.
 */
export function upstreamOf(evidence: Evidence, address: string, from: number, to: number): Upstream {
  const attempts = attemptsByClient(evidence).get(address) ?? [];
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
function hasFailed({ outcome, connection }: Attempt, from: number, to: number): boolean {
  if (outcome === 'refused' || outcome === 'rejected' || outcome === 'silent') return true;
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
