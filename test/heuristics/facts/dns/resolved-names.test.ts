import { expect, test } from 'vitest';
import { resolvedNames } from '../../../../src/heuristics/facts/dns/resolved-names.ts';
import { dns, evidence } from '../../../support/evidence.ts';

test('a name is resolved by an answer with addresses, not by an empty one or an error', () => {
  const namesOf = (some: Parameters<typeof dns>[0]) =>
    [...resolvedNames(evidence({ dns: [dns({ name: 'web.shop', answered: 0.01, ...some })] }), [])].map(
      ([client, found]) => `${client} ${found.map(({ name }) => name)}`,
    );
  expect(namesOf({})).toEqual(['10.244.1.5 web.shop']);
  expect(namesOf({ addresses: [] })).toEqual([]);
  expect(namesOf({ rcode: 2 })).toEqual([]);
  expect(namesOf({ rcode: 2, addresses: ['10.244.2.7'] })).toEqual([]);
});
