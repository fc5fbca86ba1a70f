import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Passage } from '../../../../src/flows/correlate/paths/next-device.ts';
import { PassageNumbers } from '../../../../src/flows/correlate/paths/passage-numbers.ts';

const address = fc.constantFrom('10.0.0.1', '10.0.0.2', 'fd00::1');
const passage: fc.Arbitrary<Passage> = fc.record({
  point: fc.constantFrom(0, 1, 65_535),
  depth: fc.integer({ min: 0, max: 2 }),
  source: address,
  destination: address,
  port: fc.constantFrom(-1, 0, 80, 65_535),
  isNic: fc.boolean(),
  wireSource: address,
  wireDestination: address,
});

test('passages have the same number exactly when all their fields agree, but for the role of the point', () => {
  fc.assert(
    fc.property(fc.array(passage, { minLength: 2, maxLength: 40 }), (passages) => {
      const numbers = new PassageNumbers();
      const byText = new Map<string, number>();
      const textOf = ({ isNic: _, ...fields }: Passage) => JSON.stringify(fields);
      for (const one of passages) {
        const number = numbers.of({ ...one });
        expect(number).toBeGreaterThan(0);
        expect(number).toBe(byText.get(textOf(one)) ?? number);
        byText.set(textOf(one), number);
      }
      expect(new Set(byText.values()).size).toBe(byText.size);
    }),
  );
});
