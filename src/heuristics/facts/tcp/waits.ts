import type { Connection, Evidence, Turn } from '../../../flows/evidence/evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../../../flows/evidence/evidence.ts';
import { groupBy } from '../../words/group-by.ts';
import { attemptsOf, endpointText, withoutTranslatedCopies } from '../attempts.ts';
import { indexOf } from '../evidence-index.ts';
import { gatesOf } from '../gates.ts';
import { knowsRoles } from './beginnings.ts';

export const WAIT_THRESHOLDS = {
  seconds: { value: 1, unit: 's', source: 'docs/thresholds.md, server-wait' },
  networkFactor: { value: 10, unit: 'factor', source: 'docs/thresholds.md, server-wait' },
  turns: { value: 2, unit: 'exchanges', source: 'docs/thresholds.md, two-show-a-habit' },
  nestedShare: { value: 0.5, unit: 'share', source: 'docs/thresholds.md, nested-wait' },
  timedAnswers: { value: 5, unit: 'exchanges', source: 'docs/thresholds.md, own-timer' },
  rhythm: { value: 3, unit: 'exchanges', source: 'docs/thresholds.md, server-poll' },
  nestedSlack: { value: 0.01, unit: 's', source: 'docs/thresholds.md, nested-wait' },
} as const;

/** A request that waited long although the network was quick. */
export interface Wait {
  leg: Connection;
  /** Index in `Evidence.conversations`. */
  conversation: number;
  /** The service that was asked, or the endpoint where only one answers for it. */
  server: string;
  turn: Turn;
  /** Begin and end, seconds in the time that all points have in common. */
  from: number;
  to: number;
  /** How it ended; `open` at the end of the capture. */
  by: 'answer' | 'client' | 'server' | 'open';
}

export interface AskedServer {
  server: string;
  talks: { leg: Connection; conversation: number }[];
  /** Answered requests, and those of them that are TLS handshakes. */
  turns: number;
  tlsTurns: number;
  /** Long waits for an answer that came. */
  slow: Wait[];
  /** Those and the shorter ones, from 100 ms on. */
  noted: Wait[];
  /** Long waits that ended without an answer. */
  unanswered: Wait[];
  /**
   * Long waits on connections that began before the capture. By themselves they say nothing: fewer than three may be
   * blocking reads. Where they fill the wait of another client, they tell for whom that one waits.
   */
  begun: Wait[];
}

const cache = new WeakMap<Evidence, Map<string, AskedServer>>();

/** Servers by the endpoint that answers, or by the service if several endpoints answer for it. */
export function askedServers(evidence: Evidence): Map<string, AskedServer> {
  const known = cache.get(evidence);
  if (known !== undefined) return known;
  const made = makeServers(evidence);
  cache.set(evidence, made);
  return made;
}

function makeServers(evidence: Evidence): Map<string, AskedServer> {
  const index = indexOf(evidence);
  const servers = new Map<string, AskedServer>();
  const talks = withoutTranslatedCopies(attemptsOf(evidence)).map(({ conversation }) => {
    const legs = index.connections(conversation);
    const leg = legs[legs.length - 1];
    return { conversation, leg, asked: endpointText(conversation.serverBeforeNat ?? legs[0].server) };
  });
  const behind = new Map<string, Set<string>>();
  for (const { asked, leg } of talks) behind.set(asked, (behind.get(asked) ?? new Set()).add(endpointText(leg.server)));
  for (const { conversation, leg, asked } of talks) {
    if (!knowsRoles(evidence, leg) || speaksUnasked(leg) || keepsOwnTime(leg)) continue;
    const server = behind.get(asked)!.size > 1 ? asked : endpointText(leg.server);
    const entry = servers.get(server) ?? {
      server,
      talks: [],
      turns: 0,
      tlsTurns: 0,
      slow: [],
      noted: [],
      unanswered: [],
      begun: [],
    };
    servers.set(server, entry);
    if (!isJudged(evidence, leg)) {
      entry.begun.push(...longWaits(evidence, leg, conversation.index, server));
      continue;
    }
    entry.talks.push({ leg, conversation: conversation.index });
    entry.turns += leg.turns;
    entry.tlsTurns += leg.tlsTurns;
    for (const turn of leg.slowTurns) {
      const wait = waitOf(evidence, leg, conversation.index, server, turn);
      if (wait.by === 'answer') entry.noted.push(wait);
      if (isLong(wait)) (wait.by === 'answer' ? entry.slow : entry.unanswered).push(wait);
    }
  }
  return servers;
}

const longWaits = (evidence: Evidence, leg: Connection, conversation: number, server: string): Wait[] =>
  leg.slowTurns.map((turn) => waitOf(evidence, leg, conversation, server, turn)).filter(isLong);

/**
 * Whether the waits of the connection say anything by themselves. One that began before the capture shows only the end of its rhythm:
 * fewer than three waits may be blocking reads.
 */
function isJudged(evidence: Evidence, leg: Connection): boolean {
  if (gatesOf(evidence).beginning(leg).ok) return true;
  const answered = leg.slowTurns.filter(({ response }) => response !== null).length;
  return answered === 0 || answered >= WAIT_THRESHOLDS.rhythm.value;
}

function waitOf(evidence: Evidence, leg: Connection, conversation: number, server: string, turn: Turn): Wait {
  const { response, request } = turn;
  const isEnded = leg.end?.openRequest === true && leg.end.time >= request.time;
  const until = response?.time ?? (isEnded ? leg.end!.time : indexOf(evidence).endOf(leg.point));
  const shift = evidence.points[leg.point].timeShift;
  const by = response !== null ? 'answer' : !isEnded ? 'open' : leg.end!.direction === TO_CLIENT ? 'server' : 'client';
  return { leg, conversation, server, turn, from: request.time + shift, to: until + shift, by };
}

/** The time passed at the server: nothing was repaired or held up meanwhile, and a round trip is much shorter. */
function isLong({ leg, turn: { request }, ...wait }: Wait): boolean {
  const from = request.time;
  const to = from + wait.to - wait.from;
  const roundTrip = Math.max(leg.handshakeServerSide ?? 0, leg.handshakeClientSide ?? 0, leg.rtt[TO_SERVER]?.min ?? 0);
  const least = Math.max(WAIT_THRESHOLDS.seconds.value, roundTrip * WAIT_THRESHOLDS.networkFactor.value);
  if (to - from < least) return false;
  const repaired = leg.events.some(
    (event) =>
      event.time >= from &&
      event.time <= to &&
      (event.kind === 'retransmission' ||
        event.kind === 'fastRetransmission' ||
        event.kind === 'previousSegmentNotCaptured'),
  );
  const shut = leg.zeroWindowSpans.some((span) => span.start.time <= to && (span.end?.time ?? span.lastTime) >= from);
  return !repaired && !shut;
}

/**
 * The server sends data after a pause without a request, as in a chat, a push channel or a terminal. This data answers
 * no request, so its delay is not a fault.
 */
function speaksUnasked({ idleGaps, slowTurns }: Connection): boolean {
  const answers = new Set(slowTurns.map(({ response }) => response?.packet));
  return idleGaps.some(
    ({ direction, keepAlive, octets, to, seconds }) =>
      direction === TO_CLIENT &&
      !keepAlive &&
      octets > 0 &&
      !answers.has(to.packet) &&
      seconds >= WAIT_THRESHOLDS.seconds.value,
  );
}

/**
 * The server speaks at equal distances, whenever the client spoke before: keep-alives of a protocol with a timer on
 * each side (BGP, BFD). The waits then say only how the two timers lie to each other.
 */
function keepsOwnTime({ slowTurns }: Connection): boolean {
  const answered = slowTurns.filter(({ response }) => response !== null);
  if (answered.length < WAIT_THRESHOLDS.timedAnswers.value) return false;
  const times = answered.map(({ response }) => response!.time).sort((a, b) => a - b);
  const apart = times.slice(1).map((time, at) => time - times[at]);
  return spread(apart) < spread(answered.map(({ seconds }) => seconds)) / 2;
}

const spread = (values: readonly number[]): number => Math.max(...values) - Math.min(...values);

/**
 * The waits of this server for others during `wait`, longest first: it was the client of a request of its own. One of
 * them makes up most of `wait`, or those for one server do together, and the answer follows the last of them at once:
 * requests one after the other, or a queue before a connection that all share.
 */
export function waitsWithin(evidence: Evidence, wait: Wait): Wait[] {
  const addresses = new Set(
    indexOf(evidence)
      .connections(evidence.conversations[wait.conversation])
      .map(({ server }) => server.address),
  );
  const within = [...addresses]
    .flatMap((address) => waitsByClient(evidence).get(address) ?? [])
    .filter((inner) => inner.conversation !== wait.conversation && isWithin(inner, wait));
  const together = [...groupBy(within, ({ server }) => server).values()].filter((inner) => leadsTo(inner, wait));
  const inner = new Set([...within.filter((one) => isMostOf(one.to - one.from, wait)), ...together.flat()]);
  return [...inner].sort((a, b) => b.to - b.from - (a.to - a.from));
}

const isWithin = (inner: Wait, outer: Wait): boolean =>
  inner.from >= outer.from - WAIT_THRESHOLDS.nestedSlack.value &&
  inner.to <= outer.to + WAIT_THRESHOLDS.nestedSlack.value;

const isMostOf = (seconds: number, outer: Wait): boolean =>
  seconds >= WAIT_THRESHOLDS.nestedShare.value * (outer.to - outer.from);

/**
 * Whether answered waits fill most of `outer` together, and its answer came right after one of them. Without the
 * second, requests of other work would explain a program that is slow itself.
 */
function leadsTo(within: readonly Wait[], outer: Wait): boolean {
  const inner = within.filter(({ by }) => by === 'answer').sort((a, b) => a.from - b.from);
  if (outer.by !== 'answer' || !inner.some(({ to }) => outer.to - to <= WAIT_THRESHOLDS.nestedSlack.value))
    return false;
  let until = outer.from;
  let filled = 0;
  for (const { from, to } of inner) {
    filled += Math.max(0, to - Math.max(from, until));
    until = Math.max(until, to);
  }
  return isMostOf(filled, outer);
}

const byClient = new WeakMap<Evidence, Map<string, Wait[]>>();

function waitsByClient(evidence: Evidence): Map<string, Wait[]> {
  const known = byClient.get(evidence);
  if (known !== undefined) return known;
  const index = indexOf(evidence);
  const made = new Map<string, Wait[]>();
  for (const { slow, unanswered, begun } of askedServers(evidence).values())
    for (const wait of [...slow, ...unanswered, ...begun]) {
      const clients = index.connections(evidence.conversations[wait.conversation]).map(({ client }) => client.address);
      for (const client of new Set(clients)) made.set(client, [...(made.get(client) ?? []), wait]);
    }
  byClient.set(evidence, made);
  return made;
}
