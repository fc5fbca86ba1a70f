import { type DatagramFlow, type Evidence, TO_CLIENT, TO_SERVER } from '../../../flows/evidence/evidence.ts';
import { attemptsOf, endpointText } from '../../facts/attempts.ts';
import { indexOf } from '../../facts/evidence-index.ts';
import { GATES, gatesOf } from '../../facts/gates.ts';
import { isReturnUnseen, ONE_WAY_SHARE } from '../../facts/one-way.ts';
import { TRACEROUTE_THRESHOLDS } from '../../facts/traceroutes.ts';
import { gradeOf, whereSeen } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { listens, watches } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { withAddress } from '../../words/display-filter.ts';
import { endpointParts } from '../../words/endpoint-parts.ts';
import { againAfter, excerpt, packetsAt } from '../../words/excerpt.ts';
import { groupBy } from '../../words/group-by.ts';

const thresholds = {
  initials: { value: 3, unit: 'packets', source: 'docs/thresholds.md, three-sendings' },
  guardSeconds: { value: 1, unit: 's', source: 'docs/thresholds.md, reply-time' },
} as const;

interface QuicBlocked extends Occurrence {
  server: string;
  client: string;
  initials: number;
  flows: number;
  waited: number | null;
}

/** QUIC gets no answer where TCP to the same port works. */
export const quicBlocked = defineRule<QuicBlocked>({
  meta: {
    id: 'quic-blocked',
    faultClass: 'application',
    level: 'warning',
    recordedIn: 'test/pcaps/quic-dropped',
    place: 'mechanism',
    explains: ['no-reply'],
    summary: 'QUIC (UDP) gets no answer where TCP to the same server works',
    meaning:
      'The client tries HTTP/3 first, waits in vain, and falls back to TCP. Each first request is late by that wait. UDP is dropped on the way, or nothing listens for QUIC although the server announced it.',
    rule: 'Three or more Initial packets of QUIC from one client to one server, no datagram back and no ICMP error, while a TCP connection of that client to the same address and port is answered.',
    notThis: [
      'The server answers QUIC on another flow.',
      'TCP to the server is not answered either: the host or the path.',
      'An ICMP error says why: port-rejected.',
      'The capture ends before an answer could come, or holds one direction only.',
    ],
    causes: [
      'A firewall, NetworkPolicy or security group permits TCP and drops UDP',
      'A load balancer forwards TCP only',
      'The server announces HTTP/3 (Alt-Svc) and does not listen on UDP',
    ],
    confirm: [
      { on: '<client pod>', command: 'curl -v --http3-only https://<server>/', expect: 'a timeout' },
      { on: '<server node>', command: 'ss -ulnp', expect: 'whether anything listens on the port' },
    ],
    fix: ['Permit UDP on the port, or do not announce HTTP/3'],
    references: ['RFC 9000, 17.2.2 and 14.1', 'RFC 9114, 3.1: fallback to TCP'],
  },
  thresholds: { ...thresholds, ...GATES, oneWayShare: ONE_WAY_SHARE, ...TRACEROUTE_THRESHOLDS },

  *detect(evidence) {
    const initials = evidence.datagrams.filter(({ quic }) => quic);
    const pairs = groupBy(
      initials,
      ({ client, server, point }) => `${point} ${client.address} ${endpointText(server)}`,
    );
    for (const flows of pairs.values()) {
      const [{ client, server, point }] = flows;
      if (flows.some(({ packets }) => packets[TO_CLIENT] > 0) || isRefused(evidence, flows[0])) continue;
      if (!gatesOf(evidence).absence(point).ok || isReturnUnseen(evidence, point, client.address, server.address))
        continue;
      const last = Math.max(...flows.map((flow) => flow.last[TO_SERVER]?.time ?? 0));
      if (indexOf(evidence).endOf(point) - last < thresholds.guardSeconds.value) continue;
      const answered = answeredOverTcp(evidence, flows[0]);
      if (answered !== null) yield occurrenceOf(evidence, flows, answered);
    }
  },

  explain({ server, client, initials, waited }, names) {
    const { address, port } = endpointParts(server);
    return {
      message: `QUIC from ${names.address(client)} to ${names.address(address)} port ${port} gets no answer (${counted(initials, 'Initial packet')}), TCP to the same port works`,
      why: `The server answers this client over TCP, so the host and the path are there.${waited === null ? '' : ` The client waited ${waited.toFixed(1)} s before it tried TCP.`}`,
      causes: [
        {
          id: 'udp-dropped',
          cause: 'a firewall, policy or load balancer on the way passes TCP and drops UDP',
          for: ['nothing comes back, not even an ICMP error'],
          against: [],
        },
        {
          id: 'quic-not-served',
          cause: 'nothing on the server listens for QUIC',
          for: [],
          against: ['a closed UDP port answers with an ICMP error, unless it is filtered'],
        },
      ],
      confirm: [
        watches(names.nodeOf(address), `udp and dst host ${address} and dst port ${port}`, {
          expect: 'nothing arrives while the client tries',
          shows: { lacks: `\\.${port}: ` },
        }),
        listens(names.nodeOf(address), port, 'udp', { expect: 'whether anything listens' }),
      ],
      fix: ['Permit UDP on this port on the whole way, or stop the server from announcing HTTP/3 (Alt-Svc).'],
      wireshark: `quic && ${withAddress(address)} && udp.port==${port}`,
    };
  },
});

const isRefused = ({ icmpErrors }: Evidence, { point, client, server }: DatagramFlow): boolean =>
  icmpErrors.some(
    ({ point: at, quoted }) =>
      at === point &&
      quoted !== null &&
      quoted.source.address === client.address &&
      quoted.destination.address === server.address &&
      quoted.destination.port === server.port,
  );

/** When the client first tried TCP to the same port, where that was answered; null where it was not. */
function answeredOverTcp(evidence: Evidence, { point, client, server }: DatagramFlow): number | null {
  const answered = attemptsOf(evidence).find(
    ({ outcome, connection }) =>
      outcome === 'answered' &&
      connection.point === point &&
      connection.client.address === client.address &&
      connection.server.address === server.address &&
      connection.server.port === server.port,
  );
  return answered === undefined ? null : answered.connection.first.time;
}

function occurrenceOf(evidence: Evidence, flows: readonly DatagramFlow[], answered: number): QuicBlocked {
  const [{ client, server, point, first }] = flows;
  const index = indexOf(evidence);
  const initials = flows.reduce((sum, { packets }) => sum + packets[TO_SERVER], 0);
  const begun = first[TO_SERVER]?.time ?? 0;
  const waited = answered > begun ? answered - begun : null;
  return {
    key: `${client.address} ${endpointText(server)}`,
    ...(initials < thresholds.initials.value && { level: 'note' as const, pending: 'seen-once' as const }),
    grade: gradeOf({ 'second-point-misses-them-too': whereSeen(evidence.points.length > 1) }),
    subject: { protocol: 'udp', client: client.address, server: endpointText(server) },
    conversations: flows.flatMap((flow) => index.conversationOf('datagram', flow.index)?.index ?? []),
    place: `behind ${evidence.points[point].name}, on the way to ${endpointText(server)}`,
    ...excerpt(
      flows.flatMap(({ samples }) =>
        packetsAt(
          point,
          samples[TO_SERVER],
          samples[TO_SERVER].length === 0 ? '' : againAfter('QUIC Initial', samples[TO_SERVER][0]),
          '>',
        ),
      ),
    ),
    reach: flows.length,
    measured: { initials, flows: flows.length, waitedSeconds: waited },
    server: endpointText(server),
    client: client.address,
    initials,
    flows: flows.length,
    waited,
  };
}
