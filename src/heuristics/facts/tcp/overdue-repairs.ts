import {
  type Connection,
  type Conversation,
  type Direction,
  type Evidence,
  type PacketRef,
  type SegmentEvent,
  TO_CLIENT,
  TO_SERVER,
} from '../../../flows/evidence/evidence.ts';
import { indexOf } from '../evidence-index.ts';
import { gatesOf } from '../gates.ts';

export const OVERDUE_THRESHOLDS = {
  duplicateAcks: {
    value: 3,
    unit: 'packets',
    source: 'RFC 5681, 3.2: the third duplicate ACK asks for a repair at once',
  },
  /** The first timeout and the second, which is twice as long, would both have passed. */
  timeouts: { value: 3, unit: 'factor', source: 'docs/thresholds.md, repair-overdue' },
  leastTimeout: { value: 1, unit: 's', source: 'RFC 6298, 2.4: a shorter retransmission timeout is rounded up' },
  roundTrips: { value: 2, unit: 'factor', source: 'docs/thresholds.md, repair-overdue' },
} as const;

/** Octets that the receiver asks for again and again, while their sender sends newer ones instead. */
export interface OverdueRepair {
  leg: Connection;
  conversation: Conversation;
  direction: Direction;
  /** When the octets were sent last before the duplicate ACKs. */
  sent: PacketRef;
  asked: readonly SegmentEvent[];
  /** When they were sent again; null when they never were. */
  repaired: PacketRef | null;
  /** From `sent` to `repaired`, or to the last duplicate ACK. */
  seconds: number;
}

/**
 * Repairs that were overdue while newer data passed, as the point nearest to the sender shows them. Each duplicate ACK
 * answers a segment beyond the hole that arrived (RFC 5681, 4.2). The last one comes long after the timeout of the
 * sender should have sent the missing octets again: so the sender and the path were working at that time, and what
 * passed was new data and no repair. Where the capture itself missed packets, repairs may be among them.
 *
 *   data  dup. ACK  dup. ACK   (timeouts)   newer data  dup. ACK …   data
 *   └─ sent                                             └─ asked     └─ repaired
 */
export function overdueRepairs(evidence: Evidence): OverdueRepair[] {
  const index = indexOf(evidence);
  return index.tcp.flatMap((conversation) => {
    const legs = index.connections(conversation);
    return ([TO_SERVER, TO_CLIENT] as const).flatMap((direction) => {
      const leg = direction === TO_SERVER ? legs[0] : legs[legs.length - 1];
      if (!gatesOf(evidence).loss(leg.point).ok) return [];
      return overdueIn(leg, direction).map((found) => ({ ...found, conversation }));
    });
  });
}

function overdueIn(leg: Connection, direction: Direction): Omit<OverdueRepair, 'conversation'>[] {
  const duplicates = leg.events.filter((event) => event.kind === 'dupAck' && event.direction !== direction);
  if (duplicates.length < OVERDUE_THRESHOLDS.duplicateAcks.value) return [];
  // Where fewer segments with data were captured, duplicate ACKs answer something else: a SYN that reuses the port, probes.
  if (leg.directions[direction].dataSegments <= duplicates.length) return [];
  const found: Omit<OverdueRepair, 'conversation'>[] = [];
  for (const { seqStart, packets } of leg.directions[direction].repeats) {
    for (const [at, sent] of packets.slice(0, -1).entries()) {
      const repaired = packets[at + 1];
      const asked = duplicates.filter(({ ack, time }) => ack === seqStart && time > sent.time && time < repaired.time);
      if (isOverdue(leg, sent, asked))
        found.push({ leg, direction, sent, asked, repaired, seconds: repaired.time - sent.time });
    }
  }
  const never = neverRepaired(leg, direction, duplicates);
  return never === null ? found : [...found, never];
}

function neverRepaired(
  leg: Connection,
  direction: Direction,
  duplicates: readonly SegmentEvent[],
): Omit<OverdueRepair, 'conversation'> | null {
  const { unackedSince: sent, iss, repeats } = leg.directions[direction];
  const { ackHigh } = leg.directions[1 - direction];
  if (sent === null || ackHigh === null) return null;
  const missing = iss === null ? ackHigh : (ackHigh - iss) >>> 0;
  if (repeats.some(({ seqStart }) => seqStart === missing)) return null;
  const asked = duplicates.filter(({ ack, time }) => ack === missing && time > sent.time);
  if (!isOverdue(leg, sent, asked)) return null;
  return { leg, direction, sent, asked, repaired: null, seconds: asked[asked.length - 1].time - sent.time };
}

function isOverdue(leg: Connection, sent: PacketRef, asked: readonly SegmentEvent[]): boolean {
  const { duplicateAcks, leastTimeout, roundTrips, timeouts } = OVERDUE_THRESHOLDS;
  if (asked.length < duplicateAcks.value) return false;
  const roundTrip = Math.max(...leg.rtt.map((rtt) => rtt?.max ?? 0));
  const timeout = Math.max(leastTimeout.value, roundTrips.value * roundTrip);
  return asked[asked.length - 1].time - sent.time >= timeouts.value * timeout;
}
