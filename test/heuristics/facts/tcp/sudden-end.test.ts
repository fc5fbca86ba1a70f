import { describe, expect, test } from 'vitest';
import type { Direction, RepeatedRange, TcpDirection } from '../../../../src/flows/evidence/evidence.ts';
import {
  AFTER_IDLE_THRESHOLDS,
  isAfterIdle,
  mayBeIdleTimeout,
  type SuddenEnd,
  suddenEnds,
  usualTtls,
  wasAcknowledgedElsewhere,
} from '../../../../src/heuristics/facts/tcp/sudden-end.ts';
import { capture, connection, evidence, point, ref, reset } from '../../../support/evidence.ts';
import { pause, repeat, segment, shut } from '../../../support/segment-items.ts';

type Parts = NonNullable<Parameters<typeof connection>[0]>;
type Side = Partial<TcpDirection>;
type Resets = NonNullable<Parts['resets']>;
const SPEAKERS: readonly Direction[] = [0, 1];
const sides = (speaker: Direction, mine: Side, peer: Side): Parts =>
  speaker === 0 ? { toServer: mine, toClient: peer } : { toServer: peer, toClient: mine };
const vain = (times = [10, 10.3, 10.9], some: Partial<RepeatedRange> = {}) => repeat({ times, ...some });

/** A connection of which one side sent octets three times from 10 s on, to a peer that was heard before. */
const ended = (speaker: Direction, mine: Side = {}, peer: Side = {}, some: Parts = {}) =>
  connection(
    {
      ...sides(speaker, { repeats: [vain()], ackHigh: 101, ...mine }, { ackHigh: 101, payloadOctets: 100, ...peer }),
      ...some,
    },
    { established: true },
  );
const fixed = (seconds: number) => Number(seconds.toFixed(6));
const told = ({
  speaker,
  sendings,
  firstPacket,
  firstTime,
  seconds,
  reset: end,
  idle,
  survived,
  keepAlive,
}: SuddenEnd) =>
  [
    `${speaker}: ${sendings} from ${firstTime} over ${fixed(seconds)} s`,
    firstPacket === ref(firstTime).packet ? [] : `packet ${firstPacket}`,
    end === null ? [] : `reset at ${end.time} by ${end.direction}`,
    idle === null ? [] : `after ${idle.seconds}`,
    survived === 0 ? [] : `survived ${survived}`,
    keepAlive ? 'keep-alives' : [],
  ]
    .flat()
    .join(', ');
const of = (leg: ReturnType<typeof connection>) => suddenEnds(evidence({ connections: [leg] })).map(told);

describe.each(SPEAKERS)('what side %s sent last was not acknowledged', (speaker) => {
  const peer = (1 - speaker) as Direction;
  const found = `${speaker}: 3 from 10 over 0.9 s`;
  const gap = (some = {}) => pause(5, 10, speaker, some);
  test.each<[name: string, mine: Side, peer: Side, some: Parts, expected: string]>([
    ['three sendings', {}, {}, {}, found],
    ['its SYN was not answered', {}, {}, { state: 'syn-sent' }, ''],
    ['the handshake was not finished', {}, {}, { state: 'syn-received' }, ''],
    ['the peer was not captured', {}, { packets: 0 }, {}, ''],
    ['the peer had closed', {}, { fins: 1 }, {}, ''],
    ['the peer acknowledged nothing ever', {}, { ackHigh: null }, {}, ''],
    ['more of the peer is missing than there is', {}, { gapOctets: 101 }, {}, ''],
    ['half of the peer is missing', {}, { gapOctets: 100 }, {}, found],
    ['acknowledged at last', { repeats: [vain([10, 11], { ackedTime: 11 })] }, {}, {}, ''],
    [
      'the earlier of two, and none that was acknowledged',
      { repeats: [vain([12, 13]), vain(), vain([8, 9], { ackedTime: 9 })] },
      {},
      {},
      found,
    ],
    ['sent once', { repeats: [], unackedSince: ref(12) }, {}, {}, `${speaker}: 1 from 12 over 0 s`],
    ['nothing waits', { repeats: [] }, {}, {}, ''],
    [
      'the peer resets',
      {},
      {},
      { resets: [reset(11, peer)] },
      `${speaker}: 3 from 10 over 1 s, reset at 11 by ${peer}`,
    ],
    [
      'the peer resets in the same moment',
      {},
      {},
      { resets: [reset(10, peer)] },
      `${speaker}: 3 from 10 over 0 s, reset at 10 by ${peer}`,
    ],
    ['reset before', {}, {}, { resets: [reset(9.9, peer)] }, ''],
    ['reset before, by itself', {}, {}, { resets: [reset(9.9, speaker), reset(11, peer)] }, ''],
    ['it resets itself', {}, {}, { resets: [reset(11, speaker)] }, found],
    [
      'the first reset of the peer',
      {},
      {},
      { resets: [reset(10.5, speaker), reset(11, peer), reset(12, peer)] },
      `${speaker}: 3 from 10 over 1 s, reset at 11 by ${peer}`,
    ],
    ['after a pause', {}, {}, { idleGaps: [gap()] }, `${found}, after 5`],
    ['keep-alives are no pause', {}, {}, { idleGaps: [gap({ keepAlive: true })] }, found],
    [
      'pauses before, of which the longest counts',
      {},
      {},
      { idleGaps: [pause(2, 6), pause(3, 9), pause(1, 9.5), gap()] },
      `${found}, after 5, survived 3`,
    ],
    ['a later pause is not survived', {}, {}, { idleGaps: [pause(4, 20)] }, found],
    [
      'another packet in the moment of the first sending',
      {},
      {},
      { idleGaps: [pause(4, 10, 0, { to: { packet: 1, time: 10 } })] },
      found,
    ],
    ['the window was full', {}, {}, { idleGaps: [gap()], events: [segment(10, 'windowFull', speaker)] }, found],
    [
      'something else happened in that moment',
      {},
      {},
      { idleGaps: [gap()], events: [segment(10, 'outOfOrder', speaker)] },
      `${found}, after 5`,
    ],
    ['the window of the peer stays shut', {}, {}, { idleGaps: [gap()], zeroWindowSpans: [shut(peer, 9, null)] }, found],
    [
      'the window of the peer was opened',
      {},
      {},
      { idleGaps: [gap()], zeroWindowSpans: [shut(peer, 8, 9)] },
      `${found}, after 5`,
    ],
    [
      'its own window stays shut',
      {},
      {},
      { idleGaps: [gap()], zeroWindowSpans: [shut(speaker, 9, null)] },
      `${found}, after 5`,
    ],
  ])('%s', (_, mine, other, some, expected) => {
    expect(of(ended(speaker, mine, other, some))).toEqual(expected === '' ? [] : [expected]);
  });

  const probes = (...times: number[]) => times.map((time) => segment(time, 'keepAlive', speaker));
  const quiet = { repeats: [] };
  test.each<[name: string, peer: Side, some: Parts, expected: string]>([
    ['three', {}, { events: probes(20, 30, 45) }, `${speaker}: 3 from 20 over 25 s, keep-alives`],
    ['one', {}, { events: probes(20) }, `${speaker}: 1 from 20 over 0 s, keep-alives`],
    [
      'only those after the last of the peer',
      { last: ref(20) },
      { events: probes(20, 30) },
      `${speaker}: 1 from 30 over 0 s, keep-alives`,
    ],
    ['all before', { last: ref(50) }, { events: probes(20, 30, 45) }, ''],
    ['no time of the peer', { last: null }, { events: probes(20, 30) }, `${speaker}: 2 from 20 over 10 s, keep-alives`],
    ['of the peer', {}, { events: [segment(20, 'keepAlive', peer)] }, `${peer}: 1 from 20 over 0 s, keep-alives`],
    ['other packets', {}, { events: [segment(20, 'zeroWindowProbe', speaker)] }, ''],
    [
      'the longest pause',
      {},
      { events: probes(20), idleGaps: [pause(4, 9), pause(8, 30)] },
      `${speaker}: 1 from 20 over 0 s, survived 8, keep-alives`,
    ],
  ])('keep-alives: %s', (_, other, some, expected) => {
    expect(of(ended(speaker, quiet, other, some))).toEqual(expected === '' ? [] : [expected]);
  });

  test('each side is judged where it speaks first on the path', () => {
    const near = ended(speaker);
    const far = { ...ended(speaker, { repeats: [vain([11, 12])] }), point: 1 };
    const other = connection({ client: '10.244.9.9:1' });
    const all = evidence({
      points: [point(), point({ capture: 1 })],
      captures: [capture(), capture()],
      connections: [other, near, far],
      paths: [{ of: [other] }, { of: [near, far] }],
    });
    expect(suddenEnds(all).map((end) => [end.conversation, end.leg.point, end.firstTime])).toEqual([
      speaker === 0 ? [1, 0, 10] : [1, 1, 11],
    ]);
  });
});

describe('hop limits of the peer without those of its last packets', () => {
  const ttls = [
    { value: 64, count: 1 },
    { value: 60, count: 1 },
  ];
  const limits = (counts: typeof ttls, resets: Resets, by: SuddenEnd['reset']) =>
    usualTtls({
      leg: connection({ toClient: { ttls: counts }, resets }, { established: true }),
      speaker: 0,
      reset: by,
    } as SuddenEnd);
  const at64 = reset(11, 1, { ttl: 64 });
  test.each<[name: string, counts: typeof ttls, resets: Resets, by: SuddenEnd['reset'], expected: number[]]>([
    ['no reset', ttls, [], null, [64, 60]],
    ['that of the reset alone', ttls, [at64], at64, [60]],
    ['more packets than the reset', [{ value: 64, count: 2 }, ttls[1]], [at64], at64, [64, 60]],
    ['sent twice', [{ value: 64, count: 2 }, ttls[1]], [at64, { ...at64, packet: 2 }], at64, [60]],
    [
      'a reset of the other side is none of it',
      [{ value: 64, count: 2 }],
      [at64, reset(9, 0, { ttl: 64 })],
      at64,
      [64],
    ],
    [
      'a reset from another distance is none of it',
      [{ value: 64, count: 2 }],
      [at64, reset(9, 1, { ttl: 60 })],
      at64,
      [64],
    ],
  ])('%s', (_, counts, resets, by, expected) => expect(limits(counts, resets, by)).toEqual(expected));
});

const { shortestPause, rhythmFactor } = AFTER_IDLE_THRESHOLDS;
const end = (seconds: number, some: Partial<SuddenEnd> = {}): SuddenEnd => ({
  leg: ended(0, { repeats: [] }),
  conversation: 0,
  speaker: 0,
  idle: pause(seconds, 10),
  survived: 0,
  sendings: 3,
  firstPacket: ref(10).packet,
  firstTime: 10,
  reset: null,
  seconds: 1,
  keepAlive: false,
  ...some,
});

describe('a pause that may have ended a connection', () => {
  test('from its least length on, and beyond what was survived', () => {
    const least = shortestPause.value;
    expect(isAfterIdle(end(least))).toBe(true);
    expect(isAfterIdle(end(least - 0.001))).toBe(false);
    expect(isAfterIdle(end(60, { survived: 60 / rhythmFactor.value + 0.1 }))).toBe(false);
    expect(isAfterIdle(end(60, { survived: 60 / rhythmFactor.value - 0.1 }))).toBe(true);
    expect(isAfterIdle(end(2.2, { survived: 2 }))).toBe(false);
    expect(isAfterIdle(end(60, { keepAlive: true }))).toBe(false);
    expect(isAfterIdle(end(60, { idle: null }))).toBe(false);
  });
  // Fifteen times the timer: the first distance, or half of the second where it is longer.
  test.each<[name: string, times: number[], least: number]>([
    ['sent once', [10], 1.5],
    ['sent twice', [10, 10.25], 3.75],
    ['a probe comes sooner than the timer', [10, 10.25, 11.25], 7.5],
    ['a second sending that comes sooner', [10, 10.25, 10.5, 12], 3.75],
  ])('long against the timer: %s', (_, times, least) => {
    for (const speaker of SPEAKERS) {
      const leg = ended(speaker, { repeats: [vain([7, 9.9]), vain(times)] });
      expect(isAfterIdle(end(least, { leg, speaker }))).toBe(true);
      expect(isAfterIdle(end(least - 0.01, { leg, speaker }))).toBe(false);
    }
  });
  test('refuted where a connection of the two went on after one as long', () => {
    const leg = ended(0);
    const may = (other: Parts, seconds = 60) => {
      const lived = connection({ toServer: { last: ref(90) }, toClient: { last: ref(90) }, ...other });
      const all = evidence({ connections: [leg, lived] });
      return mayBeIdleTimeout(all, end(seconds, { leg: all.connections[0] }));
    };
    expect(may({ idleGaps: [pause(59, 80)] })).toBe(true);
    expect(may({ idleGaps: [pause(60, 80)] })).toBe(false);
    expect(may({ idleGaps: [pause(60, 80)], server: '10.244.2.8:80' })).toBe(true);
    expect(may({}, 1)).toBe(false);
  });
});

test('another point shows that the peer acknowledged', () => {
  const here = ended(0);
  const elsewhere = (ackedTime: number | null, shifts: [number, number] = [0, 0]) => {
    const there = ended(0, { repeats: [vain([10, 11], { ackedTime })] }, {}, { point: 1 });
    const all = evidence({
      points: [point({ timeShift: shifts[0] }), point({ capture: 1, timeShift: shifts[1] })],
      captures: [capture(), capture()],
      connections: [here, there],
      paths: [{ of: [here, there] }],
    });
    return wasAcknowledgedElsewhere(all, end(5, { leg: all.connections[0] }));
  };
  expect(elsewhere(null)).toBe(false);
  expect(elsewhere(11)).toBe(true);
  expect(elsewhere(10)).toBe(false);
  // 10 s here is 13 s there.
  expect(elsewhere(12.9, [5, 2])).toBe(false);
  expect(elsewhere(13.1, [5, 2])).toBe(true);
  const own = ended(0, { repeats: [vain([10, 11], { ackedTime: 11 })] });
  const alone = evidence({ connections: [own] });
  expect(wasAcknowledgedElsewhere(alone, end(5, { leg: alone.connections[0] }))).toBe(false);
});
