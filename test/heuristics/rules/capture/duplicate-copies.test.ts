import { duplicateCopies } from '../../../../src/heuristics/rules/capture/duplicate-copies.ts';
import { evidence, point, ruleTable } from '../../../support/evidence.ts';

ruleTable(duplicateCopies, {
  fires: {
    'every second packet is a copy': {
      evidence: evidence({ points: [point({ quality: { packets: 100, copies: 50 } })] }),
      finds: [{ measured: { copies: 50 } }],
    },
  },
  quiet: {
    'one copy in a thousand': evidence({ points: [point({ quality: { packets: 1000, copies: 1 } })] }),
    'real retransmissions are no copies': evidence({ points: [point({ quality: { packets: 100, copies: 0 } })] }),
  },
});
