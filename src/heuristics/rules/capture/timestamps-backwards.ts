import { counted } from '../../words/counted.ts';
import { defineQualityNote, factOf, listed, type QualityFact, sum } from '../../words/quality-note.ts';

interface StepFact extends QualityFact {
  steps: number;
  largest: number;
}

/** Timestamps go backwards within one capture point. */
export const timestampsBackwards = defineQualityNote<StepFact>({
  meta: {
    id: 'timestamps-backwards',
    recordedIn: 'corpus/the-tcpdump-group+tcpdump/tests__of10_inv_OFPST_FLOW.pcap',
    summary: 'Time stamps go back inside a capture',
    meaning:
      'The order in the file is not the order in time, or the clock was set while capturing. Delays and pauses around those places are not certain.',
    rule: 'A packet of a capture point is older than the one before it by more than 1 ms.',
    notThis: ['Steps of less than 1 ms: several queues of one network card write them.'],
    causes: [
      'Files were merged without sorting',
      'NTP or an administrator set the clock',
      'Several queues or threads write the file',
    ],
    confirm: [{ on: 'here', command: 'reordercap -n <file> <out>', expect: 'frames out of order' }],
    fix: ['Sort the file with reordercap; set the clock with slewing (chronyd) while capturing'],
    references: ['RFC 7679, 3.7: errors of clocks'],
  },
  thresholds: { stepSeconds: { value: 0.001, unit: 's', source: 'docs/thresholds.md, timestamp-step' } },

  facts: ({ points }) =>
    points.flatMap((point) => {
      const { timeSteps, largestTimeStepBack } = point.quality;
      return timeSteps > 0 ? [{ ...factOf(point), steps: timeSteps, largest: largestTimeStepBack }] : [];
    }),
  measured: (facts) => ({
    steps: sum(facts, (fact) => fact.steps),
    largestSeconds: Math.max(...facts.map((fact) => fact.largest)),
    points: facts.map((fact) => fact.where),
  }),
  words: (facts) => ({
    message: `${listed(facts)}: time stamps go back ${counted(
      sum(facts, (fact) => fact.steps),
      'time',
    )}, by up to ${Math.max(...facts.map((fact) => fact.largest)).toFixed(3)} s`,
    why: 'Delays and pauses around these places are not certain.',
    fix: ['Sort the file (reordercap), or capture again while the clock is not being set.'],
    wireshark: 'frame.time_delta < 0',
  }),
});
