import type { Connection } from '../../../../src/flows/evidence/evidence.ts';
import { immediateClose } from '../../../../src/heuristics/rules/port-unreachable/immediate-close.ts';
import { connection, evidence, ref, reset, ruleTable } from '../../../support/evidence.ts';
import { verdicts } from '../../../support/verdicts.ts';

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

const all = (...connections: Connection[]) => evidence({ connections });
const answered = (at: number) => connection({ client: `10.244.1.5:${50_000 + at}`, syn: [at] }, { established: true });
/** Five connections; so many of them ask nothing. */
const silentOnes = (count: number) => all(...[0, 1, 2, 3, 4].map((at) => closed(at, at < count ? wordless : {})));
const byReset = (direction: 0 | 1, fins: number) =>
  all(...five({ resets: [reset(9, direction)], history: 'ShADar', toServer: { fins }, toClient: { fins: 0 } }));
const told = (history: string, more: object = {}) => all(...five({ history, ...more }));

verdicts(immediateClose, {
  'five connections': [
    all(...five()),
    'warning',
    { closed: 5, all: 5, subject: { protocol: 'tcp', client: '10.244.1.5' } },
  ],
  'four connections': [all(...five().slice(1)), 'nothing'],
  'five of six': [all(...five(), answered(6)), 'warning', { closed: 5, all: 6 }],
  'five of seven': [all(...five(), answered(6), answered(7)), 'nothing'],
  'no SYN-ACK was seen': [all(...five({ synAck: [] })), 'nothing'],
  'the handshake was not over': [all(...five({ handshakeAck: null })), 'nothing'],
  'not all packets were seen': [all(...five({ complete: false })), 'nothing'],
  'octets of the server are missing': [all(...five({ toClient: { gapOctets: 1 } })), 'nothing'],
  'the server sends data': [all(...five({ toClient: { dataSegments: 1 } })), 'nothing'],
  'the server ends it 49 ms after the handshake': [all(...five({}, 0.051)), 'warning'],
  'the server ends it 52 ms after the handshake': [all(...five({}, 0.054)), 'nothing'],
  'the same where its SYN-ACK took 10 ms': [all(...five({ handshakeServerSide: 0.01 }, 0.054)), 'warning'],
  'the client ends it first': [told('ShADFaf'), 'nothing'],
  'the client does not end it': [told('ShADaf', { toServer: { fins: 0 } }), 'warning'],
  'the end of the server is no packet of its history': [told('ShADaF'), 'nothing'],
  'the client resets it afterwards': [told('ShADafR', { resets: [reset(9, 0)] }), 'warning'],
  'the client resets it before': [told('ShADaRf', { resets: [reset(9, 0)] }), 'nothing'],
  'the server resets it': [byReset(1, 0), 'warning'],
  'the server resets it after the client ended it': [byReset(1, 1), 'nothing'],
  'the client resets it': [byReset(0, 0), 'nothing'],
  'nobody ends it': [told('ShADa', { toServer: { fins: 0 }, toClient: { fins: 0 } }), 'nothing'],
  'one of five asks nothing': [silentOnes(1), 'warning', { asked: 4 }],
  'two of five ask nothing': [silentOnes(2), 'note', { asked: 3 }],
  'two clients': [
    all(...five().slice(1), closed(5, { client: '10.244.1.6:40000' })),
    'warning',
    { subject: { protocol: 'tcp', client: '2 clients' }, packetsTotal: 10 },
  ],
});
