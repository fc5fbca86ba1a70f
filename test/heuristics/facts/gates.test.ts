import { expect, test } from 'vitest';
import type { Evidence } from '../../../src/flows/evidence/evidence.ts';
import { gatesOf } from '../../../src/heuristics/facts/gates.ts';
import { capture, connection, evidence, point } from '../../support/evidence.ts';

const judged = (given: Evidence) => {
  const gates = gatesOf(given);
  return {
    absence: gates.absenceUnreliable(0) !== null,
    loss: gates.lossUnreliable(0) !== null,
    missed: gates.missesPackets(0),
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
  expect(gatesOf(evidence()).absenceUnreliable(7)).toBeNull();
  expect(gatesOf(evidence()).missesPackets(7)).toBe(false);
});
