import type { Connection, Direction, Evidence, RepeatedRange } from '../../../flows/evidence/evidence.ts';
import type { Answer } from '../../rule/grade.ts';

export const PURE_ACKS = {
  /** A receiver acknowledges at least every second full segment (RFC 9293, 3.8.6.3). */
  dataSegments: { value: 20, unit: 'segments', source: 'docs/thresholds.md, pure-acks' },
} as const;

/**
 * Did the peer acknowledge nothing new after `since`? Refuted where the peer acknowledged repeated octets after
 * `since`.
 * @param direction of the octets that are said to be unacknowledged
 * @param since seconds, time of the point
 */
export function nothingAdvanced({ directions }: Connection, direction: Direction, since: number): Answer {
  const { repeats } = directions[direction];
  const isLate = ({ ackedTime }: RepeatedRange): boolean => ackedTime !== null && ackedTime > since;
  return repeats.some(isLate) ? 'refuted' : 'passed';
}

/**
 * Does the file hold segments that only acknowledge? A capture filter (`tcp[13] & 8 != 0`, `greater 100`) or a tool
 * that keeps only data leaves them out. Then "not acknowledged" proves nothing. Unchecked where too little data passed.
 */
export function fileHasPureAcks(evidence: Evidence, point: number): Answer {
  let data = 0;
  for (const connection of evidence.connections) {
    if (connection.point !== point) continue;
    for (const { packets, dataSegments, syns, fins, resets } of connection.directions) {
      if (packets > dataSegments + syns + fins + resets) return 'passed';
      data += dataSegments;
    }
  }
  return data < PURE_ACKS.dataSegments.value ? 'unchecked' : 'refuted';
}
