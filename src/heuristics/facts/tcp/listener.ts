import type { Connection, Evidence } from '../../../flows/evidence/evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../../../flows/evidence/evidence.ts';
import { type Attempt, attemptsOf, endpointText, withoutTranslatedCopies } from '../attempts.ts';
import { inOrder } from '../packet-order.ts';
import { staleAnswerOf } from './stale-answer.ts';

/** A SYN that follows sooner is a copy or belongs to another socket; it is no retry. */
export const RETRY_SECONDS = { value: 0.2, unit: 's', source: 'docs/thresholds.md, partner-retry' } as const;

/** All attempts to one listener at one point, in the order of their first SYN. */
export interface Listener {
  point: number;
  address: string;
  port: number;
  attempts: Attempt[];
  /** SYN times of further connections that opened at the first SYN and are only counted. */
  openedBesides: readonly number[];
}

/** Number of connections that are only counted and whose SYN lies between two times. */
export const openedBetween = ({ openedBesides }: Listener, from: number, to: number): number =>
  openedBesides.filter((time) => time >= from && time <= to).length;

/**
 * Listeners to which more than one connection was tried, without an ICMP error that says they are unreachable. A full
 * queue or table sends no ICMP error; a router that cannot find the host does.
 */
export function listenersOf(evidence: Evidence): readonly Listener[] {
  const known = cache.get(evidence);
  if (known !== undefined) return known;
  const found = findListeners(evidence);
  cache.set(evidence, found);
  return found;
}
const cache = new WeakMap<Evidence, readonly Listener[]>();

function findListeners(evidence: Evidence): Listener[] {
  const listeners = new Map<string, Listener>();
  const besides = new Map(
    evidence.openedLeftOut.map(({ point, server, times }) => [`${point} ${endpointText(server)}`, times]),
  );
  for (const attempt of withoutTranslatedCopies(attemptsOf(evidence))) {
    const { point, server, syn } = attempt.connection;
    if (syn.length === 0) continue;
    const key = `${point} ${endpointText(server)}`;
    const listener = listeners.get(key) ?? {
      point,
      address: server.address,
      port: server.port,
      attempts: [],
      openedBesides: besides.get(key) ?? [],
    };
    listeners.set(key, listener);
    listener.attempts.push(attempt);
  }
  const found = [...listeners.values()].filter(
    ({ attempts }) => attempts.length > 1 && attempts.every(({ error }) => error === null),
  );
  for (const { attempts } of found) attempts.sort((a, b) => inOrder(a.connection.syn[0], b.connection.syn[0]));
  return found;
}

/**
 * Whether the first SYN was ignored: the client's timer had to repeat it before an answer came, if any came. False when
 * an older connection of the same port answered it.
 */
export const wasIgnored = (connection: Connection): boolean => {
  const { syn, synAck } = connection;
  if (staleAnswerOf(connection) !== null) return false;
  const retry = syn.find(({ time }) => time - syn[0].time >= RETRY_SECONDS.value);
  return retry !== undefined && (synAck.length === 0 || synAck[0].time > retry.time);
};

/**
 * Whether the listener repeated its SYN-ACK although the client had acknowledged it: then the accept queue was full. A
 * listener that waits for data (TCP_DEFER_ACCEPT) also repeats it once, for a client that sends nothing.
 */
export const wasNotAccepted = ({ synAck, handshakeAck, directions }: Connection): boolean =>
  handshakeAck !== null &&
  synAck.length >= 2 &&
  // A reset beside SYN-ACKs comes from another machine, or from a server that sends resets when its queue overflows.
  directions[TO_CLIENT].resets === 0 &&
  synAck[synAck.length - 1].time > handshakeAck.time &&
  (synAck.length > 2 || directions[TO_SERVER].dataSegments > 0) &&
  directions[TO_CLIENT].dataSegments === 0;

/** Seconds after which a SYN without an answer counts as ignored. */
export const REPLY_GUARD_SECONDS = { value: 2, unit: 's', source: 'docs/thresholds.md, answer-guard' } as const;

/** The attempts after the last success, when all of them stay silent. */
export function silentTail(evidence: Evidence, listener: Listener): Attempt[] {
  const { attempts, point } = listener;
  const end = evidence.points[point].quality.lastTime;
  let at = attempts.length;
  while (at > 0 && attempts[at - 1].outcome === 'silent') at--;
  if (at === 0 || attempts[at - 1].outcome !== 'answered') return [];
  if (at < attempts.length && openedBetween(listener, attempts[at].connection.syn[0].time, end) > 0) return [];
  return attempts.slice(at).filter(({ connection }) => end - connection.syn[0].time >= REPLY_GUARD_SECONDS.value);
}

/** Attempts in which the server still sends packets after a moment: the server and the path to it are up. */
export const aliveAfter = ({ attempts }: Listener, time: number): Attempt[] =>
  attempts.filter(
    ({ outcome, connection }) => outcome === 'answered' && (connection.directions[TO_CLIENT].last?.time ?? 0) > time,
  );

/** Connections that opened before a moment and in which the server still sends packets after it. */
export const openAcross = (listener: Listener, time: number): Attempt[] =>
  aliveAfter(listener, time).filter(
    ({ connection: { handshakeAck, syn } }) => syn[0].time < time && handshakeAck !== null && handshakeAck.time < time,
  );
