import type { Evidence } from '../../../flows/evidence/evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../../../flows/evidence/evidence.ts';
import { ATTEMPT_THRESHOLDS, endpointText } from '../../facts/attempts.ts';
import { indexOf } from '../../facts/evidence-index.ts';
import { breakPointOf } from '../../facts/place.ts';
import { subjectOf } from '../../facts/subject.ts';
import { OFFER_THRESHOLDS, type Offers, offersOf } from '../../facts/tcp/offers.ts';
import { TRACEROUTE_THRESHOLDS } from '../../facts/traceroutes.ts';
import { defineRule, type EvidencePacket, type Occurrence } from '../../rule/rule.ts';
import { counters, firewallRules, routeTo, sysctl, trackingCounters } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { between, familyOf } from '../../words/display-filter.ts';
import { againAfter, excerpt, packetsAt } from '../../words/excerpt.ts';
import { setsSysctl } from '../../words/repairs.ts';

interface Unacknowledged extends Occurrence {
  client: string;
  server: string;
  port: number;
  connections: number;
  /** SYN-ACKs of the connection that has the most, without copies. */
  offers: number;
  /** Some SYN-ACKs follow others at once. They are copies, or they answer a SYN that arrived at the same time. */
  copies: boolean;
  seconds: number;
  acknowledged: boolean;
  /** Connections whose SYN was captured, and how many of those repeat the SYN. */
  asked: number;
  repeating: number;
}

/** A server repeats its SYN-ACKs, and no acknowledgement reaches it. */
export const synAckUnacknowledged = defineRule<Unacknowledged>({
  meta: {
    id: 'syn-ack-unacknowledged',
    faultClass: 'port-unreachable',
    level: 'error',
    recordedIn:
      'corpus/huyouba1+net_learn/netenv__4-adv-netwotk__36-TCP-3Ways-handshake__4-tcp-client-SYN_SENT__pcap__server2-net0.cap',
    place: 'last-seen',
    symptomOf: 'silent-path',
    explains: ['packet-loss', 'server-slow', 'peer-vanished', 'syn-no-reply'],
    explainedBy: ['listen-queue-overflow'],
    summary: 'SYN-ACKs are sent again and again, and no acknowledgement gets to the server',
    meaning:
      'SYN and SYN-ACK pass and nothing after them: the SYN-ACK does not get to the client, or the client’s acknowledgement is dropped by a firewall that has not seen both directions (conntrack INVALID, asymmetric routing).',
    rule: 'A SYN-ACK is sent three times or more and nothing of the client acknowledges it: in two connections whose client repeats its SYN (or one, four times), or in three that a client with usual SYN options begins one after the other. Or: the client acknowledges and sends data, the SYN-ACK is repeated all the same, nothing of the data is acknowledged, in two connections or more, and the listener took no connection of anybody.',
    notThis: [
      'The client resets: a scanner, or an answer that it did not ask for.',
      'One SYN that is never repeated, or SYNs without the options of a stack: scans and spoofed addresses.',
      'Many connections that begin at the same moment: a flood.',
      'The listener takes other connections: its accept queue is full (listen-queue-overflow).',
      'A listener that waits for data (TCP_DEFER_ACCEPT) repeats its SYN-ACK to a client that sends nothing.',
      'One or two SYN-ACKs: the next one may get through.',
    ],
    causes: [
      'Replies leave by another path or interface and are dropped there (rp_filter, security group, cloud router)',
      'A rule drops ACKs of connections that conntrack calls INVALID',
      'A service answers directly from a pod or node that the client does not know',
      'The accept queue of the listener is full',
    ],
    confirm: [
      { on: '<node>', command: 'conntrack -S', expect: 'invalid or drop rises' },
      { on: '<node>', command: 'ip route get <client>', expect: 'another interface than the one the SYN came by' },
    ],
    fix: [
      'Let replies take the path of the requests (source-based routing, externalTrafficPolicy)',
      'Accept what is out of conntrack’s window, or do not track the traffic that takes two paths',
    ],
    references: ['RFC 9293, 3.5', 'Linux nf_conntrack-sysctl, nf_conntrack_tcp_be_liberal'],
  },
  thresholds: { ...OFFER_THRESHOLDS, ...ATTEMPT_THRESHOLDS, ...TRACEROUTE_THRESHOLDS },

  *detect(evidence) {
    for (const offers of offersOf(evidence)) yield occurrenceOf(evidence, offers);
  },

  explain({ client, server, port, connections, offers, copies, seconds, acknowledged, asked, repeating }, names) {
    const to = `${names.address(client)} and ${names.address(server)} port ${port}`;
    const repeated = `the SYN-ACK is sent ${counted(offers, 'time')}${copies ? ' or more' : ''} over ${seconds.toFixed(1)} s`;
    return {
      message: acknowledged
        ? `${counted(connections, 'connection')} between ${to} get${connections === 1 ? 's' : ''} no further than SYN and SYN-ACK: the client acknowledges and sends data, and ${repeated} all the same`
        : `${counted(connections, 'connection')} between ${to} get${connections === 1 ? 's' : ''} no further than the SYN-ACK: ${repeated}, and nothing acknowledges it`,
      why: acknowledged
        ? 'The server repeats a SYN-ACK as long as no acknowledgement gets to it. No connection to this port was taken by it in the capture.'
        : 'A server repeats a SYN-ACK as long as no acknowledgement gets to it.',
      causes: [
        {
          id: 'reply-path-broken',
          cause:
            'the SYN-ACKs do not get to the client: they leave by another path than the SYNs came, or are dropped on it',
          telling: repeating > 0 ? [`the client repeats its SYN in ${counted(repeating, 'connection')}`] : [],
          for: [],
          against: acknowledged
            ? ['the client acknowledges them']
            : asked > 0 && repeating === 0
              ? ['the client sends its SYN once only, as after an answer']
              : [],
          confirm: [
            routeTo(names.nodeOf(server), client, {
              expect: 'another interface than the one by which the SYNs come',
            }),
            familyOf(client) === 6
              ? firewallRules(names.nodeOf(client), 6, 'rpfilter|fib saddr', {
                  expect: 'a rule that drops answers which come by another interface',
                })
              : sysctl(names.nodeOf(client), 'net.ipv4.conf.all.rp_filter', {
                  expect: '= 1 drops answers that come by another interface',
                }),
          ],
          fix: [
            `Let the answers of ${names.address(server)} to ${names.address(client)} take the path of the requests: correct the route back on ${names.nodeOf(server)}.`,
          ],
        },
        {
          id: 'acknowledgement-dropped',
          cause:
            'a firewall or node between drops the client’s acknowledgements, as it saw only one direction (conntrack INVALID)',
          telling: acknowledged
            ? ['the client’s acknowledgements and data were captured, and the server takes none']
            : asked > 0 && repeating === 0
              ? ['the client sends its SYN once only, as after an answer']
              : [],
          for: [],
          against: !acknowledged && repeating > 0 ? ['the client repeats its SYN: no SYN-ACK got to it'] : [],
          confirm: [
            trackingCounters(names.nodeOf(server), 'invalid', 'invalid rises with each acknowledgement of the client'),
            firewallRules(names.nodeOf(server), familyOf(server), 'invalid', {
              expect: 'a rule that drops INVALID packets',
            }),
          ],
          fix: [
            setsSysctl(
              names.nodeOf(server),
              'net.netfilter.nf_conntrack_tcp_be_liberal',
              '1',
              'or let the firewall on the way see both directions of this traffic',
            ),
          ],
        },
        {
          id: 'accept-queue-full',
          cause: 'the accept queue of the listener is full',
          for: [],
          against: repeating > 0 ? ['SYNs are answered each time'] : [],
          confirm: [
            counters(names.machine(server), ['TcpExtListenOverflows'], 4, {
              expect: 'it rises only if the accept queue is full',
              shows: { rises: 'TcpExtListenOverflows' },
            }),
          ],
        },
      ],
      confirm: [],
      fix: [],
      wireshark: `${between(client, server)} && tcp.port==${port}`,
    };
  },
});

function occurrenceOf(evidence: Evidence, { client, server, acknowledged, stuck }: Offers): Unacknowledged {
  const conversations = stuck.map(({ conversation }) => conversation);
  const index = indexOf(evidence);
  const ofHalves = stuck.flatMap(({ life }) =>
    life.views.flatMap((view) => index.conversationOf('tcp', view.index) ?? []),
  );
  const most = stuck.reduce((a, b) => (b.times.length > a.times.length ? b : a));
  const { subject } = subjectOf(conversations);
  const askedOnes = stuck.filter(({ syns }) => syns > 0);
  const { point } = most.connection;
  return {
    key: `${client}>${endpointText(server)}`,
    grade: 'inferred',
    subject: { ...subject, server: endpointText(server) },
    conversations: [...new Set([...conversations, ...ofHalves].map((one) => one.index))],
    between:
      breakPointOf([...new Set([...conversations, ...ofHalves])], acknowledged ? TO_SERVER : TO_CLIENT)?.between ??
      null,
    place: `${acknowledged ? 'towards the server' : 'towards the client'}, as seen from ${evidence.points[point].name}`,
    ...excerpt(stuck.flatMap(packetsOf)),
    reach: stuck.length,
    measured: {
      connections: stuck.length,
      synAcks: most.times.length,
      seconds: Number((most.times[most.times.length - 1] - most.times[0]).toFixed(3)),
      clientRepeats: askedOnes.filter(({ syns }) => syns > 1).length,
      acknowledged,
    },
    client,
    server: server.address,
    port: server.port,
    connections: stuck.length,
    offers: most.times.length,
    copies: Math.max(most.connection.synAck.length, most.connection.directions[TO_CLIENT].syns) > most.times.length,
    seconds: most.times[most.times.length - 1] - most.times[0],
    acknowledged,
    asked: askedOnes.length,
    repeating: askedOnes.filter(({ syns }) => syns > 1).length,
  };
}

function packetsOf({ life, connection }: Offers['stuck'][number]): EvidencePacket[] {
  const packets = life.views.flatMap(({ point, syn, handshakeAck, directions }) => [
    ...(syn.length === 0 ? [] : packetsAt(point, syn, againAfter('SYN', syn[0]), '>')),
    ...(handshakeAck === null ? [] : packetsAt(point, [handshakeAck], 'ACK of the SYN-ACK', '>')),
    ...packetsAt(point, directions[TO_SERVER].repeats[0]?.packets ?? [], 'data, not acknowledged', '>'),
  ]);
  const { point, synAck } = connection;
  return [...packets, ...packetsAt(point, synAck, againAfter('SYN-ACK', synAck[0]), '<')].sort(
    (a, b) => a.time - b.time,
  );
}
