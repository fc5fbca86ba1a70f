import { describe, expect, test } from 'vitest';
import { firstSynsLost } from '../../../../src/heuristics/facts/tcp/first-syns.ts';
import { capture, connection, type EvidenceParts, evidence, point } from '../../../support/evidence.ts';

type Parts = NonNullable<Parameters<typeof connection>[0]>;
const told = (parts: EvidenceParts): string[] =>
  firstSynsLost(evidence(parts)).map(
    ({ lost, atOnce }) => `${lost.map(({ conversation }) => conversation.index)}, ${atOnce} at once`,
  );
/** SYN at the start and a second later, and the answer soon after that. */
const late = (start: number, some: Parts = {}) =>
  connection(
    {
      client: `10.244.1.5:${1000 + start}`,
      syn: [start, start + 1],
      synAck: [start + 1.01],
      ...some,
    },
    { established: true },
  );
const atOnce = (start: number, some: Parts = {}) =>
  connection(
    { client: `10.244.1.5:${2000 + start}`, syn: [start], synAck: [start + 0.01], ...some },
    { established: true },
  );
const three = [late(10), late(20), late(30)];

describe('the first SYN is lost and the second passes', () => {
  test.each<[name: string, parts: EvidenceParts, expected: string]>([
    ['three times', { connections: three }, '0,1,2, 0 at once'],
    ['twice', { connections: three.slice(1) }, ''],
    ['as often as not', { connections: [...three, ...[11, 12, 13].map((at) => atOnce(at))] }, '0,1,2, 3 at once'],
    ['less than half of the time', { connections: [...three, ...[11, 12, 13, 14].map((at) => atOnce(at))] }, ''],
    [
      'others in the first and the last moment',
      { connections: [...three, atOnce(10), atOnce(30)] },
      '0,1,2, 2 at once',
    ],
    ['others before and after', { connections: [...three, atOnce(9), atOnce(31)] }, '0,1,2, 0 at once'],
    ['of another client', { connections: [...three.slice(1), late(10, { client: '10.244.1.6:1' })] }, ''],
    ['of another server', { connections: [...three.slice(1), late(10, { server: '10.244.2.8:80' })] }, ''],
    ['of another port', { connections: [...three.slice(1), late(10, { server: '10.244.2.7:81' })] }, ''],
    ['one without a SYN', { connections: [...three, late(15, { syn: [] })] }, '0,1,2, 0 at once'],
    // It was not opened.
    [
      'one that was not opened',
      { connections: [...three.slice(1), connection({ client: '10.244.1.5:1', syn: [10, 11], synAck: [11.01] })] },
      '',
    ],
  ])('%s', (_, parts, expected) => expect(told(parts)).toEqual(expected === '' ? [] : [expected]));

  test.each<[name: string, parts: Parts, isLost: boolean]>([
    ['two answers', { synAck: [11.01, 11.02] }, false],
    ['the answer comes before the repetition', { synAck: [10.5] }, false],
    ['a copy of the SYN is no repetition', { syn: [10, 10.1], synAck: [10.11] }, false],
    ['half of the distance after it', { synAck: [11.5] }, true],
    ['later', { synAck: [11.51] }, false],
    ['after a third SYN, and its distance counts', { syn: [10, 11, 13], synAck: [14] }, true],
    ['long after a third SYN', { syn: [10, 11, 13], synAck: [14.01] }, false],
    ['a SYN after the answer is none of it', { syn: [10, 11, 13], synAck: [11.5] }, true],
    ['in the moment of a further SYN', { syn: [10, 11, 13], synAck: [13] }, true],
  ])('one of three: %s', (_, some, isLost) => {
    const found = told({ connections: [late(20), late(30), late(10, some)] });
    expect(found).toEqual(isLost ? ['0,1,2, 0 at once'] : []);
  });

  const left = (
    times: number[],
    some: Partial<EvidenceParts['openedLeftOut'] extends (infer T)[] | undefined ? T : never> = {},
  ) =>
    ({ openedLeftOut: [{ point: 0, server: { address: '10.244.2.7', port: 80 }, times, ...some }] }) as EvidenceParts;
  test.each<[name: string, parts: EvidenceParts, expected: string]>([
    ['between the first and the last', left([9.9, 10, 20, 30, 30.1]), '0,1,2, 3 at once'],
    ['too many', left([11, 12, 13, 14]), ''],
    ['at another point', left([11, 12], { point: 1 }), '0,1,2, 0 at once'],
    ['of another server', left([11, 12], { server: { address: '10.244.2.7', port: 81 } }), '0,1,2, 0 at once'],
  ])('connections that are only counted: %s', (_, parts, expected) => {
    expect(told({ connections: three, ...parts })).toEqual(expected === '' ? [] : [expected]);
  });
  test('at two points', () => {
    const points = [point(), point({ capture: 1 })];
    const connections = [late(10, { point: 1 }), late(20), late(30)];
    expect(told({ points, captures: [capture(), capture()], connections })).toEqual([]);
  });
});
