import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LeastFirst } from '../../../../src/flows/correlate/hosts-and-clocks/least-first.ts';

test('gives the least of what is in it, whatever is added between', () => {
  const steps = fc.array(fc.option(fc.integer({ min: 0, max: 20 }), { freq: 3 }), { maxLength: 60 });
  fc.assert(
    fc.property(steps, (drawn) => {
      const heap = new LeastFirst<number>((a, b) => a - b);
      const list: number[] = [];
      for (const step of [...drawn, ...drawn.map(() => null)]) {
        if (step === null) expect(heap.take()).toBe(list.sort((a, b) => a - b).shift());
        else {
          heap.add(step);
          list.push(step);
        }
      }
    }),
    { seed: 7, numRuns: 100 },
  );
});

test('compares each item with few others', () => {
  let compared = 0;
  const heap = new LeastFirst<number>((a, b) => {
    compared++;
    return a - b;
  });
  for (let item = 1024; item > 0; item--) heap.add(item);
  for (let item = 1; item <= 1024; item++) expect(heap.take()).toBe(item);
  // Ten levels: one comparison a level to add, two to take.
  expect(compared).toBeLessThan(1024 * 30);
});
