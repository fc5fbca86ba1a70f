import { expect, it } from 'vitest';
import { lacksOf } from '../../../src/report/sections/incompleteness.ts';
import { connection, evidence } from '../../support/evidence.ts';

it('connections that were not followed are a part of all, and those not handed on a part of the followed ones', () => {
  const facts = { ...evidence({ connections: [connection()] }), connectionsTotal: 100, connectionsEvicted: 900 };
  expect(lacksOf(facts).filter(({ code }) => code !== 'roles-guessed')).toEqual([
    { code: 'connections-evicted', connections: 900, of: 1000 },
    { code: 'not-kept', what: 'connection', items: 99, of: 100 },
  ]);
});
