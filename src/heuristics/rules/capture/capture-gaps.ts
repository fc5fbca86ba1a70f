import { GATES } from '../../facts/gates.ts';
import { counted } from '../../words/counted.ts';
import { defineQualityNote, factOf, listed, percent, type QualityFact, sum } from '../../words/quality-note.ts';

const thresholds = {
  noteGapShare: { value: 0.001, unit: 'share', source: 'docs/thresholds.md, gap-warning' },
  refuseShare: GATES.gapShare,
} as const;

interface GapFact extends QualityFact {
  gapOctets: number;
  allOctets: number;
}

/** Receivers acknowledged octets that the capture never saw. */
export const captureGaps = defineQualityNote<GapFact>({
  meta: {
    id: 'capture-gaps',
    recordedIn: 'corpus/cisco-system-traffic-generator+trex-core/scripts__exp__tcp_no_syn.pcap',
    summary: 'Octets were acknowledged that the capture does not hold',
    meaning:
      'They travelled, else nobody would acknowledge them, and the capture missed them. Counts of lost packets are not to be trusted here; above 10 % none is given.',
    rule: 'More than 0.1 % of the TCP octets of a capture point were acknowledged and never captured.',
    notThis: ['Octets that are missing and not acknowledged: those were lost on the path.'],
    causes: ['Drops in the capture', 'A second path: half of the packets take another interface', 'A capture filter'],
    confirm: [{ on: '<host>', command: 'tcpdump -B 16384 -i any -w <file>', expect: 'no gaps' }],
    fix: ['Capture on all interfaces (-i any) with a larger buffer (-B 16384)'],
    references: ['RFC 9293, 3.4'],
  },
  thresholds,

  facts: ({ points }) =>
    points.flatMap((point) => {
      const { gapOctets, tcpOctets } = point.quality;
      const allOctets = gapOctets + tcpOctets;
      return gapOctets > thresholds.noteGapShare.value * allOctets ? [{ ...factOf(point), gapOctets, allOctets }] : [];
    }),
  measured: (facts) => ({
    gapOctets: sum(facts, (fact) => fact.gapOctets),
    tcpOctets: sum(facts, (fact) => fact.allOctets),
    points: facts.map((fact) => fact.where),
  }),
  words: (facts) => {
    const gap = sum(facts, (fact) => fact.gapOctets);
    const share = percent(
      gap,
      sum(facts, (fact) => fact.allOctets),
    );
    return {
      message: `${listed(facts)}: ${counted(gap, 'octet')} acknowledged and never captured (${share})`,
      why: 'What was acknowledged did arrive: the capture missed it. Counts of lost packets are not to be trusted here.',
      fix: ['Capture again on all interfaces (-i any) with a larger buffer (-B 16384).'],
      wireshark: 'tcp.analysis.ack_lost_segment || tcp.analysis.lost_segment',
    };
  },
});
