import type { Conversation, EchoExchange, Evidence, PacketRef } from '../../flows/evidence/evidence.ts';
import { appendTo } from '../words/append-to.ts';
import { echoIsForOne } from './counter/group-address.ts';
import { indexOf } from './evidence-index.ts';
import { gatesOf } from './gates.ts';
import { isProbing } from './traceroutes.ts';

export const ECHO_LOSS_THRESHOLDS = {
  echoes: { value: 3, unit: 'requests', source: 'docs/thresholds.md, three-sendings' },
  echoSeconds: { value: 2, unit: 's', source: 'docs/thresholds.md, answer-guard' },
} as const;

/** Requests of one host to another of which some get no answer, as the point nearest to the sender shows them. */
export interface RequestLoss {
  what: 'echo request' | 'UDP request';
  /** UDP port of the server; 0 for echo requests. */
  port: number;
  point: number;
  source: string;
  destination: string;
  /** Requests without a reply, no larger than one that was answered; the list may be shorter than `total`. */
  lost: PacketRef[];
  total: number;
  /** All requests that are old enough to be answered. */
  sent: number;
  conversations: Conversation[];
}

/**
 * Echo requests without a reply between others that are answered: a few get lost, there or back. Some are answered
 * before the second of the lost ones and after the last but one, so the host was there. Larger ones than any that was
 * answered are a matter of size. Where the capture itself missed packets, the replies may be among them.
 *
 * @param covered conversations whose losses are counted between points
 */
export function lossesOfEchoes(evidence: Evidence, covered: ReadonlySet<number>): RequestLoss[] {
  const index = indexOf(evidence);
  const groups = new Map<string, { echo: EchoExchange; conversation: Conversation }[]>();
  for (const conversation of evidence.conversations) {
    if (covered.has(conversation.index) || isProbing(evidence, conversation)) continue;
    const [{ point }] = conversation.legs;
    if (!gatesOf(evidence).loss(point).ok) continue;
    for (const echo of index.echoes(conversation)) {
      if (echo.point !== point || echo.request === null || echoIsForOne(echo) === 'refuted') continue;
      if (echo.request.time > index.endOf(point) - ECHO_LOSS_THRESHOLDS.echoSeconds.value) continue;
      appendTo(groups, `${point} ${echo.source} ${echo.destination}`, { echo, conversation });
    }
  }
  return [...groups.values()].flatMap((group) => lossOf(group) ?? []);
}

function lossOf(group: readonly { echo: EchoExchange; conversation: Conversation }[]): RequestLoss | null {
  const { echoes: least } = ECHO_LOSS_THRESHOLDS;
  const answered = group.filter(({ echo }) => echo.reply !== null);
  if (answered.length < least.value) return null;
  const largest = Math.max(...answered.map(({ echo }) => echo.l3Length));
  const lost = group.filter(({ echo }) => echo.reply === null && echo.l3Length <= largest);
  if (lost.length < least.value) return null;
  const times = lost.map(({ echo }) => timeOf(echo)).sort((a, b) => a - b);
  const answeredTimes = answered.map(({ echo }) => timeOf(echo));
  const isBetween =
    answeredTimes.some((time) => time < times[1]) && answeredTimes.some((time) => time > times[times.length - 2]);
  if (!isBetween) return null;
  const [{ echo }] = group;
  return {
    what: 'echo request',
    port: 0,
    point: echo.point,
    source: echo.source,
    destination: echo.destination,
    lost: lost.flatMap((one) => one.echo.request ?? []),
    total: lost.length,
    sent: group.length,
    conversations: [...new Set(lost.map(({ conversation }) => conversation))],
  };
}

const timeOf = ({ request }: EchoExchange): number => request?.time ?? 0;
