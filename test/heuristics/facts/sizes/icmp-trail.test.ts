import { describe, expect, test } from 'vitest';
import type { Conversation, IcmpError } from '../../../../src/flows/evidence/evidence.ts';
import type { Cliff } from '../../../../src/heuristics/facts/sizes/cliff.ts';
import { icmpTrail } from '../../../../src/heuristics/facts/sizes/icmp-trail.ts';
import { withoutCarriers } from '../../../../src/heuristics/facts/sizes/opaque-tunnel.ts';
import { fittingMtus, namedMtus } from '../../../../src/heuristics/facts/sizes/path-mtu.ts';
import { capture, type EvidenceParts, evidence, hop, icmpError, point, quoted } from '../../../support/evidence.ts';

const conversation = (...path: number[]) =>
  ({ legs: path.map((at) => ({ point: at })), hops: [] }) as unknown as Conversation;
const cliff = (some: Partial<Cliff> = {}): Cliff => ({
  conversations: [conversation(0, 1, 2)],
  direction: 0,
  sender: '10.244.1.5',
  receiver: '10.244.2.7',
  largestPassed: 1400,
  smallestLost: 1500,
  sendings: 3,
  dontFragment: true,
  icmp: 'lost',
  icmpMtu: 1450,
  icmpFrom: '10.0.0.1',
  errors: [],
  confirmed: false,
  packets: [],
  ...some,
});
const points = [0, 1, 2].map((at) => point({ capture: at }));
const captures = [capture(), capture(), capture()];

describe('how far an error about a size got back', () => {
  const error = (at: number, time = 5, some: Partial<IcmpError> = {}) =>
    icmpError(time, {
      point: at,
      to: `10.0.0.${at}`,
      quoted: quoted({ source: `10.9.9.${at}`, destination: '10.244.2.7' }),
      ...some,
    });
  const told = (errors: IcmpError[], some: Partial<Cliff> = {}, parts: EvidenceParts = {}) => {
    const found = icmpTrail(evidence({ points, captures, ...parts }), cliff({ errors, ...some }));
    return found === null
      ? ''
      : `${found.count} at ${found.lastSeen}, missing at ${found.missingAt}, to ${found.to} about ${found.quotedSource}`;
  };
  const at1 = '1 at 1, missing at 0, to 10.0.0.1 about 10.9.9.1';
  const forgiven = at1.replace('missing at 0', 'missing at null');
  test.each<[name: string, errors: IcmpError[], some: Partial<Cliff>, expected: string]>([
    ['at the second point', [error(1)], {}, at1],
    ['at the second and the third', [error(2), error(1)], {}, at1],
    ['at the third twice', [error(2), error(2)], {}, '2 at 2, missing at 1, to 10.0.0.2 about 10.9.9.2'],
    ['at the first', [error(0), error(1)], {}, '1 at 0, missing at null, to 10.0.0.0 about 10.9.9.0'],
    ['from the server', [error(1)], { direction: 1 }, '1 at 1, missing at 2, to 10.0.0.1 about 10.9.9.1'],
    [
      'from the server, at its first point',
      [error(2)],
      { direction: 1 },
      '1 at 2, missing at null, to 10.0.0.2 about 10.9.9.2',
    ],
    ['none', [], {}, ''],
    ['no conversation', [error(1)], { conversations: [] }, ''],
    ['beside the path', [error(1)], { conversations: [conversation(0, 2)] }, forgiven],
    ['a point that the path passes twice', [error(1)], { conversations: [conversation(0, 0, 1)] }, at1],
    ['without a packet', [error(1, 5, { quoted: null })], {}, at1.replace('10.9.9.1', '')],
  ])('%s', (_, errors, some, expected) => expect(told(errors, some)).toBe(expected));

  const first = (quality: Parameters<typeof point>[0], some = {}, filters: string[] = []) =>
    told(
      [error(1)],
      {},
      {
        points: [point({ ...quality }), ...points.slice(1)],
        captures: [capture({ filters, ...some }), ...captures.slice(1)],
      },
    );
  test.each<[name: string, told: string, isMissing: boolean]>([
    ['from that moment on', first({ quality: { firstTime: 5 } }), true],
    ['later', first({ quality: { firstTime: 5.01 } }), false],
    ['up to that moment', first({ quality: { lastTime: 5 } }), true],
    ['up to an earlier one', first({ quality: { lastTime: 4.99 } }), false],
    ['by another clock, later', first({ timeShift: 6 }), false],
    ['by another clock, earlier', first({ timeShift: -56 }), false],
    ['by another clock, then', first({ timeShift: 5 }), true],
    ['where absence proves nothing', first({}, { dropped: 50 }), false],
    ['without ICMP', first({ quality: { icmpPackets: 0 } }), true],
    ['without ICMP, by a filter', first({ quality: { icmpPackets: 0 } }, {}, ['tcp']), false],
    ['with ICMP, and a filter', first({}, {}, ['tcp or icmp']), true],
  ])('the point before captures %s', (_, text, isMissing) => expect(text).toBe(isMissing ? at1 : forgiven));
  test('the clock of the point that saw it counts', () => {
    const shifted = (timeShift: number) =>
      told([error(1)], {}, { points: [points[0], point({ capture: 1, timeShift }), points[2]] });
    expect(shifted(55)).toBe(at1);
    expect(shifted(55.1)).toBe(forgiven);
    expect(shifted(-5.1)).toBe(forgiven);
  });
  test('one of several errors is enough', () =>
    expect(told([error(1, 99), error(1, 5)])).toBe(at1.replace('1 at 1', '2 at 1')));
});

describe('usual sizes of links between what passed and what was lost', () => {
  const sizes = (list: readonly { mtu: number }[]) => list.map(({ mtu }) => mtu);
  test.each<[passed: number, lost: number, expected: number[]]>([
    [1450, 1500, [1492, 1480, 1476, 1460, 1450]],
    [1451, 1480, [1476, 1460]],
    [1500, 1501, [1500]],
    [1501, 9000, []],
    [1280, 1281, [1280]],
    [0, 1280, []],
  ])('%s to %s', (passed, lost, expected) => expect(sizes(fittingMtus(passed, lost))).toEqual(expected));
  test('the usual ones are named first, four at most, in order', () => {
    expect(sizes(namedMtus(1450, 1500))).toEqual([1492, 1480, 1476, 1450]);
    expect(sizes(namedMtus(1281, 1501))).toEqual([1480, 1450, 1440, 1420]);
    expect(sizes(namedMtus(1451, 1480))).toEqual([1476, 1460]);
  });
});

describe('packets inside an encrypted tunnel whose own packets are lost', () => {
  const hosts = ['a', 'a', 'b', 'b'];
  const roles = ['tunnel-device', 'node-nic', 'node-nic', 'tunnel-device'] as const;
  const devices = hosts.map((host, at) => point({ host, role: roles[at], capture: at }));
  const lossy = (some = {}) =>
    ({ legs: [], hops: [hop({ from: 0, to: 3, lost: 1, ...some })] }) as unknown as Conversation;
  const inner = (some: Partial<Cliff> = {}, at = {}) =>
    cliff({ smallestLost: 1420, conversations: [lossy(at)], ...some });
  const outer = (some: Partial<Cliff> = {}) =>
    cliff({
      smallestLost: 1484,
      conversations: [conversation(1, 2)],
      carrier: hop({ from: 1, to: 2, lost: 3 }),
      ...some,
    });
  const judged = (cliffs: Cliff[], places = devices) =>
    withoutCarriers(evidence({ points: places, captures: places.map(() => capture()) }), cliffs);
  test('are one cliff with it', () => {
    const [one, around] = [inner(), outer()];
    expect(judged([around, one])).toEqual([
      { ...one, conversations: [...one.conversations, ...around.conversations], confirmed: true, around },
    ]);
    expect(judged([one])).toEqual([one]);
    expect(judged([around])).toEqual([around]);
    const second = outer({ smallestLost: 1490 });
    expect(judged([one, around, second])[0].around).toEqual(around);
    expect(judged([one, around, second])).toHaveLength(1);
  });
  const renamed = (at: number, some: Parameters<typeof point>[0]) =>
    devices.map((one, nth) => (nth === at ? { ...one, ...some } : one));
  test.each<[name: string, cliffs: [Cliff, Cliff], places: typeof devices]>([
    ['the other direction', [inner({}, { direction: 1 }), outer()], devices],
    ['nothing was lost there', [inner({}, { lost: 0 }), outer()], devices],
    ['after a NIC', [inner({}, { from: 1 }), outer()], devices],
    ['the host is unknown', [inner(), outer()], renamed(0, { host: null, role: 'tunnel-device' }) as typeof devices],
    ['both hosts are unknown', [inner(), outer()], devices.map((one) => ({ ...one, host: null }))],
    ['another host sends the carrier', [inner(), outer({ carrier: hop({ from: 2, to: 2 }) })], devices],
    ['another host gets it', [inner(), outer({ carrier: hop({ from: 1, to: 1 }) })], devices],
    ['they are as large as the carrier', [inner({ smallestLost: 1484 }), outer()], devices],
  ])('or not: %s', (_, cliffs, places) => expect(judged(cliffs, places)).toEqual(cliffs));
  test('one of several conversations is enough', () => {
    const [other, hops] = [lossy({ lost: 0 }), lossy()];
    expect(judged([inner({ conversations: [other, hops] }), outer()])).toHaveLength(1);
    const both = { legs: [], hops: [...other.hops, ...hops.hops] } as unknown as Conversation;
    expect(judged([inner({ conversations: [both] }), outer()])).toHaveLength(1);
  });
});
