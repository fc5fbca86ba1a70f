import { synFlood } from '../../../../src/heuristics/rules/application/syn-flood.ts';
import { connection, evidence, ruleTable } from '../../../support/evidence.ts';
import { verdicts } from '../../../support/verdicts.ts';

type Parts = NonNullable<Parameters<typeof connection>[0]>;
const flood = (count: number, apart: number, some: (at: number) => Parts = () => ({})) =>
  evidence({
    connections: Array.from({ length: count }, (_, at) =>
      connection({
        client: `198.51.${at % 100}.${1 + (at % 250)}:${1000 + at}`,
        syn: [1 + at * apart],
        synAck: [1.0001 + at * apart],
        ...some(at),
      }),
    ),
  });

ruleTable(synFlood, {
  fires: {
    'a hundred and fifty in 3 s, of as many addresses': {
      evidence: flood(150, 0.02),
      finds: [{ halfOpen: 150, subject: { server: '10.244.2.7:80' } }],
      says: [/10\.244\.2\.7:80 gets 150 SYNs from 150 addresses/],
    },
    'the server repeats its SYN-ACKs': {
      evidence: flood(150, 0.02, (at) => ({ synAck: [1.0001 + at * 0.02, 2 + at * 0.02] })),
      finds: [{ halfOpen: 150 }],
    },
    'most of them are too young to tell, a hundred are not': {
      evidence: flood(400, 0.005, (at) => ({ syn: [57.5 + at * 0.005], synAck: [57.5001 + at * 0.005] })),
      finds: [{ halfOpen: 400, isToldApart: true }],
    },
  },
  notes: {
    'the capture ends before a client would ask again': flood(150, 0.0001, (at) => ({
      syn: [59.5 + at * 0.0001],
      synAck: [59.6],
    })),
  },
  quiet: {
    'clients that do not get the SYN-ACK repeat the SYN': flood(150, 0.02, (at) => ({
      syn: [1 + at * 0.02, 2 + at * 0.02],
    })),
    'of few addresses': flood(150, 0.02, (at) => ({ client: `10.244.1.5:${1000 + at}` })),
    'a scan of many ports': flood(150, 0.02, (at) => ({ server: `10.244.2.7:${1 + at}` })),
    'ordinary load': evidence({
      connections: Array.from({ length: 150 }, (_, at) =>
        connection({ client: `198.51.${at % 100}.9:${1000 + at}`, syn: [1 + at * 0.02] }, { established: true }),
      ),
    }),
    'over a minute': flood(120, 0.4),
    'the clients reset the SYN-ACK': flood(150, 0.02, () => ({ toServer: { packets: 2, resets: 1 } })),
  },
});

/** A hundred half-open ones, of which some are otherwise. */
const hundred = (some: (at: number, time: number) => Parts) => flood(100, 0.02, (at) => some(at, 1 + at * 0.02));
const first = (some: Parts) => hundred((at) => (at === 0 ? some : {}));
const ofSources = (count: number) => hundred((at) => ({ client: `198.51.100.${at % count}:${1000 + at}` }));
const repeating = (count: number) => hundred((at, time) => (at < count ? { syn: [time, time + 1] } : {}));
/** 150, so many of them a second and a half before the end. */
const old = (count: number) => flood(150, 0, (at) => ({ syn: [at < count ? 58.5 : 58.6], synAck: [59] }));

verdicts(synFlood, {
  'a hundred': [
    hundred(() => ({})),
    'error',
    { halfOpen: 100, sources: 100, served: 0, isToldApart: true, reach: 100 },
  ],
  'ninety-nine': [flood(99, 0.02), 'nothing'],
  'a hundred in less than 10 s': [flood(100, 0.1), 'error'],
  'a hundred in more than 10 s': [flood(100, 0.102), 'nothing'],
  'a hundred and fifty, and never a hundred in 10 s': [flood(150, 0.15), 'nothing'],
  'a hundred at once behind fifty slow ones': [
    flood(150, 0, (at) => ({ syn: [at < 50 ? at * 0.5 : 40 + at / 1000], synAck: [41] })),
    'error',
  ],
  'seen in another order': [
    flood(150, 0, (at) => ({ syn: [10 - at * 0.0625], synAck: [11] })),
    'error',
    { seconds: 9.3125 },
  ],
  'twenty addresses': [ofSources(20), 'error', { sources: 20, subject: { protocol: 'tcp', client: '20 clients' } }],
  'nineteen addresses': [ofSources(19), 'nothing'],
  'a tenth of them ask again': [repeating(10), 'error'],
  'more than a tenth of them ask again': [repeating(11), 'nothing'],
  'one is opened': [first({ handshakeAck: { packet: 9, time: 1.1 } }), 'nothing'],
  'one gets no SYN-ACK': [first({ synAck: [] }), 'nothing'],
  'one says more than its SYN': [first({ toServer: { packets: 2 } }), 'nothing'],
  'one gets data': [first({ toClient: { dataSegments: 1 } }), 'nothing'],
  'one is opened besides': [
    flood(101, 0.02, (at) => (at === 0 ? { handshakeAck: { packet: 9, time: 1.1 } } : {})),
    'error',
    { halfOpen: 100, served: 1 },
  ],
  'half of them had time to ask again': [old(75), 'error', { isToldApart: true }],
  'less than half of them had time to ask again': [old(74), 'note', { isToldApart: false, pending: 'ends-too-soon' }],
});
