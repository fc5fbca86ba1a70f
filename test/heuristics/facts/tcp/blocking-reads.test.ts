import { describe, expect, test } from 'vitest';
import type { ApplicationUse, Turn } from '../../../../src/flows/evidence/evidence.ts';
import { blockingReads, mayBlock } from '../../../../src/heuristics/facts/tcp/blocking-reads.ts';
import type { AskedServer, Wait } from '../../../../src/heuristics/facts/tcp/waits.ts';
import { use } from '../../../support/application-items.ts';
import { capture, connection, evidence, point, ref } from '../../../support/evidence.ts';
import { turn } from '../../../support/segment-items.ts';

type Parts = NonNullable<Parameters<typeof connection>[0]>;
const SERVER = '10.244.2.7:80';
/** A request of 80 octets that is answered by 20; the client asks again after 10 ms. */
const wait = (at: number, seconds: number, some: Partial<Turn> = {}, leg: Parts = {}): Wait => ({
  leg: connection({ client: `10.244.1.5:${4000 + Math.round(at * 10)}`, first: at, turns: 1, ...leg }),
  conversation: 0,
  server: SERVER,
  turn: turn(at, seconds, { requestOctets: 80, answerOctets: 20, thinkSeconds: 0.01, ...some }),
  from: at,
  to: at + seconds,
  by: 'answer',
});
const asked = (noted: Wait[], some: Partial<AskedServer> = {}): AskedServer => ({
  server: SERVER,
  talks: noted.map(({ leg, conversation }) => ({ leg, conversation })),
  turns: noted.length,
  tlsTurns: 0,
  slow: noted,
  noted,
  unanswered: [],
  begun: [],
  ...some,
});
const why = (server: AskedServer, applications: ApplicationUse[] = []) =>
  blockingReads(
    evidence({
      points: [point({ quality: { lastTime: 600 } }), point({ capture: 1, quality: { lastTime: 600 } })],
      captures: [capture(), capture()],
      applications,
    }),
    server,
  );
/** Three waits, one after the other. */
const three = (
  seconds: [number, number, number],
  some: (nth: number) => Partial<Turn> = () => ({}),
  leg: (nth: number) => Parts = () => ({}),
) => seconds.map((one, nth) => wait(100 * nth, one, some(nth), leg(nth)));
const only = (at: number, some: Partial<Turn>) => (nth: number) => (nth === at ? some : {});
const [EQUAL, UNEQUAL]: [number, number, number][] = [
  [5, 5, 5],
  [5, 2, 4],
];

describe('equal waits come from a timer', () => {
  const octets = (payloadOctets: number): Parts => ({ toClient: { payloadOctets } });
  test.each<[name: string, waits: Wait[], expected: 'timer' | 'event' | null]>([
    ['three of 5 s', three(EQUAL), 'timer'],
    ['two', three(EQUAL).slice(1), null],
    ['three of 2.5 s', three([2.5, 2.5, 2.5]), 'timer'],
    ['three of less', three([2.4, 2.4, 2.4]), null],
    ['within a fiftieth', three([50, 50.5, 51]), 'timer'],
    ['by more', three([50, 50.5, 51.6]), null],
    ['an answer that is as large as allowed', three(EQUAL, undefined, () => octets(600)), 'timer'],
    ['a larger one', three(EQUAL, undefined, (nth) => octets(nth === 1 ? 601 : 1)), null],
    ['larger ones of several requests', three(EQUAL, undefined, () => ({ ...octets(1200), turns: 2 })), 'timer'],
    ['a request that is as large as allowed', three(EQUAL, only(1, { requestOctets: 600 })), 'timer'],
    ['a larger request', three(EQUAL, only(1, { requestOctets: 601 })), null],
    ['part of a TLS handshake', three(EQUAL, only(1, { tls: true })), null],
    ['two groups', [...three(EQUAL), ...three([9, 9, 9]).map((one) => ({ ...one }))], 'timer'],
    ['one that is apart', [...three(EQUAL), wait(400, 9)], 'event'],
  ])('%s', (_, waits, expected) => expect(why(asked(waits))).toBe(expected));
  test('none is long', () => expect(why(asked(three(EQUAL), { slow: [] }))).toBeNull());
});

describe('unequal waits end when something happens', () => {
  test.each<[name: string, waits: Wait[], expected: 'event' | null]>([
    ['so', three(UNEQUAL), 'event'],
    ['by a quarter', three([4, 4.5, 5]), 'event'],
    ['by less', three([4, 4.5, 4.9]), null],
    ['answers of 4,096 octets on average', three(UNEQUAL, (nth) => ({ answerOctets: [0, 4096, 8192][nth] })), 'event'],
    ['larger ones', three(UNEQUAL, (nth) => ({ answerOctets: [0, 4096, 8195][nth] })), null],
    ['a request that is as large as allowed', three(UNEQUAL, () => ({ requestOctets: 600 })), 'event'],
    ['a larger request', three(UNEQUAL, () => ({ requestOctets: 601 })), null],
    ['one larger request', three(UNEQUAL, (nth) => ({ requestOctets: nth === 1 ? 601 : 600 })), null],
    ['requests that differ by 16 octets', three(UNEQUAL, only(1, { requestOctets: 96 })), 'event'],
    ['requests that differ by more', three(UNEQUAL, only(1, { requestOctets: 97 })), null],
    [
      'requests of two clients may differ',
      [
        ...three(UNEQUAL),
        ...three(
          UNEQUAL,
          () => ({ requestOctets: 300 }),
          (nth) => ({ client: `10.244.1.6:${nth}` }),
        ),
      ],
      'event',
    ],
  ])('%s', (_, waits, expected) => expect(why(asked(waits))).toBe(expected));
  test.each<[by: Wait['by'], expected: 'event' | null]>([
    ['open', 'event'],
    ['client', null],
    ['server', null],
  ])('one is ended by %s', (by, expected) =>
    expect(why(asked(three(UNEQUAL), { unanswered: [{ ...wait(500, 5), by }] }))).toBe(expected),
  );
});

describe('the client asks again at once', () => {
  const thinks = (...seconds: (number | null)[]) => three(EQUAL, (nth) => ({ thinkSeconds: seconds[nth] }));
  test.each<[name: string, waits: Wait[], expected: 'timer' | null]>([
    ['within a twentieth of the wait', thinks(0.25, 0.25, 0.25), 'timer'],
    ['later', thinks(0.26, 0.26, 0.26), null],
    ['but once', thinks(0.01, 0.01, 9), 'timer'],
    ['but twice', thinks(0.01, 9, 9), null],
    ['not after the last', thinks(0.01, 0.01, null), 'timer'],
  ])('%s', (_, waits, expected) => expect(why(asked(waits))).toBe(expected));
  test('within 50 ms of a short wait', () => {
    const short = (thinkSeconds: number) => why(asked(three([0.2, 0.1, 0.15], () => ({ thinkSeconds }))));
    expect([short(0.05), short(0.051)]).toEqual(['event', null]);
  });
  /** Nothing follows on the connections themselves; others of the client begin some time after each answer. */
  const anew = (after: number, some: Parts = {}, answerSeconds = 0) => {
    const waits = three(EQUAL, () => ({ thinkSeconds: null, answerSeconds }));
    const others = waits.map(({ to }) => ({
      leg: connection({ client: '10.244.1.5:9', ...some, first: to + after }),
      conversation: 9,
    }));
    return why(asked(waits, { talks: [...asked(waits).talks, ...others] }));
  };
  test.each<[name: string, told: ReturnType<typeof anew>, expected: 'timer' | null]>([
    ['on another connection', anew(0.2), 'timer'],
    ['on another connection, later', anew(0.3), null],
    ['from the end of the answer on', anew(0.5, {}, 0.4), 'timer'],
    ['before the end of the answer', anew(0.5, {}, 0.6), null],
    ['by another client', anew(0.2, { client: '10.244.1.6:9' }), null],
    ['at another point', anew(0.2, { point: 1 }), null],
  ])('%s', (_, told, expected) => expect(told).toBe(expected));
  test('an answer where the capture ends does not count', () => {
    const waits = [
      ...three(EQUAL).slice(0, 2),
      wait(594.9, 5, { thinkSeconds: null }),
      wait(594.9, 5, { thinkSeconds: null }),
    ];
    expect(why(asked(waits))).toBe('timer');
    const sooner = [
      ...three(EQUAL).slice(0, 2),
      wait(590, 5, { thinkSeconds: null }),
      wait(590, 5, { thinkSeconds: null }),
    ];
    expect(why(asked(sooner))).toBeNull();
  });
  test('of two clients each may stop once', () => {
    const waits = [
      ...thinks(0.01, 0.01, 9),
      ...three(
        EQUAL,
        (nth) => ({ thinkSeconds: nth === 2 ? 9 : 0.01 }),
        (nth) => ({ client: `10.244.1.6:${nth}` }),
      ),
    ];
    expect(why(asked(waits))).toBe('timer');
    expect(why(asked([...waits, wait(500, 5, { thinkSeconds: 9 })]))).toBeNull();
  });
});

describe('requests that ask to be answered later', () => {
  const held = (some: Parameters<typeof use>[0] = {}) => [use({ held: 3, ...some })];
  const slow = three([9, 5, 7], () => ({ thinkSeconds: 99 }));
  test.each<[name: string, applications: ApplicationUse[], expected: 'asked' | null]>([
    ['as many as long waits', held(), 'asked'],
    ['fewer', held({ held: 2 }), null],
    ['of two kinds together', [...held({ held: 1 }), ...held({ held: 2 })], 'asked'],
    ['none', held({ held: 0 }), null],
    ['not counted', [use()], null],
    ['at another point', held({ point: 1 }), null],
    ['of another client', held({ client: '10.244.1.6' }), null],
    ['to another server', held({ server: '10.244.2.8:80' }), null],
    ['to another port', held({ server: '10.244.2.7:81' }), null],
  ])('%s', (_, applications, expected) => expect(why(asked(slow), applications)).toBe(expected));
  test('waits without an answer count', () => {
    const open = { ...wait(500, 5), by: 'open' as const };
    expect(why(asked(slow, { unanswered: [open] }), held())).toBeNull();
    expect(why(asked(slow, { unanswered: [open] }), held({ held: 4 }))).toBe('asked');
    expect(why(asked(slow, { slow: [] }), held({ held: 0 }))).toBeNull();
  });
});

describe('the capture ends too soon to tell', () => {
  const open = (requestOctets: number, end: Parts['end'] = null) => ({
    leg: connection({
      client: '10.244.1.5:9',
      end,
      slowTurns: [turn(1, 1, { requestOctets: 999 }), turn(500, 5, { response: null, requestOctets })],
    }),
    conversation: 9,
  });
  const two = [wait(0, 5), wait(100, 3)];
  const may = (noted: Wait[], last = open(80), some: Partial<AskedServer> = {}) =>
    mayBlock(asked(noted, { talks: [...asked(noted).talks, last], ...some }));
  const ended = { ...ref(9), direction: 0 } as never;
  test.each<[name: string, may: boolean, expected: boolean]>([
    ['two waits, and the request waits again', may(two), true],
    ['one', may(two.slice(1)), false],
    ['three', may([...two, wait(200, 9)]), false],
    ['something else was answered', may(two, open(80), { turns: 3 }), false],
    ['no request waits', mayBlock(asked(two)), false],
    ['it was ended', may(two, open(80, ended)), false],
    ['another request waits', may(two, open(97)), false],
    ['one that is as large but for 16 octets', may(two, open(96)), true],
    ['the waits are equal', may([wait(0, 5), wait(100, 5)]), false],
  ])('%s', (_, told, expected) => expect(told).toBe(expected));
});
