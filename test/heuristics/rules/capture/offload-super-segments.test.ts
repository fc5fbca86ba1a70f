import { offloadSuperSegments } from '../../../../src/heuristics/rules/capture/offload-super-segments.ts';
import { evidence, point, ruleTable } from '../../../support/evidence.ts';

ruleTable(offloadSuperSegments, {
  fires: {
    'segments above the MSS at two points': {
      evidence: evidence({
        points: [
          point({ name: 'a', quality: { superSegments: 4 } }),
          point({ name: 'b', quality: { superSegments: 1 } }),
        ],
      }),
      finds: [{ reach: 2, measured: { superSegments: 5, points: ['a', 'b'] } }],
      says: [/a, b: 5 segments/],
    },
  },
  quiet: { 'jumbo frames with a large MSS are not counted by flows': evidence() },
});
