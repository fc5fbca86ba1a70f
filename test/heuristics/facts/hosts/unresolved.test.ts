import { expect, test } from 'vitest';
import { arpsFor } from '../../../../src/heuristics/facts/hosts/unresolved.ts';
import { arp, evidence } from '../../../support/evidence.ts';

const TARGET = '10.244.1.5';
const found = (some: Parameters<typeof arp>[0]) =>
  arpsFor(evidence({ arp: [arp({ target: TARGET, requests: [0, 1], ...some })] }), TARGET).length;

test('requests for an address count from the second on, without an answer, and for that address alone', () => {
  expect(found({})).toBe(1);
  expect(found({ requests: [0] })).toBe(0);
  expect(found({ answers: ['02:00:00:00:00:07'] })).toBe(0);
  expect(found({ target: '10.244.1.6' })).toBe(0);
});
