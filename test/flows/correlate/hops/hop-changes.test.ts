import { expect, test } from 'vitest';
import { changesOf } from '../../../../src/flows/correlate/hops/hop-changes.ts';
import { trackOf } from '../../../../src/flows/correlate/same-traffic/member-tracks.ts';
import { type Direction, TO_CLIENT, TO_SERVER } from '../../../../src/flows/evidence/evidence.ts';
import { type MadeUpLeg, madeUpCluster } from '../made-up-cluster.ts';

const CLIENT = { address: '10.244.1.5', port: 40000 };
const SERVER = { address: '10.244.2.7', port: 80 };
const OTHER = '10.96.0.10:80';

/** Changes from the first point to the second; row n of the second is row n of the first unless told. */
function changes(one: Partial<MadeUpLeg>, other: Partial<MadeUpLeg>, direction: Direction = TO_SERVER, matched = [0]) {
  const rows = [{ ttl: 64 }];
  const { members, store } = madeUpCluster(
    [
      { point: 0, there: rows, back: rows, ...one },
      { point: 1, there: rows, back: rows, ...other },
    ],
    [{}, {}],
  );
  const [from, to] = members;
  const [a, b] = [trackOf(store, from, direction), trackOf(store, to, direction)];
  return changesOf({ from, to, direction, a, b, matched: Int32Array.from(matched) });
}

test('no change', () => {
  expect(changes({}, {})).toEqual([]);
});

test('addresses, as sender and receiver of the direction', () => {
  const server = { from: SERVER, to: { address: '10.96.0.10', port: 80 } };
  expect(changes({}, { server: OTHER })).toEqual([{ code: 'destination', ...server }]);
  expect(changes({}, { server: OTHER }, TO_CLIENT)).toEqual([{ code: 'source', ...server }]);
  const client = { from: CLIENT, to: { address: '10.244.1.5', port: 40001 } };
  expect(changes({}, { client: '10.244.1.5:40001' })).toEqual([{ code: 'source', ...client }]);
  expect(changes({}, { client: '10.244.1.5:40001' }, TO_CLIENT)).toEqual([{ code: 'destination', ...client }]);
});

test('header fields of the first packet that both saw', () => {
  const fields = (...rows: { ttl?: number; dscp?: number; ipId?: number }[]) => ({ there: rows });
  expect(changes(fields({ ttl: 64, dscp: 8, ipId: 1 }), fields({ ttl: 63, dscp: 0, ipId: 2 }))).toEqual([
    { code: 'ttl', from: 64, to: 63 },
    { code: 'dscp', from: 8, to: 0 },
    { code: 'ip-id' },
  ]);
  // The first packet was not seen by both: the second one tells, by the first row of the other point.
  const [a, b] = [fields({ ttl: 1 }, { ttl: 64 }), fields({ ttl: 62 })];
  expect(changes(a, b, TO_SERVER, [-1, 0])).toEqual([{ code: 'ttl', from: 64, to: 62 }]);
  expect(changes(a, b, TO_SERVER, [-1, -1])).toEqual([]);
});

test('tunnels', () => {
  expect(changes({}, { encapsulation: ['vxlan'] })).toEqual([{ code: 'tunnels', from: [], to: ['vxlan'] }]);
  expect(changes({ encapsulation: ['vxlan'] }, { encapsulation: ['geneve'] })).toEqual([
    { code: 'tunnels', from: ['vxlan'], to: ['geneve'] },
  ]);
  expect(changes({ encapsulation: ['vxlan'] }, { encapsulation: ['vxlan'] })).toEqual([]);
});

test('options of the SYN, where both points saw it', () => {
  const side = { syns: 1, mss: 1460, windowScale: 7, sackPermitted: true, timestamps: true };
  const seen = (some: object): Partial<MadeUpLeg> => ({ connection: { toServer: { ...side, ...some } } });
  expect(changes(seen({}), seen({}))).toEqual([]);
  expect(changes(seen({}), seen({ mss: 1400 }))).toEqual([{ code: 'mss', from: 1460, to: 1400 }]);
  expect(changes(seen({}), seen({ windowScale: null }))).toEqual([{ code: 'window-scale', from: 7, to: null }]);
  expect(changes(seen({}), seen({ sackPermitted: false }))).toEqual([
    { code: 'sack-permitted', from: true, to: false },
  ]);
  expect(changes(seen({}), seen({ timestamps: false }))).toEqual([{ code: 'timestamps', from: true, to: false }]);
  expect(changes(seen({}), seen({ mss: 1400, syns: 0 }))).toEqual([]);
  expect(changes(seen({ syns: 0 }), seen({ mss: 1400 }))).toEqual([]);
  // Of the other direction, and where the roles are turned.
  expect(changes(seen({}), seen({ mss: 1400 }), TO_CLIENT)).toEqual([]);
  const turned: Partial<MadeUpLeg> = {
    flipped: true,
    client: '10.244.2.7:80',
    server: '10.244.1.5:40000',
    connection: { toClient: { ...side, mss: 1400 } },
  };
  expect(changes(seen({}), turned)).toEqual([{ code: 'mss', from: 1460, to: 1400 }]);
});
