import { dnsSearchExpansion } from '../../../../src/heuristics/rules/dns/dns-search-expansion.ts';
import { dns, evidence, ruleTable } from '../../../support/evidence.ts';

const suffixes = ['default.svc.cluster.local', 'svc.cluster.local', 'cluster.local'];
const tried = (name: string, at = 0) =>
  suffixes.map((suffix, nth) =>
    dns({
      id: nth + 10,
      name: `${name}.${suffix}`,
      queries: [at + nth / 100],
      answered: at + nth / 100 + 0.001,
      rcode: 3,
    }),
  );
const found = (name: string, at = 0.1) => dns({ id: 99, name, queries: [at], answered: at + 0.001 });
const withoutRecords = (lookup: ReturnType<typeof dns>) => ({
  ...lookup,
  responses: lookup.responses.map((response) => ({ ...response, answers: 0 })),
});

ruleTable(dnsSearchExpansion, {
  fires: {
    'three suffixes, then the name': {
      evidence: evidence({ dns: [...tried('bucket.obs.example.com'), found('bucket.obs.example.com')] }),
      finds: [{ wasted: 3, useful: 1 }],
      says: [/needs 4 queries for 1 answer/],
    },
  },
  quiet: {
    'a short name': evidence({ dns: [...tried('web'), found('web')] }),
    'the name with its dot does not exist either': evidence({
      dns: [
        ...tried('bucket.obs.example.com'),
        dns({ id: 99, name: 'bucket.obs.example.com', queries: [0.1], answered: 0.101, rcode: 3 }),
      ],
    }),
    'the name with its dot has no such record': evidence({
      dns: [...tried('bucket.obs.example.com'), withoutRecords(found('bucket.obs.example.com'))],
    }),
    'a name that does not exist': evidence({ dns: tried('bucket.obs.example.com') }),
    'the name with its dot': evidence({ dns: [found('bucket.obs.example.com')] }),
    'the suffixes were tried long before': evidence({
      dns: [...tried('bucket.obs.example.com'), found('bucket.obs.example.com', 30)],
    }),
  },
});
