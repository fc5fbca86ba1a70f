import type { AddressLease, Evidence, IcmpError } from '../../flows/evidence/evidence.ts';

export const PROBE_BY_DHCP = {
  /** Seconds between the probe of an address and the answer to it, or the lease: ARP gives up after 3 s, a client asks within 10 s. */
  addressProbeSeconds: { value: 10, unit: 's', source: 'RFC 2131, 4.1: retransmission of a client' },
} as const;
const ICMP = 1;

/** Whether an error is about the echo request of a DHCP server to an address that it leases then (RFC 2131, 2.2). */
export const isAddressProbe = ({ leases }: Evidence, { time, quoted, point }: IcmpError): boolean =>
  quoted !== null &&
  quoted.protocol === ICMP &&
  leases.some(
    (lease) =>
      lease.point === point &&
      lease.address === quoted.destination.address &&
      lease.server === quoted.source.address &&
      Math.abs(lease.time - time) <= PROBE_BY_DHCP.addressProbeSeconds.value,
  );

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
