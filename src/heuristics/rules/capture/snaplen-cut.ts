import { counted } from '../../words/counted.ts';
import { defineQualityNote, factOf, listed, type QualityFact, sum } from '../../words/quality-note.ts';

interface CutFact extends QualityFact {
  cut: number;
  unreadable: number;
  snaplen: number;
}

/** Octets of the largest IP packet (RFC 791, 3.1: total length). A capture that keeps more cuts no packet. */
const LARGEST_PACKET = 65_535;

/** Packets were captured with fewer octets than they had on the wire. */
export const snaplenCut = defineQualityNote<CutFact>({
  meta: {
    id: 'snaplen-cut',
    recordedIn: 'lab/perf-loss-3pct-offload-on',
    summary: 'Packets were cut by the snapshot length',
    meaning:
      'Sizes are taken from the IP headers, so they are right. Contents beyond the cut are not seen: DNS names, inner headers of tunnels, checksums.',
    rule: 'At least one packet has fewer captured octets than octets on the wire.',
    notThis: ['Padding of short Ethernet frames.'],
    causes: ['tcpdump -s with a small value'],
    confirm: [{ on: '<host>', command: 'tcpdump -s 262144 -i <interface> -w <file>', expect: 'no cut packet' }],
    fix: ['Use -s 0, or at least -s 200 where packets are encapsulated (VXLAN puts 50 octets in front)'],
    references: ['RFC 7348, 5'],
  },
  thresholds: {},

  facts: ({ points, captures }) =>
    points.flatMap((point) => {
      const { cut, unreadable } = point.quality;
      return cut > 0 ? [{ ...factOf(point), cut, unreadable, snaplen: captures[point.capture]?.snaplen ?? 0 }] : [];
    }),
  measured: (facts) => ({
    cut: sum(facts, (fact) => fact.cut),
    unreadable: sum(facts, (fact) => fact.unreadable),
    points: facts.map((fact) => fact.where),
  }),
  words: (facts) => {
    const unreadable = sum(facts, (fact) => fact.unreadable);
    const cut = counted(
      sum(facts, (fact) => fact.cut),
      'packet',
    );
    // A file that was cut later keeps the snapshot length of its capture, or tells none (0).
    const snaplen = Math.min(...facts.map((fact) => fact.snaplen));
    const isCutByCapture = snaplen > 0 && snaplen < LARGEST_PACKET;
    return {
      message: `${listed(facts)}: ${cut} cut${isCutByCapture ? ` at ${snaplen} octets` : ''}${unreadable > 0 ? `, ${unreadable} too short to read` : ''}`,
      why: 'Sizes come from the headers and stay right. What lies beyond the cut is not seen.',
      fix: [
        isCutByCapture
          ? 'Capture again with -s 0, or with -s 200 at least where packets are encapsulated.'
          : 'Use the file as it was captured: its snapshot length keeps packets whole, so they were cut afterwards (editcap -s).',
      ],
      wireshark: 'frame.cap_len < frame.len',
    };
  },
});
