import { counted } from '../../words/counted.ts';
import { defineQualityNote, factOf, listed, percent, type QualityFact, sum } from '../../words/quality-note.ts';

interface DropFact extends QualityFact {
  dropped: number;
  packets: number;
}

/** The file says that packets were dropped while capturing. */
export const captureDrops = defineQualityNote<DropFact>({
  meta: {
    id: 'capture-drops',
    recordedIn: 'corpus/google+gopacket/pcapgo__tests__be__test013.pcapng',
    summary: 'Packets were dropped by the capture itself',
    meaning:
      'The capture could not keep up. A packet that is missing here may have travelled all the same. Above 1 % no missing packet is taken as proof.',
    rule: 'A drop counter of the file (pcapng interface statistics or packet drop counts) is above zero.',
    notThis: ['Classic pcap has no such counter: tcpdump prints it at its end and the file does not hold it.'],
    causes: ['Capture buffer too small', 'Disk too slow', 'Too much traffic without a filter'],
    confirm: [
      {
        on: '<host>',
        command: 'tcpdump -B 16384 -s 128 -i <interface> -w <file>',
        expect: '0 packets dropped by kernel',
      },
    ],
    fix: ['Larger buffer (tcpdump -B 16384), smaller snapshot length, a filter'],
    references: ['draft-ietf-opsawg-pcapng, Interface Statistics Block'],
  },
  thresholds: {},

  facts: (evidence) =>
    evidence.captures.flatMap(({ dropped, packets }, index) => {
      const point = evidence.points.find((one) => one.capture === index);
      if (dropped === null || dropped === 0 || point === undefined) return [];
      return [{ ...factOf(point), dropped, packets }];
    }),
  measured: (facts) => ({ dropped: sum(facts, (fact) => fact.dropped), points: facts.map((fact) => fact.where) }),
  words: (facts) => {
    const dropped = sum(facts, (fact) => fact.dropped);
    const all = dropped + sum(facts, (fact) => fact.packets);
    return {
      message: `${listed(facts)}: ${counted(dropped, 'packet')} dropped while capturing (${percent(dropped, all)})`,
      why: 'A packet that is missing from such a capture may have travelled all the same.',
      fix: ['Capture again with a larger buffer (tcpdump -B 16384), a smaller snapshot length or a filter.'],
    };
  },
});
