import type { Evidence } from '../../flows/evidence/evidence.ts';

/** A MAC that spoke for an address, and the seconds of its first and last packet. */
export interface Speaker {
  mac: string;
  from: number;
  until: number;
}

/** MACs that spoke for an address by ARP or ND at one point. */
export function spokenFor({ claims, arp }: Evidence, point: number, address: string): Speaker[] {
  const speakers = new Map<string, Speaker>();
  const add = (mac: string, from: number, until: number): void => {
    const known = speakers.get(mac);
    speakers.set(mac, {
      mac,
      from: Math.min(from, known?.from ?? from),
      until: Math.max(until, known?.until ?? until),
    });
  };
  for (const claim of claims)
    if (claim.point === point && claim.address === address && claim.claims > 0)
      add(claim.mac, claim.first.time, claim.last.time);
  for (const { point: at, asker, askerMac, requests } of arp)
    if (at === point && asker === address && requests.length > 0)
      add(askerMac, requests[0].time, requests[requests.length - 1].time);
  return [...speakers.values()];
}
