import type { Evidence } from '../../../flows/evidence/evidence.ts';
import { goesInCircle, LOOP_THRESHOLDS } from '../../facts/counter/loops.ts';
import { counted } from '../../words/counted.ts';
import { defineQualityNote, factOf, listed, percent, type QualityFact, sum } from '../../words/quality-note.ts';

const thresholds = {
  copyShare: { value: 0.01, unit: 'share', source: 'docs/thresholds.md, copies-share' },
  stormTimes: { value: 10, unit: 'count', source: 'docs/thresholds.md, storm-times' },
} as const;

interface CopyFact extends QualityFact {
  copies: number;
  packets: number;
  /** How often one packet came by, where a loop of switches would explain it; 0 elsewhere. */
  storm: number;
}

/** The same packet is in the capture more than once. */
export const duplicateCopies = defineQualityNote<CopyFact>({
  meta: {
    id: 'duplicate-copies',
    recordedIn: 'test/pcaps/case-3',
    summary: 'The same packets were captured more than once',
    meaning:
      'The copies are recognised and left out of all counts. Other tools show them as retransmissions and duplicate ACKs; nothing was sent twice.',
    rule: 'More than 1 % of the packets of a capture point are copies of a packet seen just before. Where one packet came by ten times or more with the same TTL, on one link, a loop of switches is told as a possible reason.',
    notThis: [
      'Real retransmissions: they carry a new IP ID or a later TCP time stamp.',
      'Packets that go in a circle, their TTL falling: routing-loop tells them.',
    ],
    causes: [
      'Capture on -i any or on a bridge: the packet passes several interfaces',
      'A promiscuous bridge with br_netfilter delivers same-node service packets twice',
      'A mirror port that copies both ingress and egress',
      'A loop of switches or bridges without spanning tree, which hands a broadcast round and round',
    ],
    confirm: [{ on: '<host>', command: 'tcpdump -i <one interface> -w <file>', expect: 'each packet once' }],
    fix: ['None needed for this report. For other tools capture on one interface, or run editcap -d'],
    references: ['Linux net.bridge.bridge-nf-call-iptables'],
  },
  thresholds: { ...thresholds, ...LOOP_THRESHOLDS },

  facts: (evidence) =>
    evidence.points.flatMap((point) => {
      const { packets, mostTimes } = point.quality;
      const copies = point.quality.copies - passesInCircles(evidence, point.index);
      // A packet to a group passes all interfaces of a host.
      const storm = mostTimes >= thresholds.stormTimes.value && point.role !== 'any' ? mostTimes : 0;
      return copies > thresholds.copyShare.value * packets ? [{ ...factOf(point), copies, packets, storm }] : [];
    }),
  measured: (facts) => ({
    copies: sum(facts, (fact) => fact.copies),
    points: facts.map((fact) => fact.where),
    ...(stormOf(facts) > 0 && { timesSeen: stormOf(facts) }),
  }),
  words: (facts) => {
    const copies = sum(facts, (fact) => fact.copies);
    const share = percent(
      copies,
      sum(facts, (fact) => fact.packets),
    );
    const message = `${listed(facts)}: ${counted(copies, 'packet')} captured more than once (${share})`;
    const storm = stormOf(facts);
    if (storm > 0)
      return {
        message: `${message}, one of them ${storm} times`,
        why: 'The copies are left out of all counts. A mirror port or a merged file shows a packet a few times; a loop of switches or bridges hands it round without end.',
        fix: [
          'Unless the file was merged from as many places: look for a link that joins two ports of the same segment, and turn spanning tree on (bridge link show; ip -d link show type bridge).',
        ],
      };
    return {
      message,
      why: 'The copies are left out of all counts. Other tools take them for retransmissions.',
      fix: ['Nothing to repair. For other tools capture on one interface.'],
    };
  },
});

const stormOf = (facts: readonly CopyFact[]): number => Math.max(0, ...facts.map(({ storm }) => storm));

/** Copies at the point that are further passes of packets in a routing loop. */
const passesInCircles = ({ loops }: Evidence, point: number): number =>
  loops
    .filter((loop) => loop.point === point && goesInCircle(loop) === 'passed')
    .reduce((total, { packets }) => total + packets.length - 1, 0);
