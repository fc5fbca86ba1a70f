import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecentTexts } from '../../src/text/recent-texts.ts';

describe('RecentTexts', () => {
  it('gives the text of each number, even if many map to one place', () => {
    const texts = new RecentTexts(4, (number) => `<${number}>`);
    const numbers = fc.array(fc.nat(20).map((small) => small * 2 ** 31));
    fc.assert(fc.property(numbers, (wanted) => wanted.every((number) => texts.of(number) === `<${number}>`)));
  });

  it('creates a text once while it is cached', () => {
    let made = 0;
    const texts = new RecentTexts(1024, (number) => `${++made} ${number}`);
    expect([texts.of(7), texts.of(0), texts.of(7), texts.of(0)]).toEqual(['1 7', '2 0', '1 7', '2 0']);
  });
});
