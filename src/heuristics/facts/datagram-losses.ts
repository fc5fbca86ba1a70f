import type { Conversation, Evidence, Hop } from '../../flows/evidence/evidence.ts';
import { isTcp } from './cut-segments.ts';
import { isBySize, type LossOfHops } from './tcp/hop-losses.ts';
import { isProbing } from './traceroutes.ts';
import { arrived, VANISHED_THRESHOLDS, vanishedOf } from './vanished.ts';

/**
 * Losses of datagrams (UDP, ICMP and other protocols that repeat nothing themselves) between two neighbouring points, of
 * which others of the same direction passed. Where none passed between two ends, the hop blocks them and this is no loss
 * (`vanishedOf`). A conversation that is answered, and of which the second point sees nothing, took another way: the other
 * NIC of a bond, for example. Traceroutes lose packets on purpose.
 *
 * @param least fewest datagrams lost, over all conversations of the two points and the direction
 */
export function lossesOfDatagrams(evidence: Evidence, least: number): LossOfHops[] {
  const blocked = new Set(vanishedOf(evidence).flatMap(({ hops }) => hops));
  const groups = new Map<string, LossOfHops & { passed: number; lost: number }>();
  for (const conversation of evidence.conversations) {
    if (conversation.protocol === 'arp' || isTcp(evidence, conversation) || isProbing(evidence, conversation)) continue;
    for (const hop of conversation.hops) {
      if (hop.unknown !== null || blocked.has(hop)) continue;
      if (hop.matched === 0 && arrived(evidence, conversation, hop)) continue;
      const key = `${hop.from} ${hop.to} ${endsOf(conversation, hop)}`;
      const group = groups.get(key) ?? { all: [], losing: [], conversations: [], passed: 0, lost: 0 };
      groups.set(key, group);
      group.all.push(hop);
      group.passed += hop.matched;
      if (hop.lost === 0) continue;
      group.lost += hop.lost;
      group.losing.push(hop);
      group.conversations.push(conversation);
    }
  }
  return [...groups.values()].filter(
    (group) => group.lost >= least && group.passed > 0 && !group.losing.every(isTooLarge) && !isLargeOnly(group),
  );
}

/** Larger than all that passed, and than what any link must carry: a short push after short requests is no matter of size. */
const isTooLarge = (hop: Hop): boolean => isBySize(hop) && hop.smallestLost > VANISHED_THRESHOLDS.harmlessOctets.value;

/**
 * Whether all that was lost of the two ends is larger than any link must carry, and than all that passed. A flow of one
 * datagram cannot tell that by itself.
 */
function isLargeOnly({ all, losing }: LossOfHops): boolean {
  const smallest = losing.reduce((least, { smallestLost }) => Math.min(least, smallestLost), Infinity);
  const largest = all.reduce((most, { largestArrived }) => Math.max(most, largestArrived), 0);
  return smallest > Math.max(largest, VANISHED_THRESHOLDS.harmlessOctets.value);
}

const endsOf = ({ client, server }: Conversation, { direction }: Hop): string =>
  `${direction} ${client.address} ${server.address}`;
