import type { Connection, Evidence } from '../../flows/evidence.ts';
import { type Attempt, attemptsOf, endpointText } from '../attempts.ts';
import { indexOf } from '../evidence-index.ts';
import { defineHeuristic, type EvidencePacket, type Occurrence } from '../heuristic.ts';
import { breakPointOf } from '../place.ts';
import { shellQuote } from '../shell-quote.ts';

const thresholds = {
  minimumSyns: { value: 2, source: 'one retry shows that the client itself found the first one unanswered' },
  guardSeconds: { value: 1, source: 'initial retransmission timeout of a SYN, RFC 6298, 2.1' },
  scanPorts: { value: 20, source: 'catalogue PORT-01: a client that tries 20 ports of many is a scanner' },
};

interface SilentServer extends Occurrence {
  client: string;
  server: string;
  port: number;
  syns: number;
  otherPortsAnswer: boolean;
  reachedLastPoint: boolean;
  lastPoint: number;
}

/** SYNs are repeated and nothing comes back: no SYN-ACK, no RST, no ICMP. */
export const synNoReply = defineHeuristic<SilentServer>({
  meta: {
    id: 'syn-no-reply',
    faultClass: 'port-unreachable',
    level: 'error',
    summary: 'SYNs are repeated and nothing answers',
    meaning:
      'The client asks for a connection and hears nothing, neither yes nor no. Something on the way drops the SYN or its answer in silence.',
    rule: 'A SYN sent at least twice, no segment back from the server, no ICMP error quoting it, and at least 1 s of capture after the last SYN.',
    notThis: [
      'The capture ends right after the SYN: absence is not claimed within 1 s of the end.',
      'A port scan: a client that tries 20 or more ports is reported as a note.',
      'The reply travels another way: with one direction of all traffic missing nothing is claimed.',
    ],
    causes: [
      'A firewall, security group or NetworkPolicy drops in silence',
      'The host is down or the route is wrong',
      'The listen queue is full',
    ],
    confirm: [
      {
        on: 'the client',
        command: 'nc -vz -w 3 <server> <port>',
        expect: 'times out, where another port of the same host answers',
      },
    ],
    fix: ['Allow the port where the packets vanish, or repair the route'],
    references: ['RFC 9293, 3.8.1', 'Linux net.ipv4.tcp_syn_linear_timeouts'],
  },
  thresholds,

  *detect(evidence) {
    const attempts = attemptsOf(evidence);
    const silent = attempts.filter((attempt) => isSilent(evidence, attempt.connection, attempt));
    for (const group of groupByServer(silent).values()) yield occurrenceOf(attempts, group);
  },

  explain({ client, server, port, syns, otherPortsAnswer, reachedLastPoint, lastPoint }, names) {
    const address = names.address(server);
    return {
      message: `Nothing answers on ${address} port ${port}: ${syns} SYNs without a reply`,
      why: 'A SYN that meets a closed port draws a reset, one that meets a reject rule draws an ICMP error. Silence means that something dropped the SYN or its answer.',
      hypotheses: [
        {
          cause: 'a firewall, security group or NetworkPolicy drops the packets',
          likelihood: 'likely',
          for: otherPortsAnswer ? [`other ports of ${address} answer`] : [],
          against: [],
        },
        {
          cause: 'the host is down or cannot be reached',
          likelihood: otherPortsAnswer ? 'unlikely' : 'possible',
          for: otherPortsAnswer ? [] : [`nothing of ${address} was seen to answer`],
          against: otherPortsAnswer ? [`other ports of ${address} answer`] : [],
        },
      ],
      confirm: [
        { on: client, command: `nc -vz -w 3 ${shellQuote(server)} ${port}`, expect: 'it times out' },
        ...(reachedLastPoint
          ? [
              {
                on: names.host(lastPoint),
                command: 'iptables-save | grep -iE "drop|reject"',
                expect: 'a rule that matches these packets',
              },
            ]
          : []),
      ],
      fix: ['Allow the port at the place where the packets vanish, or repair the route to the host.'],
      wireshark: `ip.addr==${server} && tcp.port==${port} && tcp.flags.syn==1`,
    };
  },
});

function isSilent(evidence: Evidence, connection: Connection, { outcome }: Attempt): boolean {
  if (outcome !== 'silent' || connection.syn.length < thresholds.minimumSyns.value) return false;
  const last = connection.syn[connection.syn.length - 1];
  return indexOf(evidence).endOf(connection.point) - last.time >= thresholds.guardSeconds.value;
}

function groupByServer(attempts: readonly Attempt[]): Map<string, Attempt[]> {
  const groups = new Map<string, Attempt[]>();
  for (const attempt of attempts) {
    const key = `${attempt.connection.client.address} ${endpointText(attempt.connection.server)}`;
    groups.set(key, [...(groups.get(key) ?? []), attempt]);
  }
  return groups;
}

function occurrenceOf(attempts: readonly Attempt[], group: readonly Attempt[]): SilentServer {
  const { client, server } = group[0].connection;
  const conversations = group.map((attempt) => attempt.conversation);
  const found = breakPointOf(conversations);
  const packets = group.flatMap(({ connection }) => synPackets(connection));
  const otherPortsAnswer = attempts.some(
    (other) =>
      other.outcome === 'answered' &&
      other.connection.server.address === server.address &&
      other.connection.server.port !== server.port,
  );
  const scanned = new Set(
    attempts
      .filter((other) => other.connection.client.address === client.address)
      .map((other) => other.connection.server.port),
  );
  return {
    key: `${client.address} ${endpointText(server)}`,
    ...(scanned.size >= thresholds.scanPorts.value && { level: 'note' as const }),
    grade: found === null ? 'inferred' : 'confirmed',
    subject: { protocol: 'tcp', client: client.address, server: endpointText(server) },
    conversations: conversations.map((conversation) => conversation.index),
    between: found?.between ?? null,
    packets: packets.slice(0, 50),
    packetsTotal: packets.length,
    reach: group.length,
    measured: { attempts: group.length, syns: packets.length },
    client: client.address,
    server: server.address,
    port: server.port,
    syns: packets.length,
    otherPortsAnswer,
    reachedLastPoint: found === null && conversations[0].legs.length > 1,
    lastPoint: conversations[0].legs.at(-1)?.point ?? 0,
  };
}

function synPackets(connection: Connection): EvidencePacket[] {
  const first = connection.syn[0];
  return connection.syn.map((syn, count) => ({
    ...syn,
    point: connection.point,
    direction: '>',
    note: count === 0 ? 'SYN' : `SYN again after ${(syn.time - first.time).toFixed(2)} s`,
  }));
}
