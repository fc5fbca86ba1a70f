import { snaplenCut } from '../../../../src/heuristics/rules/capture/snaplen-cut.ts';
import { capture, evidence, point, ruleTable } from '../../../support/evidence.ts';

ruleTable(snaplenCut, {
  fires: {
    'packets cut at 96': {
      evidence: evidence({
        captures: [capture({ snaplen: 96 })],
        points: [point({ quality: { cut: 9, unreadable: 2 } })],
      }),
      finds: [{ measured: { cut: 9, unreadable: 2 } }],
      says: [/9 packets cut at 96 octets, 2 too short to read/],
    },
    'packets of a file without a snapshot length, cut by another tool': {
      evidence: evidence({ captures: [capture({ snaplen: 0 })], points: [point({ quality: { cut: 9 } })] }),
      finds: [{ measured: { cut: 9, unreadable: 0 } }],
      says: [/: 9 packets cut"/],
    },
    'packets of a capture of whole packets, cut by another tool': {
      evidence: evidence({ captures: [capture({ snaplen: 262_144 })], points: [point({ quality: { cut: 1 } })] }),
      finds: [{ measured: { cut: 1, unreadable: 0 } }],
      says: [/: 1 packet cut"/],
    },
  },
  quiet: { 'a short snaplen that no packet met': evidence({ captures: [capture({ snaplen: 96 })] }) },
});
