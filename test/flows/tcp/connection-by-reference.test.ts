import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isLong } from '../../support/long-run.ts';
import { type Drawn, drawn, drawnAgain, drawnTransfer, play, segmentsOf } from './drawn-segments.ts';
import { ReferenceConnection } from './reference-connection.ts';
import { newTracker } from './segment-trace.ts';

/** The reference sums in another order. */
const rounded = (value: unknown): unknown =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(9)) : value;
const plain = (value: object): unknown => JSON.parse(JSON.stringify(value, (_, one) => rounded(one)));

function both(draw: Drawn): [unknown, unknown] {
  const segments = segmentsOf(draw);
  const reference = new ReferenceConnection();
  const tracker = newTracker();
  const kinds = play(segments, tracker);
  const told = segments.map((one) => reference.take(one));
  const { connections } = tracker.finish(10);
  const { index: _, point: __, flow: ___, client: ____, server: _____, ...rest } = connections[0];
  const counted = tracker.superSegments.get(0) ?? 0;
  const expected = { ...reference.evidence(), ipVersion: 4, encapsulation: [] };
  const larger = reference.sides[0].superSegments + reference.sides[1].superSegments;
  return [
    plain({ kinds, connections: connections.length, counted, ...rest }),
    plain({ kinds: told, connections: 1, counted: larger, ...expected }),
  ];
}

const runs = (few: number) => (isLong() ? 10 * few : few);

describe('a connection is what a naive reading of its segments says', () => {
  test.each([
    ['any segments', drawn, runs(500)],
    ['a large transfer', drawnTransfer, runs(100)],
    ['the same again and again', drawnAgain, runs(60)],
  ] as const)('%s', (_, draws, numRuns) => {
    fc.assert(
      fc.property(draws, (draw) => {
        const [told, expected] = both(draw);
        expect(told).toEqual(expected);
      }),
      { seed: 41, numRuns: Number(process.env.FC_RUNS ?? numRuns) },
    );
  });
});
