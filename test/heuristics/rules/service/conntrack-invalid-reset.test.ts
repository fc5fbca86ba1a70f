import { conntrackInvalidReset } from '../../../../src/heuristics/rules/service/conntrack-invalid-reset.ts';
import { connection, evidence, ref, reset, ruleTable } from '../../../support/evidence.ts';

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
