import { counted } from '../../words/counted.ts';
import { defineQualityNote, factOf, listed, type QualityFact, sum } from '../../words/quality-note.ts';

interface SuperSegmentFact extends QualityFact {
  superSegments: number;
}

/** Segments larger than the agreed MSS: the network card splits or merges them. */
export const offloadSuperSegments = defineQualityNote<SuperSegmentFact>({
  meta: {
    id: 'offload-super-segments',
    recordedIn: 'test/pcaps/ipv6-mtu-sender-only/client__eth0.pcap',
    summary: 'Captured segments are larger than those on the wire',
    meaning:
      'The network card cuts (TSO) or joins (GRO) segments outside the capture. One captured packet stands for several on the wire, and sizes say nothing about the MTU.',
    rule: 'A segment carries more octets than the MSS that both sides agreed on.',
    notThis: ['Jumbo frames: there the MSS is large too.'],
    causes: ['Ordinary offload of Linux; no fault'],
    confirm: [
      {
        on: '<host>',
        command: 'ethtool -k <interface>',
        expect: 'tcp-segmentation-offload: on, or generic-receive-offload: on',
      },
    ],
    fix: ['For a size problem capture with offload off, or at the other end'],
    references: ['Linux Documentation/networking/segmentation-offloads.rst'],
  },
  thresholds: {},

  facts: ({ points }) =>
    points.flatMap((point) =>
      point.quality.superSegments > 0 ? [{ ...factOf(point), superSegments: point.quality.superSegments }] : [],
    ),
  measured: (facts) => ({
    superSegments: sum(facts, (fact) => fact.superSegments),
    points: facts.map((fact) => fact.where),
  }),
  words: (facts) => ({
    message: `${listed(facts)}: ${counted(
      sum(facts, (fact) => fact.superSegments),
      'segment',
    )} larger than the MSS (offload)`,
    why: 'One captured packet stands for several on the wire. Packet counts and sizes differ from the wire.',
    fix: ['Nothing to repair. For a size problem capture with TSO, GSO and GRO off (ethtool -K), or at the other end.'],
  }),
});
