import type { Joined } from '../capture-digest.ts';
import type { Conversation, Leg } from '../evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../evidence.ts';
import { legCounts } from './leg-counts.ts';
import { flowsInTrouble, isOrdinary } from './thin-out.ts';

/** Rows that exchanges of kinds without counts (echo, ARP) are taken to have. */
const ROWS_OF_OTHERS = 64;

/**
 * Flows whose packets have to be compared one by one: of conversations in trouble, or counted differently at two points.
 * They are chosen as long as the rows of a conversation fit at each of its captures; those with an unknown loss first.
 *
 * @param rows of each capture
 * @returns a set of flow numbers for each capture
 */
export function wantedFlows(evidence: Joined, rows: number): Set<number>[] {
  const chosen = evidence.captures.map(() => new Set<number>());
  const room = evidence.captures.map(() => rows);
  const troubled = flowsInTrouble(evidence.dns);
  const wanted = evidence.conversations.filter((conversation) => !isOrdinary(evidence, conversation, troubled));
  const [open, settled] = [wanted.filter(isOpen), wanted.filter((conversation) => !isOpen(conversation))];
  for (const { legs } of [...open, ...settled]) {
    const needed = evidence.captures.map(() => 0);
    for (const leg of legs) needed[captureOf(evidence, leg)] += rowsOf(evidence, leg);
    if (needed.some((count, capture) => count > room[capture])) continue;
    for (const [capture, count] of needed.entries()) room[capture] -= count;
    for (const leg of legs) chosen[captureOf(evidence, leg)].add(leg.flow);
  }
  return chosen;
}

const isOpen = ({ hops }: Conversation): boolean => hops.some(({ assessable }) => !assessable);

const captureOf = ({ points }: Joined, { point }: Leg): number => points[point].capture;

function rowsOf(evidence: Joined, leg: Leg): number {
  const [there, back] = [legCounts(evidence, leg, TO_SERVER), legCounts(evidence, leg, TO_CLIENT)];
  return there === null || back === null ? ROWS_OF_OTHERS : there.packets + back.packets;
}
