import { noOverlap } from '../../../../src/heuristics/rules/capture/no-overlap.ts';
import { capture, connection, evidence, point, ref, reset, ruleTable } from '../../../support/evidence.ts';

/** A running connection up to an octet at w1, and what follows at w2, which resets it. */
const running = (index: number) =>
  connection({ client: `10.0.0.1:${index}`, toServer: { seqLow: 1000, seqHigh: 1801 } }, { established: true });
const stranger = (index: number) =>
  connection({
    point: 1,
    client: `10.0.0.1:${index}`,
    toServer: { packets: 1, dataSegments: 1, first: ref(5), seqLow: 1801, seqHigh: 1901, ackHigh: 5801 },
    toClient: { packets: 1 },
    resets: [reset(5.001, 1, { hasAck: false, seq: 5801 })],
  });

ruleTable(noOverlap, {
  fires: {
    'one after the other': {
      evidence: evidence({
        captures: [capture(), capture()],
        points: [
          point({ name: 'a', quality: { lastTime: 10 } }),
          point({ name: 'b', capture: 1, timeShift: 60, quality: { lastTime: 10 } }),
        ],
      }),
      finds: [{ measured: { points: ['a', 'b'] } }],
    },
  },
  quiet: {
    'one capture alone': evidence(),
    'they overlap by a second': evidence({
      captures: [capture(), capture()],
      points: [
        point({ name: 'a', quality: { lastTime: 10 } }),
        point({ name: 'b', capture: 1, timeShift: 9, quality: { lastTime: 10 } }),
      ],
    }),
    'two interfaces of one file that spoke one after the other': evidence({
      points: [
        point({ name: 'a', quality: { lastTime: 10 } }),
        point({ name: 'b', quality: { firstTime: 20, lastTime: 30 } }),
      ],
    }),
    'connections go on at another node': evidence({
      captures: [capture(), capture()],
      points: [
        point({ name: 'a', host: 'w1', quality: { lastTime: 4 } }),
        point({ name: 'b', host: 'w2', capture: 1, timeShift: 60, quality: { lastTime: 10 } }),
      ],
      connections: [running(1), running(2), stranger(1), stranger(2)],
    }),
    'the other file is empty': evidence({
      captures: [capture(), capture({ packets: 0 })],
      points: [point({ name: 'a' }), point({ name: 'b', capture: 1, timeShift: 99, quality: { packets: 0 } })],
    }),
  },
});
