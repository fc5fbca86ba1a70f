import { firstSynLost } from '../../../../src/heuristics/rules/port-unreachable/first-syn-lost.ts';
import { connection, evidence, point, ref, reset, ruleTable } from '../../../support/evidence.ts';

const SERVER = '10.244.2.7:80';
const late = (index: number, some = {}) =>
  connection(
    {
      client: `10.244.1.5:${40000 + index}`,
      server: SERVER,
      syn: [index * 2, index * 2 + 1.02],
      synAck: [index * 2 + 1.021],
      ...some,
    },
    { established: true },
  );
const atOnce = (index: number, at: number) =>
  connection(
    { client: `10.244.1.5:${41000 + index}`, server: SERVER, syn: [at], synAck: [at + 0.001] },
    { established: true },
  );
const three = [0, 1, 2].map((index) => late(index));
const points = [point({ name: 'nic', host: 'n1' }), point({ name: 'vtep', host: 'n1' })];

ruleTable(firstSynLost, {
  fires: {
    'each opens with the second SYN': {
      evidence: evidence({ connections: three }),
      finds: [{ grade: 'inferred', measured: { lost: 3, atOnce: 0, delaySeconds: 1.021 } }],
      says: [/3 of 3 open 1\.02 s after it/],
    },
    'every other one': {
      evidence: evidence({ connections: [...three, atOnce(0, 1), atOnce(1, 3), atOnce(2, 3.5)] }),
      finds: [{ measured: { lost: 3, atOnce: 3 } }],
      says: [/3 of 6 open/],
    },
    'with the third': {
      evidence: evidence({
        connections: [0, 1, 2].map((index) =>
          late(index, { syn: [index * 9, index * 9 + 1, index * 9 + 3], synAck: [index * 9 + 3.001] }),
        ),
      }),
      finds: [{ lost: 3 }],
    },
    'two points say where': {
      evidence: evidence({
        points,
        connections: three,
        paths: three.map((one) => ({
          of: [one],
          hops: [{ from: 0, to: 1, lost: 1, lostControl: 1, packets: 9, matched: 8 }],
        })),
      }),
      finds: [{ grade: 'confirmed', between: [0, 1] }],
    },
  },
  quiet: {
    'two are too few': evidence({ connections: three.slice(1) }),
    'most open at once: lost at random': evidence({
      connections: [...three, ...[1, 2, 3, 3.5].map((at, index) => atOnce(index, at))],
    }),
    'what passes the two points loses as much': evidence({
      points,
      connections: three,
      paths: three.map((one) => ({
        of: [one],
        hops: [{ from: 0, to: 1, lost: 5, lostControl: 1, packets: 12, matched: 7, largestArrived: 1500 }],
      })),
    }),
    'most open at once, and are only counted': evidence({
      connections: three,
      openedLeftOut: [{ point: 0, server: { address: '10.244.2.7', port: 80 }, times: [1, 2, 3, 3.5] }],
    }),
    'the answer to the first is late': evidence({
      connections: [0, 1, 2].map((index) => late(index, { synAck: [index * 2 + 1.8] })),
    }),
    'both SYNs are answered': evidence({
      connections: [0, 1, 2].map((index) => late(index, { synAck: [index * 2 + 1.021, index * 2 + 1.03] })),
    }),
    'an older connection answered the first SYN': evidence({
      connections: [0, 1, 2].map((index) =>
        late(index, {
          toClient: { first: ref(index * 2 + 0.001) },
          resets: [reset(index * 2 + 0.002, 0, { seq: 77, hasAck: false })],
        }),
      ),
    }),
    'nobody acknowledges the SYN-ACK': evidence({
      connections: [0, 1, 2].map((index) =>
        connection({
          client: `10.244.1.5:${40000 + index}`,
          server: SERVER,
          syn: [index * 2, index * 2 + 1.02],
          synAck: [index * 2 + 1.021],
        }),
      ),
    }),
    'three clients': evidence({
      connections: [0, 1, 2].map((index) => late(index, { client: `10.244.1.${index}:40000` })),
    }),
  },
});
