import { midStreamStart } from '../../../../src/heuristics/rules/capture/mid-stream-start.ts';
import { connection, evidence, reset, ruleTable } from '../../../support/evidence.ts';

ruleTable(midStreamStart, {
  fires: {
    'data without a handshake': {
      evidence: evidence({
        connections: [connection({ toServer: { packets: 3, ackHigh: 9 }, toClient: { packets: 3, ackHigh: 9 } })],
      }),
      finds: [{ measured: { connections: 1 } }],
    },
  },
  quiet: {
    'the handshake is there': evidence({ connections: [connection({}, { established: true })] }),
    'a lone reset': evidence({ connections: [connection({ resets: [reset(1, 1)] })] }),
    'an orphan segment and the reset it draws': evidence({
      connections: [connection({ resets: [reset(1, 0)], toClient: { packets: 1 } })],
    }),
  },
});
