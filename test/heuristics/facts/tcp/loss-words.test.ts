import { expect, test } from 'vitest';
import { inVainPackets } from '../../../../src/heuristics/facts/tcp/data-in-vain.ts';
import { shapeText } from '../../../../src/heuristics/facts/tcp/loss-shape.ts';
import { ref } from '../../../support/evidence.ts';

test('"all was acknowledged at last" is said only where no range stays open', () => {
  const shape = { smallest: 0, largest: 0, arrived: 0, repeated: 3, open: 0 };
  expect(shapeText(shape)).toContain('All that was sent again was acknowledged at last.');
  expect(shapeText({ ...shape, open: 1 })).not.toContain('All that was sent again');
  expect(shapeText({ ...shape, open: 1 })).toContain('Of 3 ranges sent again 1 was never acknowledged.');
  expect(shapeText({ ...shape, repeated: 0 })).not.toContain('All that was sent again');
});

test('data in vain is shown in the direction in which it was sent', () => {
  const vain = (direction: 0 | 1) => ({
    sender: '10.0.0.1',
    receiver: '10.0.0.2',
    direction,
    legs: [],
    conversations: [],
    sendings: 3,
    missing: 0,
    none: true,
    packets: [{ point: 0, ref: ref(1), octets: 5 }],
  });
  expect(inVainPackets(vain(0)).map((packet) => packet.direction)).toEqual(['>']);
  expect(inVainPackets(vain(1)).map((packet) => packet.direction)).toEqual(['<']);
});
