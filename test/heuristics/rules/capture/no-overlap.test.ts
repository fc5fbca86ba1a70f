import { noOverlap } from '../../../../src/heuristics/rules/capture/no-overlap.ts';
import { capture, evidence, point, ruleTable } from '../../../support/evidence.ts';

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
    'the other file is empty': evidence({
      captures: [capture(), capture({ packets: 0 })],
      points: [point({ name: 'a' }), point({ name: 'b', capture: 1, timeShift: 99, quality: { packets: 0 } })],
    }),
  },
});
