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
    'a selection of what the file holds': {
      evidence: evidence({
        captures: [capture({ filters: ['tcp port 80'], selected: 'tcp port 80' })],
        points: [point({ quality: { arpPackets: 0, icmpPackets: 0 } })],
      }),
      finds: [{}],
      says: [/looked at with the filter/, /"fix":\["Look at the whole capture: run pcapdiag without --filter[^"]*"\]/],
    },
    'a selection of a file that was captured with a filter': {
      evidence: evidence({
        captures: [capture({ filters: ['ip and tcp port 80'], selected: 'tcp port 80' })],
        points: [point({ quality: { arpPackets: 0, icmpPackets: 0 } })],
      }),
      finds: [{}],
      says: [/captured with the filter/, /"fix":\["Capture again/],
    },
  },
  quiet: {
    'a filter that lets ICMP and ARP through': evidence({ captures: [capture({ filters: ['host 10.0.0.1 or arp'] })] }),
    'no filter, and no ARP either': evidence({ points: [point({ quality: { arpPackets: 0 } })] }),
  },
});
