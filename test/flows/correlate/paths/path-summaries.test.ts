import { expect, test } from 'vitest';
import { PathSummaries } from '../../../../src/flows/correlate/paths/path-summaries.ts';
import { VethOwners } from '../../../../src/flows/correlate/paths/veth-owners.ts';
import type { Conversation, Hop } from '../../../../src/flows/evidence/evidence.ts';
import { hop, hostActivity, icmpError, quoted } from '../../../support/evidence.ts';
import { type KeptRows, type MadeUpLeg, madeUpCluster } from '../made-up-cluster.ts';

const rows = (count: number) => Array.from({ length: count }, (_, at) => ({ time: at, seq: at }));
const leg = (point: number, there: number, back: number, some: Partial<MadeUpLeg> = {}): MadeUpLeg => ({
  point,
  there: rows(there),
  back: rows(back),
  ...some,
});

function paths(
  conversations: { legs: MadeUpLeg[]; hops?: Partial<Hop>[] }[],
  parts: Parameters<typeof madeUpCluster>[2] = {},
  kept: KeptRows[] = [],
) {
  const { evidence, members, store } = madeUpCluster(
    conversations.flatMap(({ legs }) => legs),
    [{}, {}, {}],
    parts,
    kept,
  );
  const summaries = new PathSummaries(evidence);
  let at = 0;
  for (const { legs, hops = [] } of conversations)
    summaries.enter(
      { hops: hops.map((one) => hop(one)) } as Conversation,
      members.slice(at, (at += legs.length)),
      store,
    );
  return summaries.list();
}

test('packets and losses of equal orders add up by point; the most frequent order comes first', () => {
  const both = [leg(0, 3, 2), leg(1, 1, 2)];
  expect(
    paths([
      { legs: [leg(2, 9, 9)] },
      { legs: both, hops: [{ from: 0, to: 1, direction: 0, lost: 2 }] },
      {
        legs: both,
        hops: [
          { from: 0, to: 1, direction: 0, lost: 1 },
          { from: 1, to: 0, direction: 1, lost: 4 },
        ],
      },
      { legs: [...both].reverse() },
    ]),
  ).toEqual([
    {
      points: [0, 1],
      conversations: 2,
      packets: [
        [6, 2],
        [4, 4],
      ],
      lost: [
        [3, 0],
        [0, 4],
      ],
    },
    { points: [2], conversations: 1, packets: [[9], [9]], lost: [[0], [0]] },
    {
      points: [1, 0],
      conversations: 1,
      packets: [
        [1, 3],
        [2, 2],
      ],
      lost: [
        [0, 0],
        [0, 0],
      ],
    },
  ]);
});

test('losses that are not sure, and of hops from elsewhere, do not count', () => {
  const lost = (some: Partial<Hop>) =>
    paths([{ legs: [leg(0, 3, 2), leg(1, 1, 2)], hops: [{ from: 0, to: 1, lost: 2, ...some }] }])[0].lost[0];
  expect(lost({})).toEqual([2, 0]);
  expect(lost({ unknown: { code: 'order-unknown' } })).toEqual([0, 0]);
  expect(lost({ from: 2 })).toEqual([0, 0]);
  // Of two passages of one point the first one counts.
  const twice = paths([{ legs: [leg(0, 3, 2), leg(1, 1, 2), leg(0, 1, 1)], hops: [{ from: 0, to: 1, lost: 2 }] }]);
  expect(twice[0].lost[0]).toEqual([2, 0, 0]);
});

test('packets that a router refused for their size do not count, in the direction of the hop', () => {
  const refused = (source: string, destination: string, direction: 0 | 1, some: Partial<MadeUpLeg> = {}) =>
    paths(
      [
        {
          legs: [leg(0, 3, 2, some), leg(1, 1, 2, some)],
          hops: [{ from: 0, to: 1, direction, lost: 2, lostSinceMatch: 0, matchedData: 1, smallestLost: 1500 }],
        },
      ],
      { icmpErrors: [icmpError(1, { type: 3, code: 4, mtu: 1400, quoted: quoted({ source, destination }) })] },
    )[0].lost[direction][0];
  const [client, server] = ['10.244.1.5:40000', '10.244.2.7:80'];
  expect(refused(client, server, 0)).toBe(0);
  expect(refused(server, client, 0)).toBe(2);
  expect(refused(server, client, 1)).toBe(0);
  expect(refused(client, server, 1)).toBe(2);
  expect(refused(server, client, 0, { flipped: true })).toBe(0);
});

test('where not every packet has its row, the counts of its tracker are told', () => {
  const counted = leg(0, 3, 2, { connection: { toServer: { packets: 70 }, toClient: { packets: 60 } } });
  expect(paths([{ legs: [counted] }], {}, [{ whole: [] }])[0].packets).toEqual([[70], [60]]);
  expect(paths([{ legs: [counted] }])[0].packets).toEqual([[3], [2]]);
  expect(paths([{ legs: [{ ...counted, flipped: true }] }], {}, [{ whole: [] }])[0].packets).toEqual([[60], [70]]);
  // A ping is not counted besides: its rows are.
  expect(paths([{ legs: [leg(0, 3, 2, { kind: 'echo' })] }], {}, [{ whole: [] }])[0].packets).toEqual([[3], [2]]);
});

test('a veth belongs to the address in nine of ten of its packets', () => {
  const isOfAnother = (hosts: ReturnType<typeof hostActivity>[], role: 'pod-veth' | 'bridge' = 'pod-veth') => {
    const { evidence, members } = madeUpCluster([leg(0, 1, 1)], [{ role }], { hosts });
    const owners = new VethOwners(evidence);
    const found = owners.isOfAnother(0, members);
    expect(owners.isOfAnother(0, members)).toBe(found);
    return found;
  };
  const active = (address: string, sent: number, received: number, some = {}) =>
    hostActivity(address, { sent, received, ...some });
  // 100 packets were sent in all.
  expect(isOfAnother([active('10.244.9.9', 50, 50), active('10.1.1.1', 50, 50)])).toBe(true);
  expect(isOfAnother([active('10.244.9.9', 50, 40), active('10.1.1.1', 50, 39)])).toBe(true);
  expect(isOfAnother([active('10.244.9.9', 50, 39), active('10.1.1.1', 50, 39)])).toBe(false);
  expect(isOfAnother([active('10.244.1.5', 50, 50), active('10.1.1.1', 50, 50)])).toBe(false);
  expect(isOfAnother([active('10.244.2.7', 50, 50), active('10.1.1.1', 50, 50)])).toBe(false);
  expect(isOfAnother([active('10.244.9.9', 50, 50), active('10.1.1.1', 50, 50)], 'bridge')).toBe(false);
  expect(isOfAnother([])).toBe(false);
  expect(isOfAnother([active('10.244.9.9', 0, 50)])).toBe(false);
  expect(isOfAnother([active('fe80::1', 50, 50)])).toBe(false);
  expect(isOfAnother([active('10.244.9.9', 100, 0, { outer: true })])).toBe(false);
  expect(isOfAnother([active('10.244.9.9', 10, 0), active('10.1.1.1', 100, 0, { outer: true })])).toBe(true);
});
