import { connection, evidence, ruleTable } from '../../test/support/evidence.ts';
import { skeletonRule } from './rule.ts';

// new-rule: rows for your rule, with the builders of test/support/evidence.ts; one quiet row (or note) for each false
// positive that `meta.notThis` names. Delete the `new-rule` comments.
const syns = (count: number) => Array.from({ length: count }, (_, second) => second);

ruleTable(skeletonRule, {
  fires: {
    'a hundred SYNs without an answer': {
      evidence: evidence({ connections: [connection({ syn: syns(100) })] }),
      finds: [{ syns: 100, conversations: [0] }],
      says: [/was asked for 100 times/],
    },
  },
  quiet: {
    'ninety-nine SYNs': evidence({ connections: [connection({ syn: syns(99) })] }),
    'a SYN-ACK comes late': evidence({ connections: [connection({ syn: syns(100), synAck: [99.5] })] }),
  },
});
