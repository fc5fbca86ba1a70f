/**
 * What the triage counts. Several points show the same conversation, so conversations are counted, and of what is
 * counted by point the point that has most.
 */
import type { Connection, Conversation, DatagramFlow, Evidence } from '../../flows/evidence/evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../../flows/evidence/evidence.ts';
import { indexOf } from '../facts/evidence-index.ts';
import { lifeOf, type Stage } from '../facts/tcp/life.ts';
import { groupBy } from '../words/group-by.ts';

export const OPENED: ReadonlySet<Stage> = new Set(['opened']);
/** Stages of a handshake that led to nothing. */
export const OFFERED: ReadonlySet<Stage> = new Set(['offered', 'not-taken']);

/** How many of these there are at the point that has most of them. */
export function mostAtOnePoint(items: readonly { point: number }[]): number {
  const counts = new Map<number, number>();
  for (const { point } of items) counts.set(point, (counts.get(point) ?? 0) + 1);
  return Math.max(0, ...counts.values());
}

/**
 * A TCP connection: its conversation, or the two conversations of its directions where an address is translated between
 * them, as at a bridge of which the service address is only on one side.
 */
export type Whole = readonly Conversation[];

const cache = new WeakMap<Evidence, Whole[]>();

/**
 * A SYN-ACK without its SYN belongs to the SYN without SYN-ACK of the same client and initial sequence number (RFC 9293,
 * 3.4.1). A scan uses one number for many ports: then the port tells.
 */
function wholeConnections(evidence: Evidence): readonly Whole[] {
  const known = cache.get(evidence);
  if (known !== undefined) return known;
  const replies: [string, Conversation][] = [];
  const wholes = new Map<Conversation, Conversation[]>();
  for (const conversation of indexOf(evidence).tcp) {
    const legs = legsOf(evidence, [conversation]);
    const answered = legs.some(isAsking) ? null : answerOf(legs.find(isAnswering));
    if (answered !== null) replies.push([answered, conversation]);
    else wholes.set(conversation, [conversation]);
  }
  const requests = replies.length === 0 ? NO_REQUESTS : requestsIn(evidence, [...wholes.keys()]);
  for (const [opening, reply] of replies) {
    const asked = requests.get(opening) ?? [];
    const request = asked.length === 1 ? asked[0] : asked.find(({ server }) => server.port === reply.server.port);
    if (request === undefined) wholes.set(reply, [reply]);
    else wholes.get(request)?.push(reply);
  }
  const list = [...wholes.values()];
  cache.set(evidence, list);
  return list;
}

const isAsking = ({ syn }: Connection): boolean => syn.length > 0;
const isAnswering = ({ synAck }: Connection): boolean => synAck.length > 0;

const NO_REQUESTS: ReadonlyMap<string, Conversation[]> = new Map();

/** Conversations with a SYN and no SYN-ACK, by client and initial sequence number. */
const requestsIn = (evidence: Evidence, conversations: readonly Conversation[]): ReadonlyMap<string, Conversation[]> =>
  groupBy(
    conversations.filter((conversation) => !legsOf(evidence, [conversation]).some(isAnswering)),
    (conversation) => {
      const asking = legsOf(evidence, [conversation]).find(isAsking);
      return openingOf(asking, asking?.directions[TO_SERVER].iss) ?? '';
    },
  );

const openingOf = (leg: Connection | undefined, iss: number | null | undefined): string | null =>
  leg === undefined || iss === null || iss === undefined ? null : `${leg.client.address} ${leg.client.port} ${iss}`;

const answerOf = (leg: Connection | undefined): string | null =>
  openingOf(leg, typeof leg?.synAckAcks === 'number' ? (leg.synAckAcks - 1) >>> 0 : null);

/** A leg of a conversation that was only counted has no connection. */
export const legsOf = (evidence: Evidence, whole: Whole): Connection[] =>
  whole.flatMap((conversation) => indexOf(evidence).connections(conversation)).filter((leg) => leg !== undefined);

/** Whether one of its conversations got to one of these stages, and none of them further. */
export const isIn =
  (evidence: Evidence, stages: ReadonlySet<Stage>) =>
  (whole: Whole): boolean => {
    const reached = whole.map((one) => lifeOf(evidence, one).stage);
    return reached.some((stage) => stages.has(stage)) && (stages === OPENED || !reached.includes('opened'));
  };

/** Connections with a SYN or a SYN-ACK. */
export const attemptsOf = (evidence: Evidence): Whole[] =>
  wholeConnections(evidence).filter((whole) =>
    legsOf(evidence, whole).some(({ syn, synAck }) => syn.length + synAck.length > 0),
  );

/** Conversations with a datagram flow that satisfies the condition at one of their points. */
export const datagramsWith = (evidence: Evidence, isSuch: (one: DatagramFlow) => boolean): Conversation[] =>
  evidence.conversations.filter((one) => indexOf(evidence).datagrams(one).some(isSuch));

/**
 * Connections with packets both ways, whose client acknowledged the server's SYN-ACK. A SYN-ACK alone proves nothing,
 * and neither does a reset.
 */
export const workingConnections = (evidence: Evidence): number =>
  wholeConnections(evidence).filter((whole) => {
    const legs = legsOf(evidence, whole);
    return (
      legs.some(({ directions }) => directions[TO_SERVER].packets > 0) &&
      legs.some(({ directions: [, back] }) => back.packets > back.resets) &&
      !isIn(evidence, OFFERED)(whole)
    );
  }).length;

/** Connections with packets of both ends, whatever they are. */
export const halfwayConnections = (evidence: Evidence): number =>
  wholeConnections(evidence).filter((whole) => {
    const legs = legsOf(evidence, whole);
    return [TO_SERVER, TO_CLIENT].every((way) => legs.some(({ directions }) => directions[way].packets > 0));
  }).length;

/** Connections that opened and were only counted. */
export function openedUnjudged({ openedLeftOut, points }: Evidence): number {
  const byPoint = points.map(() => 0);
  for (const { point, times } of openedLeftOut) byPoint[point] += times.length;
  return Math.max(0, ...byPoint);
}

/** Answered UDP flows that were only counted. */
export const udpUnjudged = ({ answeredLeftOut }: Evidence): number =>
  answeredLeftOut.reduce((most, { udp }) => Math.max(most, udp), 0);

/** Pings with a request and a reply. */
export const answeredPings = (evidence: Evidence): number =>
  evidence.conversations.reduce((total, conversation) => {
    const echoes = indexOf(evidence).echoes(conversation);
    return total + mostAtOnePoint(echoes.filter(({ request, reply }) => request !== null && reply !== null));
  }, 0);

export interface LookupCounts {
  /** Lookups, and those that got a response; `answered` is never more. */
  of: number;
  answered: number;
  /** False when further lookups were captured, of which nothing but their number is known. */
  isAll: boolean;
}

export function countLookups(evidence: Evidence): LookupCounts {
  const { dns, dnsTotal, answeredLeftOut } = evidence;
  const most = answeredLeftOut.reduce((known, { lookups }) => Math.max(known, lookups), 0);
  const counts = { of: most, answered: most };
  const isAnswered = ({ responses }: (typeof dns)[number]): boolean => responses.length > 0;
  for (const conversation of evidence.conversations) {
    const lookups = indexOf(evidence).dns(conversation);
    counts.of += mostAtOnePoint(lookups);
    counts.answered += mostAtOnePoint(lookups.filter(isAnswered));
  }
  const known = answeredLeftOut.reduce((total, { lookups }) => total + lookups, dns.length);
  return { ...counts, isAll: known >= dnsTotal };
}
