import { captureDrops } from '../../../../src/heuristics/rules/capture/capture-drops.ts';
import { capture, evidence, ruleTable } from '../../../support/evidence.ts';

ruleTable(captureDrops, {
  fires: {
    'the file counts drops': {
      evidence: evidence({ captures: [capture({ dropped: 5, packets: 95 })] }),
      finds: [{ measured: { dropped: 5 } }],
      says: [/5 packets dropped while capturing \(5\.0 %\)/],
    },
  },
  quiet: {
    'the file does not say': evidence({ captures: [capture({ dropped: null })] }),
    'the file counts none': evidence({ captures: [capture({ dropped: 0 })] }),
  },
});
