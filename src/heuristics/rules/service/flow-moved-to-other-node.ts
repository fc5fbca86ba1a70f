import type { Evidence } from '../../../flows/evidence/evidence.ts';
import { shellQuote } from '../../../text/shell-quote.ts';
import { subjectOf } from '../../facts/subject.ts';
import { FORGOTTEN_THRESHOLDS, type Forgotten } from '../../facts/tcp/forgotten.ts';
import { MOVED_THRESHOLDS, type MovedFlows, movedFlows } from '../../facts/tcp/moved-flows.ts';
import { AFTER_IDLE_THRESHOLDS } from '../../facts/tcp/sudden-end.ts';
import { TRACEROUTE_THRESHOLDS } from '../../facts/traceroutes.ts';
import { gradeOf, whereSeen } from '../../rule/grade.ts';
import { defineRule, type EvidencePacket, type Occurrence } from '../../rule/rule.ts';
import { kubectl, runs } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { familyOf, withAddress } from '../../words/display-filter.ts';
import { excerpt, packetsAt } from '../../words/excerpt.ts';

interface Moved extends Occurrence {
  server: string;
  address: string;
  connections: number;
  openedSince: number;
  /**
   * Point where the connections ran before, and point where their packets came later. Null if only one was captured.
   */
  hosts: [from: number, to: number] | null;
  midStream: boolean;
}

/** Packets of running connections arrive at another machine than before. That machine does not know the connections. */
export const flowMovedToOtherNode = defineRule<Moved>({
  meta: {
    id: 'flow-moved-to-other-node',
    faultClass: 'service',
    level: 'error',
    recordedIn: 'test/pcaps/ecmp-rehash',
    place: 'mechanism',
    explains: ['half-open', 'packet-loss', 'server-slow', 'peer-vanished'],
    explainedBy: ['duplicate-ip'],
    summary: 'Running connections are sent to another node than before, which does not know them',
    meaning:
      'A router with equal-cost paths or a load balancer changed its mind: a next hop was added or removed, and the hash of running connections now points to another node. That node has no such connection and resets it.',
    rule: 'Captured at two hosts: one has the connection up to an octet, the other gets what follows without a SYN and answers with a reset without ACK. Captured at one place: two busy connections or more to one server end by such a reset to their data, each within three of its usual distances between data after the first, and a new connection to that server opens afterwards.',
    notThis: [
      'One connection at one place: half-open.',
      'A pause before it that is long for the connection: half-open or idle-timeout.',
      'New connections are refused or ignored: the server was restarted.',
      'No new connection opens afterwards: nothing shows that a machine was up.',
      'They end one after the other while they still carry data.',
    ],
    causes: [
      'ECMP hashes anew when a next hop comes or goes (BGP to the nodes, MetalLB, Calico, Cilium)',
      'A load balancer without connection tracking changed its table',
      'Endpoints of a service with externalTrafficPolicy or DSR changed',
    ],
    confirm: [{ on: '<router>', command: 'ip route show <service address>', expect: 'several next hops' }],
    fix: [
      'Use resilient hashing on the router, or a load balancer that keeps connections (Maglev, connection tracking)',
      'Remove nodes only after their connections have ended',
    ],
    references: ['RFC 2992, 4: disruption', 'RFC 9293, 3.10.7.1'],
  },
  thresholds: {
    ...MOVED_THRESHOLDS,
    ...FORGOTTEN_THRESHOLDS,
    rhythmFactor: AFTER_IDLE_THRESHOLDS.rhythmFactor,
    ...TRACEROUTE_THRESHOLDS,
  },

  *detect(evidence) {
    for (const moved of movedFlows(evidence)) yield occurrenceOf(evidence, moved);
  },

  explain({ server, address, connections, openedSince, hosts, midStream }, names) {
    const what = `${counted(connections, 'running connection')} to ${server}`;
    const many = connections > 1;
    const opened =
      openedSince > 0 ? [`${counted(openedSince, 'new connection')} opened after the first of them ended`] : [];
    return {
      message:
        hosts === null
          ? `${what} ${many ? 'are' : 'is'} reset while in use, by a machine that does not know ${many ? 'them' : 'it'}: ${many ? 'they' : 'it'} now ${many ? 'go' : 'goes'} to another node than before`
          : `${what} ${many ? 'go' : 'goes'} on at ${names.point(hosts[1])} instead of ${names.point(hosts[0])}, which had ${many ? 'them' : 'it'} before: ${names.point(hosts[1])} resets ${many ? 'them' : 'it'}`,
      why:
        hosts === null
          ? midStream
            ? 'Data from the middle of connections arrives here, of which this machine has no state, and new connections open.'
            : 'They were in use, nobody had closed them, and the answer is that of a machine without such a connection. New ones open, so that no machine is down.'
          : 'The octets that arrive there follow those of the other host. The resets come from a machine without such a connection.',
      causes: [
        {
          id: 'path-hash-changed',
          cause: 'a router with equal-cost paths or a load balancer changed its choice when a next hop came or went',
          telling: hosts === null ? [] : ['one host has the first part of a connection, another one the rest'],
          for: [...(many ? [`${connections} connections ended together`] : []), ...opened],
          against: [],
        },
        {
          id: 'peer-restarted',
          cause: 'the server was replaced under the same address',
          for: [],
          against: [...(hosts === null ? [] : ['the host that has them before is another one']), ...opened],
        },
      ],
      confirm: [
        runs(
          'the router or load balancer before the nodes',
          `${familyOf(address) === 6 ? 'ip -6' : 'ip'} route show ${shellQuote(address)}`,
          { expect: 'several next hops; one came or went at that time' },
        ),
        ...(hosts === null
          ? []
          : [
              runs(names.host(hosts[1]), `ss -tn state established ${shellQuote(`src ${address}`)}`, {
                expect: 'none of these connections: they began elsewhere',
              }),
            ]),
        kubectl(
          'get nodes,endpointslices -A --sort-by=.metadata.creationTimestamp',
          'a node or endpoint that came, went or became unready at that time',
        ),
      ],
      fix: [
        'Use resilient (consistent) hashing on the router, or a load balancer that keeps track of connections; drain a node before its route is withdrawn.',
      ],
      wireshark: `${withAddress(address)} && tcp.flags.reset==1`,
    };
  },
});

function occurrenceOf(evidence: Evidence, { server, ends, before, openedSince }: MovedFlows): Moved {
  const conversations = ends.map(({ conversation }) => evidence.conversations[conversation]);
  const earlier = before.flatMap((leg) => evidence.conversations.filter((one) => hasLeg(one.legs, leg.index)));
  const hosts = before.length === 0 ? null : ([before[0].point, ends[0].leg.point] as [number, number]);
  return {
    key: server,
    grade: gradeOf({ 'both-nodes-seen': whereSeen(hosts !== null) }),
    subject: { ...subjectOf(conversations).subject, server },
    conversations: [...new Set([...conversations, ...earlier].map(({ index }) => index))],
    place: hosts === null ? `before ${server}` : `before ${evidence.points[hosts[1]].name}`,
    ...excerpt(ends.flatMap(packetsOf)),
    reach: ends.length,
    measured: { connections: ends.length, openedSince, seenAtBothNodes: hosts !== null },
    server,
    address: (ends[0].speaker === 0 ? ends[0].leg.server : ends[0].leg.client).address,
    connections: ends.length,
    openedSince,
    hosts,
    midStream: ends.every((end) => end.midStream),
  };
}

const hasLeg = (legs: readonly { kind: string; index: number }[], index: number): boolean =>
  legs.some((leg) => leg.kind === 'tcp' && leg.index === index);

function packetsOf({ leg, speaker, data, reset }: Forgotten): EvidencePacket[] {
  const [there, back] = speaker === 0 ? (['>', '<'] as const) : (['<', '>'] as const);
  return [
    ...packetsAt(leg.point, [data], 'data of a running connection', there),
    ...packetsAt(leg.point, [reset], 'RST without ACK: no such connection', back),
  ];
}
