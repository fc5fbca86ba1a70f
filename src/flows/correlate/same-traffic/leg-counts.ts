import type { Joined } from '../../capture/capture-digest.ts';
import type { Direction, Leg } from '../../evidence/evidence.ts';
import type { Member } from './same-traffic.ts';

/** Packets of one direction of a leg, and octets of their payload. */
export interface LegCounts {
  packets: number;
  octets: number;
}

/**
 * Tracker counts of a biflow in one of its own directions, independent of rows; null for kinds that are not counted.
 */
export function legCounts(
  evidence: Joined,
  { kind, index }: Pick<Leg, 'kind' | 'index'>,
  direction: Direction,
): LegCounts | null {
  if (kind === 'tcp') {
    const { packets, payloadOctets } = evidence.connections[index].directions[direction];
    return { packets, octets: payloadOctets };
  }
  if (kind !== 'datagram') return null;
  const { packets, octets } = evidence.datagrams[index];
  return { packets: packets[direction], octets: octets[direction] };
}

/** The same for a member of a conversation, in a direction of the conversation. */
export const countsOf = (evidence: Joined, { biflow, flipped }: Member, direction: Direction): LegCounts | null =>
  legCounts(evidence, biflow, flipped ? ((1 - direction) as Direction) : direction);
