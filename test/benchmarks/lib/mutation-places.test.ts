import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { draw, marked, mutated, OPERATORS, placesIn } from '../../../benchmarks/lib/mutation-places.mjs';

const changesOf = (text: string): string[] =>
  placesIn('a.ts', text).flatMap((place) =>
    place.choices.map((becomes) => `${place.operator}: ${mutated(text, [{ ...place, becomes }])}`),
  );

describe('places of mutants', () => {
  test.each([
    ['a < b', ['boundary: a <= b', 'comparison: a >= b']],
    ['a === b', ['comparison: a !== b']],
    ['a + b', ['arithmetic: a - b']],
    ['a && b', ['gate: (a)', 'gate: (b)', 'logic: a || b']],
    ['!a', ['logic: (a)']],
    ['a.some(f)', ['call: a.every(f)']],
    ['f(7, true)', ['constant: f((1 + 7), true)', 'constant: f((-1 + 7), true)', 'constant: f(7, false)']],
  ])('%s', (text, changes) =>
    expect(changesOf(`const x = ${text};`).map((one) => one.replace('const x = ', '').replace(';', ''))).toEqual(
      changes,
    ),
  );

  test('a gate that only leaves, and statements for their effect', () => {
    expect(changesOf('for (;;) { if (a) continue; f(); }')).toEqual([
      'gate: for (;;) { if (false) continue; f(); }',
      'statement: for (;;) { if (a) ; f(); }',
      'statement: for (;;) { if (a) continue; ; }',
    ]);
    expect(changesOf('if (a) b = c; else d = e;').every((one) => one.startsWith('statement'))).toBe(true);
  });

  test.each([
    'type A = 1 | true;',
    "const text = 'a' + b;",
    'const names = { 1: a };',
    'function* f() {}',
    "import { a } from './1.ts';",
    'const rule = { meta: { id: 1, of: a < b } };',
  ])('none in %s', (text) => expect(placesIn('a.ts', text)).toEqual([]));

  test('what runs while the file is loaded is known', () => {
    const places = placesIn('a.ts', 'const a = 1; const f = () => 2;');
    expect(places.map(({ was, isLoaded }) => [was, isLoaded])).toEqual([
      ['1', true],
      ['2', false],
    ]);
  });
});

describe('marks', () => {
  test('tell which places run, and change no result', () => {
    const text = `
      let n = 0;
      for (const at of [1, 2, 3]) { if (at === 2) continue; n += at > 1 && !(at < 2) ? at : 0; }
      if (n > 99) { n = 5 + 1; }
      [n, [1].some((one) => one > 0), maybe?.list.some((one) => one > 0)]`;
    const reached = new Set<number>();
    const places = placesIn('a.ts', text);
    const withMarks = marked(
      text,
      places.map((place, number) => [number, place]),
    );
    const run = (code: string) =>
      JSON.stringify(runInNewContext(code, { __reached: (number: number) => reached.add(number), maybe: undefined }));
    expect(run(withMarks)).toBe(run(text));
    const never = places.filter((_, number) => !reached.has(number)).map(({ was }) => was);
    expect(never).toEqual(['n = 5 + 1;', '5', '+', '1', '>', '>', '0']);
  });
});

describe('a draw', () => {
  const text = 'const f = (a, b) => a < b && a + 1 > b - 2 || !a;';
  const drawn = (seed: number) =>
    draw(placesIn('a.ts', text), 6, seed, () => text).map(({ number, at, becomes }) => `${number} ${at} ${becomes}`);

  test('is the same for the same seed, and another for another', () => {
    expect(drawn(1)).toEqual(drawn(1));
    expect(drawn(1)).not.toEqual(drawn(2));
    expect(new Set(drawn(1)).size).toBe(6);
  });

  test('knows the operators', () => {
    const known = new Set(OPERATORS);
    expect(placesIn('a.ts', text).every(({ operator }) => known.has(operator))).toBe(true);
  });
});
