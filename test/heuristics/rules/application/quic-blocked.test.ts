import { quicBlocked } from '../../../../src/heuristics/rules/application/quic-blocked.ts';
import { connection, datagram, evidence, icmpError, point, quoted, ruleTable } from '../../../support/evidence.ts';
import { verdicts } from '../../../support/verdicts.ts';

const initials = (some: Parameters<typeof datagram>[0] = {}) =>
  datagram({ server: '10.244.2.7:443', sent: [0, 0.3, 0.9], quic: true, largestL3: [1228, 0], ...some });
const overTcp = connection({ server: '10.244.2.7:443', syn: [2], synAck: [2.001] }, { established: true });

ruleTable(quicBlocked, {
  fires: {
    'three Initials without an answer, then TCP works': {
      evidence: evidence({ datagrams: [initials()], connections: [overTcp] }),
      finds: [{ initials: 3, waited: 2, grade: 'inferred', subject: { server: '10.244.2.7:443' } }],
      says: [/gets no answer \(3 Initial packets\), TCP to the same port works/],
    },
  },
  notes: {
    'one Initial, then TCP works': evidence({ datagrams: [initials({ sent: [0] })], connections: [overTcp] }),
  },
  quiet: {
    'another flow is answered': evidence({
      datagrams: [initials(), initials({ client: '10.244.1.5:40001', back: [0.1] })],
      connections: [overTcp],
    }),
    'TCP is not answered either': evidence({
      datagrams: [initials()],
      connections: [connection({ server: '10.244.2.7:443', syn: [2, 3, 5] })],
    }),
    'an ICMP error says why': evidence({
      datagrams: [initials()],
      connections: [overTcp],
      icmpErrors: [
        icmpError(0.01, {
          quoted: {
            ipVersion: 4,
            protocol: 17,
            source: { address: '10.244.1.5', port: 40_000 },
            destination: { address: '10.244.2.7', port: 443 },
            tcpSeq: null,
            ipId: 0,
            l3Length: 1228,
            sequence: null,
            tunnel: null,
          },
        }),
      ],
    }),
    'the capture ends at once': evidence({ datagrams: [initials({ sent: [58, 59, 59.9] })], connections: [overTcp] }),
    'not QUIC': evidence({ datagrams: [initials({ quic: false })], connections: [overTcp] }),
  },
});

const row = (some: Parameters<typeof datagram>[0] = {}, parts: object = {}) =>
  evidence({ points: [point({ name: 'a' })], datagrams: [initials(some)], connections: [overTcp], ...parts });
const POINTS = [point({ name: 'a' }), point({ name: 'b' })];
const tcp = (some: Parameters<typeof connection>[0]) =>
  row(
    {},
    {
      points: POINTS,
      connections: [
        connection({ server: '10.244.2.7:443', syn: [2], synAck: [2.001], ...some }, { established: true }),
      ],
    },
  );
const refused = (some: object = {}, ends: object = {}) =>
  row(
    {},
    {
      points: POINTS,
      icmpErrors: [
        icmpError(0.1, {
          quoted: quoted({ source: '10.244.1.5:40000', destination: '10.244.2.7:443', ...ends }),
          ...some,
        }),
      ],
    },
  );
const lasting = (lastTime: number) => row({ sent: [0, 0.25, 0.5] }, { points: [point({ quality: { lastTime } })] });

verdicts(quicBlocked, {
  'three Initials': [
    row(),
    'warning',
    { initials: 3, flows: 1, waited: 2, grade: 'inferred', measured: { waitedSeconds: 2 } },
  ],
  'two Initials': [row({ sent: [0, 1] }), 'note', { initials: 2, pending: 'seen-once' }],
  'three Initials of two flows': [
    row({}, { datagrams: [initials({ sent: [0] }), initials({ client: '10.244.1.5:40001', sent: [1, 3] })] }),
    'warning',
    { initials: 3, flows: 2, reach: 2, conversations: [1, 2], packetsTotal: 3 },
  ],
  'datagrams that are no QUIC': [row({ quic: false }), 'nothing'],
  'an Initial is answered': [row({ back: [0.1] }), 'nothing'],
  'TCP was used before': [
    row({}, { connections: [connection({ server: '10.244.2.7:443', syn: [0] }, { established: true })] }),
    'warning',
    { waited: null },
  ],
  'TCP at another point': [tcp({ point: 1 }), 'nothing'],
  'TCP of another client': [tcp({ client: '10.244.1.6:40000' }), 'nothing'],
  'TCP to another server': [tcp({ server: '10.244.2.8:443' }), 'nothing'],
  'TCP to another port': [tcp({ server: '10.244.2.7:80' }), 'nothing'],
  'a second point was captured': [tcp({}), 'warning', { grade: 'confirmed' }],
  'an error says why': [refused(), 'nothing'],
  'an error at another point': [refused({ point: 1 }), 'warning'],
  'an error that quotes nothing': [refused({ quoted: null }), 'warning'],
  'an error to another client': [refused({}, { source: '10.244.1.6:40000' }), 'warning'],
  'an error about another server': [refused({}, { destination: '10.244.2.8:443' }), 'warning'],
  'an error about another port': [refused({}, { destination: '10.244.2.7:444' }), 'warning'],
  'a second is left behind the last': [lasting(1.5), 'warning'],
  'less than a second is left behind the last': [lasting(1.499), 'nothing'],
  'the last of two flows has less than a second': [
    row(
      {},
      {
        points: [point({ quality: { lastTime: 1.499 } })],
        datagrams: [initials({ sent: [0, 0.25] }), initials({ client: '10.244.1.5:40001', sent: [0.5] })],
      },
    ),
    'nothing',
  ],
});
