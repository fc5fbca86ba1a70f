import { conntrackInvalidReset } from '../../../../src/heuristics/rules/service/conntrack-invalid-reset.ts';
import { connection, evidence, point, ref, reset, ruleTable } from '../../../support/evidence.ts';
import { verdicts } from '../../../support/verdicts.ts';

const client = '10.244.1.5:40000';
const running = (some: object = {}) =>
  connection(
    { client, server: '10.96.0.20:80', toServer: { seqLow: 1000, seqHigh: 1101 }, ...some },
    { established: true },
  );
const orphan = (some: object = {}, ackHigh = 1101, first = 1) =>
  connection({
    client,
    server: '10.244.2.9:80',
    first,
    toServer: { packets: 1, resets: 1 },
    toClient: { packets: 1, first: ref(first), ackHigh },
    resets: [reset(first + 0.001, 0, { seq: 1101 })],
    ...some,
  });

ruleTable(conntrackInvalidReset, {
  fires: {
    'a segment from the pod, reset by the client': {
      evidence: evidence({ connections: [running(), orphan()] }),
      finds: [{ pod: '10.244.2.9', service: '10.96.0.20:80', orphans: 1, broken: 0, conversations: [0, 1] }],
      says: [/arrives from 10\.244\.2\.9/],
    },
    'and the connection breaks': {
      evidence: evidence({ connections: [running({ resets: [reset(2, 1)] }), orphan()] }),
      finds: [{ broken: 1 }],
    },
    'the roles of the orphan are guessed the other way round': {
      evidence: evidence({
        connections: [
          running(),
          orphan({
            client: '10.244.2.9:80',
            server: client,
            toServer: { packets: 1, first: ref(1), ackHigh: 1101 },
            toClient: { packets: 1, resets: 1 },
            resets: [reset(1.001, 1)],
          }),
        ],
      }),
      finds: [{ pod: '10.244.2.9' }],
    },
    'sequence numbers wrap': evidence({
      connections: [running({ toServer: { seqLow: 0xfffffff0, seqHigh: 50 } }), orphan({}, 50)],
    }),
  },
  quiet: {
    'at the handshake': evidence({
      connections: [
        connection({ client, server: '10.96.0.20:80', syn: [0] }),
        orphan({ synAck: [0.001], synAckAcks: 1001 }),
      ],
    }),
    'it acknowledges something else: an older connection': evidence({ connections: [running(), orphan({}, 999_999)] }),
    'the client does not reset it': evidence({
      connections: [running(), orphan({ resets: [], toServer: { packets: 1, resets: 0 } })],
    }),
    'it came before the connection': evidence({
      connections: [running({ syn: [5], synAck: [5.001] }), orphan()],
    }),
    'the reset comes a second later': evidence({ connections: [running(), orphan({ resets: [reset(2.5, 0)] })] }),
  },
});

const POINTS = [point({ name: 'a' }), point({ name: 'b' })];
const both = (one: object = {}, other: object = {}, ackHigh = 1101, first = 1) =>
  evidence({ points: POINTS, connections: [running(one), orphan(other, ackHigh, first)] });
const numbers = (seqLow: number | null, seqHigh: number | null) => ({ toServer: { seqLow, seqHigh } });
const answered = (seconds: number) => both({}, { resets: [reset(1 + seconds, 0)] });

verdicts(conntrackInvalidReset, {
  'a segment from the pod': [both(), 'error', { orphans: 1, broken: 0, reach: 1, packetsTotal: 2 }],
  'it has a SYN': [both({}, { syn: [1] }), 'nothing'],
  'it has a SYN-ACK': [both({}, { synAck: [1] }), 'nothing'],
  'it is at another point': [both({}, { point: 1 }), 'nothing'],
  'another client': [both({}, { client: '10.244.1.6:40000' }), 'nothing'],
  'another port of the client': [both({}, { client: '10.244.1.5:40001' }), 'nothing'],
  'it is from the service itself': [both({}, { server: '10.96.0.20:81' }), 'nothing'],
  'the connection began at the same moment': [both({ first: 1 }), 'error'],
  'the connection began later': [both({ first: 1.001 }), 'nothing'],
  'the connection is not answered': [both({ toClient: { packets: 0 } }), 'nothing'],
  'it acknowledges the first octet': [both({}, {}, 1000), 'error'],
  'it acknowledges less': [both({}, {}, 999), 'nothing'],
  'it acknowledges the last octet': [both({}, {}, 1101), 'error'],
  'it acknowledges more': [both({}, {}, 1102), 'nothing'],
  'the first octet is not known': [both(numbers(null, 1101)), 'nothing'],
  'the last octet is not known': [both(numbers(1000, null)), 'nothing'],
  'it acknowledges nothing': [both({}, { toClient: { packets: 1, first: ref(1), ackHigh: null } }), 'nothing'],
  'it is itself reset by the pod': [
    both({}, { toClient: { packets: 1, resets: 1, first: ref(1), ackHigh: 1101 } }),
    'nothing',
  ],
  'the client sends more than its reset': [both({}, { toServer: { packets: 2, resets: 1 } }), 'nothing'],
  'the reset comes within a tenth of a second': [answered(0.09), 'error'],
  'the reset comes later': [answered(0.11), 'nothing'],
  'the reset comes before': [answered(-0.01), 'nothing'],
  'two of them': [
    evidence({
      connections: [running({ resets: [reset(5, 1)] }), orphan(), orphan({ server: '10.244.2.9:81' }, 1101, 2)],
    }),
    'error',
    { orphans: 2, reach: 1, broken: 1, conversations: [0, 1, 2], packetsTotal: 6 },
  ],
});
