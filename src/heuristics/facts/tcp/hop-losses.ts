import type { Conversation, Evidence, Hop } from '../../../flows/evidence/evidence.ts';
import { isTcp } from '../cut-segments.ts';
import { isStagedLoss } from '../staged-loss.ts';

/** Losses of TCP conversations between two neighbouring points, in one direction. */
export interface LossOfHops {
  /** All hops, and the hops that lost something. */
  all: Hop[];
  losing: Hop[];
  /** Conversations that lost something, in the order of `losing`. */
  conversations: Conversation[];
}

/**
 * Lost packets that TCP has to send again: data, SYNs and FINs. A lost pure acknowledgement is made good by the next
 * one.
 */
export const lostToRepeat = ({ lostData, lostControl }: Hop): number => lostData + lostControl;

/**
 * Losses counted between two points, for conversations some of whose packets passed. Where no packet passed, or only
 * the handshake, the hop blocks the conversation and this is no loss (`vanishedOf`).
 *
 * @param least fewest packets to be sent again, over all conversations
 */
export function lossesOfHops(evidence: Evidence, least: number): LossOfHops[] {
  const groups = new Map<string, LossOfHops>();
  for (const conversation of evidence.conversations) {
    for (const hop of conversation.hops) {
      if (hop.unknown !== null || hop.matched === 0 || !isTcp(evidence, conversation)) continue;
      if (isStagedLoss(evidence, conversation, hop)) continue;
      const key = `${hop.from} ${hop.to}`;
      const group = groups.get(key) ?? { all: [], losing: [], conversations: [] };
      groups.set(key, group);
      group.all.push(hop);
      if (lostToRepeat(hop) === 0) continue;
      group.losing.push(hop);
      group.conversations.push(conversation);
    }
  }
  return [...groups.values()].filter(({ losing }) => isRandom(losing, least));
}

function isRandom(hops: readonly Hop[], least: number): boolean {
  const lost = hops.reduce((sum, hop) => sum + lostToRepeat(hop), 0);
  return lost >= least && !hops.every(isBySize);
}

/** Whether all that a hop lost is larger than all that passed it: then size may be the reason, and it is no random loss. */
export const isBySize = ({ smallestLost, largestArrived, matched }: Hop): boolean =>
  matched > 0 && smallestLost > largestArrived;
