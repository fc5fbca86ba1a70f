import type { Evidence, HostActivity } from '../../../flows/evidence/evidence.ts';
import { spokenFor } from '../arp-speakers.ts';

/**
 * When a host was last heard at its point: by IP, or by ARP and neighbour discovery from the MAC that its packets come
 * from. A packet from another MAC comes from another machine, or the address has moved.
 */
export function lastWord(evidence: Evidence, { point, address, macs, lastSent }: HostActivity): number | null {
  if (lastSent === null) return null;
  const own = spokenFor(evidence, point, address).filter(({ mac }) => macs.some(({ value }) => value === mac));
  return Math.max(lastSent, ...own.map(({ until }) => until));
}
