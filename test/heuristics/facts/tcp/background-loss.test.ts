import { expect, test } from 'vitest';
import { type Hop, TO_SERVER } from '../../../../src/flows/evidence/evidence.ts';
import { tellingLeg } from '../../../../src/heuristics/facts/tcp/background-loss.ts';
import { connection, evidence, point } from '../../../support/evidence.ts';

const legs = [0, 3].map((resentSegments, at) =>
  connection({ point: at, toServer: { packets: 20, dataSegments: 20, resentSegments } }, { established: true }),
);
const telling = (...hops: Partial<Hop>[]): number => {
  const points = ['a', 'b'].map((name) => point({ name }));
  const all = evidence({ points, connections: legs, paths: [{ of: legs, hops }] });
  return tellingLeg(all.conversations[0], all.connections, TO_SERVER).point;
};

test('the point of the sender tells its losses where every packet came through, else the point that shows most', () => {
  const through = { from: 0, to: 1, packets: 20, matched: 20 };
  expect(telling(through)).toBe(0);
  expect(telling({ ...through, lost: 1 })).toBe(1);
  expect(telling({ ...through, direction: 1 })).toBe(1);
  expect(telling()).toBe(1);
});
