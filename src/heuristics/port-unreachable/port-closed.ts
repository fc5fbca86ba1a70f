import type { Endpoint, Evidence } from '../../flows/evidence.ts';
import { isPublic } from '../address-kind.ts';
import { type Attempt, attemptsOf, endpointText, withoutTranslatedCopies } from '../attempts.ts';
import { counted } from '../counted.ts';
import { excerpt, packetsAt } from '../excerpt.ts';
import { groupBy } from '../group-by.ts';
import { defineHeuristic, type EvidencePacket, type Occurrence } from '../heuristic.ts';
import { shellQuote } from '../shell-quote.ts';

const thresholds = {
  scanPorts: { value: 20, source: 'catalogue PORT-01: a client that tries 20 ports and more is a scanner' },
  strayAttempts: { value: 2, source: 'who wants a service tries more than twice; scanners knock once or twice' },
  strayClients: {
    value: 3,
    source: 'three clients at three ports of one host, none of them served: it is being scanned',
  },
  servedShare: {
    value: 0.5,
    source: 'a port that serves half of its attempts or more is open; the refusals have another reason',
  },
};

interface PortClosed extends Occurrence {
  client: string;
  server: string;
  port: number;
  /** Ports that refuse; more than one for a scan. */
  ports: number;
  refused: number;
  served: number;
  otherPortsAnswer: boolean;
}

/** A SYN is answered by a reset from the host itself. */
export const portClosed = defineHeuristic<PortClosed>({
  meta: {
    id: 'port-closed',
    faultClass: 'port-unreachable',
    level: 'error',
    recordedIn: 'lab/port-app-on-localhost',
    summary: 'The host answers SYNs with resets: nothing listens on that port',
    meaning: 'The path works up to the host and back. No process listens on that address and port.',
    rule: 'A SYN answered by RST, no SYN-ACK in the connection. A warning when it happened once; a note for scans and where most attempts are served. A scan is one finding: 20 ports tried by one client, or three clients and three ports of one host, or any number of public addresses, each trying twice at most, by clients that the host never served.',
    notThis: [
      'A port scan: a client that tries 20 ports or more.',
      'Background noise of the Internet: strangers that try one port each, once or twice.',
      'localhost is tried as ::1 and served as 127.0.0.1.',
      'A server that restarts: most attempts are served, told as a note.',
      'A reset after the handshake is another matter (reset-injected, half-open).',
    ],
    causes: [
      'The application has not started or crashed',
      'It listens on 127.0.0.1 only',
      'Wrong targetPort of the service',
    ],
    confirm: [
      {
        on: '<server pod>',
        command: 'nsenter -t <pid> -n ss -lntp',
        expect: 'no line with the port, or 127.0.0.1 only',
      },
    ],
    fix: ['Start the application, let it listen on 0.0.0.0, or correct the targetPort'],
    references: ['RFC 9293, 3.10.7.1'],
  },
  thresholds,

  *detect(evidence) {
    const attempts = withoutTranslatedCopies(attemptsOf(evidence));
    const groups = refusedGroups(attempts);
    const scans = new Set<Attempt[]>();
    for (const scan of scansIn(attempts, groups)) {
      for (const group of scan) scans.add(group);
      yield occurrenceOf(evidence, attempts, scan.flat(), true);
    }
    for (const group of groups) if (!scans.has(group)) yield occurrenceOf(evidence, attempts, group, false);
  },

  explain({ client, server, port, ports, refused, served, otherPortsAnswer }, names) {
    return {
      message:
        ports > 1
          ? `${names.address(server)} refuses ${refused} connections to ${ports} ports: it is being scanned`
          : `${names.address(server)} refuses connections to port ${port}: ${counted(refused, 'SYN')} ${refused === 1 ? 'is' : 'are'} answered by a reset${served > 0 ? `, ${served} are served` : ''}`,
      why: 'A reset comes from the host itself: packets get there and back. On that address and port nothing listens.',
      hypotheses: [
        {
          cause: 'the application is not running, or listens on 127.0.0.1 only',
          likelihood: 'likely',
          for: [
            'the host answers at once with a reset',
            ...(otherPortsAnswer ? ['other ports of the host answer'] : []),
          ],
          against: [],
        },
        { cause: 'the service has the wrong targetPort', likelihood: 'possible', for: [], against: [] },
        { cause: 'a firewall rejects with a reset', likelihood: 'unlikely', for: [], against: [] },
      ],
      confirm: [
        {
          on: `the pod or host ${server}`,
          command: 'ss -lntp',
          expect: `no listener on port ${port}, or 127.0.0.1 only`,
        },
        { on: client, command: `nc -vz -w 3 ${shellQuote(server)} ${port}`, expect: 'connection refused' },
      ],
      fix: ['Start the application, let it listen on all addresses, or correct the targetPort of the service.'],
      wireshark: `ip.addr==${server} && tcp.port==${port} && tcp.flags.reset==1`,
    };
  },
});

/** Refused attempts by client address and listener. */
function refusedGroups(attempts: readonly Attempt[]): Attempt[][] {
  return [
    ...groupBy(
      attempts.filter(({ outcome }) => outcome === 'refused'),
      ({ connection: { client, server } }) => `${client.address} ${endpointText(server)}`,
    ).values(),
  ];
}

/**
 * Groups that belong together as scans: all ports of one scanning client, or all strangers at one host. One try may be
 * several SYNs: Windows repeats a SYN that was refused, from the same port, twice within two seconds.
 */
function scansIn(attempts: readonly Attempt[], groups: readonly Attempt[][]): Attempt[][][] {
  const portsOf = new Map<string, Set<number>>();
  const servedPairs = new Set<string>();
  for (const { connection, outcome } of attempts) {
    const { client, server } = connection;
    portsOf.set(client.address, (portsOf.get(client.address) ?? new Set()).add(server.port));
    if (outcome === 'answered') servedPairs.add(`${client.address} ${server.address}`);
  }
  const isScanner = ([{ connection }]: Attempt[]): boolean =>
    (portsOf.get(connection.client.address)?.size ?? 0) >= thresholds.scanPorts.value;
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
    (group) => !isScanner(group) && group.length <= thresholds.strayAttempts.value && !isServed(group),
  );
  const byHost = groupBy(strays, ([{ connection }]) => connection.server.address);
  return [...byScanner.values(), ...[...byHost.values()].filter(isNoise)];
}

/** Strangers at three ports; or all of them from public addresses, where nobody but scanners knocks only once. */
function isNoise(strays: readonly Attempt[][]): boolean {
  if (strays.every(([{ connection }]) => isPublic(connection.client.address))) return true;
  const clients = new Set(strays.map(([{ connection }]) => connection.client.address));
  const ports = new Set(strays.map(([{ connection }]) => connection.server.port));
  return Math.min(clients.size, ports.size) >= thresholds.strayClients.value;
}

/** localhost by the other IP version: a client tries ::1 first and is served at 127.0.0.1. */
function hasFallback(attempts: readonly Attempt[], { address, port }: Endpoint): boolean {
  if (!isLoopback(address)) return false;
  return attempts.some(
    ({ outcome, connection: { server } }) =>
      outcome === 'answered' && server.port === port && server.address !== address && isLoopback(server.address),
  );
}

const isLoopback = (address: string): boolean => address === '::1' || address.startsWith('127.');

const synsOf = (group: readonly Attempt[]): number =>
  group.reduce((sum, { connection }) => sum + connection.syn.length, 0);

function occurrenceOf(
  evidence: Evidence,
  attempts: readonly Attempt[],
  group: readonly Attempt[],
  isScan: boolean,
): PortClosed {
  const { client, server } = group[0].connection;
  const ports = new Set(group.map(({ connection }) => connection.server.port)).size;
  const clients = new Set(group.map(({ connection }) => connection.client.address)).size;
  const same = attempts.filter((other) => other.connection.server.address === server.address);
  const served = same.filter(
    (other) => other.outcome === 'answered' && other.connection.server.port === server.port,
  ).length;
  const mostServed = served / (served + group.length) >= thresholds.servedShare.value;
  const target = ports > 1 ? server.address : endpointText(server);
  const asker = clients > 1 ? `${clients} clients` : client.address;
  return {
    key: `${clients > 1 ? 'strangers' : client.address}>${target}`,
    level: isScan || mostServed || hasFallback(attempts, server) ? 'note' : synsOf(group) < 2 ? 'warning' : 'error',
    grade: 'confirmed',
    subject: { protocol: 'tcp', client: asker, server: target },
    conversations: group.map(({ conversation }) => conversation.index),
    place: `on ${server.address} itself`,
    ...excerpt(group.flatMap(refusalPackets)),
    reach: group.length,
    measured: {
      attempts: group.length,
      served,
      ports,
      clients,
      point: evidence.points[group[0].connection.point].name,
    },
    client: client.address,
    server: server.address,
    port: server.port,
    ports,
    refused: group.length,
    served,
    otherPortsAnswer: same.some(
      (other) => other.outcome === 'answered' && other.connection.server.port !== server.port,
    ),
  };
}

function refusalPackets({ connection }: Attempt): EvidencePacket[] {
  return [
    ...packetsAt(connection.point, connection.syn.slice(0, 1), 'SYN', '>'),
    ...packetsAt(connection.point, connection.resets.slice(0, 1), 'RST: refused', '<'),
  ];
}
