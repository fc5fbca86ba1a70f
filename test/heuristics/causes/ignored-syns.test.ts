import { describe, expect, it } from 'vitest';
import { ignoredSynCauses, ignoredSynCommands, ignoredSyns } from '../../../src/heuristics/causes/ignored-syns.ts';
import { connection, endpoint, evidence } from '../../support/evidence.ts';

const NAT = '10.0.0.11';
const SERVER = '10.244.2.7:80';
/** A try from behind the NAT, as the server sees it. */
const one = (time: number, tsval: number | null, answered: boolean, port = 40000 + Math.round(time * 10)) =>
  connection(
    {
      flow: Math.round(time * 10),
      client: `${NAT}:${port}`,
      server: SERVER,
      syn: answered ? [time] : [time, time + 1, time + 3],
      synAck: answered ? [time + 0.001] : [],
      toServer: { tsFirst: tsval },
      last: time + 0.1,
    },
    { established: answered },
  );
const judged = (connections: ReturnType<typeof one>[]) => ignoredSyns(evidence({ connections }), endpoint(SERVER));
const alternating = (low: number, high: number) => [
  one(0, high, true),
  ...[1, 2, 3].flatMap((time) => [one(time, low + time, false), one(time + 0.5, high + time, true)]),
];

/** A first answered one, and then as many ignored lower ones as answered higher ones. */
const many = (count: number, answered: boolean) => [
  one(0, 5000, true),
  ...Array.from({ length: count }, (_, nth) => one(1 + nth, 1000 + nth, answered)),
  ...Array.from({ length: count - 1 }, (_, nth) => one(1.5 + nth, 5001 + nth, true)),
];
const withStamp = (each: ReturnType<typeof one>, tsFirst: number) => ({
  ...each,
  directions: [{ ...each.directions[0], tsFirst }, each.directions[1]] as typeof each.directions,
});
/** Ignored ones are answered in the end: after a repetition. */
const answeredLate = (each: ReturnType<typeof one>) =>
  each.synAck.length > 0
    ? each
    : {
        ...connection(
          {
            client: `${NAT}:${each.client.port}`,
            server: SERVER,
            syn: [each.syn[0].time, each.syn[0].time + 0.3],
            synAck: [each.syn[0].time + 0.35],
            toServer: { tsFirst: each.directions[0].tsFirst },
          },
          { established: true },
        ),
        flow: each.flow,
      };
/** What was ignored is answered, with a copy of the SYN before the answer. */
const copied = (each: ReturnType<typeof one>) =>
  each.synAck.length > 0
    ? each
    : {
        ...connection(
          {
            client: `${NAT}:${each.client.port}`,
            server: SERVER,
            syn: [each.syn[0].time, each.syn[0].time + 0.1],
            synAck: [each.syn[0].time + 0.15],
            toServer: { tsFirst: each.directions[0].tsFirst },
          },
          { established: true },
        ),
        flow: each.flow,
      };

describe('what ignored SYNs have in common', () => {
  it('time stamps lower than the last one of the same address', () => {
    const found = judged(alternating(1000, 5000));
    expect(found).toEqual({
      lowerTimestamp: 3,
      sharedAddress: NAT,
      higherAnswered: 4,
      reusedPort: 0,
      freshAnswered: 0,
    });
    expect(ignoredSynCauses(found)[0].cause).toContain('tcp_tw_recycle');
    expect(ignoredSynCommands(found, 'the server')[0].command).toContain('PAWSPassive');
  });
  it('time stamps beyond the wrap of 32 bits', () => {
    expect(judged(alternating(2 ** 32 - 9000, 100)).lowerTimestamp).toBe(3);
  });
  it('a source port that was used shortly before', () => {
    const fresh = [0, 1, 2].map((time) => one(time, null, true, 41000 + time));
    const again = [5, 6, 7].map((time, nth) => one(time, null, false, 41000 + nth));
    const found = judged([...fresh, ...again]);
    expect(found).toMatchObject({ reusedPort: 3, freshAnswered: 3, lowerTimestamp: 0 });
    expect(ignoredSynCauses(found)[0].cause).toContain('conn_reuse_mode');
  });
  it.each([
    ['time stamps are off', alternating(1000, 5000).map((each) => one(each.syn[0].time, null, each.synAck.length > 0))],
    ['lower ones are answered too', [...alternating(1000, 5000), one(4, 1100, true), one(4.1, 1101, true)]],
    ['higher ones are ignored too', [...alternating(1000, 5000), one(4, 9000, false), one(5, 9001, false)]],
    ['two cases', alternating(1000, 5000).slice(0, 5)],
    [
      'the last one of that address is more than a minute old',
      [one(0, 5000, true), ...[100, 101, 102].map((time) => one(time, 1000 + time, false))],
    ],
    [
      'reused ports are answered too',
      [0, 1, 2, 5, 6, 7].map((time, nth) => one(time, null, nth !== 4, 41000 + (nth % 3))),
    ],
  ])('nothing: %s', (_, connections) => {
    const found = judged(connections);
    expect(found).toMatchObject({ lowerTimestamp: 0, reusedPort: 0 });
    expect(ignoredSynCauses(found)).toEqual([]);
    expect(ignoredSynCommands(found, 'x')).toEqual([]);
  });
  it('clients of different addresses have different clocks', () => {
    const own = alternating(1000, 5000).map((each, nth) => ({
      ...each,
      client: { ...each.client, address: each.synAck.length > 0 ? NAT : `10.0.0.${20 + nth}` },
    }));
    expect(judged(own).lowerTimestamp).toBe(0);
  });

  it.each<[string, ReturnType<typeof one>[], number]>([
    ['in any order of the list', alternating(1000, 5000).toReversed(), 3],
    ['a SYN that was answered after its repetition', alternating(1000, 5000).map(answeredLate), 3],
    ['others without time stamps', [...alternating(1000, 5000), one(3.7, null, true), one(3.8, null, false)], 3],
    ['one of ten low ones is answered', [...many(9, false), one(12, 1100, true)], 9],
    ['one of ten high ones is ignored', [...many(9, false), one(12, 9000, false)], 9],
    ['the last one of that address is a minute old', [...alternating(1000, 5000), one(63.5, 1200, false)], 4],
  ])('time stamps: %s', (_, connections, lowerTimestamp) =>
    expect(judged(connections)).toMatchObject({ lowerTimestamp, reusedPort: 0 }),
  );
  it.each<[string, ReturnType<typeof one>[]]>([
    ['two of ten low ones are answered', [...many(8, false), one(12, 1100, true), one(12.1, 1101, true)]],
    ['two of ten high ones are ignored', [...many(8, false), one(12, 9000, false), one(12.1, 9001, false)]],
    [
      'an ignored one is higher than them, and none that was answered is',
      [
        one(0, 1000, true),
        one(0.5, 9000, false),
        ...alternating(1000, 5000)
          .slice(1)
          .map((each) =>
            withStamp(each, each.synAck.length > 0 ? 2000 + 100 * each.syn[0].time : 5000 + 100 * each.syn[0].time),
          ),
      ],
    ],
    ['they are equal', alternating(1000, 5000).map((each) => (each.synAck.length > 0 ? each : withStamp(each, 5000)))],
    [
      'two high ones are answered',
      alternating(1000, 5000).filter((each) => each.syn[0].time !== 2.5 && each.syn[0].time !== 3.5),
    ],
    ['a copy of the SYN is no repetition', alternating(1000, 5000).map(copied)],
  ])('time stamps separate nothing: %s', (_, connections) => expect(judged(connections).lowerTimestamp).toBe(0));

  const reused = (count: number, after: number) => [
    ...Array.from({ length: count }, (_, nth) => one(nth, null, true, 41000 + nth)),
    ...Array.from({ length: count }, (_, nth) => one(after + nth, null, false, 41000 + nth)),
  ];
  it.each<[string, ReturnType<typeof one>[], number]>([
    ['a minute after its last packet', reused(3, 60.1), 3],
    ['in any order of the list', reused(3, 5).toReversed(), 3],
    ['one of ten is answered', [...reused(9, 20), one(30, null, true, 41000)], 9],
    ['one of ten fresh ones is ignored', [...reused(9, 20), one(30, null, false, 45000)], 9],
  ])('a port that was used before: %s', (_, connections, reusedPort) =>
    expect(judged(connections)).toMatchObject({ reusedPort, lowerTimestamp: 0 }),
  );
  it.each<[string, ReturnType<typeof one>[]]>([
    ['more than a minute before', reused(3, 60.2)],
    [
      'by another client',
      reused(3, 5).map((each, nth) => (nth < 3 ? { ...each, client: endpoint(`10.0.0.99:${41000 + nth}`) } : each)),
    ],
    ['two cases', reused(2, 5)],
    ['two of ten are answered', [...reused(8, 20), one(30, null, true, 41000), one(31, null, true, 41001)]],
    ['two of ten fresh ones are ignored', [...reused(8, 20), one(30, null, false, 45000), one(31, null, false, 45001)]],
  ])('no port that was used before: %s', (_, connections) => expect(judged(connections).reusedPort).toBe(0));
});
