import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyRecord } from '../../../src/decode/files/empty-record.ts';
import { TimeOrder } from '../../../src/flows/capture/time-order.ts';

const MILLISECOND = 1_000_000;

/** Length on the wire, interface, flags, drops and offset of a record: of its own. */
const restOf = (number: number): number[] => [1, 2, 3, 4, 5].map((field) => field * 1_000_000 + number);

/** Records at these nanoseconds, from one object and one buffer as readers give them: numbers as they are handed on. */
function handedOn(times: readonly number[], trial?: number): number[] {
  const numbers: number[] = [];
  const order = new TimeOrder(
    {
      onInterface: () => {},
      onProblem: () => {},
      onRecord: (given, number) => {
        const { bytes, start, end, nanoseconds, seconds } = given;
        const { originalLength, interfaceIndex, flags, dropCount, offset } = given;
        expect([originalLength, interfaceIndex, flags, dropCount, offset]).toEqual(restOf(number));
        expect(end - start).toBe(1 + (number % 7));
        expect(bytes.subarray(start, end).every((octet) => octet === number % 251)).toBe(true);
        expect(seconds * 1e9 + nanoseconds).toBe(times[number - 1]);
        numbers.push(number);
      },
    },
    trial,
  );
  const record = { ...emptyRecord(), bytes: new Uint8Array(16) };
  times.forEach((time, at) => {
    record.seconds = Math.floor(time / 1e9);
    record.nanoseconds = time % 1e9;
    record.start = at % 5;
    record.end = record.start + 1 + ((at + 1) % 7);
    const [originalLength, interfaceIndex, flags, dropCount, offset] = restOf(at + 1);
    Object.assign(record, { originalLength, interfaceIndex, flags, dropCount, offset });
    record.bytes.fill((at + 1) % 251, record.start, record.end);
    order.onRecord(record);
  });
  order.end();
  return numbers;
}

const upTo = (last: number): number[] => Array.from({ length: last }, (_, at) => at + 1);
const every = (count: number, step: number): number[] => upTo(count).map((number) => number * step);
const swapped = (times: readonly number[], at: number): number[] =>
  times.with(at, times[at + 1]).with(at + 1, times[at]);

describe('records out of order by less than a millisecond', () => {
  it.each<[string, number[], number[]]>([
    ['an answer before its question', [10, 30, 20, 40], [1, 3, 2, 4]],
    ['the first two', [20, 10, 30], [2, 1, 3]],
    ['three places late', [10, 30, 40, 50, 20], [1, 5, 2, 3, 4]],
    ['over the turn of a second', [1e9 + 5, 1e9 - 5], [2, 1]],
    ['equal times stay as they are', [10, 10, 5, 10], [3, 1, 2, 4]],
    ['a nanosecond less than a millisecond late', [5 * MILLISECOND, 4 * MILLISECOND + 1], [2, 1]],
    ['before one that came nearly a millisecond later', [10, MILLISECOND + 10, 11], [1, 3, 2]],
    ['a millisecond late is another clock', [5 * MILLISECOND, 4 * MILLISECOND], [1, 2]],
  ])('%s', (_, times, numbers) => {
    expect(handedOn(times)).toEqual(numbers);
  });

  it('in a long capture, leaves the first late record in its place and sorts the next ones', () => {
    const inOrder = every(6000, 1000);
    const numbers = upTo(6000);
    expect(handedOn(inOrder)).toEqual(numbers);
    expect(handedOn(swapped(inOrder, 5000))).toEqual(numbers);
    expect(handedOn(swapped(swapped(inOrder, 5000), 5100))).toEqual(swapped(numbers, 5100));
  });

  it.each<[number, number[]]>([
    [8, [1, 2, 4, 3, 5, 6, 7, 8, 9, 10, 11, 12]],
    [3, [1, 2, 4, 3, 5, 6, 7, 8, 9, 10, 11, 12]],
    [2, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]],
  ])('after a trial of %i records, what is late for the first time stays in its place', (trial, expected) => {
    const times = swapped(every(12, 1000), 2);
    expect(handedOn(times, trial)).toEqual(expected);
    // From then on, all that is late is put in its place.
    expect(handedOn(swapped(times, 8), trial)).toEqual(swapped(expected, 8));
  });

  it('leaves times after a clock step unchanged, and passes on the waiting records first', () => {
    const before = [10, 30, 20].map((time) => time + 1e9);
    expect(handedOn([...before, ...[10, 30, 20]])).toEqual([1, 3, 2, 4, 6, 5]);
  });

  it('holds at most 64 records', () => {
    const crowd = every(100, 1).map((time) => time + 1000);
    expect(handedOn([...crowd, 1])).toEqual([...upTo(37), 101, ...upTo(100).slice(37)]);
  });

  it('passes on each record once, sorted within a millisecond, for any times', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 10 * MILLISECOND }), { maxLength: 80 }), (times) => {
        expect([...handedOn(times)].sort((a, b) => a - b)).toEqual(upTo(times.length));
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.nat({ max: MILLISECOND - 1 }), { maxLength: 64 }), (times) => {
        const inOrder = upTo(times.length).sort((a, b) => times[a - 1] - times[b - 1] || a - b);
        expect(handedOn(times)).toEqual(inOrder);
      }),
    );
  });
});
