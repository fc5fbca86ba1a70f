import { expect, test } from 'vitest';
import type { TcpDirection } from '../../../../src/flows/evidence/evidence.ts';
import { halfSeenHosts } from '../../../../src/heuristics/facts/tcp/half-seen-hosts.ts';
import { connection, evidence, point } from '../../../support/evidence.ts';

type Parts = NonNullable<Parameters<typeof connection>[0]>;
const [CLIENT, SERVER] = ['10.244.1.5', '10.244.2.7'];

test('hosts of which only one half is seen', () => {
  const half = (some: Parts = {}, mine: Partial<TcpDirection> = {}) =>
    connection({ ...some, toServer: { packets: 2, ackHigh: 5, ...mine } });
  const seen = (...connections: ReturnType<typeof connection>[]) => [
    ...halfSeenHosts(evidence({ points: [point(), point()], connections })),
  ];
  const found = [`0 ${CLIENT}`, `0 ${SERVER}`];
  expect(seen(half())).toEqual(found);
  expect(seen(half({ toClient: { packets: 1 } }))).toEqual([]);
  expect(seen(half({}, { ackHigh: null }))).toEqual([]);
  expect(seen(half({}, { resets: 1 }))).toEqual(found);
  expect(seen(half({}, { resets: 2 }))).toEqual([]);
  expect(seen(half(), connection({ server: '10.96.0.20:80' }))).toEqual([]);
  expect(seen(half(), connection({ client: '10.244.3.3:7', server: `${CLIENT}:40000` }))).toEqual([]);
  expect(seen(half(), connection({ client: `${CLIENT}:7` }))).toEqual(found);
  expect(seen(half(), connection({ point: 1, server: '10.96.0.20:80' }))).toEqual(found);
});
