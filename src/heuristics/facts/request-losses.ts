import {
  type Conversation,
  type DatagramFlow,
  type Evidence,
  TO_CLIENT,
  TO_SERVER,
} from '../../flows/evidence/evidence.ts';
import { appendTo } from '../words/append-to.ts';
import { datagramIsForOne } from './counter/group-address.ts';
import type { RequestLoss } from './echo-losses.ts';
import { indexOf } from './evidence-index.ts';
import { gatesOf } from './gates.ts';
import { SILENT_PORTS } from './silent-ports.ts';

export const REQUEST_LOSS_THRESHOLDS = {
  lostRequests: { value: 3, unit: 'requests', source: 'docs/thresholds.md, three-sendings' },
  requestAnswers: { value: 10, unit: 'packets', source: 'docs/thresholds.md, one-answer-each' },
  mostLate: { value: 0.1, unit: 'share', source: 'docs/thresholds.md, one-answer-each' },
  requestWaits: { value: 2, unit: 'factor', source: 'docs/thresholds.md, one-answer-each' },
  mostUnanswered: { value: 0.25, unit: 'share', source: 'docs/thresholds.md, one-answer-each' },
} as const;

interface Asking {
  flow: DatagramFlow;
  conversation: Conversation;
  unanswered: number;
}

/**
 * UDP requests that stay without an answer between others that get one: some are lost, there or back. Only flows count
 * in which a packet of the server follows one of the client (but for one in ten, which may be late), ten answers or more
 * came, and the client waited at least twice as long for a missing answer as any answer took. Two streams of an even
 * pace (voice, BFD, keep-alives of both sides) pass each other at any distance, so they do not look like that. Where more
 * than a quarter stay without, some may want no answer: keep-alives of a NAT between probes of the peer, or data of which
 * every second packet is acknowledged.
 *
 *   client ─►   ─►   ─► · · · · ─►   ─►
 *   server   ◄─   ◄─      ×        ◄─   ◄─
 *
 * @param covered conversations whose losses are counted between points
 */
export function lossesOfRequests(evidence: Evidence, covered: ReadonlySet<number>): RequestLoss[] {
  const groups = new Map<string, Asking[]>();
  for (const conversation of evidence.conversations) {
    if (conversation.protocol !== 'udp' || covered.has(conversation.index)) continue;
    const [flow] = indexOf(evidence).datagrams(conversation);
    if (flow === undefined || !isAsking(evidence, flow)) continue;
    const key = `${flow.point} ${flow.client.address} ${flow.server.address} ${flow.server.port}`;
    appendTo(groups, key, { flow, conversation, unanswered: betweenAnswers(flow) });
  }
  return [...groups.values()].flatMap((group) => lossOf(group) ?? []);
}

/** Whether the flow consists of requests and one answer each, and the capture holds all of it. */
function isAsking(evidence: Evidence, flow: DatagramFlow): boolean {
  const { point, server, packets, quic, unanswered } = flow;
  const { requestAnswers, requestWaits, mostLate, mostUnanswered } = REQUEST_LOSS_THRESHOLDS;
  if (quic || SILENT_PORTS.has(server.port) || packets[TO_CLIENT] < requestAnswers.value) return false;
  if (!gatesOf(evidence).loss(point).ok || datagramIsForOne(flow) === 'refuted') return false;
  if (unanswered === null) return true;
  if (betweenAnswers(flow) > mostUnanswered.value * packets[TO_SERVER]) return false;
  const { answersAgain, longestAnswer, shortestWait } = unanswered;
  const isOneEach = answersAgain <= mostLate.value * packets[TO_CLIENT];
  return isOneEach && shortestWait >= requestWaits.value * longestAnswer;
}

/**
 * Requests without an answer that an answered one follows. Answers that came late, after the next request, count. Those
 * after the last answer are told as answers that stop.
 */
function betweenAnswers({ packets, unanswered, sinceAnswer }: DatagramFlow): number {
  const since = sinceAnswer?.packets ?? 0;
  const followed = (unanswered?.requests ?? 0) - Math.max(0, since - 1);
  return Math.max(0, Math.min(followed, packets[TO_SERVER] - packets[TO_CLIENT] - since));
}

function lossOf(group: readonly Asking[]): RequestLoss | null {
  const losing = group.filter(({ unanswered }) => unanswered > 0);
  const total = losing.reduce((sum, { unanswered }) => sum + unanswered, 0);
  if (total < REQUEST_LOSS_THRESHOLDS.lostRequests.value) return null;
  const [{ flow }] = group;
  return {
    what: 'UDP request',
    port: flow.server.port,
    point: flow.point,
    source: flow.client.address,
    destination: flow.server.address,
    lost: losing.flatMap((one) => one.flow.unanswered?.packets.slice(0, one.unanswered) ?? []),
    total,
    sent: group.reduce((sum, one) => sum + one.flow.packets[TO_SERVER], 0),
    conversations: losing.map(({ conversation }) => conversation),
  };
}
