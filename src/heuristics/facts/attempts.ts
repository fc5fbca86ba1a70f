import type { Connection, Conversation, Evidence, IcmpError } from '../../flows/evidence/evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../../flows/evidence/evidence.ts';
import { indexOf } from './evidence-index.ts';
import { isLater } from './packet-order.ts';
import { clientWentOn, isReplyHalf, viewsOf } from './tcp/halves.ts';
import { isProbing } from './traceroutes.ts';

/**
 * How an attempt to open a TCP connection ended for its client:
 *
 *   answered   a SYN-ACK or data came back
 *   refused    a RST answered the SYN
 *   rejected   an ICMP error quotes the SYN
 *   silent     nothing at all came back
 *   unknown    the SYN was not captured
 */
export type Outcome = 'answered' | 'refused' | 'rejected' | 'silent' | 'unknown';

export interface Attempt {
  conversation: Conversation;
  /** The connection as seen nearest to the client. */
  connection: Connection;
  outcome: Outcome;
  /** The ICMP error that rejected it. */
  error: IcmpError | null;
}

const cache = new WeakMap<Evidence, Attempt[]>();

/**
 * All TCP attempts, in order of the conversations. SYNs of a traceroute are left out, because they do not ask for a
 * connection. Requests and replies that were captured at two interfaces are one attempt: it is answered if the client
 * goes on.
 */
export function attemptsOf(evidence: Evidence): Attempt[] {
  const known = cache.get(evidence);
  if (known !== undefined) return known;
  const errors = quotedErrors(evidence);
  const index = indexOf(evidence);
  const wanted = index.tcp.filter(
    (conversation) => !isProbing(evidence, conversation) && !isReplyHalf(evidence, conversation),
  );
  const attempts = wanted.map((conversation) => {
    const legs = index.connections(conversation);
    const error = legs.map((leg) => errors.get(flowKey(leg))).find((found) => found !== undefined) ?? null;
    const outcome = outcomeOf(legs[0], error);
    const isAnswered = outcome === 'silent' && viewsOf(evidence, conversation).some(clientWentOn);
    return { conversation, connection: legs[0], outcome: isAnswered ? 'answered' : outcome, error };
  });
  cache.set(evidence, attempts);
  return attempts;
}

function outcomeOf(connection: Connection, error: IcmpError | null): Outcome {
  const back = connection.directions[TO_CLIENT];
  if (connection.directions[TO_SERVER].syns === 0) return back.packets > 0 ? 'answered' : 'unknown';
  if (connection.synAck.length > 0 || back.packets > back.resets) return 'answered';
  if (back.resets > 0) return 'refused';
  if (error !== null) return 'rejected';
  return 'silent';
}

/** ICMP source quench and redirect (RFC 792). The quoted packet was forwarded, so these do not reject an attempt. */
const ADVICE = new Set([4, 5]);

/** The first ICMP error about each five-tuple at each point. */
function quotedErrors(evidence: Evidence): Map<string, IcmpError> {
  const errors = new Map<string, IcmpError>();
  for (const error of evidence.icmpErrors) {
    const quoted = error.quoted;
    if (quoted === null || quoted.protocol !== 6 || (error.version === 4 && ADVICE.has(error.type))) continue;
    const key = `${error.point} ${quoted.source.address} ${quoted.source.port} ${quoted.destination.address} ${quoted.destination.port}`;
    if (!errors.has(key)) errors.set(key, error);
  }
  return errors;
}

const flowKey = ({ point, client, server }: Connection): string =>
  `${point} ${client.address} ${client.port} ${server.address} ${server.port}`;

/**
 * Lists each connection once. A NIC or bridge shows a connection to a node port or service before and after its
 * translation, with the same initial sequence number and time stamp. The first of the two shows the address that the
 * client asked for.
 */
export function withoutTranslatedCopies(attempts: readonly Attempt[]): readonly Attempt[] {
  const known = originals.get(attempts);
  if (known !== undefined) return known;
  const found = originalsOf(attempts);
  originals.set(attempts, found);
  return found;
}
const originals = new WeakMap<readonly Attempt[], readonly Attempt[]>();

function originalsOf(attempts: readonly Attempt[]): Attempt[] {
  const first = new Map<number, Attempt>();
  // A sequence number has 32 bits.
  const keyOf = ({ connection: { point, directions } }: Attempt): number =>
    point * 2 ** 32 + (directions[TO_SERVER].iss ?? 0);
  for (const attempt of attempts) {
    const { connection } = attempt;
    if (connection.directions[TO_SERVER].iss === null || connection.syn.length === 0) continue;
    const known = first.get(keyOf(attempt));
    if (known === undefined || isLater(known.connection.syn[0], connection.syn[0])) first.set(keyOf(attempt), attempt);
  }
  return attempts.filter((attempt) => {
    const original = first.get(keyOf(attempt)) ?? attempt;
    return original === attempt || !isCopy(original.connection, attempt.connection);
  });
}

export const ATTEMPT_THRESHOLDS = {
  /**
   * Seconds between a SYN and its translation on one host. Without this limit, two connections share a number by chance
   * once in 2³².
   */
  translationSeconds: { value: 0.05, unit: 's', source: 'docs/thresholds.md, same-host-delay' },
} as const;

const isCopy = (original: Connection, { syn, server, directions }: Connection): boolean =>
  syn.length > 0 &&
  directions[TO_SERVER].tsFirst !== null &&
  directions[TO_SERVER].tsFirst === original.directions[TO_SERVER].tsFirst &&
  syn[0].time - original.syn[0].time <= ATTEMPT_THRESHOLDS.translationSeconds.value &&
  (server.address !== original.server.address || server.port !== original.server.port);

/** "10.1.2.3:80", or "[fd00::1]:80". */
export const endpointText = ({ address, port }: { address: string; port: number }): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
