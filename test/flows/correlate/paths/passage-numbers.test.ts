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

test('passages that differ in one field have numbers of their own, equal ones the same', () => {
  const numbers = new PassageNumbers();
  const all = [0, 1, 2, 40].flatMap((point) =>
    [0, 1, 2].flatMap((depth) =>
      [-1, 0, 1, 80, 2048, 2128, 2129, 4096, 65_535].map((port): [number, number, number] => [point, depth, port]),
    ),
  );
  const numberOf = ([point, depth, port]: [number, number, number], some: Partial<Passage> = {}): number =>
    numbers.of({
      point,
      depth,
      port,
      source: 'a',
      destination: 'b',
      isNic: false,
      wireSource: 'c',
      wireDestination: 'd',
      ...some,
    });
  const first = all.map((place) => numberOf(place));
  expect(first).toEqual(all.map((_, nth) => nth + 1));
  expect(all.map((place) => numberOf(place))).toEqual(first);
  const others = (['source', 'destination', 'wireSource', 'wireDestination'] as const).map((name) =>
    numberOf(all[0], { [name]: 'x' }),
  );
  expect(new Set([...first, ...others]).size).toBe(first.length + 4);
  expect(numberOf(all[0], { source: 'b', destination: 'a' })).toBe(first.length + 5);
  expect(numberOf(all[0], { isNic: true })).toBe(1);
});
