import type { AddressLease, Evidence } from '../../flows/evidence/evidence.ts';

/** Leases that DHCP gave to machines, seen at any point. The last lease of each address comes first. */
const leasesOf = ({ leases, points }: Evidence): AddressLease[] =>
  [...leases].sort((a, b) => b.time + points[b.point].timeShift - (a.time + points[a.point].timeShift));

/** The lease of one of these addresses to one of these machines; null when none is in the captures. */
export const leaseOf = (
  evidence: Evidence,
  addresses: readonly string[],
  macs: readonly string[],
): AddressLease | null =>
  leasesOf(evidence).find(({ address, mac }) => addresses.includes(address) && macs.includes(mac)) ?? null;
