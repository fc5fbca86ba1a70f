import { counted } from '../../words/counted.ts';
import { defineQualityNote, factOf, listed, type QualityFact, sum } from '../../words/quality-note.ts';

interface DamageFact extends QualityFact {
  problems: number;
}

/** The file ends inside a record, or the reader had to skip bytes of it. */
export const truncatedCapture = defineQualityNote<DamageFact>({
  meta: {
    id: 'truncated-capture',
    recordedIn: 'corpus/m-lab+packet-headers/testdata__v6.pcap',
    summary: 'A capture file is cut short or damaged',
    meaning: 'All whole records were read. Packets behind the damage are missing from the analysis.',
    rule: 'The reader met the end of the file inside a record, skipped bytes to find the next record, or the compressed stream broke off.',
    notThis: ['A file that ends after a whole record.'],
    causes: ['tcpdump was killed while writing', 'The copy of the file is not complete', 'The disk was full'],
    confirm: [{ on: 'here', command: 'capinfos <file>', expect: 'the same complaint' }],
    fix: ['Copy the file again, or capture again and end tcpdump with Ctrl-C (use -U)'],
    references: ['pcap-savefile(5)'],
  },
  thresholds: {},

  facts: (evidence) =>
    evidence.captures.flatMap(({ path, problemsTotal }, index) => {
      if (problemsTotal === 0) return [];
      const point = evidence.points.find((one) => one.capture === index);
      const place = point === undefined ? { where: path, point: null } : factOf(point);
      return [{ ...place, problems: problemsTotal }];
    }),
  measured: (facts) => ({ damages: sum(facts, (fact) => fact.problems), points: facts.map((fact) => fact.where) }),
  words: (facts) => ({
    message: `${listed(facts)}: the file is damaged in ${counted(
      sum(facts, (fact) => fact.problems),
      'place',
    )}`,
    why: 'Packets behind a damaged place may be missing. What could be read was read.',
    fix: ['Copy the file again, or capture again with tcpdump -U and end it with Ctrl-C.'],
  }),
});
