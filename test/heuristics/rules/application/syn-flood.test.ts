import { synFlood } from '../../../../src/heuristics/rules/application/syn-flood.ts';
import { connection, evidence, ruleTable } from '../../../support/evidence.ts';

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
