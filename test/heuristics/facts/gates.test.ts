import { expect, test } from 'vitest';
import type { Evidence } from '../../../src/flows/evidence/evidence.ts';
import { gatesOf } from '../../../src/heuristics/facts/gates.ts';
import { capture, connection, evidence, point } from '../../support/evidence.ts';

const judged = (given: Evidence) => {
  const gates = gatesOf(given);
  return {
    absence: !gates.absence(0).ok,
    loss: !gates.loss(0).ok,
    missed: !gates.single(0).ok,
  };
};

test.each<[string, Evidence, { absence: boolean; loss: boolean; missed: boolean }]>([
  ['a clean capture', evidence(), { absence: false, loss: false, missed: false }],
  [
    'two of a hundred dropped',
    evidence({ captures: [capture({ dropped: 2 })] }),
    { absence: true, loss: true, missed: false },
  ],
  [
    'one of ten thousand dropped',
    evidence({ captures: [capture({ dropped: 1, packets: 9999 })] }),
    { absence: false, loss: false, missed: false },
  ],
  [
    'a fifth of the octets missed by the capture',
    evidence({ points: [point({ quality: { gapOctets: 20, tcpOctets: 80 } })] }),
    { absence: false, loss: true, missed: true },
  ],
  [
    'a hundredth of the octets missed by the capture',
    evidence({ points: [point({ quality: { gapOctets: 1, tcpOctets: 99 } })] }),
    { absence: false, loss: false, missed: true },
  ],
  [
    'half of the packets unreadable',
    evidence({ points: [point({ quality: { unreadable: 50 } })] }),
    { absence: true, loss: true, missed: false },
  ],
  [
    'one direction only',
    evidence({ connections: [connection({ syn: [0], toServer: { packets: 5, ackHigh: 9 } })] }),
    { absence: true, loss: true, missed: false },
  ],
  [
    'a silent server',
    evidence({ connections: [connection({ syn: [0, 1] })] }),
    { absence: false, loss: false, missed: false },
  ],
])('%s', (_, given, expected) => expect(judged(given)).toEqual(expected));

test('a point that does not exist has no gate', () => {
  expect(gatesOf(evidence()).absence(7).ok).toBe(true);
  expect(gatesOf(evidence()).single(7).ok).toBe(true);
});
