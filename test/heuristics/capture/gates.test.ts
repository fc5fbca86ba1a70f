import { expect, test } from 'vitest';
import type { Evidence } from '../../../src/flows/evidence.ts';
import { gatesOf } from '../../../src/heuristics/capture/gates.ts';
import { capture, connection, evidence, point } from '../../support/evidence.ts';

const judged = (given: Evidence) => {
  const gates = gatesOf(given);
  return { absence: gates.absenceUnreliable(0) !== null, loss: gates.lossUnreliable(0) !== null };
};

test.each<[string, Evidence, { absence: boolean; loss: boolean }]>([
  ['a clean capture', evidence(), { absence: false, loss: false }],
  ['two of a hundred dropped', evidence({ captures: [capture({ dropped: 2 })] }), { absence: true, loss: true }],
  [
    'one of ten thousand dropped',
    evidence({ captures: [capture({ dropped: 1, packets: 9999 })] }),
    { absence: false, loss: false },
  ],
  [
    'a fifth of the octets missed by the capture',
    evidence({ points: [point({ quality: { gapOctets: 20, tcpOctets: 80 } })] }),
    { absence: false, loss: true },
  ],
  [
    'half of the packets unreadable',
    evidence({ points: [point({ quality: { unreadable: 50 } })] }),
    { absence: true, loss: true },
  ],
  [
    'one direction only',
    evidence({ connections: [connection({ syn: [0], toServer: { packets: 5, ackHigh: 9 } })] }),
    { absence: true, loss: true },
  ],
  ['a silent server', evidence({ connections: [connection({ syn: [0, 1] })] }), { absence: false, loss: false }],
])('%s', (_, given, expected) => expect(judged(given)).toEqual(expected));

test('a point that does not exist has no gate', () => {
  expect(gatesOf(evidence()).absenceUnreliable(7)).toBeNull();
});
