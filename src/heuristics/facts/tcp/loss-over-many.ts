import type { Connection, Conversation, Direction, Evidence } from '../../../flows/evidence/evidence.ts';
import { TO_SERVER } from '../../../flows/evidence/evidence.ts';
import { indexOf } from '../evidence-index.ts';
import { gatesOf } from '../gates.ts';
import { lateOf, lossesOf, tellingLeg } from './background-loss.ts';

/** What short connections of two hosts lost together, in one direction, seen at one point. */
export interface LossOverMany {
  sender: string;
  receiver: string;
  direction: Direction;
  lost: number;
  /** Data segments; with those of connections that are only counted, taken to be as long as the others. */
  sent: number;
  /** Connections, and those of them that lost something. */
  connections: number;
  losing: Connection[];
  conversations: Conversation[];
}

/**
 * Losses of connections each of which is too short to say anything of a share, by the two hosts: a hundred requests with
 * two segments each are a transfer of two hundred.
 *
 * @param isJudged conversations whose losses are counted elsewhere, or mean something else
 */
export function lossesOverMany(evidence: Evidence, isJudged: (conversation: Conversation) => boolean): LossOverMany[] {
  const groups = new Map<string, LossOverMany & { leg: Connection }>();
  for (const conversation of indexOf(evidence).tcp) {
    if (isJudged(conversation)) continue;
    const legs = indexOf(evidence).connections(conversation);
    for (const direction of [0, 1] as const) {
      const leg = tellingLeg(conversation, legs, direction);
      if (!gatesOf(evidence).loss(leg.point).ok || isAppended(evidence, leg)) continue;
      enter(groups, conversation, leg, direction);
    }
  }
  return [...groups.values()].map(({ leg, ...group }) => ({
    ...group,
    sent: group.sent + sentByOthers(evidence, leg, group),
  }));
}

function enter(
  groups: Map<string, LossOverMany & { leg: Connection }>,
  conversation: Conversation,
  leg: Connection,
  direction: Direction,
): void {
  const [sender, receiver] = direction === TO_SERVER ? [leg.client, leg.server] : [leg.server, leg.client];
  const key = `${direction} ${sender.address} ${receiver.address} ${leg.server.port}`;
  let group = groups.get(key);
  if (group === undefined) {
    const none = { lost: 0, sent: 0, connections: 0, losing: [], conversations: [] };
    groups.set(key, (group = { sender: sender.address, receiver: receiver.address, direction, leg, ...none }));
  }
  const lost = isLostCause(leg, direction) ? 0 : lossesOf(leg, direction);
  group.connections++;
  group.sent += leg.directions[direction].dataSegments;
  if (lost === 0) return;
  group.lost += lost;
  group.losing.push(leg);
  group.conversations.push(conversation);
}

/** Captures one after the other in one file, maybe the same twice: what was sent "again" may be the copy. */
const isAppended = ({ points }: Evidence, { point }: Connection): boolean =>
  points[point].quality.largestTimeStepBack >= APPENDED_THRESHOLDS.appendedStepSeconds.value;

export const APPENDED_THRESHOLDS = {
  /** A clock that is set goes back by less where NTP runs (it steps from 0.128 s on, RFC 5905, 11.3). */
  appendedStepSeconds: { value: 1, unit: 's', source: 'docs/thresholds.md, appended-capture' },
} as const;

/** What is never acknowledged ends a connection: its path is gone, or its peer. More late than lost: reordering. */
const isLostCause = ({ directions }: Connection, direction: Direction): boolean =>
  directions[direction].repeats.some(({ ackedTime }) => ackedTime === null) ||
  lateOf(directions[direction]) > directions[direction].resentSegments;

/** Connections to the same listener that were left out of the evidence may all be of this pair. */
function sentByOthers(
  evidence: Evidence,
  { point, server }: Connection,
  { sent, connections }: Pick<LossOverMany, 'sent' | 'connections'>,
): number {
  const left = evidence.openedLeftOut.find(
    (opened) =>
      opened.point === point && opened.server.address === server.address && opened.server.port === server.port,
  );
  return left === undefined ? 0 : Math.round((left.times.length * sent) / connections);
}
