import { describe, expect, test } from 'vitest';
import { chainSteps, chainText, innermostServers } from '../../../../src/heuristics/facts/tcp/wait-chain.ts';
import { endedConnection, midStream } from '../../../support/ending-items.ts';
import { connection, evidence, reset } from '../../../support/evidence.ts';
import { turn } from '../../../support/segment-items.ts';

type Parts = Parameters<typeof endedConnection>[2];
/** A request of one machine to another that waits so long. */
const waits = (from: number, to: number, at: number, seconds: number, some: Parts = {}) =>
  endedConnection(0, null, {
    client: `10.0.0.${from}:${1000 + Math.round(at * 10)}`,
    server: `10.0.0.${to}:80`,
    turns: 1,
    slowTurns: [turn(at, seconds)],
    last: at + seconds,
    ...some,
  });
/** Two requests each, one after the other. */
const twice = (from: number, to: number, at: number, seconds: number, some: Parts = {}) => [
  waits(from, to, at, seconds, some),
  waits(from, to, at + 20, seconds, some),
];
const told = (connections: ReturnType<typeof connection>[]) =>
  [...innermostServers(evidence({ connections })).values()].map(
    ({ asked, outer, chain }) =>
      `${asked.server.slice(7)}: ${asked.slow.length} slow of ${asked.turns}, ${asked.unanswered.length} open, outer ${outer.map(({ server }) => server.slice(7))}, ${chain.map(({ client, server, seconds }) => `${client.slice(7)}>${server.slice(7)} ${Number(seconds.toFixed(3))}`).join(' ')}`,
  );

describe('servers that others wait for', () => {
  test('one', () => expect(told(twice(1, 2, 2, 4))).toEqual(['2:80: 2 slow of 2, 0 open, outer , 1>2:80 4']));
  test('nobody waits', () => expect(told([waits(1, 2, 2, 0.5)])).toEqual(['2:80: 0 slow of 1, 0 open, outer , ']));
  test('one that waits for another is not the innermost', () =>
    expect(told([...twice(1, 2, 2, 4), ...twice(2, 3, 2.5, 3)])).toEqual([
      '3:80: 2 slow of 2, 0 open, outer 2:80,2:80, 1>2:80 4 2>3:80 3',
    ]));
  test('three in a row', () =>
    expect(told([...twice(1, 2, 2, 4), ...twice(2, 3, 2.2, 3.6), ...twice(3, 4, 2.4, 3)])).toEqual([
      '4:80: 2 slow of 2, 0 open, outer 2:80,3:80,2:80,3:80, 1>2:80 4 2>3:80 3.6 3>4:80 3',
    ]));
  test('one wait of two within another is no habit', () =>
    expect(told([...twice(1, 2, 2, 4), waits(2, 3, 2.5, 3)])).toEqual([
      '2:80: 2 slow of 2, 0 open, outer , 1>2:80 4',
      '3:80: 1 slow of 1, 0 open, outer 2:80, 1>2:80 4 2>3:80 3',
    ]));
  test('two of four are half', () =>
    expect(told([...twice(1, 2, 2, 4), ...twice(1, 2, 8, 4, {}), ...twice(2, 3, 2.5, 3)])).toHaveLength(1));
  test('two of five are fewer', () =>
    expect(told([...twice(1, 2, 2, 4), ...twice(1, 2, 8, 4), waits(1, 2, 14, 4), ...twice(2, 3, 2.5, 3)])).toHaveLength(
      2,
    ));
  test('a connection that is not taken explains a wait', () => {
    const silent = (at: number, some = {}) =>
      connection({ client: `10.0.0.2:${at}`, server: '10.0.0.3:80', syn: [at, at + 1], ...some });
    const waitedFor = (...others: ReturnType<typeof connection>[]) =>
      told([...twice(1, 2, 2, 4), ...others]).some((text) => text.startsWith('2:80'));
    expect(waitedFor(silent(2), silent(22))).toBe(false);
    expect(waitedFor(silent(2), silent(22, { resets: [reset(22.1, 1)] }))).toBe(false);
    expect(waitedFor(silent(2), silent(22, { syn: [24.1, 25] }))).toBe(true);
    expect(waitedFor(silent(2), silent(22, { synAck: [22.1] }))).toBe(true);
  });
  test('waits of connections that began before the capture count where they fill others', () => {
    const begun = (some: Parts = {}) => twice(2, 3, 2.5, 3, { ...midStream, ...some });
    expect(told([...twice(1, 2, 2, 4), ...begun()])).toEqual([
      '3:80: 2 slow of 2, 0 open, outer 2:80,2:80, 1>2:80 4 2>3:80 3',
    ]);
    expect(told(begun())).toEqual(['3:80: 0 slow of 0, 0 open, outer , ']);
  });
});

test('a chain in words, and a line a step', () => {
  const chain = [
    { client: 'a', server: 'b:80', seconds: 2.051 },
    { client: 'b', server: 'c:5432', seconds: 2 },
  ];
  expect(chainText(chain, (address) => `<${address}>`)).toBe(
    '<a> waits 2.05 s for b:80, which waits 2.00 s for c:5432',
  );
  expect(chainSteps(chain)).toEqual(['a > b:80: 2.051 s', 'b > c:5432: 2.000 s']);
});
