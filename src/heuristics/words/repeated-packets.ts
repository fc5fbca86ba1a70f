import type { Connection, Direction } from '../../flows/evidence/evidence.ts';
import type { EvidencePacket } from '../rule/rule.ts';
import { packetsAt } from './excerpt.ts';

/** The retransmissions of one direction, as packets that prove a loss. */
export const repeatedPackets = ({ point, events }: Connection, direction: Direction): EvidencePacket[] =>
  events
    .filter(
      (event) =>
        event.direction === direction && (event.kind === 'retransmission' || event.kind === 'fastRetransmission'),
    )
    .flatMap((event) =>
      packetsAt(point, [event], `${event.seqStart}:${event.seqEnd} sent again`, direction === 0 ? '>' : '<'),
    );
