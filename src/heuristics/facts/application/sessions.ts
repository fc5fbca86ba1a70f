import {
  type ApplicationFacts,
  type ApplicationUse,
  type Connection,
  type Conversation,
  type Evidence,
  type Opening,
  TO_CLIENT,
  TO_SERVER,
} from '../../../flows/evidence/evidence.ts';
import { attemptsOf, endpointText, withoutTranslatedCopies } from '../attempts.ts';
import { indexOf } from '../evidence-index.ts';
import { isTurned } from '../tcp/beginnings.ts';

/** A connection of which something notable was read. */
export interface Session {
  conversation: Conversation;
  /** The connection at the point that read most. */
  leg: Connection;
  facts: ApplicationFacts;
  /** The server that answers, nearest to it. */
  server: string;
}

const cache = new WeakMap<Evidence, Session[]>();

/** All connections with something notable, each once. Of several points, the one that read most is taken. */
export function sessionsOf(evidence: Evidence): Session[] {
  const known = cache.get(evidence);
  if (known !== undefined) return known;
  const index = indexOf(evidence);
  const sessions = withoutTranslatedCopies(attemptsOf(evidence)).flatMap(({ conversation }): Session[] => {
    const legs = index.connections(conversation);
    const read = legs.filter(({ application }) => application !== null);
    if (read.length === 0) return [];
    const leg = read.reduce((most, other) => (octetsOf(other) > octetsOf(most) ? other : most));
    const last = legs[legs.length - 1];
    const session = { conversation, leg, facts: leg.application!, server: endpointText(last.server) };
    return [isTurned(evidence, last) ? turned(session, endpointText(last.client)) : session];
  });
  cache.set(evidence, sessions);
  return sessions;
}

const OTHER = [TO_CLIENT, TO_SERVER] as const;

/** The session with client and server the other way round. @param server the one that answers, nearest to it */
function turned({ conversation, leg, facts }: Session, server: string): Session {
  const { client, directions, end, history } = leg;
  const application: ApplicationFacts = {
    ...facts,
    openings: [facts.openings[TO_CLIENT], facts.openings[TO_SERVER]],
    cut: [facts.cut[TO_CLIENT], facts.cut[TO_SERVER]],
    messages: facts.messages.map((error) => ({ ...error, direction: OTHER[error.direction] })),
  };
  return {
    conversation: { ...conversation, client: conversation.server, server: conversation.client },
    leg: {
      ...leg,
      client: leg.server,
      server: client,
      directions: [directions[TO_CLIENT], directions[TO_SERVER]],
      end: end === null ? null : { ...end, direction: OTHER[end.direction] },
      history: history.replace(/[a-z]/gi, (letter) =>
        letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase(),
      ),
      application,
    },
    facts: application,
    server,
  };
}

/** How much of a connection was read: messages first, then whole hellos, then octets that were not cut. */
function octetsOf({ application, directions }: Connection): number {
  const { messages, tls, cut } = application!;
  const whole = (tls?.clientHello?.whole ? 2 : 0) + (tls?.alert !== null ? 4 : 0) + (tls?.certificate ? 2 : 0);
  return messages.length * 8 + whole - Number(cut[0]) - Number(cut[1]) + directions[TO_SERVER].payloadOctets / 2 ** 40;
}

/**
 * What one client and one server exchanged at the point of a session, whether notable or not. Null when it was not
 * counted.
 */
export function useOf(evidence: Evidence, { leg, facts }: Session): ApplicationUse | null {
  const { point, client, server } = leg;
  return (
    evidence.applications.find(
      (use) =>
        use.point === point &&
        use.client === client.address &&
        use.server.address === server.address &&
        use.server.port === server.port &&
        use.protocol === facts.protocol,
    ) ?? null
  );
}

/** Sums over the pairs of client and server of some sessions. */
export function usesOf(
  evidence: Evidence,
  sessions: readonly Session[],
): Pick<ApplicationUse, 'connections' | 'answers'> {
  const uses = new Set(sessions.map((session) => useOf(evidence, session)));
  uses.delete(null);
  const all = [...uses] as ApplicationUse[];
  return {
    connections: Math.max(
      sessions.length,
      all.reduce((sum, { connections }) => sum + connections, 0),
    ),
    answers: all.reduce((sum, { answers }) => sum + answers, 0),
  };
}

/** What two protocols met, by the name of what the client speaks and of what the server wants. */
export type Mismatch =
  | 'tls-to-plain'
  | 'plain-to-tls'
  | 'http2-to-http1'
  | 'http1-to-http2'
  | 'proxy-header-unexpected'
  | 'tls-refused'
  | 'other-protocol';

const SPOKEN_FIRST: ReadonlySet<Opening> = new Set(['ssh', 'mysql', 'mail', 'amqp']);

/** Whether client and server speak different protocols on the connection; null when they do not. */
export function mismatchOf({ facts, leg }: Pick<Session, 'facts' | 'leg'>): Mismatch | null {
  const [said, answered] = facts.openings;
  const hasAlert = facts.tls?.alert?.direction === TO_CLIENT;
  const isRefused = facts.messages[0]?.code === '400';
  if (facts.tlsWanted) return 'plain-to-tls';
  if (facts.tlsRefused)
    return facts.answers === 0 && leg.directions[TO_SERVER].dataSegments === 1 ? 'tls-refused' : null;
  if (said === null || answered === null) return null;
  if (said === 'proxy')
    return (answered === 'http1' && isRefused) || (answered === 'tls' && hasAlert) ? 'proxy-header-unexpected' : null;
  if (said === 'tls') {
    if (answered === 'http1' || answered === 'http2') return 'tls-to-plain';
    return SPOKEN_FIRST.has(answered) ? 'tls-to-plain' : null;
  }
  if (answered === 'tls' && hasAlert && said !== 'postgresql' && said !== 'mysql') return 'plain-to-tls';
  if (said === 'http2' && answered === 'http1') return 'http2-to-http1';
  if (said === 'http1' && answered === 'http2') return 'http1-to-http2';
  if (said === 'http1' && SPOKEN_FIRST.has(answered)) return 'other-protocol';
  if (said === 'redis' && (answered === 'http1' || SPOKEN_FIRST.has(answered))) return 'other-protocol';
  return said === 'unknown' && answered === 'http1' && isRefused && facts.answers === 1 ? 'other-protocol' : null;
}

/** Who ended the connection, by the first FIN or RST of its history; null when it goes on. */
export function endedBy({ history }: Connection): 'client' | 'server' | null {
  const end = /[FRfr]/.exec(history)?.[0];
  if (end === undefined) return null;
  return end === end.toUpperCase() ? 'client' : 'server';
}

/** Whether the connection ended while the capture ran. */
export const hasEnded = ({ directions }: Connection): boolean =>
  directions.some(({ fins, resets }) => fins + resets > 0);

/** Whether all that the client sent arrived: it was acknowledged, or a reset answered it. */
export const hasArrived = ({ directions }: Connection): boolean =>
  directions[TO_CLIENT].resets > 0 ||
  (directions[TO_SERVER].unackedOctets === 0 && directions[TO_SERVER].firstAckedData !== null);
