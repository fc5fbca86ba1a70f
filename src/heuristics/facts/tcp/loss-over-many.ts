import type { Connection, Conversation, Direction, Endpoint, Evidence } from '../../../flows/evidence/evidence.ts';
import { TO_SERVER } from '../../../flows/evidence/evidence.ts';
import { indexOf } from '../evidence-index.ts';
import { gatesOf } from '../gates.ts';
import { lateOf, lossesOf, tellingLeg } from './background-loss.ts';

/** Losses of short connections between two hosts, added up, in one direction, at one point. */
export interface LossOverMany {
  sender: string;
  receiver: string;
  direction: Direction;
  lost: number;
  /** Data segments. Connections that are only counted are included, and assumed to be as long as the others. */
  sent: number;
  /** Connections, and those of them that lost something. */
  connections: number;
  losing: Connection[];
  conversations: Conversation[];
}

/**
 * Losses by pair of hosts, for connections that are each too short for a loss share. A hundred requests of two segments
 * each count as a transfer of two hundred segments.
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
  const leftOut = new Map(
    evidence.openedLeftOut.map(({ point, server, times }) => [listenerKey(point, server), times.length]),
  );
  return [...groups.values()].map(({ leg, ...group }) => {
    const others = leftOut.get(listenerKey(leg.point, leg.server)) ?? 0;
    // All of them may belong to this pair.
    return { ...group, sent: group.sent + Math.round((others * group.sent) / group.connections) };
  });
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

/**
 * Whether the file holds captures one after the other, possibly the same one twice: what was sent "again" may be the
 * copy.
 */
const isAppended = ({ points }: Evidence, { point }: Connection): boolean =>
  points[point].quality.largestTimeStepBack >= APPENDED_THRESHOLDS.appendedStepSeconds.value;

export const APPENDED_THRESHOLDS = {
  /** Where NTP runs, a clock correction goes back by less than this (NTP steps from 0.128 s on, RFC 5905, 11.3). */
  appendedStepSeconds: { value: 1, unit: 's', source: 'docs/thresholds.md, appended-capture' },
} as const;

/**
 * Whether the losses are no random loss. Data that is never acknowledged ends a connection: its path or its peer is
 * gone. More late than lost segments mean reordering.
 */
const isLostCause = ({ directions }: Connection, direction: Direction): boolean =>
  directions[direction].repeats.some(({ ackedTime }) => ackedTime === null) ||
  lateOf(directions[direction]) > directions[direction].resentSegments;

/** Of a listener: connections to it that were left out of the evidence are counted by it. */
const listenerKey = (point: number, { address, port }: Endpoint): string => `${point} ${address} ${port}`;
