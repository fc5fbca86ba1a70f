import { truncatedCapture } from '../../../../src/heuristics/rules/capture/truncated-capture.ts';
import { capture, evidence, ruleTable } from '../../../support/evidence.ts';

ruleTable(truncatedCapture, {
  fires: {
    'the file ends inside a record': evidence({
      captures: [capture({ problems: [{ kind: 'truncated', offset: 99, message: 'cut' }], problemsTotal: 1 })],
    }),
    'nothing of it could be read': evidence({
      points: [],
      captures: [capture({ packets: 0, problemsTotal: 3 })],
    }),
  },
  quiet: { 'a whole file': evidence({ captures: [capture()] }) },
});
