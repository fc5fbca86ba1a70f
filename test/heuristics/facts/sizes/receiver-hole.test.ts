import { describe, expect, test } from 'vitest';
import type { Direction, SequenceHole, TcpDirection } from '../../../../src/flows/evidence/evidence.ts';
import { receiverCliff } from '../../../../src/heuristics/facts/sizes/receiver-hole.ts';
import { capture, connection, type EvidenceParts, evidence, point, ref } from '../../../support/evidence.ts';
import { turn } from '../../../support/segment-items.ts';

type Parts = NonNullable<Parameters<typeof connection>[0]>;
type Side = Partial<TcpDirection>;
const DIRECTIONS: readonly Direction[] = [0, 1];
/** Three segments of 1,448 octets that never come, told by a packet at 5 s. */
const hole = (some: Partial<SequenceHole> = {}): SequenceHole => ({
  seqStart: 1,
  seqEnd: 1 + 3 * 1448,
  filledTime: null,
  acknowledged: false,
  noticed: ref(5),
  ...some,
});
const lacking = (direction: Direction, sender: Side = {}, receiver: Side = {}, some: Parts = {}) => {
  const there: Side = { iss: 7, mss: 1460, timestamps: true, holes: [hole()], largestL3: 264, last: ref(9), ...sender };
  const back: Side = { mss: 1460, ...receiver };
  const [toServer, toClient] = direction === 0 ? [there, back] : [back, there];
  return connection({ last: 9, ...some, toServer, toClient }, { established: true });
};
const cliff = (all: ReturnType<typeof evidence>, direction: Direction) =>
  receiverCliff(all, all.conversations[0], direction);
const told = (
  direction: Direction,
  connections: ReturnType<typeof connection>[],
  parts: EvidenceParts = {},
): string => {
  const found = cliff(evidence({ connections, ...parts }), direction);
  return found === null
    ? ''
    : `${found.largestPassed} < ${found.smallestLost}: ${found.missing?.octets} in ${found.missing?.segments} for ${Number(found.missing?.seconds.toFixed(3))} s`;
};

describe.each(DIRECTIONS)('whole segments never arrive, direction %s', (direction) => {
  const found = '264 < 1500: 4344 in 3 for 4 s';
  const asked = (at: number, response: null | object = null) => ({
    slowTurns: [turn(at, 3, response === null ? { response } : {})],
  });
  test.each<[name: string, sender: Side, receiver: Side, some: Parts, expected: string]>([
    ['so', {}, {}, {}, found],
    ['the snapshot length cut it', {}, {}, { complete: false }, ''],
    ['the segment size of the receiver is unknown', {}, { mss: null }, {}, ''],
    ['that of the sender is unknown', { mss: null }, {}, {}, found],
    [
      'that of the sender is smaller',
      { mss: 1400, holes: [hole({ seqEnd: 1 + 2 * 1388 })] },
      {},
      {},
      '264 < 1440: 2776 in 2 for 4 s',
    ],
    ['the numbers are unknown', { iss: null }, {}, {}, ''],
    ['octets were acknowledged unseen', { gapOctets: 1 }, {}, {}, ''],
    [
      'without timestamps',
      { timestamps: false, holes: [hole({ seqEnd: 1 + 1460 })] },
      {},
      {},
      '264 < 1500: 1460 in 1 for 4 s',
    ],
    ['IPv6', {}, {}, { ipVersion: 6 }, found.replace('1500', '1520')],
    ['part of a segment', { holes: [hole({ seqEnd: 3 * 1448 })] }, {}, {}, ''],
    ['no octet', { holes: [hole({ seqEnd: 1 })] }, {}, {}, ''],
    ['filled', { holes: [hole({ filledTime: 6 })] }, {}, {}, ''],
    ['acknowledged', { holes: [hole({ acknowledged: true })] }, {}, {}, ''],
    ['behind one that was filled', { holes: [hole({ filledTime: 6 }), hole()] }, {}, {}, found],
    ['since the request before it', {}, {}, asked(3), found.replace('4 s', '6 s')],
    ['the request is no earlier', {}, {}, asked(5), found],
    ['a request after it', {}, {}, asked(6), found],
    ['a request that was answered', {}, {}, asked(3, {}), found],
    ['something as large came', { largestL3: 1500 }, {}, {}, ''],
    ['something smaller came', { largestL3: 1499 }, {}, {}, found.replace('264', '1499')],
    ['small segments', { mss: 500, holes: [hole({ seqEnd: 1 + 488 })] }, {}, {}, ''],
  ])('%s', (_, sender, receiver, some, expected) => {
    expect(told(direction, [lacking(direction, sender, receiver, some)])).toBe(expected);
  });
  test('the capture misses packets', () =>
    expect(
      told(direction, [lacking(direction)], { points: [point({ quality: { gapOctets: 20, tcpOctets: 80 } })] }),
    ).toBe(''));

  const ends: [string, string] = direction === 0 ? ['10.244.1.5', '10.244.2.7'] : ['10.244.2.7', '10.244.1.5'];
  test('all that is told', () => {
    const all = evidence({ connections: [lacking(direction)] });
    expect(cliff(all, direction)).toEqual({
      conversations: [all.conversations[0]],
      direction,
      sender: ends[0],
      receiver: ends[1],
      largestPassed: 264,
      smallestLost: 1500,
      sendings: 0,
      dontFragment: false,
      icmp: 'none',
      icmpMtu: 0,
      icmpFrom: null,
      errors: [],
      confirmed: false,
      missing: { octets: 4344, segments: 3, seconds: 4 },
      packets: [
        { ...ref(5), point: 0, direction: direction === 0 ? '>' : '<', note: '4344 octets before it never arrive' },
      ],
    });
    expect(cliff(all, (1 - direction) as Direction)).toBeNull();
  });

  const beside = (some: Parts, sender: Side = { holes: [] }) =>
    lacking(direction, sender, {}, { client: '10.244.1.5:9', ...some });
  test('what another connection of the two carried counts', () => {
    const judged = (some: Parts, sender: Side = { holes: [] }) =>
      told(direction, [lacking(direction, { last: ref(5.5) }, {}, { last: 9 }), beside(some, sender)]);
    expect(judged({}, { holes: [], largestL3: 900 })).toBe(found.replace('264', '900'));
    expect(judged({}, { holes: [], largestL3: 1500 })).toBe('');
    expect(judged({ server: '10.244.2.8:80' }, { holes: [], largestL3: 1500 })).toBe('');
    const turned = { client: '10.244.2.7:9', server: '10.244.1.5:80' };
    const carries = (way: Direction, largestL3: number): Parts =>
      way === 0 ? { toServer: { largestL3 } } : { toClient: { largestL3 } };
    const reversed = (way: Direction) =>
      told(direction, [lacking(direction), connection({ ...turned, ...carries(way, 1500) })]);
    expect(reversed((1 - direction) as Direction)).toBe('');
    expect(reversed(direction)).toBe(found);
  });
  test('the sender is heard for long', () => {
    const heard = (last: number | null, ...more: ReturnType<typeof connection>[]) =>
      told(direction, [lacking(direction, { last: last === null ? null : ref(last) }), ...more]);
    expect(heard(6)).toBe(found);
    expect(heard(5.99)).toBe('');
    expect(heard(null)).toBe('');
    expect(heard(null, beside({}))).toBe(found);
    expect(heard(null, beside({ point: 0, server: '10.244.2.8:80' }))).toBe('');
  });
  test('for long enough', () => {
    const until = (last: number) => told(direction, [lacking(direction, {}, {}, { last })]);
    expect(until(8)).toBe(found.replace('4 s', '3 s'));
    expect(until(7.99)).toBe('');
  });
  test('where two wait, and nobody ends them, to the end of the capture', () => {
    const two = (some: Parts, sender: Side = {}, own: Parts = {}) =>
      told(direction, [lacking(direction, {}, {}, own), beside(some, sender)]);
    const long = found.replace('4 s', '55 s');
    const end = { end: { ...ref(8), direction: 0 } as never };
    expect(two({})).toBe(long);
    expect(two({}, { holes: [] })).toBe(found);
    expect(two({}, { holes: [hole({ filledTime: 6 })] })).toBe(found);
    expect(two(end)).toBe(found);
    expect(two({}, {}, end)).toBe(found);
    expect(two({ server: '10.244.2.8:80' })).toBe(found);
    expect(two({ client: '10.244.1.6:9' })).toBe(found);
  });
  test('each point of the path lacks them', () => {
    const points = [point(), point({ capture: 1 })];
    const path = (near: Side, far: Side, some: Side = {}) => {
      const of = [lacking(direction, near, some), lacking(direction, far, some, { point: 1 })];
      return told(direction, of, { points, captures: [capture(), capture()], paths: [{ of }] });
    };
    expect(path({}, {})).toBe(found);
    expect(path({ holes: [] }, {})).toBe('');
    expect(path({}, { holes: [] })).toBe('');
    // The point nearest to the receiver tells how long.
    const [near, far] = direction === 0 ? [{ largestL3: 1 }, { largestL3: 2 }] : [{ largestL3: 2 }, { largestL3: 1 }];
    expect(path(near, far)).toBe(found.replace('264', '2'));
  });
});
