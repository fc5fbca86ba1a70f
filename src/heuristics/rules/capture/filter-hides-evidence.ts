import { defineQualityNote, factOf, listed, type QualityFact } from '../../words/quality-note.ts';

interface FilterFact extends QualityFact {
  filters: string[];
  /** The filter is what pcapdiag was asked to look at: the file may hold more. */
  isOwn: boolean;
}

const CAPTURE_AGAIN = 'Capture again with "or icmp or arp" added to the filter, and by host instead of by port.';
const LOOK_AGAIN =
  'Look at the whole capture: run pcapdiag without --filter, --conversation, --pod and --between (as a library: without selection).';

/** The file says that a capture filter was set. */
export const filterHidesEvidence = defineQualityNote<FilterFact>({
  meta: {
    id: 'filter-hides-evidence',
    recordedIn: 'corpus/zeek+zeek/hist_8534605b_testing__btest__Traces__nat__natpmp-success.pcapng',
    summary: 'A capture filter was set',
    meaning:
      'Only what the filter lets through is in the file. ICMP errors, ARP and fragments are the usual victims: their absence proves nothing.',
    rule: 'The file names a capture filter (pcapng if_filter), or pcapdiag was asked for some of the packets, and there is no ARP or no ICMP packet.',
    notThis: ['A filter that lets ICMP and ARP through: packets of both are in the file.'],
    causes: ['tcpdump with a filter such as "tcp port 80"', 'pcapdiag was asked for some of the packets (--filter)'],
    confirm: [
      {
        on: '<host>',
        command: 'tcpdump -i <interface> -w <file> "host <pod> or icmp or arp"',
        expect: 'ICMP and ARP beside the traffic',
      },
    ],
    fix: [
      'Add "or icmp or arp" to the filter; for fragments filter by host, not by port',
      'After a filter of pcapdiag: run it without',
    ],
    references: ['draft-ietf-opsawg-pcapng, if_filter'],
  },
  thresholds: {},

  facts: ({ captures, points }) =>
    points.flatMap((point) => {
      const { filters = [], selected } = captures[point.capture] ?? {};
      const { arpPackets, icmpPackets } = point.quality;
      return filters.length > 0 && (arpPackets === 0 || icmpPackets === 0)
        ? [{ ...factOf(point), filters, isOwn: filters.every((filter) => filter === selected) }]
        : [];
    }),
  measured: (facts) => ({
    filters: [...new Set(facts.flatMap((fact) => fact.filters))],
    points: facts.map((fact) => fact.where),
  }),
  words: (facts) => ({
    message: `${listed(facts)}: ${facts.every(({ isOwn }) => isOwn) ? 'looked at' : 'captured'} with the filter "${[...new Set(facts.flatMap((fact) => fact.filters))].join('", "')}"`,
    why: 'What the filter keeps out is not in the file: missing ICMP errors, ARP or fragments prove nothing.',
    fix: [
      ...(facts.some(({ isOwn }) => isOwn) ? [LOOK_AGAIN] : []),
      ...(facts.some(({ isOwn }) => !isOwn) ? [CAPTURE_AGAIN] : []),
    ],
  }),
});
