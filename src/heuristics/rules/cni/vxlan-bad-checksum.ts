import type { Evidence, TunnelFlow } from '../../../flows/evidence/evidence.ts';
import { breakPointOf } from '../../facts/place.ts';
import { subjectOf } from '../../facts/subject.ts';
import { fateOf } from '../../facts/vtep.ts';
import { gradeOf, whereSeen } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { excerpt, packetsAt } from '../../words/excerpt.ts';
import { tunnelName } from '../../words/tunnel-name.ts';

const thresholds = { packets: { value: 3, unit: 'packets', source: 'docs/thresholds.md, checksum-packets' } } as const;

interface BadChecksum extends Occurrence {
  source: string;
  destination: string;
  carrier: string;
  bad: number;
  unanswered: number;
}

/** The outer UDP checksum is wrong, so the receiver drops the tunnel packet. */
export const vxlanBadChecksum = defineRule<BadChecksum>({
  meta: {
    id: 'vxlan-bad-checksum',
    faultClass: 'cni',
    level: 'error',
    recordedIn: 'test/pcaps/vxlan-bad-checksum',
    place: 'mechanism',
    explains: ['tunnel-blocked', 'dropped-in-node'],
    explainsSymptomsOf: ['silent-path'],
    summary: 'Tunnel packets carry a wrong outer UDP checksum',
    meaning:
      'The receiving kernel drops them before decapsulation. Typical: 63 s, 3 s or 1 s delays of service traffic, since only masqueraded packets are affected.',
    rule: 'Three or more packets of a tunnel direction whose outer UDP checksum is present, wrong, and not the partial sum that transmit offload leaves, and most of whose conversations get no answer.',
    notThis: [
      'Partial checksums on the sender: the NIC fills them in.',
      'Checksum 0 is legal for VXLAN over IPv4.',
      'Packets cut by the snaplen cannot be verified.',
    ],
    causes: [
      'Double masquerade of the encapsulated packet (mark 0x4000 not cleared)',
      'A NIC or kernel defect in VXLAN checksum offload',
    ],
    confirm: [{ on: '<receiving node>', command: 'nstat -az UdpInCsumErrors', expect: 'rises with each attempt' }],
    fix: [
      'ethtool -K flannel.1 tx-checksum-ip-generic off',
      'Upgrade kube-proxy (1.16.13, 1.17.9, 1.18.6 or later) or the kernel',
    ],
    references: ['RFC 7348, 5', 'kubernetes issue 88986', 'calico issue 3145', 'flannel issue 1279'],
  },
  thresholds,

  *detect(evidence) {
    for (const flow of evidence.tunnels) {
      if (flow.checksums.bad < thresholds.packets.value) continue;
      const fate = fateOf(evidence, [flow]);
      if (fate.answered.length >= fate.unanswered.length) continue;
      yield occurrenceOf(evidence, flow, fate.unanswered);
    }
  },

  explain({ source, destination, carrier, bad, unanswered }, names) {
    return {
      message: `${bad} ${carrier} packets from ${names.address(source)} to ${names.address(destination)} carry a wrong outer UDP checksum; ${unanswered} conversations get no answer`,
      why: 'The receiving kernel verifies the outer checksum before it decapsulates, and drops what is wrong without a word.',
      causes: [
        {
          id: 'second-masquerade',
          cause: 'kube-proxy masquerades the encapsulated packet a second time and the checksum is not corrected',
          for: ['only part of the tunnel traffic is affected'],
          against: [],
        },
        { id: 'checksum-offload', cause: 'checksum offload of the NIC is broken for VXLAN', for: [], against: [] },
      ],
      confirm: [
        {
          on: destination,
          command: 'nstat -az UdpInCsumErrors; dmesg | grep -i "bad checksum"',
          expect: 'the counter rises with each attempt',
        },
        { on: source, command: 'ethtool -k flannel.1 | grep tx-checksum', expect: 'tx-checksum-ip-generic: on' },
      ],
      fix: [
        'On the sending node: ethtool -K flannel.1 tx-checksum-ip-generic off. Then upgrade kube-proxy or the kernel.',
      ],
      wireshark: `ip.src==${source} && ip.dst==${destination} && udp.checksum.status==0`,
    };
  },
});

function occurrenceOf(
  evidence: Evidence,
  flow: TunnelFlow,
  unanswered: ReturnType<typeof fateOf>['unanswered'],
): BadChecksum {
  const first = flow.firstBadChecksum ?? flow.first;
  const receiving = evidence.points[flow.point].role === 'node-nic' && flow.ttls.some(({ value }) => value < 64);
  return {
    key: `${flow.source}>${flow.destination}`,
    grade: gradeOf({ 'bad-at-the-receiver': whereSeen(receiving) }),
    subject: subjectOf(unanswered).subject,
    conversations: unanswered.map((conversation) => conversation.index),
    between: breakPointOf(unanswered)?.between ?? null,
    place: `between ${flow.source} and the decapsulation on ${flow.destination}`,
    ...excerpt(packetsAt(flow.point, [first], 'outer UDP checksum wrong')),
    reach: unanswered.length,
    measured: { bad: flow.checksums.bad, good: flow.checksums.good, absent: flow.checksums.absent },
    source: flow.source,
    destination: flow.destination,
    carrier: tunnelName(flow),
    bad: flow.checksums.bad,
    unanswered: unanswered.length,
  };
}
