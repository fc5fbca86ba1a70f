import type { Conversation, Leg } from '../../evidence/evidence.ts';
import type { Biflow } from '../same-traffic/biflow.ts';
import { rolesOf } from '../same-traffic/member-tracks.ts';
import type { Member } from '../same-traffic/same-traffic.ts';

const PROTOCOLS: Record<number, Conversation['protocol']> = { 6: 'tcp', 17: 'udp', 1: 'icmp', 58: 'icmp' };

/** Protocol of a conversation. TCP without complete headers at any point is 'other': rules cannot judge it as TCP. */
export function conversationProtocol(biflows: readonly Biflow[]): Conversation['protocol'] {
  const [{ kind, protocol }] = biflows;
  if (kind === 'arp') return 'arp';
  const named = PROTOCOLS[protocol] ?? 'other';
  return named === 'tcp' && biflows.every(isCut) ? 'other' : named;
}

const isCut = ({ kind }: Biflow): boolean => kind !== 'tcp';

/** A member as the leg of a conversation. */
export function legOf(member: Member): Leg {
  const { point, flow, kind, index, encapsulation } = member.biflow;
  return { point, flow, kind, index, ...rolesOf(member), encapsulation };
}
