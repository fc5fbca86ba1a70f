import { TO_SERVER } from '../evidence.ts';
import { ACKNOWLEDGED_UNSEEN } from './hop-count.ts';
import { type AnyConversation, OrdinaryConversation } from './ordinary-conversation.ts';

/** Why absence proves nothing where the answers passed. */
export const ANSWERED_UNSEEN = 'the answers passed there, so the packets came some way that is not captured';

/**
 * A point that saw nothing of what another sent its way, some of which was acknowledged, is blind that way: it captures
 * one direction only (XDP, a mirror port), or answers take another path. What no ACK speaks of (pure ACKs, datagrams)
 * is then not lost either.
 */
export function excuseBlindDirections(conversations: readonly AnyConversation[]): void {
  excuseAnswered(conversations);
  const wayOf = ({ from, to }: { from: number; to: number }): string => `${from} ${to}`;
  const hops = conversations.flatMap((conversation) => conversation.hops);
  const seeing = new Set(hops.filter(({ matched }) => matched > 0).map(wayOf));
  for (const conversation of conversations)
    if (conversation instanceof OrdinaryConversation) for (const hop of conversation.passed) seeing.add(wayOf(hop));
  const blind = new Set(
    hops
      .filter(({ because }) => because === ACKNOWLEDGED_UNSEEN || because === ANSWERED_UNSEEN)
      .map(wayOf)
      .filter((way) => !seeing.has(way)),
  );
  for (const hop of hops)
    if (hop.assessable && blind.has(wayOf(hop)))
      Object.assign(hop, { assessable: false, because: ACKNOWLEDGED_UNSEEN });
}

/** Datagrams and pings have no ACK, but answers: what came back through the very point that saw no request proves it blind. */
function excuseAnswered(conversations: readonly AnyConversation[]): void {
  for (const { protocol, hops } of conversations) {
    if (protocol === 'tcp') continue;
    for (const hop of hops) {
      const isAnswered = hops.some(
        (back) => back.direction !== hop.direction && back.from === hop.to && back.to === hop.from && back.matched > 0,
      );
      if (hop.direction === TO_SERVER && hop.assessable && hop.matched === 0 && hop.lost > 0 && isAnswered)
        Object.assign(hop, { assessable: false, because: ANSWERED_UNSEEN });
    }
  }
}
