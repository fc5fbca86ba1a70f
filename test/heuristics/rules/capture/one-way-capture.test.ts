import { oneWayCapture } from '../../../../src/heuristics/rules/capture/one-way-capture.ts';
import { connection, evidence, reset, ruleTable } from '../../../support/evidence.ts';

ruleTable(oneWayCapture, {
  fires: {
    'the client acknowledges data that is not there': {
      evidence: evidence({
        connections: [connection({ syn: [0], toServer: { packets: 5, ackHigh: 9000 } })],
      }),
      finds: [{ measured: { connections: 1 } }],
    },
  },
  quiet: {
    'SYNs without any answer': evidence({ connections: [connection({ syn: [0, 1, 3] })] }),
    'a refused connection': evidence({ connections: [connection({ syn: [0], resets: [reset(0.001, 1)] })] }),
    'a bridge: there to the pod, back from the service': evidence({
      connections: [
        connection({ syn: [0], toServer: { packets: 5, ackHigh: 9000 } }),
        connection({ server: '10.96.0.20:80', synAck: [0.001], toClient: { packets: 5, ackHigh: 900 } }),
      ],
    }),
    'one of two connections': evidence({
      connections: [
        connection({ syn: [0], toServer: { packets: 5, ackHigh: 9000 } }),
        connection({ client: '10.244.1.5:40001' }, { established: true }),
      ],
    }),
  },
});
