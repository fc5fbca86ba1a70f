import { counted } from '../../words/counted.ts';
import { defineQualityNote, factOf, listed, percent, type QualityFact, sum } from '../../words/quality-note.ts';

const thresholds = {
  copyShare: { value: 0.01, unit: 'share', source: 'docs/thresholds.md, copies-share' },
} as const;

interface CopyFact extends QualityFact {
  copies: number;
  packets: number;
}

/** The same packet is in the capture more than once. */
export const duplicateCopies = defineQualityNote<CopyFact>({
  meta: {
    id: 'duplicate-copies',
    recordedIn: 'test/pcaps/case-3',
    summary: 'The same packets were captured more than once',
    meaning:
      'The copies are recognised and left out of all counts. Other tools show them as retransmissions and duplicate ACKs; nothing was sent twice.',
    rule: 'More than 1 % of the packets of a capture point are copies of a packet seen just before.',
    notThis: ['Real retransmissions: they carry a new IP ID or a later TCP time stamp.'],
    causes: [
      'Capture on -i any or on a bridge: the packet passes several interfaces',
      'A promiscuous bridge with br_netfilter delivers same-node service packets twice',
      'A mirror port that copies both ingress and egress',
    ],
    confirm: [{ on: '<host>', command: 'tcpdump -i <one interface> -w <file>', expect: 'each packet once' }],
    fix: ['None needed for this report. For other tools capture on one interface, or run editcap -d'],
    references: ['Linux net.bridge.bridge-nf-call-iptables'],
  },
  thresholds,

  facts: ({ points }) =>
    points.flatMap((point) => {
      const { copies, packets } = point.quality;
      return copies > thresholds.copyShare.value * packets ? [{ ...factOf(point), copies, packets }] : [];
    }),
  measured: (facts) => ({ copies: sum(facts, (fact) => fact.copies), points: facts.map((fact) => fact.where) }),
  words: (facts) => {
    const copies = sum(facts, (fact) => fact.copies);
    const share = percent(
      copies,
      sum(facts, (fact) => fact.packets),
    );
    return {
      message: `${listed(facts)}: ${counted(copies, 'packet')} captured more than once (${share})`,
      why: 'The copies are left out of all counts. Other tools take them for retransmissions.',
      fix: ['Nothing to repair. For other tools capture on one interface.'],
    };
  },
});
