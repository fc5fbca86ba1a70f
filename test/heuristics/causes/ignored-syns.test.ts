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
});
