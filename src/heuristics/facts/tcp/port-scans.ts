import { isPublic } from '../../../text/addresses.ts';
import { groupBy } from '../../words/group-by.ts';
import { type Attempt, endpointText } from '../attempts.ts';

/** What distinguishes a scan from a client that misses a service. */
export const SCAN_THRESHOLDS = {
  scanPorts: { value: 20, unit: 'ports', source: 'docs/thresholds.md, scan-ports' },
  strayAttempts: { value: 2, unit: 'attempts', source: 'docs/thresholds.md, stray-attempts' },
  strayClients: { value: 3, unit: 'hosts', source: 'docs/thresholds.md, three-cases' },
} as const;

/** Refused attempts by client address and listener. */
export function refusedGroups(attempts: readonly Attempt[]): Attempt[][] {
  return [
    ...groupBy(
      attempts.filter(({ outcome }) => outcome === 'refused'),
      ({ connection: { client, server } }) => `${client.address} ${endpointText(server)}`,
    ).values(),
  ];
}

/**
 * Groups that belong together as scans: all ports of one scanning client, or all strangers at one host. One try may be
 * several SYNs: Windows repeats a refused SYN from the same port twice within two seconds.
 */
export function scansIn(attempts: readonly Attempt[], groups: readonly Attempt[][]): Attempt[][][] {
  const portsOf = new Map<string, Set<number>>();
  const servedPairs = new Set<string>();
  for (const { connection, outcome } of attempts) {
    const { client, server } = connection;
    portsOf.set(client.address, (portsOf.get(client.address) ?? new Set()).add(server.port));
    if (outcome === 'answered') servedPairs.add(`${client.address} ${server.address}`);
  }
  const isScanner = ([{ connection }]: Attempt[]): boolean =>
    (portsOf.get(connection.client.address)?.size ?? 0) >= SCAN_THRESHOLDS.scanPorts.value;
  const byScanner = groupBy(
    groups.filter(isScanner),
    ([
      {
        connection: { client, server },
      },
    ]) => `${client.address} ${server.address}`,
  );
  const isServed = ([{ connection }]: Attempt[]): boolean =>
    servedPairs.has(`${connection.client.address} ${connection.server.address}`);
  const strays = groups.filter(
    (group) => !isScanner(group) && group.length <= SCAN_THRESHOLDS.strayAttempts.value && !isServed(group),
  );
  const byHost = groupBy(strays, ([{ connection }]) => connection.server.address);
  return [...byScanner.values(), ...[...byHost.values()].filter(isNoise)];
}

/**
 * Whether refused single tries at one host are a scan: at least three strangers try at least three ports, or all
 * strangers have public addresses. Of clients with public addresses, only scanners try just once.
 */
function isNoise(strays: readonly Attempt[][]): boolean {
  if (strays.every(([{ connection }]) => isPublic(connection.client.address))) return true;
  const clients = new Set(strays.map(([{ connection }]) => connection.client.address));
  const ports = new Set(strays.map(([{ connection }]) => connection.server.port));
  return Math.min(clients.size, ports.size) >= SCAN_THRESHOLDS.strayClients.value;
}
