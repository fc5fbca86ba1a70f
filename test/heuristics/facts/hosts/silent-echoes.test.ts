import { describe, expect, test } from 'vitest';
import type { EchoExchange } from '../../../../src/flows/evidence/evidence.ts';
import { silentEchoes, smallestEcho } from '../../../../src/heuristics/facts/hosts/silent-echoes.ts';
import { type EvidenceParts, echo, evidence, point, tunnel } from '../../../support/evidence.ts';

/** Requests of one identifier at these times without a reply. */
const silent = (times: number[], some: Parameters<typeof echo>[0] = {}): EchoExchange[] =>
  times.map((request, nth) => echo({ request, reply: null, sequence: nth + 1, ...some }));

function told(parts: EvidenceParts, guardSeconds = 2): string | null {
  const all = evidence(parts);
  const found = silentEchoes(all, all.conversations[0], guardSeconds);
  if (found === null) return null;
  const { point: at, requests, total, answered, due } = found;
  return `${at}: ${requests.map(({ time }) => time).join(' ')}; ${total} in all, ${due} due, ${answered} answered`;
}

describe('pings without a reply', () => {
  test.each<[string, EvidenceParts, string | null]>([
    ['all due', { echoes: silent([0, 1, 2]) }, '0: 0 1 2; 3 in all, 3 due, 0 answered'],
    ['one with the guard before the end', { echoes: silent([57, 58]) }, '0: 57 58; 2 in all, 2 due, 0 answered'],
    ['one after it', { echoes: silent([57, 58.1]) }, '0: 57 58.1; 2 in all, 1 due, 0 answered'],
    ['none due', { echoes: silent([59]) }, '0: 59; 1 in all, 0 due, 0 answered'],
    ['one of the same is answered', { echoes: [...silent([0]), echo({ request: 1, sequence: 2 })] }, null],
    ['a request that was not seen', { echoes: [echo({ request: null, reply: null })] }, null],
    ['to a group', { echoes: silent([0, 1], { toGroup: true }) }, null],
    [
      'others of the two hosts were answered before',
      { echoes: [...silent([0, 1, 2]), echo({ id: 2, request: 1 })] },
      '0: 2; 1 in all, 1 due, 0 answered',
    ],
    ['others were answered with the last', { echoes: [...silent([0, 1]), echo({ id: 2, request: 1 })] }, null],
    [
      'the latest answer counts',
      { echoes: [...silent([0, 1, 2]), echo({ id: 2, request: 1 }), echo({ id: 3, request: 0 })] },
      '0: 2; 1 in all, 1 due, 0 answered',
    ],
    [
      'others to another host were answered',
      { echoes: [...silent([0]), echo({ id: 2, request: 1, destination: '10.244.2.8' })] },
      '0: 0; 1 in all, 1 due, 0 answered',
    ],
    [
      'others of another host were answered',
      { echoes: [...silent([0]), echo({ id: 2, request: 1, source: '10.244.1.6' })] },
      '0: 0; 1 in all, 1 due, 0 answered',
    ],
    [
      'others were answered at another point',
      { points: [point(), point()], echoes: [...silent([0]), echo({ id: 2, point: 1, request: 1 })] },
      '0: 0; 1 in all, 1 due, 0 answered',
    ],
  ])('%s', (_, parts, expected) => {
    expect(told(parts)).toBe(expected);
  });
});

describe('at two points', () => {
  const [veth, nic] = [point({ quality: { lastTime: 3 } }), point()];
  const near = silent([0, 1.5, 3]);
  const atNic = (some: Parameters<typeof echo>[0] = {}): EchoExchange[] => silent([0, 1.5, 3], { point: 1, ...some });
  const over = (far: EchoExchange[], points = [veth, nic], of = near): string | null =>
    told({ points, echoes: [...of, ...far], paths: [{ of: [of[0], far[0]] }] });
  test('the one whose capture goes on tells', () => {
    expect(over(atNic())).toBe('1: 0 1.5 3; 3 in all, 3 due, 0 answered');
    expect(over(atNic(), [nic, veth])).toBe('0: 0 1.5 3; 3 in all, 3 due, 0 answered');
  });
  test('with as many due, the nearer one', () => {
    expect(over(atNic(), [nic, nic])).toBe('0: 0 1.5 3; 3 in all, 3 due, 0 answered');
  });
  test('not one behind a translation', () => {
    expect(over(atNic({ source: '192.168.0.11' }))).toBe('0: 0 1.5 3; 3 in all, 1 due, 0 answered');
    expect(over(atNic({ destination: '192.168.0.12' }))).toBe('0: 0 1.5 3; 3 in all, 1 due, 0 answered');
  });
  test('a reply that only the other point sees does not reach the client', () => {
    const far = atNic().map((one) => ({ ...one, reply: { packet: 9, time: 0.5 } }));
    expect(over(far)).toBe('0: 0 1.5 3; 3 in all, 1 due, 0 answered');
  });
});

describe('mirrored in GRE', () => {
  const echoes = silent([0, 1], { encapsulation: ['gre'] });
  const there = tunnel({ kind: 'gre', source: '192.168.0.1', destination: '192.168.0.2' });
  const back = tunnel({ kind: 'gre', source: '192.168.0.2', destination: '192.168.0.1' });
  const found = '0: 0 1; 2 in all, 2 due, 0 answered';
  test.each<[string, EvidenceParts, string | null]>([
    ['one way', { tunnels: [there] }, null],
    ['both ways', { tunnels: [there, back] }, found],
    ['back to another host', { tunnels: [there, { ...back, destination: '192.168.0.3' }] }, null],
    ['back from another host', { tunnels: [there, { ...back, source: '192.168.0.3' }] }, null],
    ['back at another point', { points: [point(), point()], tunnels: [there, { ...back, point: 1 }] }, null],
    [
      'both ways at another point',
      { points: [point(), point()], tunnels: [there, back].map((one) => ({ ...one, point: 1 })) },
      null,
    ],
  ])('%s', (_, parts, expected) => {
    expect(told({ ...parts, echoes })).toBe(expected);
  });
  test('another tunnel is no mirror', () => {
    expect(told({ tunnels: [there], echoes: silent([0, 1], { encapsulation: ['vxlan'] }) })).toBe(found);
  });
});

test('the smallest request of some conversations', () => {
  const all = evidence({
    echoes: [echo({ id: 1, l3Length: 1428 }), echo({ id: 2, l3Length: 1028 }), echo({ id: 3, l3Length: 84 })],
  });
  expect(smallestEcho(all, all.conversations.slice(0, 2))).toBe(1028);
});
