import type { CaptureDigest } from '../flows/capture/capture-digest.ts';
import type { CorrelationNote } from '../flows/evidence/evidence.ts';
import { CAPTURES_WITH_FULL_LIMITS, limitsOfOne } from '../flows/limits.ts';

/** Number of captures that kept only a part because there are many (`limitsOfOne`); null when all kept everything. */
export function sharedMemoryNote(digests: readonly CaptureDigest[]): CorrelationNote | null {
  if (digests.length <= CAPTURES_WITH_FULL_LIMITS) return null;
  const limits = limitsOfOne(digests.length);
  const isReached: [string, (digest: CaptureDigest) => boolean][] = [
    ['connections', (d) => d.connections.length < d.connectionsTotal - d.connectionsEvicted],
    ['DNS exchanges', (d) => d.dns.length < d.dnsTotal],
    ['pings', (d) => d.echoes.length < d.echoesTotal],
    ['datagram flows', (d) => d.datagrams.length < d.datagramsTotal],
    ['ICMP errors', (d) => d.icmpErrors.length < d.icmpErrorsTotal],
    ['traceroute probes', (d) => d.probes.length < d.probesTotal],
    ['ARP exchanges', (d) => d.arp.length >= limits.arpExchanges],
    ['addresses', (d) => d.hosts.length >= limits.hosts],
    ['claims of addresses', (d) => d.claims.length >= limits.claims || d.leases.length >= limits.leases],
  ];
  const reached = isReached
    .map(([what, test]) => ({ what, captures: digests.filter(test).length }))
    .filter(({ captures }) => captures > 0);
  if (reached.length === 0) return null;
  return { code: 'memory-shared', captures: digests.length, full: CAPTURES_WITH_FULL_LIMITS, reached };
}
