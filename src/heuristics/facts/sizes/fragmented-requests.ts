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
  const known = firstFragments(evidence);
  return known.size > 0 && known.has(`${point} ${packet}`);
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
    const service = services.get(key) ?? { ...request, requests: [], conversations: [], wholeAnswered: 0, sound: true };
    services.set(key, service);
    if (request.fragmented && request.answered) service.sound = false;
    else if (request.fragmented) {
      service.requests.push(request.request);
      if (request.conversation !== undefined) service.conversations.push(request.conversation);
    } else if (request.answered) service.wholeAnswered++;
    else service.sound = false;
  }
  return joined([...services.values()]);
}

interface Service extends FragmentedRequests {
  /** False when whole requests fail too, or fragmented ones succeed. */
  sound: boolean;
}

/**
 * Joins all services of one pair. One service with a clear result is enough; unanswered fragments of the others belong
 * to it.
 */
function joined(services: readonly Service[]): FragmentedRequests[] {
  const pairs = new Map<string, Service>();
  for (const service of services) {
    if (service.requests.length === 0 && service.sound) continue;
    const key = `${service.point} ${service.source} ${service.destination}`;
    const pair = pairs.get(key);
    if (pair === undefined) {
      pairs.set(key, { ...service, sound: service.sound || service.wholeAnswered === 0 });
      continue;
    }
    pair.requests = [...pair.requests, ...service.requests];
    pair.conversations = [...new Set([...pair.conversations, ...service.conversations])];
    pair.wholeAnswered += service.wholeAnswered;
    pair.sound &&= service.sound;
  }
  return [...pairs.values()].filter(({ sound, wholeAnswered }) => sound && wholeAnswered > 0);
}

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
