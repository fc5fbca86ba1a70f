import { describe, expect, test } from 'vitest';
import { applicationDelay } from '../../../../src/heuristics/facts/dns/application-delay.ts';
import { circleOf, failingOf } from '../../../../src/heuristics/facts/dns/forward-circle.ts';
import { largeAnswersLost } from '../../../../src/heuristics/facts/dns/large-answers.ts';
import { type Lookup, lookupsOf } from '../../../../src/heuristics/facts/dns-lookups.ts';
import { capture, dns, type EvidenceParts, evidence, point } from '../../../support/evidence.ts';

type Parts = NonNullable<Parameters<typeof dns>[0]>;
const server = (nth: number) => `10.0.0.${nth}`;
/** Who asks whom, at a time; not answered unless said. */
const asks = (from: number, to: number, at: number, some: Parts = {}) =>
  dns({ client: `${server(from)}:${1000 + from}`, server: `${server(to)}:53`, queries: [at], ...some });
const two = (shift = 0): EvidenceParts => ({
  points: [point(), point({ capture: 1, timeShift: shift })],
  captures: [capture(), capture()],
});

describe('name servers that ask each other in a circle', () => {
  const circle = (exchanges: ReturnType<typeof dns>[], parts: EvidenceParts = {}) => {
    const all = evidence({ dns: exchanges, ...parts });
    const found = circleOf(all, lookupsOf(all)[0]);
    return found === null
      ? null
      : `${found.servers.map((one) => one.slice(7)).join('>')} of ${[...found.members]
          .map((one) => one.slice(7))
          .sort()
          .join(' ')}`;
  };
  const round = [asks(9, 1, 0), asks(1, 2, 1), asks(2, 1, 2)];
  test.each<[name: string, exchanges: ReturnType<typeof dns>[], expected: string | null]>([
    ['two', round, '1>2 of 1 2'],
    ['one that asks itself', [asks(9, 1, 0), asks(1, 1, 1)], '1 of 1'],
    [
      'three behind another one',
      [asks(9, 1, 0), asks(1, 2, 1), asks(2, 3, 2), asks(3, 4, 3), asks(4, 2, 4)],
      '2>3>4 of 2 3 4',
    ],
    ['a chain', [asks(9, 1, 0), asks(1, 2, 1), asks(2, 3, 2)], null],
    ['a circle of six', [asks(9, 1, 0), ...[1, 2, 3, 4, 5].map((nth) => asks(nth, nth + 1, nth)), asks(6, 1, 9)], null],
    [
      'a circle of five',
      [asks(9, 1, 0), ...[1, 2, 3, 4].map((nth) => asks(nth, nth + 1, nth)), asks(5, 1, 9)],
      '1>2>3>4>5 of 1 2 3 4 5',
    ],
    ['another name', [round[0], asks(1, 2, 1, { name: 'other.test' }), round[2]], null],
    ['the same name in other letters', [round[0], asks(1, 2, 1, { name: 'WEB.example.test' }), round[2]], '1>2 of 1 2'],
    ['another type', [round[0], asks(1, 2, 1, { type: 28 }), round[2]], null],
    ['one is answered', [round[0], round[1], asks(2, 1, 2, { answered: 3 })], null],
    ['there is no such name', [round[0], round[1], asks(2, 1, 2, { answered: 3, rcode: 3 })], null],
    ['one fails', [round[0], round[1], asks(2, 1, 2, { answered: 3, rcode: 2 })], '1>2 of 1 2'],
    ['asked before', [round[0], asks(1, 2, -0.1), round[2]], null],
    ['asked in that moment', [round[0], asks(1, 2, 0), round[2]], '1>2 of 1 2'],
    ['asked after the failure', [asks(9, 1, 0, { answered: 0.5, rcode: 2 }), round[1], round[2]], null],
    [
      'asked in the moment of the failure',
      [asks(9, 1, 0, { answered: 1, rcode: 2 }), round[1], round[2]],
      '1>2 of 1 2',
    ],
  ])('%s', (_, exchanges, expected) => expect(circle(exchanges)).toBe(expected));
  test('clocks of two hosts may differ by a second', () => {
    const second = (at: number, shift = 0) => circle([asks(9, 1, 5), asks(1, 1, at, { point: 1 })], two(shift));
    expect([second(4), second(3.99)]).toEqual(['1 of 1', null]);
    expect([second(1, 3), second(0.99, 3)]).toEqual(['1 of 1', null]);
    const late = (at: number) =>
      circle([asks(9, 1, 5, { answered: 6, rcode: 2 }), asks(1, 1, at, { point: 1 })], two());
    expect([late(7), late(7.01)]).toEqual(['1 of 1', null]);
  });
  test('lookups without a result of a question, by their askers', () => {
    const all = evidence({ dns: [...round, asks(1, 3, 5), asks(1, 4, 6, { answered: 7 })] });
    const failing = (...askers: number[]) =>
      failingOf(all, lookupsOf(all)[0], askers.map(server)).map((lookup) => lookup.server.address.slice(7));
    expect(failing(1)).toEqual(['2', '3']);
    expect(failing(2, 1)).toEqual(['1', '2', '3']);
    expect(failing(7)).toEqual([]);
  });
});

describe('how long the application waits over all servers', () => {
  const delay = (exchanges: ReturnType<typeof dns>[], of: number[] = [0], parts: EvidenceParts = {}) => {
    const all = evidence({ dns: exchanges, ...parts });
    const { longest, never } = applicationDelay(
      all,
      of.map((nth) => lookupsOf(all)[nth]),
    );
    return [longest, never];
  };
  const again = (at: number, answered: number | null, some: Parts = {}) =>
    asks(9, 2, at, { client: `${server(9)}:7`, answered, ...some });
  test.each<[name: string, exchanges: ReturnType<typeof dns>[], expected: (number | null)[]]>([
    ['its own answer', [asks(9, 1, 0, { answered: 1 })], [1, 0]],
    ['no answer', [asks(9, 1, 0)], [null, 1]],
    ['the answer of another server', [asks(9, 1, 0), again(5, 5.25)], [5.25, 0]],
    ['the first of two', [asks(9, 1, 0), again(5, 5.5), again(5.1, 5.25, { client: `${server(9)}:8` })], [5.25, 0]],
    ['no such name is a result', [asks(9, 1, 0), again(5, 5.25, { rcode: 3 })], [5.25, 0]],
    ['a failure is none', [asks(9, 1, 0, { answered: 1, rcode: 2 }), again(5, 5.25)], [5.25, 0]],
    ['an answer before', [asks(9, 1, 6), again(5, 5.25)], [null, 1]],
    ['an answer in that moment', [asks(9, 1, 6), again(5, 6)], [0, 0]],
    ['of another client', [asks(9, 1, 0), again(5, 5.25, { client: `${server(8)}:7` })], [null, 1]],
    ['of another name', [asks(9, 1, 0), again(5, 5.25, { name: 'other.test' })], [null, 1]],
    ['in other letters', [asks(9, 1, 0), again(5, 5.25, { name: 'WEB.example.test' })], [5.25, 0]],
    ['of another type', [asks(9, 1, 0), again(5, 5.25, { type: 28 })], [null, 1]],
    ['to a thousandth of a second', [asks(9, 1, 0), again(5, 5.12345)], [5.123, 0]],
  ])('%s', (_, exchanges, expected) => expect(delay(exchanges)).toEqual(expected));
  test('the longest of several, and how many were never answered', () => {
    const three = [
      asks(9, 1, 0, { answered: 1 }),
      asks(9, 1, 10, { answered: 13, name: 'b.test' }),
      asks(9, 1, 20, { name: 'c.test' }),
    ];
    expect(delay(three, [0, 1, 2])).toEqual([3, 1]);
    expect(delay(three, [])).toEqual([null, 0]);
  });
  test('by the common clock', () =>
    expect(delay([asks(9, 1, 0), again(5, 5.25, { point: 1 })], [0], two(2))).toEqual([7.25, 0]));
});

describe('answers that left the server and did not arrive, all of them large', () => {
  const lookup = (some: Partial<Lookup> = {}, sizes: (number | null)[] = [1400]): Lookup =>
    ({
      client: { address: server(9), port: 7 },
      server: { address: server(1), port: 53 },
      answer: null,
      further: sizes.map((l3Length, at) => ({ point: at + 1, responses: l3Length === null ? [] : [{ l3Length }] })),
      ...some,
    }) as unknown as Lookup;
  const arrived = (l3Length: number, some: Partial<Lookup> = {}) =>
    lookup({ answer: { l3Length } as Lookup['answer'], ...some }, []);
  const told = (silent: Lookup[], passed: Lookup[]) => {
    const found = largeAnswersLost([...silent, ...passed], silent);
    return found === null
      ? ''
      : `${found.lost} from ${found.smallestLost}, ${found.largestPassed} passed, at ${found.point}`;
  };
  const lost = [lookup(), lookup({}, [1300])];
  test.each<[name: string, silent: Lookup[], passed: Lookup[], expected: string]>([
    ['two', lost, [arrived(500)], '2 from 1300, 500 passed, at 1'],
    ['one', lost.slice(1), [arrived(500)], ''],
    ['one left no server', [lookup(), lookup({}, [null])], [arrived(500)], ''],
    ['none arrived', lost, [], ''],
    ['the largest that arrived', lost, [arrived(500), arrived(1299), arrived(7)], '2 from 1300, 1299 passed, at 1'],
    ['one as large arrived', lost, [arrived(1300)], ''],
    [
      'one as large arrived at another client',
      lost,
      [arrived(500), arrived(1300, { client: { address: server(8), port: 7 } })],
      '2 from 1300, 500 passed, at 1',
    ],
    [
      'one as large arrived from another server',
      lost,
      [arrived(500), arrived(1300, { server: { address: server(2), port: 53 } })],
      '2 from 1300, 500 passed, at 1',
    ],
    [
      'as the farthest point saw it',
      [lookup({}, [1500, 1400, null]), lookup()],
      [arrived(500)],
      '2 from 1400, 500 passed, at 2',
    ],
  ])('%s', (_, silent, passed, expected) => expect(told(silent, passed)).toBe(expected));
});
