import type {
  Conversation,
  DatagramFlow,
  EchoExchange,
  Evidence,
  PacketRef,
} from '../../../flows/evidence/evidence.ts';
import { isSpecial } from '../../../text/addresses.ts';
import { indexOf } from '../evidence-index.ts';

/** Outcome of the requests of one host to another at one point, for requests sent in fragments and for the others. */
export interface FragmentedRequests {
  point: number;
  source: string;
  destination: string;
  /** Unanswered requests that were sent in fragments, and the conversations they belong to. */
  requests: PacketRef[];
  conversations: Conversation[];
  /** Requests sent whole that were answered. */
  wholeAnswered: number;
}

const cache = new WeakMap<Evidence, Set<string>>();

/** Whether a packet is the first fragment of a datagram. */
export function isFragmented(evidence: Evidence, point: number, { packet }: PacketRef): boolean {
  return firstFragments(evidence).has(`${point} ${packet}`);
}

/** The first fragments of datagrams, as "point packet". */
function firstFragments(evidence: Evidence): Set<string> {
  let known = cache.get(evidence);
  if (known === undefined) {
    known = new Set(evidence.fragments.filter(({ outer }) => !outer).map((one) => `${one.point} ${one.first.packet}`));
    cache.set(evidence, known);
  }
  return known;
}

/**
 * Pairs of hosts whose fragmented requests all stay unanswered, while the same service answers requests that are sent
 * whole. A service that answers no request at all shows nothing. A service that answers a fragmented request does not
 * have this problem.
 */
export function unansweredInFragments(evidence: Evidence, guardSeconds: number): FragmentedRequests[] {
  if (firstFragments(evidence).size === 0) return [];
  const services = new Map<string, Service>();
  for (const request of requestsOf(evidence, guardSeconds)) {
    const key = `${request.point} ${request.source} ${request.destination} ${request.service}`;
    const service = services.get(key) ?? { ...request, ...NOTHING_ASKED, requests: [], conversations: [] };
    services.set(key, service);
    if (request.fragmented && request.answered) service.fragmentedAnswered++;
    else if (request.fragmented) {
      service.requests.push(request.request);
      if (request.conversation !== undefined) service.conversations.push(request.conversation);
    } else if (request.answered) service.wholeAnswered++;
    else service.wholeSilent++;
  }
  return joined([...services.values()]);
}

interface Service extends FragmentedRequests {
  /** Requests sent whole that were not answered, and requests sent in fragments that were. */
  wholeSilent: number;
  fragmentedAnswered: number;
}

const NOTHING_ASKED = { wholeAnswered: 0, wholeSilent: 0, fragmentedAnswered: 0 };

/** Whether the size of the requests is not the reason: fragments pass, or others sent whole to a living service fail too. */
const isContradicting = ({ wholeAnswered, wholeSilent, fragmentedAnswered }: Service): boolean =>
  fragmentedAnswered > 0 || (wholeSilent > 0 && wholeAnswered > 0);

/** Whether it leaves requests that are sent whole without an answer, too. */
const isDead = ({ wholeAnswered, wholeSilent }: Service): boolean => wholeSilent > 0 && wholeAnswered === 0;

/**
 * Joins all services of one pair. One service with a clear result is enough, and one that contradicts it refutes it;
 * unanswered fragments of the others belong to it, but for those of a service that answers nothing.
 */
function joined(services: readonly Service[]): FragmentedRequests[] {
  const refuted = new Set(services.filter(isContradicting).map(pairOf));
  const pairs = new Map<string, FragmentedRequests>();
  for (const service of services) {
    if (service.requests.length === 0 || isDead(service) || refuted.has(pairOf(service))) continue;
    const { point, source, destination } = service;
    const pair = pairs.get(pairOf(service)) ?? { point, source, destination, ...NOTHING_FOUND };
    pairs.set(pairOf(service), {
      ...pair,
      requests: [...pair.requests, ...service.requests],
      conversations: [...new Set([...pair.conversations, ...service.conversations])],
      wholeAnswered: pair.wholeAnswered + service.wholeAnswered,
    });
  }
  return [...pairs.values()].filter(({ wholeAnswered }) => wholeAnswered > 0);
}

const NOTHING_FOUND = { requests: [], conversations: [], wholeAnswered: 0 };

const pairOf = ({ point, source, destination }: Service): string => `${point} ${source} ${destination}`;

interface Request {
  point: number;
  source: string;
  destination: string;
  service: string;
  fragmented: boolean;
  answered: boolean;
  request: PacketRef;
  conversation: Conversation | undefined;
}

function* requestsOf(evidence: Evidence, guardSeconds: number): Iterable<Request> {
  const index = indexOf(evidence);
  const isLate = (point: number, time: number): boolean => index.endOf(point) - time < guardSeconds;
  for (const echo of evidence.echoes) if (echo.request !== null) yield* echoRequest(echo, echo.request);
  for (const flow of evidence.datagrams) yield* socketRequest(flow);

  function* echoRequest(echo: EchoExchange, request: PacketRef): Iterable<Request> {
    const { point, source, destination, reply } = echo;
    if (isSpecial(destination) || (reply === null && isLate(point, request.time))) return;
    const conversation = index.conversationOfFlow(point, echo.flow);
    const fragmented = isFragmented(evidence, point, request);
    yield { point, source, destination, service: 'echo', fragmented, answered: reply !== null, request, conversation };
  }

  /**
   * The requests of one socket. For a socket that sends both whole and in fragments, it is unknown which requests are
   * answered.
   */
  function* socketRequest(flow: DatagramFlow): Iterable<Request> {
    const { point, client, server, samples, packets } = flow;
    const [request] = samples[0];
    if (request === undefined || isSpecial(server.address)) return;
    const answered = packets[1] > 0;
    if (!answered && isLate(point, flow.last[0]?.time ?? 0)) return;
    const parts = samples[0].filter((one) => isFragmented(evidence, point, one)).length;
    if (parts > 0 && parts < samples[0].length && answered) return;
    yield {
      point,
      source: client.address,
      destination: server.address,
      service: `${flow.protocol} ${server.port}`,
      fragmented: parts > 0,
      answered,
      request,
      conversation: index.conversationOf('datagram', flow.index),
    };
  }
}
