import type { Evidence } from '../../../flows/evidence/evidence.ts';
import { isPublic } from '../../../text/addresses.ts';
import { groupBy } from '../../words/group-by.ts';
import { type Attempt, endpointText } from '../attempts.ts';

/** What distinguishes a scan from a client that misses a service. */
export const SCAN_THRESHOLDS = {
  scanPorts: { value: 20, unit: 'ports', source: 'docs/thresholds.md, scan-ports' },
  strayAttempts: { value: 2, unit: 'attempts', source: 'docs/thresholds.md, stray-attempts' },
  strayClients: { value: 3, unit: 'hosts', source: 'docs/thresholds.md, three-cases' },
  sweptServers: { value: 10, unit: 'hosts', source: 'docs/thresholds.md, sweep-targets' },
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
export function scansIn(evidence: Evidence, attempts: readonly Attempt[], groups: readonly Attempt[][]): Attempt[][][] {
  const portsOf = new Map<string, Set<number>>();
  const servedPairs = new Set<string>();
  for (const { connection, outcome } of attempts) {
    const { client, server } = connection;
    portsOf.set(client.address, (portsOf.get(client.address) ?? new Set()).add(server.port));
    if (outcome === 'answered') servedPairs.add(`${client.address} ${server.address}`);
  }
  const sweepers = sweepersOf(evidence);
  const sprayers = sprayersIn(groups);
  const isScanner = ([{ connection }]: Attempt[]): boolean =>
    (portsOf.get(connection.client.address)?.size ?? 0) >= SCAN_THRESHOLDS.scanPorts.value ||
    sweepers.has(connection.client.address) ||
    sprayers.has(`${connection.client.address} ${connection.server.address}`);
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

/** Addresses that asked by ARP or ND for ten neighbours and more without an answer: they look who is there. */
function sweepersOf({ arp }: Evidence): Set<string> {
  const silent = groupBy(
    arp.filter(({ replies, gratuitous }) => replies.length === 0 && !gratuitous),
    ({ asker }) => asker,
  );
  return new Set(
    [...silent]
      .filter(([, exchanges]) => countOf(exchanges, ({ target }) => target) >= SCAN_THRESHOLDS.sweptServers.value)
      .map(([asker]) => asker),
  );
}

/** Public clients that try three ports or more of one host, each once or twice, and are refused at each. */
function sprayersIn(groups: readonly Attempt[][]): Set<string> {
  const single = groups.filter(
    (group) => group.length <= SCAN_THRESHOLDS.strayAttempts.value && isPublic(group[0].connection.client.address),
  );
  const byPair = groupBy(single, ([{ connection }]) => `${connection.client.address} ${connection.server.address}`);
  return new Set(
    [...byPair].filter(([, list]) => list.length >= SCAN_THRESHOLDS.strayClients.value).map(([pair]) => pair),
  );
}

/** Groups of the clients that ten servers or more refuse, by client: peer-to-peer programs with old lists of peers. */
export function refusedByMany(groups: readonly Attempt[][]): Attempt[][][] {
  const byClient = groupBy(groups, ([{ connection }]) => connection.client.address);
  return [...byClient.values()].filter(
    (list) => countOf(list, ([{ connection }]) => connection.server.address) >= SCAN_THRESHOLDS.sweptServers.value,
  );
}

/**
 * Whether a stranger from a public address is the only one that this port refuses: a client that wants the service
 * cannot be told from a scanner that tries three times.
 */
export const isLoneStranger = (attempts: readonly Attempt[], group: readonly Attempt[]): boolean => {
  const { client, server } = group[0].connection;
  return (
    isPublic(client.address) &&
    attempts.every(
      ({ connection: other, outcome }) =>
        other.server.address !== server.address ||
        (other.client.address === client.address
          ? outcome !== 'answered'
          : other.server.port !== server.port || outcome !== 'refused'),
    )
  );
};

const countOf = <T>(list: readonly T[], keyOf: (item: T) => string): number => new Set(list.map(keyOf)).size;

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
