import { type Hop, TO_SERVER } from '../../evidence/evidence.ts';
import { type AnyConversation, OrdinaryConversation } from '../../evidence/ordinary-conversation.ts';
import { netOf } from '../paths/next-device.ts';

/**
 * A point is blind in one direction when it saw none of the packets that another point sent its way, although some of
 * them were acknowledged. It captures one direction only (XDP, a mirror port), or answers take another path. Then
 * packets without acknowledgement (pure ACKs, datagrams) do not count as lost either.
 *
 * For pods of one subnet this says nothing about traffic to other subnets, because a bridge forwards between its ports
 * without passing its own device.
 */
export function excuseBlindDirections(conversations: readonly AnyConversation[]): void {
  excuseAnswered(conversations);
  const [seeing, excused] = [new Set<string>(), new Set<string>()];
  for (const conversation of conversations) {
    const { hops } = conversation;
    const passed = conversation instanceof OrdinaryConversation ? conversation.passed : [];
    for (const hop of passed) seeing.add(wayOf(conversation, hop));
    for (const hop of hops) {
      if (hop.matched > 0) seeing.add(wayOf(conversation, hop));
      if (provesAnotherWay(hop)) excused.add(wayOf(conversation, hop));
    }
  }
  const blind = new Set([...excused].filter((way) => !seeing.has(way)));
  if (blind.size === 0) return;
  for (const conversation of conversations)
    for (const hop of conversation.hops)
      if (hop.unknown === null && blind.has(wayOf(conversation, hop))) hop.unknown = { code: 'acknowledged-unseen' };
}

/** Whether packets of the hop arrived at a later point than its second one. */
const provesAnotherWay = ({ unknown }: Hop): boolean =>
  unknown?.code === 'acknowledged-unseen' || unknown?.code === 'answered-unseen';

function wayOf({ client, server }: AnyConversation, { from, to }: Pick<Hop, 'from' | 'to'>): string {
  return `${from} ${to} ${netOf(client.address) === netOf(server.address) ? 'within a net' : 'beyond'}`;
}

/**
 * Datagrams and pings have answers in place of ACKs. An answer that passed the point which saw no request proves that
 * it is blind.
 */
function excuseAnswered(conversations: readonly AnyConversation[]): void {
  for (const { protocol, hops } of conversations) {
    if (protocol === 'tcp') continue;
    const isSuspect = (hop: Hop): boolean =>
      hop.direction === TO_SERVER && hop.unknown === null && hop.matched === 0 && hop.lost > 0;
    if (!hops.some(isSuspect)) continue;
    const answered = new Set(
      hops.filter((back) => back.direction !== TO_SERVER && back.matched > 0).map(({ from, to }) => `${to} ${from}`),
    );
    for (const hop of hops)
      if (isSuspect(hop) && answered.has(`${hop.from} ${hop.to}`)) hop.unknown = { code: 'answered-unseen' };
  }
}
