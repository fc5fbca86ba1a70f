import { ONE_WAY_SHARE, oneWayAt } from '../../facts/one-way.ts';
import { counted } from '../../words/counted.ts';
import { defineQualityNote, factOf, listed, type QualityFact, sum } from '../../words/quality-note.ts';

interface OneWayFact extends QualityFact {
  oneWay: number;
}

/** Connections ran in both directions, and the capture lacks one of them. */
export const oneWayCapture = defineQualityNote<OneWayFact>({
  meta: {
    id: 'one-way-capture',
    recordedIn: 'corpus/secdev+scapy/test__pcaps__doip_ack.pcap',
    summary: 'Only one direction of the traffic was captured',
    meaning:
      'Answers that did arrive are missing from the capture. Nothing that rests on a missing answer is claimed at this point.',
    rule: 'Of the connections whose packets prove that both sides spoke, 95 % or more were seen in one direction only.',
    notThis: [
      'A SYN that nobody answers: the client shows no sign of an answer either.',
      'A connection refused by a reset.',
    ],
    causes: [
      'A capture filter such as "src host"',
      'The other direction takes another interface (asymmetric routing, bonding)',
      'A mirror port that copies one direction',
    ],
    confirm: [{ on: '<host>', command: 'ip route get <peer>', expect: 'another interface than the captured one' }],
    fix: ['Capture both directions: no src or dst in the filter, or capture on -i any'],
    references: ['RFC 7011, 2: what an observation point cannot see'],
  },
  thresholds: { oneWayShare: ONE_WAY_SHARE },

  facts: (evidence) =>
    evidence.points.flatMap((point) => {
      const found = oneWayAt(evidence, point.index);
      return found?.whole ? [{ ...factOf(point), oneWay: found.oneWay }] : [];
    }),
  measured: (facts) => ({ connections: sum(facts, (fact) => fact.oneWay), points: facts.map((fact) => fact.where) }),
  words: (facts) => ({
    message: `${listed(facts)}: ${counted(
      sum(facts, (fact) => fact.oneWay),
      'connection',
    )} captured in one direction only`,
    why: 'The packets seen acknowledge data that is not in the capture. Missing answers prove nothing here.',
    fix: ['Capture again without src or dst in the filter, or on all interfaces (-i any).'],
  }),
});
