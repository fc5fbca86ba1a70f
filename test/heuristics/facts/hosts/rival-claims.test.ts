import { describe, expect, test } from 'vitest';
import type { AddressClaim } from '../../../../src/flows/evidence/evidence.ts';
import { haveOthers, ownClaims, rivalsByAddress } from '../../../../src/heuristics/facts/hosts/rival-claims.ts';
import { capture, evidence, hostActivity, point, ref } from '../../../support/evidence.ts';

const ADDRESS = '10.0.0.5';
const MAC = (last: number) => `02:00:00:00:00:0${last}`;
const claim = (mac: string, from: number, to: number, some: Partial<AddressClaim> = {}): AddressClaim => ({
  point: 0,
  address: ADDRESS,
  mac,
  claims: 1,
  first: ref(from),
  last: ref(to),
  gratuitous: 0,
  ...some,
});
const points = { points: [point(), point({ capture: 1 })], captures: [capture(), capture()] };

describe('claims of machines that speak for themselves', () => {
  const own = (claims: AddressClaim[]) =>
    ownClaims(evidence({ claims })).map(({ address, mac }) => `${address} ${mac}`);
  test.each<[mac: string, isOwn: boolean]>([
    [MAC(1), true],
    ['00:00:5e:00:01:07', false],
    ['00:00:5e:00:02:07', false],
    ['00:00:5e:00:03:07', true],
    ['00:00:0c:07:ac:01', false],
    ['00:00:0c:9f:f0:01', false],
    ['00:00:0c:9f:e0:01', true],
    ['ee:ee:ee:ee:ee:ee', false],
    ['ee:ee:ee:ee:ee:ef', true],
  ])('%s: %s', (mac, isOwn) => expect(own([claim(mac, 0, 1)])).toHaveLength(isOwn ? 1 : 0));
  test('traffic alone is no claim, and a group is nobody', () => {
    expect(own([claim(MAC(1), 0, 1, { claims: 0 })])).toEqual([]);
    expect(own([claim(MAC(1), 0, 1, { address: '224.0.0.1' })])).toEqual([]);
  });
  test('who claims four addresses at a point is a proxy', () => {
    const many = (count: number, some: (nth: number) => Partial<AddressClaim> = () => ({})) =>
      own(
        Array.from({ length: count }, (_, nth) => claim(MAC(1), 0, 1, { address: `10.0.0.${nth + 1}`, ...some(nth) })),
      );
    expect(many(3)).toHaveLength(3);
    expect(many(4)).toEqual([]);
    expect(many(4, (nth) => ({ claims: nth === 3 ? 0 : 1 }))).toHaveLength(3);
    expect(many(4, (nth) => ({ point: nth === 3 ? 1 : 0 }))).toHaveLength(4);
    expect(many(4, (nth) => ({ mac: MAC(nth === 3 ? 2 : 1) }))).toHaveLength(4);
    expect(many(4, (nth) => ({ address: nth === 3 ? '10.0.0.1' : `10.0.0.${nth + 1}` }))).toHaveLength(4);
  });
});

describe('rivals for an address', () => {
  const rivals = (claims: AddressClaim[], hosts: ReturnType<typeof hostActivity>[] = []) =>
    [...rivalsByAddress(evidence({ ...points, hosts }), claims)].map(
      ([address, list]) => `${address}: ${list.map(({ point: at, mac }) => `${at}/${mac.slice(-1)}`).join(' ')}`,
    );
  const two = [claim(MAC(1), 0, 10), claim(MAC(2), 5, 15)];
  const later = [claim(MAC(1), 0, 5), claim(MAC(2), 5, 15)];
  test('the earlier goes on after the later appears', () => {
    expect(rivals(two)).toEqual([`${ADDRESS}: 0/1 0/2`]);
    expect(rivals([...two].reverse())).toEqual([`${ADDRESS}: 0/1 0/2`]);
    expect(rivals(later)).toEqual([]);
    expect(rivals([claim(MAC(1), 0, 5), claim(MAC(2), 6, 15)])).toEqual([]);
    expect(rivals([])).toEqual([]);
    expect(rivals(two.slice(1))).toEqual([]);
  });
  test('packets in one moment are ordered by their numbers', () => {
    const at = (packet: number) => ({ packet, time: 5 });
    expect(
      rivals([
        { ...later[0], last: at(9) },
        { ...later[1], first: at(8) },
      ]),
    ).toEqual([`${ADDRESS}: 0/1 0/2`]);
    expect(
      rivals([
        { ...later[0], last: at(8) },
        { ...later[1], first: at(9) },
      ]),
    ).toEqual([]);
    expect(
      rivals([
        { ...later[0], first: at(9), last: ref(9) },
        { ...later[1], first: at(8) },
      ]),
    ).toEqual([`${ADDRESS}: 0/2 0/1`]);
  });
  test('a third that came first', () => {
    expect(rivals([...two, claim(MAC(3), -5, 6)])).toEqual([`${ADDRESS}: 0/3 0/1 0/2`]);
    expect(rivals([...two, claim(MAC(3), -5, -4)])).toEqual([`${ADDRESS}: 0/1 0/2`]);
  });
  test('addresses and points are apart', () => {
    expect(rivals([two[0], { ...two[1], address: '10.0.0.6' }])).toEqual([]);
    expect(rivals([two[0], { ...two[1], point: 1 }])).toEqual([]);
    const elsewhere = two.map((one) => ({ ...one, point: 1 }));
    expect(rivals([...elsewhere, ...two])).toEqual([`${ADDRESS}: 1/1 1/2`]);
    const others = two.map((one) => ({ ...one, address: '10.0.0.6' }));
    expect(rivals([...two, ...others])).toEqual([`${ADDRESS}: 0/1 0/2`, '10.0.0.6: 0/1 0/2']);
  });
  test('the traffic of several MACs does not order what is of one moment', () => {
    const macs = (...values: string[]) => values.map((value) => ({ value, count: 1 }));
    const hosts = [hostActivity(ADDRESS, { macs: macs(MAC(1), MAC(2)) })];
    expect(rivals(later, hosts)).toEqual([]);
    expect(rivals([claim(MAC(1), 0, 5.01), later[1]], hosts)).toEqual([`${ADDRESS}: 0/1 0/2`]);
  });
});

describe('each rival has another address of its own', () => {
  const pair = [claim(MAC(1), 0, 10), claim(MAC(2), 5, 15)];
  const host = (mac: string, some: Parameters<typeof hostActivity>[1] = {}, address = '10.0.0.9') =>
    hostActivity(address, { macs: [{ value: mac, count: 1 }], ...some });
  const others = (claims: AddressClaim[], hosts: ReturnType<typeof hostActivity>[] = []) =>
    haveOthers(evidence({ claims, hosts }), pair);
  const more = (mac: string, some: Partial<AddressClaim> = {}) => claim(mac, 0, 1, { address: '10.0.0.8', ...some });
  test('claimed or sent from', () => {
    expect(others([more(MAC(1)), more(MAC(2))])).toBe(true);
    expect(others([more(MAC(1))])).toBe(false);
    expect(others([more(MAC(1)), claim(MAC(2), 0, 1)])).toBe(false);
    expect(others([more(MAC(1)), more(MAC(2), { point: 1 })])).toBe(false);
    expect(others([more(MAC(1))], [host(MAC(2))])).toBe(true);
    expect(others([], [host(MAC(1)), host(MAC(2))])).toBe(true);
    expect(others([more(MAC(1))], [host(MAC(2), { outer: true })])).toBe(false);
    expect(others([more(MAC(1))], [host(MAC(2), { point: 1 })])).toBe(false);
    expect(others([more(MAC(1))], [host(MAC(2), {}, ADDRESS)])).toBe(false);
    const both = [
      { value: MAC(3), count: 1 },
      { value: MAC(2), count: 1 },
    ];
    expect(others([more(MAC(1))], [host(MAC(2), { macs: both })])).toBe(true);
  });
});
