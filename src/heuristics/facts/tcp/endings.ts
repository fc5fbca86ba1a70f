import type { Connection, ConnectionEnd, Evidence } from '../../../flows/evidence/evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../../../flows/evidence/evidence.ts';
import { ATTEMPT_THRESHOLDS, attemptsOf, endpointText, withoutTranslatedCopies } from '../attempts.ts';
import { indexOf } from '../evidence-index.ts';
import { GATES, gatesOf } from '../gates.ts';
import { ONE_WAY_SHARE } from '../one-way.ts';
import { TRACEROUTE_THRESHOLDS } from '../traceroutes.ts';
import { BEGINNING_THRESHOLDS, knowsRoles, roundTripOf } from './beginnings.ts';

export const LAST_REQUEST_THRESHOLDS = {
  requestShare: { value: 0.5, unit: 'share', source: 'docs/thresholds.md, last-request' },
} as const;

export const IDLE_THRESHOLDS = {
  idleSeconds: { value: 0.2, unit: 's', source: 'docs/thresholds.md, idle-connection' },
  idleRoundTrips: { value: 2, unit: 'factor', source: 'docs/thresholds.md, idle-connection' },
} as const;

/** What `endingsByServer` depends on: every rule that asks it lists these among its thresholds. */
export const ENDINGS_THRESHOLDS = {
  ...ATTEMPT_THRESHOLDS,
  ...TRACEROUTE_THRESHOLDS,
  ...GATES,
  oneWayShare: ONE_WAY_SHARE,
  ...BEGINNING_THRESHOLDS,
} as const;

/** A connection of which nothing is missing in the capture, but for its beginning, and its end. */
export interface Ending {
  /** As seen nearest to the server. */
  leg: Connection;
  /** As seen at each point. */
  legs: readonly Connection[];
  conversation: number;
  /** Null while it is open. */
  end: ConnectionEnd | null;
}

export interface ServerEndings {
  /** Address and port of the server that answers. */
  server: string;
  connections: Ending[];
}

const cache = new WeakMap<Evidence, Map<string, ServerEndings>>();

/**
 * How the connections to each server ended, of those that were captured whole, or from some packet on. Those that
 * began before the capture are among them where it is known who the client is.
 */
export function endingsByServer(evidence: Evidence): Map<string, ServerEndings> {
  const known = cache.get(evidence);
  if (known !== undefined) return known;
  const servers = new Map<string, ServerEndings>();
  for (const { conversation } of withoutTranslatedCopies(attemptsOf(evidence))) {
    const legs = indexOf(evidence).connections(conversation);
    const leg = legs[legs.length - 1];
    if (!isWhole(evidence, leg)) continue;
    const server = endpointText(leg.server);
    const entry = servers.get(server) ?? { server, connections: [] };
    servers.set(server, entry);
    entry.connections.push({ leg, legs, conversation: conversation.index, end: leg.end });
  }
  cache.set(evidence, servers);
  return servers;
}

function isWhole(evidence: Evidence, leg: Connection): boolean {
  const { point, rolesFrom, synAck, complete, directions } = leg;
  return (
    (rolesFrom === 'guess' || synAck.length > 0) &&
    complete &&
    directions.every(({ gapOctets, packets }) => gapOctets === 0 && packets > 0) &&
    gatesOf(evidence).absence(point).ok &&
    (knowsRoles(evidence, leg) || gatesOf(evidence).beginning(leg).ok)
  );
}

/**
 * Whether what the client sent last wants an answer. A farewell does not (QUIT, Terminate, close_notify, the
 * acknowledgement of a GOAWAY): it is much smaller than the requests before it.
 */
export function wantsAnswer(evidence: Evidence, leg: Connection, { requestOctets }: ConnectionEnd): boolean {
  const { turns, directions } = leg;
  // Without requests to compare with, a farewell to earlier ones looks like the first.
  if (turns === 0) return gatesOf(evidence).beginning(leg).ok;
  const before = directions[TO_SERVER].payloadOctets - requestOctets;
  return requestOctets >= (LAST_REQUEST_THRESHOLDS.requestShare.value * before) / turns;
}

/** Whether nothing was sent for a while before the end, or before the request that was open then. */
export const wasIdle = (leg: Connection, { idleSeconds }: ConnectionEnd): boolean =>
  idleSeconds >= Math.max(IDLE_THRESHOLDS.idleSeconds.value, IDLE_THRESHOLDS.idleRoundTrips.value * roundTripOf(leg));

/** A request on a connection that was in use and idle, which crossed its end by the server or came after it. */
export function isLateRequest(evidence: Evidence, leg: Connection): boolean {
  const { end, turns } = leg;
  if (end === null || end.direction !== TO_CLIENT || turns === 0) return false;
  // A reset that answers a request after a pause comes from one who has forgotten the connection: half-open.
  const isLate = end.openRequest ? end.unread && !end.byReset : end.crossed || (end.ignored && wasReset(leg));
  return isLate && wasIdle(leg, end) && wantsAnswer(evidence, leg, end);
}

const wasReset = ({ resets, end }: Connection): boolean =>
  resets.some(({ direction, time }) => direction === TO_CLIENT && time >= end!.time);

/**
 * The server ended it although a request was open, or before it heard the client at all.
 *
 * @param thinkSeconds a later request that follows an answer sooner, and draws the end sooner, is a farewell
 */
export function isWithoutAnswer(evidence: Evidence, leg: Connection, thinkSeconds: number): boolean {
  const { end, turns, directions } = leg;
  if (end === null || end.direction !== TO_CLIENT || isLateRequest(evidence, leg) || isForeignReset(leg)) return false;
  const isFirst = turns === 0 && gatesOf(evidence).beginning(leg).ok;
  if (!end.openRequest)
    return (
      isFirst &&
      directions[TO_CLIENT].dataSegments === 0 &&
      directions[TO_SERVER].dataSegments > 0 &&
      (end.crossed || end.ignored)
    );
  if (end.unread) return isFirst || (end.byReset && !wasIdle(leg, end));
  if (!wantsAnswer(evidence, leg, end)) return false;
  return isFirst || end.byReset || Math.max(end.idleSeconds, end.waitedSeconds) >= thinkSeconds;
}

/** Reset with another hop limit than the server's packets: somebody else sent it. */
export function isForeignReset({ end, resets, directions }: Connection): boolean {
  const reset = resets.find(({ packet }) => packet === end!.packet);
  if (reset === undefined) return false;
  return directions[TO_CLIENT].ttls.every(({ value, count }) => value !== reset.ttl || count <= resets.length);
}
