import type { Evidence } from '../../../flows/evidence/evidence.ts';
import { TO_SERVER } from '../../../flows/evidence/evidence.ts';
import { endpointText } from '../../facts/attempts.ts';
import { inOrder } from '../../facts/packet-order.ts';
import { type TranslatedReply, translatedRepliesOf } from '../../facts/reply-translations.ts';
import { gradeOf } from '../../rule/grade.ts';
import { defineRule, type EvidencePacket, type Occurrence } from '../../rule/rule.ts';
import { masqueradeRules, trackedTo } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { familyOf, withAddress } from '../../words/display-filter.ts';
import { excerpt, packetsAt } from '../../words/excerpt.ts';
import { groupBy } from '../../words/group-by.ts';

interface ReplySourceTranslated extends Occurrence {
  server: string;
  /** Address that the client asked. */
  asked: string;
  /** Source address of the replies after the translation. */
  became: string;
  inside: number;
  outside: number;
  connections: number;
  resets: number;
}

/** The node translates the source of replies as if they were requests. The client gets them from an unknown address. */
export const replySourceTranslated = defineRule<ReplySourceTranslated>({
  meta: {
    id: 'reply-source-translated',
    faultClass: 'service',
    level: 'error',
    recordedIn: 'test/pcaps/reply-source-translated',
    place: 'mechanism',
    explains: ['reply-not-untranslated', 'dns-reply-wrong-source', 'port-closed', 'half-open', 'reset-injected'],
    explainsSymptomsOf: ['lost-between-points', 'silent-path'],
    summary: 'The node translates the source of replies that had to keep it',
    meaning:
      'The request reaches the pod with the address that the client asked, and the pod answers from it. Then masquerade treats the reply like a new connection and gives it the address of the node. The client gets a SYN-ACK from an address that it never asked, and resets it.',
    rule: 'A SYN passes several points with one destination. At the point nearer to the server the SYN-ACK comes from that address; at the other one none does, and a SYN-ACK from another address acknowledges exactly this SYN. The handshake does not end.',
    notThis: [
      'The request was translated to the pod: the reply lacks the translation back, which is reply-not-untranslated.',
      'The address is translated back later on the way: the handshake ends.',
      'A bridge shows packets before and after translation: there the SYN-ACK from the right address is seen too.',
      'A port that the client used again for another connection: the acknowledgement number does not fit.',
    ],
    causes: [
      'Masquerade of the CNI (BPF) without connection tracking of what comes from outside',
      'A stateless or too wide SNAT rule on the node',
      'The request came by a way on which connection tracking did not see it',
    ],
    confirm: [
      {
        on: '<node>',
        command: 'iptables-save -t nat | grep -iE "masquerade|snat"',
        expect: 'a rule that matches replies',
      },
    ],
    fix: ['Leave replies out of the masquerade rule, or let connection tracking see the requests'],
    references: ['RFC 3022, 2', 'RFC 9293, 3.10.7.3'],
  },
  thresholds: {},

  *detect(evidence) {
    const groups = groupBy(
      translatedRepliesOf(evidence),
      ({ asked, answered, inside }) =>
        `${endpointText(asked.server)} ${answered.server.address} ${inside.point} ${asked.point}`,
    );
    for (const replies of groups.values()) yield occurrenceOf(evidence, replies);
  },

  explain(found, names) {
    const { asked, became, server, connections, resets } = found;
    const host = names.host(found.inside);
    return {
      message: `${names.address(asked)} answers ${counted(connections, 'connection')}, and its replies leave ${names.point(found.outside)} as ${names.address(became)}`,
      why: `At ${names.point(found.inside)} the SYN-ACK comes from ${server}, the address that the client asked. At ${names.point(found.outside)} the same SYN-ACK comes from ${became}. A reply must keep its source.`,
      causes: [
        {
          id: 'reply-masqueraded',
          cause:
            'masquerade on the node takes the replies for new connections (no connection tracking of the requests)',
          telling: [
            `the source changes from ${asked} to ${became} between the two points, the request does not change`,
          ],
          for: resets > 0 ? [`the client resets ${counted(resets, 'of them', 'of them')}`] : [],
          against: [],
        },
      ],
      confirm: [
        masqueradeRules(host, familyOf(asked), {
          expect: `a rule that matches packets from ${asked} to the client; with Cilium, bpf-masquerade in its configuration`,
        }),
        trackedTo(host, 'tcp', asked, { expect: 'no entry of the request, which came from outside' }),
      ],
      fix: [
        `Leave replies of ${names.address(asked)} out of the masquerade rule on ${host} (ct direction original), or exclude the networks of these clients from masquerade.`,
      ],
      wireshark: `tcp.flags.syn==1 && (${withAddress(asked)} || ${withAddress(became)})`,
    };
  },
});

function occurrenceOf(evidence: Evidence, replies: readonly TranslatedReply[]): ReplySourceTranslated {
  const [{ asked, answered, inside }] = replies;
  const clients = [...new Set(replies.map((reply) => reply.asked.client.address))].sort();
  const packets = replies.flatMap(packetsOf).sort(inOrder);
  const resets = replies.reduce((sum, reply) => sum + reply.answered.directions[TO_SERVER].resets, 0);
  return {
    key: `${endpointText(asked.server)}<${answered.server.address}`,
    grade: gradeOf({ 'source-before-and-after-seen': 'passed' }),
    subject: { protocol: 'tcp', client: clients.join(', '), server: endpointText(asked.server) },
    conversations: replies.map(({ conversation }) => conversation.index),
    between: [inside.point, asked.point],
    place: `on the way back, where ${evidence.points[asked.point].name} sends the replies on`,
    ...excerpt(packets),
    reach: replies.length,
    measured: { connections: replies.length, asked: asked.server.address, becomes: answered.server.address, resets },
    server: endpointText(asked.server),
    asked: asked.server.address,
    became: answered.server.address,
    inside: inside.point,
    outside: asked.point,
    connections: replies.length,
    resets,
  };
}

const packetsOf = ({ asked, answered, inside }: TranslatedReply): EvidencePacket[] => [
  ...packetsAt(inside.point, inside.synAck, `SYN-ACK, from ${inside.server.address}`, '<'),
  ...packetsAt(asked.point, answered.synAck, `SYN-ACK, from ${answered.server.address}`, '<'),
];
