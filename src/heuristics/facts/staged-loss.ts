import { type Conversation, type Evidence, type Hop, TO_CLIENT, TO_SERVER } from '../../flows/evidence/evidence.ts';
import { indexOf } from './evidence-index.ts';

export const STAGED_THRESHOLDS = {
  /**
   * Fewest packets with data of one connection that must vanish after its handshake passed: the first transmission and two
   * repetitions.
   */
  stagedSendings: { value: 3, unit: 'packets', source: 'docs/thresholds.md, three-sendings' },
  /** Every IPv6 link carries packets of this size (RFC 8200, 5). */
  harmlessOctets: { value: 1280, unit: 'octets', source: 'RFC 8200, 5: every link carries packets of this size' },
} as const;

/**
 * Whether the handshake of a TCP connection passes a hop and no data after it does. Then a device that tracks connections
 * drops the rest, or one that judges packets drops those with data. Data of that direction never passed. All lost packets
 * came after the last packet that passed, or all of them carry data. The sender repeats the data, and nobody acknowledges
 * it at any point.
 */
export function isStagedLoss(evidence: Evidence, conversation: Conversation, hop: Hop): boolean {
  if (conversation.protocol !== 'tcp' || hop.unknown !== null || hop.matched === 0) return false;
  if (hop.matchedData > 0 || hop.lostData < STAGED_THRESHOLDS.stagedSendings.value) return false;
  if (hop.lostSinceMatch < hop.lost && hop.lostData < hop.lost) return false;
  // Size may be the reason where every lost packet is larger than any link must carry, and larger than all that passed.
  if (hop.smallestLost > Math.max(hop.largestArrived, STAGED_THRESHOLDS.harmlessOctets.value)) return false;
  const legs = indexOf(evidence).connections(conversation);
  const sent = legs.map((leg) => leg.directions[hop.direction]);
  const isAcknowledged = legs.some(
    (leg) => leg.directions[hop.direction].firstAckedData !== null || acknowledgesMore(leg, hop),
  );
  const began = sent.some(({ syns }) => syns > 0);
  return began && !isAcknowledged && sent.some(({ resentSegments }) => resentSegments > 0);
}

/**
 * Whether the other side acknowledges more than the SYN. Compares raw sequence numbers, so it also works where the
 * point saw only the acknowledgement.
 */
function acknowledgesMore(
  { directions }: { directions: readonly { iss: number | null; ackHigh: number | null }[] },
  { direction }: Hop,
): boolean {
  const { iss } = directions[direction];
  const { ackHigh } = directions[direction === TO_SERVER ? TO_CLIENT : TO_SERVER];
  return iss !== null && ackHigh !== null && ackHigh !== (iss + 1) >>> 0;
}
