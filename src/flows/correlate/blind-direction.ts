import type { Conversation } from '../evidence.ts';
import { ACKNOWLEDGED_UNSEEN } from './hop-count.ts';

/**
 * A point that saw nothing of what another sent its way, some of which was acknowledged, is blind that way: it captures
 * one direction only (XDP, a mirror port), or answers take another path. What no ACK speaks of (pure ACKs, datagrams)
 * is then not lost either.
 */
export function excuseBlindDirections(conversations: readonly Conversation[]): void {
  const wayOf = ({ from, to }: { from: number; to: number }): string => `${from} ${to}`;
  const hops = conversations.flatMap((conversation) => conversation.hops);
  const seeing = new Set(hops.filter(({ matched }) => matched > 0).map(wayOf));
  const blind = new Set(
    hops
      .filter(({ because }) => because === ACKNOWLEDGED_UNSEEN)
      .map(wayOf)
      .filter((way) => !seeing.has(way)),
  );
  for (const hop of hops)
    if (hop.assessable && blind.has(wayOf(hop)))
      Object.assign(hop, { assessable: false, because: ACKNOWLEDGED_UNSEEN });
}
