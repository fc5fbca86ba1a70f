import { describe, expect, test } from 'vitest';
import { attemptsOf } from '../../../../src/heuristics/facts/attempts.ts';
import { namesOf } from '../../../../src/heuristics/facts/names.ts';
import {
  madeByTheServer,
  neverArriveBetween,
  notReached,
  type ResetHopLimit,
  resetByFirewall,
  resetHopLimit,
  resetText,
} from '../../../../src/heuristics/facts/tcp/reset-hop-limit.ts';
import {
  arp,
  capture,
  connection,
  type EvidenceParts,
  evidence,
  hostActivity,
  point,
  reset,
} from '../../../support/evidence.ts';

const SERVER = '10.244.2.7';
const refused = (ttl: number, some: Parameters<typeof connection>[0] = {}) =>
  connection({ syn: [0], resets: [reset(1, 1, { ttl })], ...some });
const heard = (...ttls: [value: number, count: number][]) =>
  hostActivity(SERVER, { ttls: ttls.map(([value, count]) => ({ value, count })) });

describe('hop limits of resets and of the other packets', () => {
  const limits = (connections: ReturnType<typeof connection>[], hosts: ReturnType<typeof hostActivity>[]) => {
    const all = evidence({ connections, hosts });
    const found = resetHopLimit(all, attemptsOf(all));
    return found === null ? null : [found.reset, found.usual];
  };
  test.each<
    [
      name: string,
      connections: ReturnType<typeof connection>[],
      hosts: ReturnType<typeof hostActivity>[],
      expected: number[] | null,
    ]
  >([
    ['three others', [refused(64)], [heard([61, 3])], [64, 61]],
    ['two others', [refused(64)], [heard([61, 2])], null],
    ['the same, the reset counted among them', [refused(64)], [heard([64, 4])], [64, 64]],
    ['the same, too few besides it', [refused(64)], [heard([64, 3])], null],
    ['two resets', [refused(64), refused(64, { client: '10.244.1.6:1' })], [heard([64, 5])], [64, 64]],
    [
      'two resets, too few besides them',
      [refused(64), refused(64, { client: '10.244.1.6:1' })],
      [heard([64, 4])],
      null,
    ],
    [
      'two resets from different distances',
      [refused(64), refused(63, { client: '10.244.1.6:1' })],
      [heard([61, 9])],
      null,
    ],
    ['the most frequent', [refused(64)], [heard([61, 3], [60, 5], [62, 4])], [64, 60]],
    ['those besides the reset count', [refused(64)], [heard([64, 6], [61, 6])], [64, 61]],
    ['no reset', [connection({ syn: [0] })], [heard([61, 3])], null],
    ['a reset of the client', [refused(64, { resets: [reset(1, 0, { ttl: 64 })] })], [heard([61, 3])], null],
    ['at another point', [refused(64)], [{ ...heard([61, 3]), point: 1 }], null],
    ['of another host', [refused(64)], [{ ...heard([61, 3]), address: '10.244.2.8' }], null],
  ])('%s', (_, connections, hosts, expected) => expect(limits(connections, hosts)).toEqual(expected));
});

describe('whether the server made the resets', () => {
  const made = (parts: EvidenceParts, limit: ResetHopLimit | null = null) => {
    const all = evidence({ points: [point(), point({ capture: 1 })], captures: [capture(), capture()], ...parts });
    return madeByTheServer(all, attemptsOf(all), limit);
  };
  test('by the distance', () => {
    const at = (usual: number) => made({ connections: [refused(61)] }, { reset: 61, usual });
    expect([59, 60, 61, 62, 63].map(at)).toEqual(['unchecked', 'passed', 'passed', 'passed', 'unchecked']);
  });
  const asked = (some: Parameters<typeof arp>[0] = {}) =>
    arp({ target: SERVER, answers: ['02:00:00:00:00:05'], ...some });
  test.each<[name: string, parts: EvidenceParts, expected: string]>([
    ['made on this link', { connections: [refused(64)] }, 'unchecked'],
    ['from afar', { connections: [refused(62)] }, 'passed'],
    [
      'a reset of the client on this link',
      { connections: [refused(62, { resets: [reset(1, 1, { ttl: 62 }), reset(2, 0)] })] },
      'passed',
    ],
    ['one of two on this link', { connections: [refused(62), refused(64, { client: '10.244.1.6:1' })] }, 'unchecked'],
    ['on this link, and the server is a neighbour', { connections: [refused(64)], arp: [asked()] }, 'passed'],
    ['its neighbour does not answer', { connections: [refused(64)], arp: [asked({ answers: [] })] }, 'unchecked'],
    ['a neighbour at another point', { connections: [refused(64)], arp: [asked({ point: 1 })] }, 'unchecked'],
    ['another neighbour', { connections: [refused(64)], arp: [asked({ target: '10.244.2.8' })] }, 'unchecked'],
  ])('%s', (_, parts, expected) => expect(made(parts)).toBe(expected));
  test('two points show it', () => {
    const of = [refused(64), refused(64, { point: 1 })];
    expect(made({ connections: of, paths: [{ of }] })).toBe('passed');
  });
});

describe('SYNs that never arrive although an answer comes', () => {
  const path = (port: number, hop: object, far: Parameters<typeof connection>[0] = {}) => {
    const client = `10.244.1.5:${port}`;
    const of = [refused(64, { client }), connection({ client, point: 1, ...far })];
    return { of, hops: [{ packets: 2, lost: 2, matched: 0, ...hop }] };
  };
  const between = (...paths: ReturnType<typeof path>[]) => {
    const all = evidence({
      points: [point(), point({ capture: 1 })],
      captures: [capture(), capture()],
      connections: paths.flatMap(({ of }) => of),
      paths,
    });
    return neverArriveBetween(all, all.conversations);
  };
  test.each<[name: string, paths: ReturnType<typeof path>[], isFound: boolean]>([
    ['so', [path(1, {}), path(2, {})], true],
    ['one passes', [path(1, {}), path(2, { matched: 1, lost: 1 })], false],
    ['one is not lost', [path(1, {}), path(2, { lost: 0 })], false],
    ['of one nothing is known', [path(1, {}), path(2, { unknown: { code: 'no-common-time' } })], false],
    ['only a wall clock tells', [path(1, { byWallClock: true })], false],
    ['what comes back is lost', [path(1, { direction: 1, from: 1, to: 0 })], false],
    ['an answer is seen behind', [path(1, {}, { toClient: { packets: 1 } })], false],
    ['an answer to one is seen behind', [path(1, {}), path(2, {}, { toClient: { packets: 1 } })], false],
  ])('%s', (_, paths, isFound) => expect(between(...paths)).toEqual(isFound ? [0, 1] : null));
});

describe('in words', () => {
  const names = namesOf(evidence({ points: [point({ name: 'eth0' }), point({ name: 'veth1' })] }));
  test('where a reset comes from', () => {
    expect(resetText('confirmed', 's')).toMatch(/^A reset comes from the host itself/);
    expect(resetText('inferred', 's')).toMatch(/^A reset comes back in the name of s,/);
    expect(notReached(null)).toEqual([]);
    expect(notReached([0, 1])).toEqual(['the SYNs do not get to it']);
  });
  const told = (limit: ResetHopLimit | null, between: [number, number] | null) => {
    const { telling, against, confirm, fix } = resetByFirewall(limit, SERVER, between, names);
    return [telling?.join('; '), against.join('; '), confirm?.length ?? 0, fix?.length ?? 0];
  };
  test.each<[name: string, limit: ResetHopLimit | null, between: [number, number] | null, expected: unknown[]]>([
    ['nothing', null, null, ['', '', 0, 0]],
    [
      'the same distance',
      { reset: 64, usual: 64 },
      null,
      ['', 'its resets have the TTL of its other packets, 64', 0, 0],
    ],
    ['one hop apart', { reset: 64, usual: 63 }, null, ['', '', 0, 0]],
    [
      'two hops apart',
      { reset: 64, usual: 62 },
      null,
      ['its resets come with TTL 64, its other packets with 62', '', 1, 1],
    ],
    [
      'two hops nearer',
      { reset: 62, usual: 64 },
      null,
      ['its resets come with TTL 62, its other packets with 64', '', 1, 1],
    ],
    ['between two points', { reset: 64, usual: 64 }, [0, 1], [`the SYNs never reach ${names.point(1)}`, '', 1, 1]],
  ])('a firewall: %s', (_, limit, between, expected) => expect(told(limit, between)).toEqual(expected));
});
