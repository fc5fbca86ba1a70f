import type { Conversation, Leg } from '../evidence.ts';
import type { Biflow } from './biflow.ts';
import { rolesOf } from './member-tracks.ts';
import type { Member } from './same-traffic.ts';

const PROTOCOLS: Record<number, Conversation['protocol']> = { 6: 'tcp', 17: 'udp', 1: 'icmp', 58: 'icmp' };

/** How a conversation names the protocol of its biflows. */
export const conversationProtocol = ({ kind, protocol }: Biflow): Conversation['protocol'] =>
  kind === 'arp' ? 'arp' : (PROTOCOLS[protocol] ?? 'other');

/** A member as the leg of a conversation. */
export function legOf(member: Member): Leg {
  const { point, flow, kind, index, encapsulation } = member.biflow;
  return { point, flow, kind, index, ...rolesOf(member), encapsulation };
}
