import type { Joined } from '../capture-digest.ts';
import type { Conversation, Leg } from '../evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../evidence.ts';
import { legCounts } from './leg-counts.ts';
import { flowsInTrouble, isOrdinary } from './thin-out.ts';

/** Rows that exchanges of kinds without counts (echo, ARP) are taken to have. */
const ROWS_OF_OTHERS = 64;

/** Second readings at most: of captures of which everything is in trouble the rest stays untold, and the report says so. */
const MOST_READINGS = 8;

export interface RoomForRows {
  /** Rows of each capture that one reading takes. */
  ofReading: number;
  /** Rows of one conversation that is too large for that, and gets a reading of its own. */
  ofOneConversation: number;
}

/** What one reading is to keep: a set of flow numbers for each capture. */
type Reading = Set<number>[];

/**
 * Flows whose packets have to be compared one by one: of conversations in trouble, or counted differently at two points.
 * Those with an unknown loss take as many readings as they need; what is settled by counts has the room that they leave.
 */
export function wantedFlows(evidence: Joined, room: RoomForRows): Reading[] {
  const troubled = flowsInTrouble(evidence);
  const wanted = evidence.conversations.filter((conversation) => !isOrdinary(evidence, conversation, troubled));
  const [open, settled] = [wanted.filter(isOpen), wanted.filter((conversation) => !isOpen(conversation))];
  const readings: { left: number[]; flows: Reading }[] = [];
  const begin = (rows: number) => {
    const left = evidence.captures.map(() => rows);
    return readings[readings.push({ left, flows: evidence.captures.map(() => new Set<number>()) }) - 1];
  };
  for (const conversation of [...open, ...settled]) {
    const { legs } = conversation;
    const needed = evidence.captures.map(() => 0);
    for (const leg of legs) needed[captureOf(evidence, leg)] += rowsOf(evidence, leg);
    const fits = (left: readonly number[]) => needed.every((count, capture) => count <= left[capture]);
    let reading = readings.find(({ left }) => fits(left));
    const mayBegin = readings.length === 0 || (isOpen(conversation) && readings.length < MOST_READINGS);
    const most = Math.max(...needed);
    if (reading === undefined && mayBegin && most <= Math.max(room.ofOneConversation, room.ofReading))
      reading = begin(Math.max(room.ofReading, most));
    if (reading === undefined) continue;
    for (const [capture, count] of needed.entries()) reading.left[capture] -= count;
    for (const leg of legs) reading.flows[captureOf(evidence, leg)].add(leg.flow);
  }
  return readings.map(({ flows }) => flows);
}

const isOpen = ({ hops }: Conversation): boolean => hops.some(({ assessable }) => !assessable);

const captureOf = ({ points }: Joined, { point }: Leg): number => points[point].capture;

function rowsOf(evidence: Joined, leg: Leg): number {
  const [there, back] = [legCounts(evidence, leg, TO_SERVER), legCounts(evidence, leg, TO_CLIENT)];
  return there === null || back === null ? ROWS_OF_OTHERS : there.packets + back.packets;
}
