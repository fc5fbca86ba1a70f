import { describe, expect, test } from 'vitest';
import { askedOn, isLadder, makesLadders, unansweredAsks } from '../../../../src/heuristics/facts/hosts/asks-on.ts';
import { arp, capture, evidence, hostActivity, point, ref } from '../../../support/evidence.ts';

const at = (...times: number[]) => times.map((time) => ref(time));

describe('the rhythm of requests', () => {
  test.each<[name: string, times: number[], isLadder: boolean, makesLadders: boolean]>([
    ['none', [], false, false],
    ['two', [0, 1], false, false],
    ['three', [0, 1, 2], true, false],
    ['three, and one is a copy', [0, 0.1, 1, 1.1], false, false],
    ['copies between do not count', [0, 0.1, 1, 1.1, 2, 2.1], true, false],
    ['a fifth of a second apart', [0, 0.2, 0.4], true, false],
    ['four seconds apart', [0, 4, 8], true, false],
    ['more than four seconds apart', [0, 4.01, 8.02], false, false],
    // 30 % of the first gap.
    ['a gap that is longer by three tenths', [0, 2.5, 5.75], true, false],
    ['a gap that is longer by more', [0, 2.5, 5.76], false, false],
    ['a gap that is shorter by three tenths', [0, 2.5, 4.25], true, false],
    ['a gap that is shorter by more', [0, 2.5, 4.24], false, false],
    ['two ladders', [0, 10, 20, 60, 70, 80], true, true],
    ['one ladder at a slow pace', [0, 10, 20], false, false],
    ['one ladder and the begin of another', [0, 10, 20, 60, 70], false, false],
    ['a ladder of four', [0, 10, 20, 30, 90, 100, 110], false, false],
    ['a pause of half a gap more', [0, 10, 20, 35, 45, 55], true, true],
    ['a pause of less', [0, 10, 20, 34.9, 44.9, 54.9], false, false],
    ['an uneven request before them', [0, 30, 40, 50, 90, 100, 110], true, true],
    ['quick ones after slow ones', [0, 10, 20, 21, 22, 23], true, false],
    ['four at one pace', [0, 5, 10, 15], false, false],
  ])('%s', (_, times, ladder, ladders) => {
    expect(makesLadders(at(...times))).toBe(ladders);
    expect(isLadder(at(...times))).toBe(ladder);
  });
});

describe('requests that nobody answered, as one exchange', () => {
  const told = (...exchanges: ReturnType<typeof arp>[]) =>
    unansweredAsks(
      evidence({ points: [point(), point({ capture: 1 })], captures: [capture(), capture()], arp: exchanges }),
    ).map(
      ({ point: where, asker, target, requests, requestsTotal, broadcasts }) =>
        `${where} ${asker} ${target}: ${requests.map(({ time }) => time).join(' ')} of ${requestsTotal}, ${broadcasts} to all`,
    );
  const way = '0 10.244.1.1 10.244.1.5';
  const ask = (times: number[], some: Parameters<typeof arp>[0] = {}) => arp({ requests: times, ...some });
  test('even gaps join exchanges', () => {
    expect(told(ask([0, 40]), ask([80, 120], { broadcasts: 1 }))).toEqual([`${way}: 0 40 80 120 of 4, 3 to all`]);
    expect(told(ask([0]), ask([40], { requestsTotal: 7 }), ask([80]))).toEqual([`${way}: 0 40 80 of 9, 3 to all`]);
  });
  test('other gaps do not', () =>
    expect(told(ask([0]), ask([40]), ask([140]))).toEqual([
      `${way}: 0 of 1, 1 to all`,
      `${way}: 40 of 1, 1 to all`,
      `${way}: 140 of 1, 1 to all`,
    ]));
  test.each<[name: string, some: Parameters<typeof arp>[0]]>([
    ['another asker', { asker: '10.244.1.2' }],
    ['another target', { target: '10.244.1.6' }],
    ['another machine', { askerMac: '02:00:00:00:00:09' }],
    ['another point', { point: 1 }],
  ])('nor is %s the same', (_, some) => expect(told(ask([0]), ask([40]), ask([80], some))).toHaveLength(3));
  test('neither answered nor told to all', () => {
    expect(told(ask([0], { answers: ['02:00:00:00:00:05'] }))).toEqual([]);
    expect(told(ask([0], { gratuitous: true }))).toEqual([]);
    expect(told(ask([0, 1]))).toEqual([`${way}: 0 1 of 2, 2 to all`]);
  });
});

describe('an asker goes on although it is answered', () => {
  const MAC = '02:00:00:00:00:01';
  const answered = (last: number, some: Parameters<typeof arp>[0] = {}) =>
    arp({ requests: [last], answers: ['02:00:00:00:00:05'], ...some });
  const told = (exchanges: ReturnType<typeof arp>[], isMute = true, hosts: ReturnType<typeof hostActivity>[] = []) =>
    [...askedOn(evidence({ arp: exchanges, hosts }), () => isMute)].map(([key, group]) => `${key}: ${group.length}`);
  const found = ['0 10.244.1.1 10.244.1.5: 3'];
  const ladder = [0, 1, 2].map((time) => answered(time));
  const slow = (some: Parameters<typeof arp>[0] = {}) => [0, 40, 80].map((time) => answered(time, some));
  test('in a ladder', () => {
    expect(told(ladder)).toEqual(found);
    expect(told(ladder, false)).toEqual([]);
    expect(told(ladder.slice(1))).toEqual([]);
    expect(told([answered(0, { gratuitous: true }), ...ladder.slice(1)])).toEqual([]);
    expect(told([arp({ requests: [0] }), ...ladder.slice(1)])).toEqual([]);
    expect(told([answered(0, { target: '10.244.1.6' }), ...ladder.slice(1)])).toEqual([]);
  });
  test('the last request of each exchange counts', () =>
    expect(told([0, 1, 2].map((time) => answered(0, { requests: [-0.5, time] })))).toEqual(found));
  test('at any pace where it asks all, and nothing else comes from its machine', () => {
    expect(told(slow())).toEqual(found);
    expect(told([...slow().slice(1), answered(0, { broadcasts: 0 })])).toEqual([]);
    expect(told([0, 40, 140].map((time) => answered(time)))).toEqual([]);
    const host = (some = {}) => [hostActivity('10.9.9.9', { macs: [{ value: MAC, count: 1 }], ...some })];
    expect(told(slow(), true, host())).toEqual([]);
    expect(told(slow(), true, host({ sent: 0 }))).toEqual(found);
    expect(told(slow(), true, host({ sent: 1 }))).toEqual([]);
    expect(told(slow(), true, host({ point: 1 }))).toEqual(found);
    expect(told(slow(), true, host({ macs: [{ value: '02:00:00:00:00:09', count: 1 }] }))).toEqual(found);
    const two = [
      { value: '02:00:00:00:00:09', count: 1 },
      { value: MAC, count: 1 },
    ];
    expect(told(slow(), true, host({ macs: two }))).toEqual([]);
  });
  test('each asker is asked for at its point', () => {
    const asked: string[] = [];
    askedOn(evidence({ arp: [answered(0), answered(1, { asker: '10.244.1.9' })] }), (where, asker) => {
      asked.push(`${where} ${asker}`);
      return false;
    });
    expect(asked).toEqual(['0 10.244.1.1', '0 10.244.1.9']);
  });
});
