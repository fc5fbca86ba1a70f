import type { Connection } from '../../../flows/evidence/evidence.ts';
import type { EvidencePacket } from '../../rule/rule.ts';
import { packetsAt } from '../../words/excerpt.ts';

/** First and last packet of the sender of a large transfer. */
export function transferPackets({ point, transfer, directions }: Connection): EvidencePacket[] {
  if (transfer === null) return [];
  const { first, last } = directions[transfer.direction];
  const arrow = transfer.direction === 0 ? '>' : '<';
  return [
    ...packetsAt(point, first === null ? [] : [first], 'first packet of the sender', arrow),
    ...packetsAt(point, last === null ? [] : [last], `last packet, after ${transfer.octets} octets`, arrow),
  ];
}
