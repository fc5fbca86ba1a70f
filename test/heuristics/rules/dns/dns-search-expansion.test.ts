import { dnsSearchExpansion } from '../../../../src/heuristics/rules/dns/dns-search-expansion.ts';
import { dns, evidence, ruleTable } from '../../../support/evidence.ts';
import { verdicts } from '../../../support/verdicts.ts';

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

const NAME = 'bucket.obs.example.com';
const all = (...lookups: ReturnType<typeof dns>[]) => evidence({ dns: lookups });
/** The suffixes are tried at 0, 10 and 20 ms. */
const after = (at: number) => all(...tried(NAME), found(NAME, at));

verdicts(dnsSearchExpansion, {
  'three suffixes': [after(0.1), 'note', { wasted: 3, useful: 1, names: 1, reach: 1, example: NAME }],
  'two suffixes': [all(...tried(NAME).slice(1), found(NAME)), 'note', { wasted: 2 }],
  'one suffix': [all(...tried(NAME).slice(2), found(NAME)), 'nothing'],
  'two seconds behind the first suffix': [after(2), 'note', { wasted: 3 }],
  'more than two seconds behind the first suffix': [after(2.005), 'note', { wasted: 2 }],
  'more than two seconds behind the second suffix': [after(2.015), 'nothing'],
  'at the moment of the second suffix': [after(0.01), 'note', { wasted: 2 }],
  'at the moment of the first suffix': [after(0), 'nothing'],
  'before the suffixes': [all(...tried(NAME, 1), found(NAME)), 'nothing'],
  'a name of three labels': [all(...tried('x.obs.example'), found('x.obs.example')), 'note'],
  'a name of two labels': [all(...tried('obs.example'), found('obs.example')), 'nothing'],
  'the suffixes were tried for another name': [all(...tried('other.obs.example.com'), found(NAME)), 'nothing'],
  'the name in capitals': [all(...tried(NAME), found(NAME.toUpperCase())), 'note'],
  'another client found it': [
    all(...tried(NAME), dns({ id: 99, client: '10.244.1.6:40000', name: NAME, queries: [0.1], answered: 0.101 })),
    'nothing',
  ],
  'two names': [
    all(...tried(NAME), found(NAME), ...tried('api.obs.example.com', 1), found('api.obs.example.com', 1.1)),
    'note',
    { wasted: 6, useful: 2, names: 2 },
  ],
});
