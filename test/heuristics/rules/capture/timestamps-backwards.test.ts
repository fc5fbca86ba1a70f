import { timestampsBackwards } from '../../../../src/heuristics/rules/capture/timestamps-backwards.ts';
import { evidence, point, ruleTable } from '../../../support/evidence.ts';

ruleTable(timestampsBackwards, {
  fires: {
    'time goes back by 0.2 s': {
      evidence: evidence({ points: [point({ quality: { timeSteps: 1, largestTimeStepBack: 0.2 } })] }),
      finds: [{ measured: { steps: 1, largestSeconds: 0.2 } }],
      says: [/go back 1 time, by up to 0\.200 s/],
    },
  },
  quiet: {
    'steps below 1 ms are not counted by flows': evidence({ points: [point({ quality: { timeSteps: 0 } })] }),
  },
});
