import { captureGaps } from '../../../../src/heuristics/rules/capture/capture-gaps.ts';
import { evidence, point, ruleTable } from '../../../support/evidence.ts';

ruleTable(captureGaps, {
  fires: {
    '2 % of the octets acknowledged and not captured': {
      evidence: evidence({ points: [point({ quality: { gapOctets: 2000, tcpOctets: 98000 } })] }),
      finds: [{ measured: { gapOctets: 2000, tcpOctets: 100000 } }],
      says: [/2000 octets acknowledged and never captured \(2\.0 %\)/],
    },
  },
  quiet: {
    'one octet in ten thousand': evidence({ points: [point({ quality: { gapOctets: 10, tcpOctets: 100000 } })] }),
    'no TCP at all': evidence({ points: [point()] }),
  },
});
