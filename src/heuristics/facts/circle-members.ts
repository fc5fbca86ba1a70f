import type { Evidence, PacketLoop } from '../../flows/evidence/evidence.ts';
import { isSpecial } from '../../text/addresses.ts';

/** More neighbours than this at the point do not tell who hands the packet to whom. */
const MOST_MEMBERS = 4;

/**
 * Machines on the link where a packet passes again and again, by the addresses that they ask and answer for by ARP or
 * neighbour discovery: each of them gets the packet from another one of them. Empty where the link has more machines.
 */
export function circleMembers({ arp, points }: Evidence, { point, source, destination }: PacketLoop): string[] {
  if (points[point].role === 'bridge') return [];
  const speakers = arp
    .filter((exchange) => exchange.point === point && exchange.replies.length > 0)
    .flatMap(({ asker, target }) => [asker, target])
    .filter((address) => address !== source && address !== destination && !isSpecial(address));
  const members = [...new Set(speakers)].sort();
  return members.length > MOST_MEMBERS ? [] : members;
}
