import { filterHidesEvidence } from '../../../../src/heuristics/rules/capture/filter-hides-evidence.ts';
import { capture, evidence, point, ruleTable } from '../../../support/evidence.ts';

ruleTable(filterHidesEvidence, {
  fires: {
    'a port filter': {
      evidence: evidence({
        captures: [capture({ filters: ['tcp port 80'] })],
        points: [point({ quality: { arpPackets: 0, icmpPackets: 0 } })],
      }),
      finds: [{ measured: { filters: ['tcp port 80'] } }],
    },
  },
  quiet: {
    'a filter that lets ICMP and ARP through': evidence({ captures: [capture({ filters: ['host 10.0.0.1 or arp'] })] }),
    'no filter, and no ARP either': evidence({ points: [point({ quality: { arpPackets: 0 } })] }),
  },
});
