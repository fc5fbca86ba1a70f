import type { Evidence } from '../../flows/evidence.ts';
import { type Attempt, attemptsOf, endpointText } from '../attempts.ts';
import { excerpt, packetsAt } from '../excerpt.ts';
import { defineHeuristic, type EvidencePacket, type Occurrence } from '../heuristic.ts';
import { shellQuote } from '../shell-quote.ts';

const thresholds = {
  scanPorts: { value: 20, source: 'catalogue PORT-01: a client that tries 20 ports and more is a scanner' },
  servedShare: {
    value: 0.5,
    source: 'a port that serves half of its attempts or more is open; the refusals have another reason',
  },
};

interface PortClosed extends Occurrence {
  client: string;
  server: string;
  port: number;
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
    summary: 'The host answers SYNs with resets: nothing listens on that port',
    meaning: 'The path works up to the host and back. No process listens on that address and port.',
    rule: 'A SYN answered by RST, no SYN-ACK in the connection. A warning when it happened once; a note for scans and where most attempts are served.',
    notThis: [
      'A port scan: a client that tries 20 ports or more.',
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
    const attempts = attemptsOf(evidence);
    const groups = new Map<string, Attempt[]>();
    for (const attempt of attempts) {
      if (attempt.outcome !== 'refused') continue;
      const key = `${attempt.connection.client.address} ${endpointText(attempt.connection.server)}`;
      groups.set(key, [...(groups.get(key) ?? []), attempt]);
    }
    for (const group of groups.values()) yield occurrenceOf(evidence, attempts, group);
  },

  explain({ client, server, port, refused, served, otherPortsAnswer }, names) {
    return {
      message: `${names.address(server)} refuses connections to port ${port}: ${refused} SYNs are answered by a reset${served > 0 ? `, ${served} are served` : ''}`,
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

function occurrenceOf(evidence: Evidence, attempts: readonly Attempt[], group: readonly Attempt[]): PortClosed {
  const { client, server } = group[0].connection;
  const same = attempts.filter((other) => other.connection.server.address === server.address);
  const served = same.filter(
    (other) => other.outcome === 'answered' && other.connection.server.port === server.port,
  ).length;
  const ports = new Set(
    attempts
      .filter((other) => other.connection.client.address === client.address)
      .map((other) => other.connection.server.port),
  );
  const syns = group.reduce((sum, { connection }) => sum + connection.syn.length, 0);
  const isNote =
    ports.size >= thresholds.scanPorts.value || served / (served + group.length) >= thresholds.servedShare.value;
  return {
    key: `${client.address}>${endpointText(server)}`,
    level: isNote ? 'note' : syns < 2 ? 'warning' : 'error',
    grade: 'confirmed',
    subject: { protocol: 'tcp', client: client.address, server: endpointText(server) },
    conversations: group.map(({ conversation }) => conversation.index),
    place: `on ${server.address} itself`,
    ...excerpt(group.flatMap(refusalPackets)),
    reach: group.length,
    measured: { attempts: group.length, served, point: evidence.points[group[0].connection.point].name },
    client: client.address,
    server: server.address,
    port: server.port,
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
