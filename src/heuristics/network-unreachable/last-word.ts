import type { Evidence, HostActivity } from '../../flows/evidence.ts';

/**
 * When a host was last heard at its point: by IP, or by ARP and neighbour discovery from the MAC that its packets come
 * from. From another MAC it is another machine, or the address has moved.
 */
export function lastWord({ arp, claims }: Evidence, { point, address, macs, lastSent }: HostActivity): number | null {
  if (lastSent === null || macs.length === 0) return lastSent;
  const own = new Set(macs.map(({ value }) => value));
  let last = lastSent;
  for (const { point: at, asker, askerMac, requests } of arp) {
    if (at !== point || asker !== address || !own.has(askerMac)) continue;
    for (const { time } of requests) last = Math.max(last, time);
  }
  for (const claim of claims)
    if (claim.point === point && claim.address === address && claim.claims > 0 && own.has(claim.mac))
      last = Math.max(last, claim.last.time);
  return last;
}
