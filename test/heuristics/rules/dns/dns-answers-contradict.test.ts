import { dnsAnswersContradict } from '../../../../src/heuristics/rules/dns/dns-answers-contradict.ts';
import { dns, evidence, ruleTable } from '../../../support/evidence.ts';

let id = 0;
const asked = (at: number, type: number, rcode: number, some: object = {}) =>
  dns({ queries: [at], answered: at + 0.001, type, rcode, id: id++, ...some });
const pair = (at: number, some: object = {}) => [asked(at, 1, 0, some), asked(at, 28, 3, some)];

ruleTable(dnsAnswersContradict, {
  fires: {
    'an address for A, NXDOMAIN for AAAA, twice': {
      evidence: evidence({ dns: [...pair(0), ...pair(3)] }),
      finds: [{ pairs: 2, names: 1, exists: 1, denied: 28, grade: 'confirmed' }],
      says: [/10\.96\.0\.10 contradicts itself about web\.example\.test: A has an address, AAAA is NXDOMAIN/],
    },
    'the other way round, of two names': {
      evidence: evidence({
        dns: [
          asked(0, 1, 3),
          asked(0, 28, 0),
          asked(1, 1, 3, { name: 'api.example.test' }),
          asked(1, 28, 0, { name: 'api.example.test' }),
        ],
      }),
      finds: [{ pairs: 2, names: 2, exists: 28, denied: 1 }],
      says: [/and 1 other name: AAAA has an address/],
    },
    'an address for A, SERVFAIL for AAAA, twice': {
      evidence: evidence({ dns: [asked(0, 1, 0), asked(0, 28, 2), asked(3, 1, 0), asked(3, 28, 2)] }),
      finds: [{ pairs: 2, denied: 28, rcode: 'SERVFAIL' }],
      says: [/A has an address, AAAA is SERVFAIL/, /"status: SERVFAIL"/, /It was SERVFAIL 2 times/],
    },
  },
  quiet: {
    'REFUSED for AAAA': evidence({ dns: [asked(0, 1, 0), asked(0, 28, 5), asked(3, 1, 0), asked(3, 28, 5)] }),
    'SERVFAIL once, and an address before': evidence({ dns: [asked(0, 28, 0), asked(1, 1, 0), asked(1, 28, 2)] }),
    'NODATA for AAAA is right': evidence({
      dns: [asked(0, 1, 0), asked(0, 28, 0, { addresses: [] }), asked(3, 1, 0), asked(3, 28, 0, { addresses: [] })],
    }),
    'both NXDOMAIN: the search list': evidence({
      dns: [asked(0, 1, 3), asked(0, 28, 3), asked(3, 1, 3), asked(3, 28, 3)],
    }),
    'two names': evidence({
      dns: [asked(0, 1, 0), asked(0, 28, 3, { name: 'api.example.test' }), asked(1, 1, 0)],
    }),
    'two servers': evidence({
      dns: [
        asked(0, 1, 0),
        asked(0, 28, 3, { server: '10.96.0.11:53' }),
        asked(1, 1, 0),
        asked(1, 28, 3, { server: '10.96.0.11:53' }),
      ],
    }),
    'minutes apart': evidence({ dns: [asked(0, 1, 0), asked(6, 28, 3), asked(60, 1, 0), asked(66, 28, 3)] }),
    'the name comes and goes': evidence({ dns: [...pair(0), ...pair(2), asked(4, 1, 3)] }),
  },
  notes: {
    'once: it was removed in between': evidence({ dns: pair(0) }),
  },
});
