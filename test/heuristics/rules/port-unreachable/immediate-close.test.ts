import type { Connection } from '../../../../src/flows/evidence/evidence.ts';
import { immediateClose } from '../../../../src/heuristics/rules/port-unreachable/immediate-close.ts';
import { connection, evidence, ref, reset, ruleTable } from '../../../support/evidence.ts';

const silent = { dataSegments: 0, payloadOctets: 0 };
/** Opened at `at`; the client asks something unless told, the server answers nothing and closes first. */
const closed = (at: number, some: Parameters<typeof connection>[0] = {}): Connection =>
  connection(
    {
      client: `10.244.1.5:${40000 + at}`,
      syn: [at],
      synAck: [at + 0.001],
      handshakeAck: ref(at + 0.002),
      history: 'ShADafF',
      ...some,
      toServer: { fins: 1, ...some.toServer },
      toClient: { ...silent, fins: 1, last: ref(at + 0.004), ...some.toClient },
    },
    { established: true },
  );
const five = (some: Parameters<typeof connection>[0] = {}, last = 0.004) =>
  [0, 1, 2, 3, 4].map((at) => closed(at, { ...some, toClient: { last: ref(at + last), ...some.toClient } }));
const wordless = { toServer: { ...silent } };

ruleTable(immediateClose, {
  fires: {
    'each request is answered by the end of the connection': {
      evidence: evidence({ connections: five() }),
      finds: [{ closed: 5, all: 5, asked: 5, resets: 0, grade: 'confirmed' }],
      says: [/accepts connections and ends them at once without an answer: 5 of 5, 5 after a request/],
    },
    'by a reset': {
      evidence: evidence({
        connections: [0, 1, 2, 3, 4].map((at) =>
          closed(at, {
            history: 'ShADar',
            resets: [reset(at + 0.004, 1)],
            toServer: { fins: 0 },
            toClient: { fins: 0, resets: 1 },
          }),
        ),
      }),
      finds: [{ closed: 5, resets: 5 }],
    },
  },
  quiet: {
    'the client closes first, and the server resets': evidence({
      connections: [0, 1, 2, 3, 4].map((at) =>
        closed(at, {
          history: 'ShADFr',
          resets: [reset(at + 0.004, 1)],
          toServer: { fins: 1 },
          toClient: { fins: 0, resets: 1 },
        }),
      ),
    }),
    'health checks: the client closes first': evidence({ connections: five({ ...wordless, history: 'ShAFfa' }) }),
    'a server that only listens: the client sends and closes': evidence({
      connections: five({ history: 'ShADaFf' }),
    }),
    'the server waits before it closes': evidence({ connections: five({}, 5) }),
    'the other connections are answered': evidence({
      connections: [
        ...five(),
        ...[10, 11].map((at) =>
          connection({ client: `10.244.1.5:${40000 + at}`, syn: [at], synAck: [at + 0.001] }, { established: true }),
        ),
      ],
    }),
    'the others are only counted, and opened': evidence({
      connections: five(),
      openedLeftOut: [{ point: 0, server: { address: '10.244.2.7', port: 80 }, times: [7, 8, 9] }],
    }),
    'four connections': evidence({ connections: five().slice(1) }),
    'the answers were not captured': evidence({ connections: five({ toClient: { gapOctets: 300 } }) }),
    'the client resets first': evidence({
      connections: [0, 1, 2, 3, 4].map((at) =>
        closed(at, { history: 'ShADRa', resets: [reset(at + 0.003, 0)], toServer: { fins: 0 }, toClient: { fins: 0 } }),
      ),
    }),
  },
  notes: {
    'the clients say nothing': {
      evidence: evidence({ connections: five({ ...wordless, history: 'ShAfFa' }) }),
      finds: [{ asked: 0 }],
      says: [/probes that only try whether the port is open/],
    },
  },
});
