import {
  type Conversation,
  type DnsExchange,
  type DnsResponse,
  type Endpoint,
  type Evidence,
  type IcmpError,
  TO_CLIENT,
} from '../../flows/evidence/evidence.ts';
import { isLinkLocalUnicast, isSpecial } from '../../text/addresses.ts';
import { rcodeName, typeName } from '../../text/dns-names.ts';
import type { EvidencePacket } from '../rule/rule.ts';
import { isBeyondClockSteps } from './counter/clock-steps.ts';
import { indexOf } from './evidence-index.ts';
import { gatesOf } from './gates.ts';
import { isReturnUnseen } from './one-way.ts';
import { inOrder, isLater } from './packet-order.ts';

export const LOOKUP_THRESHOLDS = {
  /** Seconds without an answer before "no answer" is claimed: resolvers repeat after 2.5 s (musl) or 5 s (glibc). */
  answerGuardSeconds: { value: 2, unit: 's', source: 'docs/thresholds.md, answer-guard' },
} as const;

/**
 * Multicast DNS and LLMNR: these questions go to all hosts of the link, and only the host concerned answers (RFC 6762,
 * RFC 4795).
 */
const LOCAL_DNS_PORTS = new Set([5353, 5355]);

/** A link-local name server serves its node or its link: NodeLocal DNSCache (169.254.20.10), those of clouds. */
const isOneServer = (address: string): boolean => !isSpecial(address) || isLinkLocalUnicast(address);

/** One question, as seen at the capture point nearest to its client. */
export interface Lookup {
  exchange: DnsExchange;
  conversation: Conversation | null;
  /** The same question at the further points of its path. */
  further: DnsExchange[];
  client: Endpoint;
  /** The address that the client asked, before any translation behind this point. */
  server: Endpoint;
  /** First answer from the address that was asked; without one, the first answer from another address. */
  answer: DnsResponse | null;
  /**
   * True when no answer came from the address that was asked: a translation was not undone, or the point is between
   * translations.
   */
  fromElsewhere: boolean;
  /** Seconds from the first query to the first answer; null without an answer. */
  seconds: number | null;
  /** ICMP error that quotes a query of this lookup. */
  error: IcmpError | null;
}

const DNS_PORT = 53; // RFC 1035, 4.2
const cache = new WeakMap<Evidence, Lookup[]>();

/** All questions, in order of the evidence. A question that several points saw is listed once. */
export function lookupsOf(evidence: Evidence): Lookup[] {
  const known = cache.get(evidence);
  if (known !== undefined) return known;
  const errors = errorsByQuery(evidence);
  const lookups = [...sameQuestions(evidence).values()].map((group) => lookupOf(group, errors));
  cache.set(evidence, lookups);
  return lookups;
}

interface Question {
  conversation: Conversation | null;
  /** The exchanges in the order of the path. */
  exchanges: DnsExchange[];
}

function sameQuestions(evidence: Evidence): Map<string, Question> {
  const index = indexOf(evidence);
  const questions = new Map<string, Question>();
  for (const exchange of evidence.dns) {
    if (exchange.queries.length === 0) continue;
    const conversation = index.conversationOfFlow(exchange.point, exchange.flow) ?? null;
    const carrier = conversation === null ? `alone ${exchange.index}` : conversation.index;
    const key = `${carrier} ${exchange.id} ${exchange.type} ${exchange.name}`;
    const question = questions.get(key);
    if (question === undefined) questions.set(key, { conversation, exchanges: [exchange] });
    else question.exchanges.push(exchange);
  }
  for (const { conversation, exchanges } of questions.values()) {
    const place = (exchange: DnsExchange) =>
      conversation?.legs.findIndex((leg) => leg.point === exchange.point && leg.flow === exchange.flow) ?? 0;
    exchanges.sort((a, b) => place(a) - place(b));
  }
  return questions;
}

function lookupOf({ conversation, exchanges }: Question, errors: ReadonlyMap<string, IcmpError>): Lookup {
  const [exchange, ...further] = exchanges;
  const own = exchange.responses.find(({ from }) => from.address === exchange.server.address);
  const answer = own ?? exchange.responses[0] ?? null;
  return {
    exchange,
    conversation,
    further,
    client: exchange.client,
    server: exchange.server,
    answer,
    fromElsewhere: answer !== null && own === undefined,
    seconds: answer === null ? null : answer.time - exchange.queries[0].time,
    error: exchanges.map((one) => errors.get(queryKey(one))).find((found) => found !== undefined) ?? null,
  };
}

/**
 * First ICMP error about the queries of each exchange. An error about an answer quotes the other direction. The
 * server's address is not compared: a bridge shows the query to the pod, and the error about it already translated
 * back.
 */
function errorsByQuery({ icmpErrors }: Evidence): Map<string, IcmpError> {
  const errors = new Map<string, IcmpError>();
  for (const error of icmpErrors) {
    if (error.quoted === null || error.quoted.protocol !== 17) continue;
    const { source, destination } = error.quoted;
    const key = queryKey({ point: error.point, client: source, server: destination });
    if (!errors.has(key)) errors.set(key, error);
  }
  return errors;
}

const queryKey = ({ point, client, server }: Pick<DnsExchange, 'point' | 'client' | 'server'>): string =>
  `${point} ${client.address} ${client.port} ${server.port}`;

/**
 * True when a question stayed unanswered and the capture allows to say so: the capture did not end too early, it holds
 * both directions, it did not miss the answer, and the server is one that is expected to answer.
 */
export function isUnanswered(evidence: Evidence, lookup: Lookup): boolean {
  const { exchange, answer, error, server } = lookup;
  if (answer !== null || error !== null) return false;
  if (!isOneServer(server.address) || LOCAL_DNS_PORTS.has(server.port)) return false;
  const left = indexOf(evidence).endOf(exchange.point) - exchange.queries[0].time;
  if (left < LOOKUP_THRESHOLDS.answerGuardSeconds.value) return false;
  if (!isBeyondClockSteps(evidence, exchange.point, left)) return false;
  if (hasUnreadAnswer(evidence, lookup)) return false;
  if (isReturnUnseen(evidence, exchange.point, exchange.client.address, server.address)) return false;
  return gatesOf(evidence).absence(exchange.point).ok && !isAnswerMissed(evidence, lookup);
}

/**
 * Whether the server sent more datagrams to the socket than the answers that were read from it: one of them may answer
 * this question, and its octets were changed (a tool that removes names) or could not be read.
 */
function hasUnreadAnswer(evidence: Evidence, { conversation, exchange }: Lookup): boolean {
  if (conversation === null || evidence.dns.length < evidence.dnsTotal) return false;
  const isSameFlow = ({ point, flow }: Pick<DnsExchange, 'point' | 'flow'>): boolean =>
    point === exchange.point && flow === exchange.flow;
  const index = indexOf(evidence);
  const carrier = index.datagrams(conversation).find(isSameFlow);
  const last = carrier?.last[TO_CLIENT] ?? null;
  if (carrier === undefined || last === null || !isLater(last, exchange.queries[0])) return false;
  const read = index
    .dns(conversation)
    .filter(isSameFlow)
    .reduce((sum, { responses }) => sum + responses.length, 0);
  return carrier.packets[TO_CLIENT] > read;
}

/**
 * True for a question that was not repeated, at a point where the capture misses packets. The client got the answer,
 * and the capture missed it.
 */
export function isAnswerMissed(evidence: Evidence, lookup: Lookup): boolean {
  const { exchange, answer, error } = lookup;
  if (answer !== null || error !== null || exchange.queriesTotal > 1) return false;
  if (gatesOf(evidence).single(exchange.point).ok) return false;
  return !lookupsOf(evidence).some((other) => isAskedAgainBy(other, lookup));
}

const isAskedAgainBy = ({ exchange: other }: Lookup, { exchange }: Lookup): boolean =>
  other !== exchange &&
  other.name === exchange.name &&
  other.type === exchange.type &&
  other.client.address === exchange.client.address &&
  other.point === exchange.point &&
  isLater(other.queries[0], exchange.queries[0]);

/**
 * Sockets that refused an answer to a lookup by "port unreachable", with the point. The answer came from an address
 * that the client had not asked: the question was translated, and the answer was not translated back.
 */
export const refusedAnswers = ({ icmpErrors }: Evidence): Set<string> =>
  new Set(
    icmpErrors.flatMap(({ point, version, type, code, quoted }) =>
      quoted !== null &&
      quoted.source.port === DNS_PORT &&
      (version === 4 ? type === 3 && code === 3 : type === 1 && code === 4)
        ? [`${point} ${quoted.destination.address} ${quoted.destination.port}`]
        : [],
    ),
  );

/** Seconds on the common clock, so that times of different points can be compared. */
export const commonTime = (evidence: Evidence, point: number, time: number): number =>
  time + evidence.points[point].timeShift;

/** Conversations of lookups, each once, in order. */
export const conversationsOf = (lookups: readonly Lookup[]): Conversation[] => [
  ...new Set(lookups.flatMap(({ conversation }) => (conversation === null ? [] : [conversation]))),
];

export { rcodeName, typeName };

/** Queries and answers of a lookup in order of time, with a note each. */
export function lookupPackets({ exchange }: Lookup): EvidencePacket[] {
  const first = exchange.queries[0];
  const what = `${typeName(exchange.type)} ${exchange.name}`;
  const queries = exchange.queries.map(
    ({ packet, time }, nth): EvidencePacket => ({
      packet,
      time,
      point: exchange.point,
      direction: '>',
      note: nth === 0 ? `query ${what}` : `query ${what} again after ${(time - first.time).toFixed(2)} s`,
    }),
  );
  const answers = exchange.responses.map(
    ({ packet, time, rcode, from }): EvidencePacket => ({
      packet,
      time,
      point: exchange.point,
      direction: '<',
      note: `${rcodeName(rcode)} from ${from.address} after ${(time - first.time).toFixed(3)} s`,
    }),
  );
  return [...queries, ...answers].sort(inOrder);
}

export const SERVFAIL = 2;
export const NXDOMAIN = 3;
export const REFUSED = 5;

/** Lookups by a key, in order. */
export function groupLookups(lookups: readonly Lookup[], keyOf: (lookup: Lookup) => string): Lookup[][] {
  const groups = new Map<string, Lookup[]>();
  for (const lookup of lookups) {
    const group = groups.get(keyOf(lookup));
    if (group === undefined) groups.set(keyOf(lookup), [lookup]);
    else group.push(lookup);
  }
  return [...groups.values()];
}

/** Server as a report names it. Its port is added only when it is not 53. */
export const serverText = ({ address, port }: Endpoint): string =>
  port === 53 ? address : address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

/** Addresses that the queries of these lookups were translated to: pods behind a service address. */
export const podsBehind = (group: readonly Lookup[]): string[] => [
  ...new Set(
    group.flatMap(({ conversation, further, server }) =>
      [
        ...(conversation === null ? [] : [conversation.server.address]),
        ...further.map((one) => one.server.address),
      ].filter((address) => address !== server.address),
    ),
  ),
];
