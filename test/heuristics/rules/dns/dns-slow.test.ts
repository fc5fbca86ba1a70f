import { dnsSlow } from '../../../../src/heuristics/rules/dns/dns-slow.ts';
import { dns, evidence, point, ruleTable } from '../../../support/evidence.ts';
import { verdicts } from '../../../support/verdicts.ts';

const slow = (id: number, at: number, some: object = {}) => dns({ id, queries: [at], answered: at + 2.2, ...some });
const [near, far] = [slow(1, 0), slow(1, 0.001, { point: 1, server: '10.244.2.9:53' })];

ruleTable(dnsSlow, {
  fires: {
    'two lookups of 2.2 s': {
      evidence: evidence({ dns: [slow(1, 0), slow(2, 5)] }),
      finds: [{ slow: 2, repeated: 0, grade: 'inferred' }],
      says: [/2 of 2 lookups of \S+ at 10\.96\.0\.10 are slow: median 2\.2 s, longest 2\.2 s/, /No query was repeated/],
    },
    'the delay is there at the last point too': {
      evidence: evidence({
        points: [point({ name: 'client' }), point({ name: 'server' })],
        dns: [near, far, slow(2, 5)],
        paths: [{ of: [near, far] }],
      }),
      finds: [{ atServer: true, grade: 'confirmed' }],
      says: [/at server the answer already takes 2\.20 s/],
    },
    'two clients of one server are one finding': {
      evidence: evidence({ dns: [slow(1, 0), slow(2, 5, { client: '10.244.1.9:40001' })], dnsTotal: 9 }),
      finds: [{ slow: 2, clients: 2, subject: { protocol: 'dns', client: '2 clients', server: '10.96.0.10' } }],
      says: [/At least 2 of at most 9 lookups/],
    },
    'the clock of the capture goes back by less': evidence({
      points: [point({ quality: { timeSteps: 3, largestTimeStepBack: 1 } })],
      dns: [slow(1, 0), slow(2, 5)],
    }),
    'late because repeated': {
      evidence: evidence({ dns: [1, 2].map((id) => dns({ id, queries: [0, 5], answered: 5.01 })) }),
      finds: [{ repeated: 2 }],
      says: [/had to ask again/],
    },
  },
  notes: {
    'two late answers among hundreds that were only counted': evidence({
      dns: [slow(1, 0), slow(2, 5)],
      dnsTotal: 400,
    }),
  },
  quiet: {
    'the clock of the capture goes back by more than the answers take': evidence({
      points: [point({ quality: { timeSteps: 3, largestTimeStepBack: 2.5 } })],
      dns: [slow(1, 0), slow(2, 5)],
    }),
    'one slow lookup among many': evidence({ dns: [slow(1, 0), dns({ id: 2, queries: [5], answered: 5.001 })] }),
    'slow failures': evidence({ dns: [slow(1, 0, { rcode: 2 }), slow(2, 5, { rcode: 2 })] }),
    'a long path of 300 ms': evidence({ dns: [1, 2, 3].map((id) => dns({ id, queries: [id], answered: id + 0.3 })) }),
    'no answer at all': evidence({ dns: [dns({ id: 1, queries: [0, 5] }), dns({ id: 2, queries: [0, 5] })] }),
  },
});

/** Lookups of one server that take these seconds, one after the other. */
const waits = (seconds: readonly number[], some: object = {}, more: object = {}) =>
  evidence({
    dns: seconds.map((wait, at) => dns({ id: at + 1, queries: [10 * at], answered: 10 * at + wait, ...some })),
    ...more,
  });
/** Two lookups of 2.5 s; of the first the second point sees as much. */
const farAway = (seconds: number) => {
  const [here, there] = [
    dns({ id: 1, queries: [0], answered: 2.5 }),
    dns({ id: 1, queries: [0], answered: seconds, point: 1, server: '10.244.2.9:53' }),
  ];
  return evidence({
    points: [point({ name: 'client' }), point({ name: 'server' })],
    dns: [here, there, dns({ id: 2, queries: [8], answered: 10.5 })],
    paths: [{ of: [here, there] }],
  });
};

verdicts(dnsSlow, {
  'half a second': [waits([0.5, 0.5]), 'warning', { slow: 2, median: 0.5 }],
  'less than half a second': [waits([0.5, 0.499]), 'nothing'],
  'one slow lookup': [waits([2]), 'nothing'],
  'names that do not exist': [waits([2, 2], { rcode: 3 }), 'warning'],
  'what is not implemented': [waits([2, 2], { rcode: 4 }), 'nothing'],
  'what is refused': [waits([2, 2], { rcode: 5 }), 'nothing'],
  'what fails': [waits([2, 2], { rcode: 2 }), 'nothing'],
  'three waits: the middle one and the longest': [
    waits([0.612, 3, 0.75]),
    'warning',
    { median: 0.75, worst: 3, measured: { lookups: 3, slow: 3, medianSeconds: 0.75, worstSeconds: 3 } },
  ],
  'four waits: the upper one of the middle': [waits([4, 1, 3, 2]), 'warning', { median: 3, worst: 4 }],
  'waits are told in milliseconds': [
    waits([0.6124, 0.6126]),
    'warning',
    { measured: { lookups: 2, slow: 2, repeated: 0, medianSeconds: 0.613, worstSeconds: 0.613 } },
  ],
  'one in a hundred': [waits([2, 2], {}, { dnsTotal: 200 }), 'warning', { further: 198, all: 2 }],
  'less than one in a hundred': [waits([2, 2], {}, { dnsTotal: 201 }), 'note', { further: 199 }],
  'quick ones count as well': [waits([2, 0.1, 2]), 'warning', { slow: 2, all: 3, reach: 2 }],
  'four fifths of the wait are seen at the far point': [
    farAway(2),
    'warning',
    { atServer: true, farthest: { point: 1, seconds: 2 } },
  ],
  'less than four fifths': [farAway(1.99), 'warning', { atServer: false }],
});
