import { expect, test } from 'vitest';
import { NatMap } from '../../../../src/flows/correlate/paths/nat-mappings.ts';
import { type MadeUpLeg, type MadeUpRow, madeUpCluster } from '../made-up-cluster.ts';

const [POD, SERVICE, BACKEND, NODE] = ['10.244.1.5:40000', '10.96.0.10:80', '10.244.2.7:8080', '192.168.0.1:50000'];
/** Rows of the same packet have the same number. */
const rows = (...numbers: number[]): MadeUpRow[] => numbers.map((seq) => ({ seq, ipId: seq, flags: 16, time: seq }));

function nat(...conversations: MadeUpLeg[][]): string[] {
  const { members, store } = madeUpCluster(conversations.flat(), [{}, {}, {}]);
  const map = new NatMap(store);
  let at = 0;
  for (const one of conversations) map.enter(members.slice(at, (at += one.length)));
  const text = ({ address, port }: { address: string; port: number }) => `${address}:${port}`;
  return map
    .list()
    .map(
      ({ kind, protocol, before, after, between, conversations: count }) =>
        `${count} ${protocol} ${kind} ${text(before)} → ${text(after)} between ${between.join()}`,
    );
}
const leg = (
  point: number,
  client: string,
  server: string,
  there = rows(1),
  back: MadeUpRow[] = [],
  some: Partial<MadeUpLeg> = {},
): MadeUpLeg => ({
  point,
  client,
  server,
  there,
  back,
  ...some,
});

test('a changed destination is DNAT, a changed source SNAT; equal ones count together', () => {
  expect(nat([leg(0, POD, SERVICE), leg(1, POD, SERVICE)])).toEqual([]);
  expect(nat([leg(0, POD, SERVICE), leg(1, NODE, BACKEND)])).toEqual([
    `1 tcp dnat ${SERVICE} → ${BACKEND} between 0,1`,
    `1 tcp snat ${POD} → ${NODE} between 0,1`,
  ]);
  expect(
    nat([leg(0, POD, SERVICE), leg(1, POD, BACKEND)], [leg(0, POD, SERVICE, rows(2)), leg(1, POD, BACKEND, rows(2))]),
  ).toEqual([`2 tcp dnat ${SERVICE} → ${BACKEND} between 0,1`]);
  // A port alone is a translation as well; another port, point or kind is another one.
  expect(nat([leg(0, POD, '10.96.0.10:80'), leg(1, POD, '10.96.0.10:8080')])).toHaveLength(1);
  expect(
    nat([leg(0, POD, SERVICE), leg(1, POD, BACKEND)], [leg(1, POD, SERVICE, rows(2)), leg(2, POD, BACKEND, rows(2))]),
  ).toHaveLength(2);
});

test('the protocol has a name; of others nothing is told', () => {
  const of = (some: Partial<MadeUpLeg>) =>
    nat([leg(0, POD, SERVICE, rows(1), [], some), leg(1, POD, BACKEND, rows(1), [], some)]);
  expect(of({ kind: 'datagram' })).toEqual([`1 udp dnat ${SERVICE} → ${BACKEND} between 0,1`]);
  expect(of({ kind: 'echo' })).toEqual([`1 icmp dnat ${SERVICE} → ${BACKEND} between 0,1`]);
  expect(of({ kind: 'echo', protocol: 58 })[0]).toContain('icmp');
  expect(of({ kind: 'datagram', protocol: 132 })).toEqual([]);
});

test('link-local addresses are never translated', () => {
  for (const address of ['fe80::1', 'fe90::1', 'feaf::1', 'FEBF::1', '169.254.1.1']) {
    const server = address.includes(':') ? `[${address}]:80` : `${address}:80`;
    expect(nat([leg(0, POD, server), leg(1, POD, BACKEND)])).toEqual([]);
  }
  expect(nat([leg(0, POD, '[fec0::1]:80'), leg(1, POD, BACKEND)])).toHaveLength(1);
  expect(nat([leg(0, POD, '169.25.4.1:80'), leg(1, POD, BACKEND)])).toHaveLength(1);
});

test('a translation is between the next two passages of one packet', () => {
  // The bridge (1) shows answers of the backend and requests to the service beside each other: no packet is in both.
  const path = [
    leg(0, POD, SERVICE, rows(1), rows(2)),
    leg(1, POD, BACKEND, [], rows(2)),
    leg(1, POD, SERVICE, rows(1)),
    leg(2, POD, BACKEND, rows(1), rows(2)),
  ];
  expect(nat(path)).toEqual([
    // The veth (0) shares answers with the first passage of the bridge, and that one with the last point.
    `1 tcp dnat ${SERVICE} → ${BACKEND} between 0,1`,
    `1 tcp dnat ${SERVICE} → ${BACKEND} between 1,2`,
  ]);
});

test('where no packet is the same, the order of the points tells', () => {
  expect(nat([leg(0, POD, SERVICE), leg(1, POD, SERVICE, rows(5)), leg(2, POD, BACKEND, rows(6))])).toEqual([
    `1 tcp dnat ${SERVICE} → ${BACKEND} between 1,2`,
  ]);
  // As also where those that are the same have the same addresses.
  expect(nat([leg(0, POD, SERVICE), leg(1, POD, SERVICE), leg(2, POD, BACKEND, rows(6))])).toEqual([
    `1 tcp dnat ${SERVICE} → ${BACKEND} between 1,2`,
  ]);
});

test('rows beyond the first 64 are compared where these have none in common', () => {
  const many = (last: number) => rows(...Array.from({ length: 70 }, (_, at) => 1000 + at), last);
  const other = (last: number) => rows(...Array.from({ length: 70 }, (_, at) => 2000 + at), last);
  // A third passage of other packets lies between.
  const between = leg(1, POD, '10.9.9.9:1', rows(5));
  expect(nat([leg(0, POD, SERVICE, many(3000)), between, leg(2, POD, BACKEND, other(3000))])).toEqual([
    `1 tcp dnat ${SERVICE} → ${BACKEND} between 0,2`,
  ]);
});
