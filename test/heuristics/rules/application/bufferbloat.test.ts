import type { Connection } from '../../../../src/flows/evidence/evidence.ts';
import { bufferbloat } from '../../../../src/heuristics/rules/application/bufferbloat.ts';
import { download } from '../../../support/ending-items.ts';
import { ruleTable } from '../../../support/evidence.ts';

const queue = { samples: 200, leastFlight: 2896, mostFlight: 260_000, risen: 0.5, correlation: 0.93 };
const rtt: Connection['rtt'] = [null, { samples: 200, min: 0.04, median: 0.3, max: 0.55 }];
ruleTable(bufferbloat, {
  fires: {
    'the round trip rises with the octets under way': {
      evidence: download({ queue }, { rtt }),
      finds: [{ sender: '10.244.2.7', receiver: '10.244.1.5', samples: 200 }],
      says: [/A queue between 10\.244\.2\.7 and 10\.244\.1\.5 delays packets by up to 500\.0 ms/],
    },
  },
  quiet: {
    'round trips that vary without regard to it': download({ queue: { ...queue, correlation: 0.2 } }, { rtt }),
    'a short queue': download({ queue: { ...queue, risen: 0.05 } }, { rtt }),
    'seen at the receiver': download({ queue: null }, { rtt }),
    'few samples': download({ queue: { ...queue, samples: 9 } }, { rtt }),
    'little against the length of the path': download(
      { queue },
      { rtt: [null, { samples: 200, min: 0.4, median: 0.6, max: 0.9 }] },
    ),
  },
});
