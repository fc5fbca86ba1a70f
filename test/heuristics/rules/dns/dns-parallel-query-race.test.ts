import { dnsParallelQueryRace } from '../../../../src/heuristics/rules/dns/dns-parallel-query-race.ts';
import { dns, evidence, point, ruleTable } from '../../../support/evidence.ts';

const pair = (at: number, port: number) => [
  dns({ id: port, client: `10.244.1.5:${port}`, queries: [at], answered: at + 0.001 }),
  dns({ id: port + 1, client: `10.244.1.5:${port}`, type: 28, queries: [at + 0.0005, at + 5], answered: at + 5.001 }),
];
const pausing = (pause: number) =>
  [0, 20].flatMap((at) => [
    dns({ id: at, client: `10.244.1.5:${40000 + at}`, queries: [at], answered: at + 0.001 }),
    dns({
      id: at + 1,
      client: `10.244.1.5:${40000 + at}`,
      type: 28,
      queries: [at, at + pause],
      answered: at + pause + 0.01,
    }),
  ]);
const [fast, lost] = pair(0, 40000);
const lostThere = dns({ id: 40001, point: 1, client: '10.244.1.5:40000', type: 28, queries: [5], answered: 5.001 });
const bothThere = dns({
  id: 40001,
  point: 1,
  client: '10.244.1.5:40000',
  type: 28,
  queries: [0.0006, 5.0001],
  answered: 5.001,
});
const points = [point({ name: 'veth', host: 'n1' }), point({ name: 'flannel.1', host: 'n1' })];

ruleTable(dnsParallelQueryRace, {
  fires: {
    'two pairs, AAAA lost in both': {
      evidence: evidence({ dns: [...pair(0, 40000), ...pair(10, 40100)] }),
      finds: [{ pairs: 2, lostType: 'AAAA', grade: 'inferred', conversations: [0, 1] }],
      says: [/stand still for 5\.0 s/],
    },
    'single lookups of the same client are fast': {
      evidence: evidence({
        dns: [
          ...pair(0, 40000),
          ...pair(10, 40100),
          dns({ id: 7, client: '10.244.1.5:40200', queries: [20], answered: 20.001 }),
          dns({ id: 8, client: '10.244.1.5:40201', queries: [21], answered: 23 }),
          dns({ id: 9, client: '10.244.1.9:40201', queries: [21], answered: 21.001 }),
        ],
      }),
      finds: [{ otherLookupsFine: 1 }],
    },
    'glibc repeats both queries of the pair': evidence({
      dns: [0, 10].flatMap((at) => [
        dns({ id: at, client: `10.244.1.5:${40000 + at}`, queries: [at, at + 5], answered: at + 0.001 }),
        dns({
          id: at + 1,
          client: `10.244.1.5:${40000 + at}`,
          type: 28,
          queries: [at + 0.002, at + 5.004],
          answered: at + 5.005,
        }),
      ]),
    }),
    'one pair, and a second point that never saw the lost query': {
      evidence: evidence({
        points,
        dns: [fast, lost, lostThere],
        paths: [{ of: [lost, lostThere], hops: [{ from: 0, to: 1, packets: 3, lost: 1 }] }],
      }),
      finds: [{ pairs: 1, grade: 'confirmed', between: [0, 1] }],
      says: [/seen at veth and not at flannel\.1/],
    },
    'musl repeats after 2.5 s': evidence({
      dns: [0, 10].flatMap((at) => [
        dns({ id: at, client: `10.244.1.5:${40000 + at}`, queries: [at], answered: at + 0.001 }),
        dns({
          id: at + 1,
          client: `10.244.1.5:${40000 + at}`,
          type: 28,
          queries: [at, at + 2.5],
          answered: at + 2.501,
        }),
      ]),
    }),
    'options timeout:1': evidence({ dns: pausing(1.002) }),
    'options timeout:15': evidence({ dns: pausing(15.1) }),
  },
  quiet: {
    'both come late: the server is slow': evidence({
      dns: [0, 10].flatMap((at) => [
        dns({ id: at, client: `10.244.1.5:${40000 + at}`, queries: [at, at + 5], answered: at + 5.001 }),
        dns({ id: at + 1, client: `10.244.1.5:${40000 + at}`, type: 28, queries: [at, at + 5], answered: at + 5.001 }),
      ]),
    }),
    'repeated after 0.8 s: no timer of a resolver is as short': evidence({ dns: pausing(0.8) }),
    'repeated after 151 s: all attempts of a resolver take less': evidence({ dns: pausing(151) }),
    'one pair alone': evidence({ dns: pair(0, 40000) }),
    'the lost query did reach the server': evidence({
      points,
      dns: [fast, lost, bothThere, ...pair(10, 40100).map((one) => ({ ...one, responses: [] }))],
      paths: [{ of: [lost, bothThere] }],
    }),
    'from different ports': evidence({
      dns: [
        dns({ id: 1, client: '10.244.1.5:40000', queries: [0], answered: 0.001 }),
        dns({ id: 2, client: '10.244.1.5:40001', type: 28, queries: [0, 5], answered: 5.001 }),
        dns({ id: 3, client: '10.244.1.5:40002', queries: [10], answered: 10.001 }),
        dns({ id: 4, client: '10.244.1.5:40003', type: 28, queries: [10, 15], answered: 15.001 }),
      ],
    }),
    'one after the other, not at once': evidence({
      dns: [0, 10].flatMap((at) => [
        dns({ id: at, client: `10.244.1.5:${40000 + at}`, queries: [at], answered: at + 0.001 }),
        dns({
          id: at + 1,
          client: `10.244.1.5:${40000 + at}`,
          type: 28,
          queries: [at + 0.1, at + 5],
          answered: at + 5.001,
        }),
      ]),
    }),
  },
});
