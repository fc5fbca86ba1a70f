import type { Joined } from '../../capture/capture-digest.ts';
import type { Conversation, Leg } from '../../evidence/evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../../evidence/evidence.ts';
import { OrdinaryConversation } from '../../evidence/ordinary-conversation.ts';
import { legCounts } from '../same-traffic/leg-counts.ts';
import { flowsInTrouble, isOrdinary } from './drop-ordinary.ts';

/** Assumed number of rows of exchanges without counts (echo, ARP). */
const ROWS_OF_OTHERS = 64;

/**
 * Most further passes. When everything in a capture is in trouble, the rest stays unresolved and the report says so.
 */
const MOST_READINGS = 8;

export interface RoomForRows {
  /** Most rows of each capture in one pass. */
  ofReading: number;
  /** Most rows of a single conversation that exceeds this and gets a pass of its own. */
  ofOneConversation: number;
}

/** What one pass keeps of a capture. */
export interface WantedRows {
  flows: Set<number>;
  /** Expected number of rows. */
  rows: number;
}

/** One entry for each capture. */
type Reading = WantedRows[];

/**
 * Flows whose packets have to be compared one by one: those of conversations in trouble, or with different counts at
 * two points. Captures that have a row for every packet need no further pass.
 *
 * Conversations with an unknown loss get as many passes as they need. Conversations that counts settle only get space
 * in these passes.
 */
export function wantedFlows(evidence: Joined, room: RoomForRows, lacking: ReadonlySet<number>): Reading[] {
  const troubled = flowsInTrouble(evidence);
  const inTrouble = evidence.conversations.filter(
    (conversation): conversation is Conversation =>
      !(conversation instanceof OrdinaryConversation || isOrdinary(evidence, conversation, troubled)),
  );
  const [open, settled] = [inTrouble.filter(isOpen), inTrouble.filter((conversation) => !isOpen(conversation))];
  const readings: { most: number; wanted: Reading }[] = [];
  const begin = (most: number) => {
    const nothing = evidence.captures.map(() => ({ flows: new Set<number>(), rows: 0 }));
    return readings[readings.push({ most, wanted: nothing }) - 1];
  };
  for (const conversation of [...open, ...settled]) {
    const { legs } = conversation;
    const needed = new Map<number, number>();
    for (const leg of legs) {
      const capture = captureOf(evidence, leg);
      if (!lacking.has(capture)) continue;
      needed.set(capture, (needed.get(capture) ?? 0) + rowsOf(evidence, leg));
    }
    if (needed.size === 0) continue;
    const fits = (most: number, wanted: Reading) =>
      [...needed].every(([capture, rows]) => wanted[capture].rows + rows <= most);
    let reading = readings.find(({ most, wanted }) => fits(most, wanted));
    const mayBegin = readings.length === 0 || (isOpen(conversation) && readings.length < MOST_READINGS);
    const largest = Math.max(...needed.values());
    if (reading === undefined && mayBegin && largest <= Math.max(room.ofOneConversation, room.ofReading))
      reading = begin(Math.max(room.ofReading, largest));
    if (reading === undefined) continue;
    for (const [capture, count] of needed) reading.wanted[capture].rows += count;
    for (const leg of legs) reading.wanted[captureOf(evidence, leg)].flows.add(leg.flow);
  }
  return readings.map(({ wanted }) => wanted);
}

const isOpen = ({ hops }: Conversation): boolean => hops.some(({ unknown }) => unknown !== null);

const captureOf = ({ points }: Joined, { point }: Leg): number => points[point].capture;

function rowsOf(evidence: Joined, leg: Leg): number {
  const [there, back] = [legCounts(evidence, leg, TO_SERVER), legCounts(evidence, leg, TO_CLIENT)];
  return there === null || back === null ? ROWS_OF_OTHERS : there.packets + back.packets;
}
