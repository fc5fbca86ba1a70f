import { zeroWindowStall } from '../../../../src/heuristics/rules/tcp/zero-window-stall.ts';
import { connection, evidence, ruleTable } from '../../../support/evidence.ts';
import { shut } from '../../../support/segment-items.ts';

const sending = { toClient: { packets: 90, dataSegments: 80 } };
const stalled = (spans: ReturnType<typeof shut>[], rest = {}) =>
  connection({ ...sending, zeroWindowSpans: spans, ...rest }, { established: true });

ruleTable(zeroWindowStall, {
  fires: {
    'a reader that pauses': {
      evidence: evidence({ connections: [stalled([shut(0, 1, 1.4), shut(0, 2, 2.3)])] }),
      finds: [{ grade: 'confirmed', receiver: '10.244.1.5', measured: { spans: 2, reopened: true } }],
      says: [/10\.244\.1\.5 keeps its receive window shut for 0\.7 s/],
    },
    'one that never reads again is an error, beside a short one': {
      evidence: evidence({
        connections: [
          stalled([shut(0, 1, null, { lastTime: 20, probes: 5 })]),
          stalled([shut(0, 1, 1.6)], { client: '10.244.1.6:40000' }),
        ],
      }),
      finds: [{ level: 'error', measured: { reopened: false }, probes: 5 }, { level: 'warning' }],
      says: [/it never opens again/, /5 window probes/],
    },
    'the server does not read': {
      evidence: evidence({
        connections: [
          connection(
            { toServer: { packets: 90, dataSegments: 80 }, zeroWindowSpans: [shut(1, 1, 2)] },
            { established: true },
          ),
        ],
      }),
      finds: [{ receiver: '10.244.2.7' }],
    },
  },
  quiet: {
    'nothing but a reset with window 0: no period': evidence({ connections: [stalled([])] }),
    'a short pause': evidence({ connections: [stalled([shut(0, 1, 1.2)])] }),
    'nobody wants to send': evidence({
      connections: [
        connection(
          { toClient: { dataSegments: 0, packets: 3 }, zeroWindowSpans: [shut(0, 1, 9)] },
          { established: true },
        ),
      ],
    }),
  },
});
