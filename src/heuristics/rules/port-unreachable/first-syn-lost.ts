import { ATTEMPT_THRESHOLDS, endpointText } from '../../facts/attempts.ts';
import { breakPointOf } from '../../facts/place.ts';
import { subjectOf } from '../../facts/subject.ts';
import { FIRST_SYN_THRESHOLDS, type FirstSynsLost, firstSynsLost } from '../../facts/tcp/first-syns.ts';
import { LIFE_THRESHOLDS } from '../../facts/tcp/life.ts';
import { TRACEROUTE_THRESHOLDS } from '../../facts/traceroutes.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { counterOf, counters, runs, sysctl, trackingCounters } from '../../words/commands.ts';
import { between, familyOf } from '../../words/display-filter.ts';
import { excerpt, packetsAt, synPackets } from '../../words/excerpt.ts';
import { setsSysctl } from '../../words/repairs.ts';

interface FirstSynLost extends Occurrence {
  client: string;
  server: string;
  port: number;
  lost: number;
  atOnce: number;
  /** Median time from the first SYN to the SYN-ACK, seconds. */
  delay: number;
}

/** New connections lose their first SYN and open with a repeated SYN. */
export const firstSynLost = defineRule<FirstSynLost>({
  meta: {
    id: 'first-syn-lost',
    faultClass: 'port-unreachable',
    level: 'warning',
    recordedIn: null,
    place: 'last-seen',
    symptomOf: 'silent-path',
    explainedBy: ['listen-queue-overflow'],
    summary: 'New connections lose their first SYN and open with the second',
    meaning:
      'Something drops the first packet of each connection and lets the repetition pass: the client waits a second more for each.',
    rule: 'Of the connections that one client opens to one listener, three or more, and at least half of those in that time, open only after a repeated SYN: one SYN-ACK comes, and it follows a repetition by less than half of the time between the SYNs.',
    notThis: [
      'The answer to the first SYN was only late: it has no relation to the repetition, or comes twice.',
      'Most connections open at the first SYN: packets are lost at random.',
      'What passes between two points loses as much there: as many SYNs are lost by chance (packet-loss).',
      'An older connection answered the first SYN (challenge-ack).',
      'A burst at a full accept queue: listen-queue-overflow.',
    ],
    causes: [
      'The first packet through a tunnel has a wrong outer checksum or source, and the kernel hashes the repetition anew',
      'Source ports that IPVS or conntrack still has an entry for (net.ipv4.vs.conn_reuse_mode)',
      'The first packet waits for an address or route to be resolved and is dropped',
    ],
    confirm: [
      { on: '<node>', command: 'nstat -az UdpInCsumErrors', expect: 'rises with each new connection' },
      { on: '<node>', command: 'sysctl net.ipv4.vs.conn_reuse_mode', expect: '1 on kernels before 5.9' },
    ],
    fix: ['Find where the first SYN is dropped: capture on the nodes of both ends'],
    references: ['RFC 6298, 2.1 and 5.7', 'kubernetes issue 81775', 'kubernetes issue 88986'],
  },
  thresholds: { ...FIRST_SYN_THRESHOLDS, ...LIFE_THRESHOLDS, ...ATTEMPT_THRESHOLDS, ...TRACEROUTE_THRESHOLDS },

  *detect(evidence) {
    for (const found of firstSynsLost(evidence)) yield occurrenceOf(found);
  },

  explain({ client, server, port, lost, atOnce, delay }, names) {
    return {
      message: `New connections of ${names.address(client)} to ${names.address(server)} port ${port} lose their first SYN: ${lost} of ${lost + atOnce} open ${delay.toFixed(2)} s after it`,
      why: 'The repeated SYN is the same packet, and it is answered at once. So the server and the port are there, and the first packet is treated in another way.',
      causes: [
        {
          id: 'first-packet-of-tunnel',
          cause: 'the outer header of the first packet is wrong (checksum, source), and that of the repetition is not',
          for: [],
          against: [],
          confirm: [
            counters(names.nodeOf(server), ['UdpInCsumErrors'], familyOf(server), {
              expect: 'it rises with each new connection',
              shows: { rises: counterOf('UdpInCsumErrors', familyOf(server)) },
            }),
            runs(
              names.nodeOf(client),
              "ls /sys/class/net | xargs -n 1 ethtool -k | grep -E 'Features|tx-checksum-ip-generic'",
              { expect: 'tx-checksum-ip-generic: on at the device of the tunnel' },
            ),
          ],
          fix: [
            `Turn tx-checksum-ip-generic off at the tunnel device of ${names.nodeOf(client)} (ethtool -K), and see whether the first SYN passes.`,
          ],
        },
        {
          id: 'port-reused',
          cause: 'a node still has an entry for the source port (IPVS, conntrack, TIME-WAIT)',
          for: [],
          against: [],
          confirm: [
            sysctl(names.nodeOf(client), 'net.ipv4.vs.conn_reuse_mode', {
              expect: '= 1 with kube-proxy in IPVS mode',
              shows: { has: '= 1' },
            }),
            trackingCounters(
              names.nodeOf(client),
              'insert_failed',
              'insert_failed or drop rises with each new connection',
            ),
          ],
          fix: [setsSysctl(names.nodeOf(client), 'net.ipv4.vs.conn_reuse_mode', '0', 'with kube-proxy in IPVS mode')],
        },
      ],
      confirm: [],
      fix: [
        `Capture on the interfaces of ${names.nodeOf(client)} and ${names.nodeOf(server)} to see where the first SYN ends.`,
      ],
      wireshark: `${between(client, server)} && tcp.port==${port} && tcp.flags.syn==1`,
    };
  },
});

function occurrenceOf({ lost, atOnce }: FirstSynsLost): FirstSynLost {
  const [{ connection }] = lost;
  const conversations = lost.map(({ conversation }) => conversation);
  const delays = lost.map(({ connection: { syn, synAck } }) => synAck[0].time - syn[0].time).sort((a, b) => a - b);
  const found = breakPointOf(conversations, 0);
  return {
    key: `${connection.client.address}>${endpointText(connection.server)}`,
    grade: found?.grade ?? 'inferred',
    subject: subjectOf(conversations).subject,
    conversations: conversations.map(({ index }) => index),
    between: found?.between ?? null,
    place: `on the path to ${endpointText(connection.server)}`,
    ...excerpt(
      lost.flatMap(({ connection: one }) => [...synPackets(one), ...packetsAt(one.point, one.synAck, 'SYN-ACK', '<')]),
    ),
    reach: lost.length,
    measured: { lost: lost.length, atOnce, delaySeconds: Number(delays[delays.length >> 1].toFixed(3)) },
    client: connection.client.address,
    server: connection.server.address,
    port: connection.server.port,
    lost: lost.length,
    atOnce,
    delay: delays[delays.length >> 1],
  };
}
