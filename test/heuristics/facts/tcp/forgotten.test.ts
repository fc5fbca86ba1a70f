import { describe, expect, test } from 'vitest';
import type { Direction, TcpDirection } from '../../../../src/flows/evidence/evidence.ts';
import { type Forgotten, forgetfulPeer, forgottenConnections } from '../../../../src/heuristics/facts/tcp/forgotten.ts';
import { capture, connection, type EvidenceParts, evidence, point, ref, reset } from '../../../support/evidence.ts';
import { pause, repeat } from '../../../support/segment-items.ts';

type Parts = NonNullable<Parameters<typeof connection>[0]>;
type Side = Partial<TcpDirection>;
const SPEAKERS: readonly Direction[] = [0, 1];
const [CLIENT, SERVER] = ['10.244.1.5:40000', '10.244.2.7:80'];
const sides = (speaker: Direction, mine: Side, peer: Side): Parts =>
  speaker === 0 ? { toServer: mine, toClient: peer } : { toServer: peer, toClient: mine };
const told = (one: Forgotten): string =>
  [
    `${one.conversation} by ${one.speaker} at ${one.leg.point}: data ${one.data.time}, reset ${one.reset.time} of ${forgetfulPeer(one)}`,
    one.idle === null ? [] : `after ${one.idle.seconds}`,
    one.survived > 0 ? `survived ${one.survived}` : [],
    one.midStream ? 'mid-stream' : [],
    one.rhythm === null ? [] : `every ${one.rhythm}`,
  ]
    .flat()
    .join(', ');
const of = (...connections: ReturnType<typeof connection>[]) =>
  forgottenConnections(evidence({ connections })).map(told);
/** The answer of a stranger to data that acknowledged 101. */
const strange = (time: number, by: Direction, some = {}) => reset(time, by, { hasAck: false, seq: 101, ...some });

describe.each(SPEAKERS)('data of side %s is answered as if there were no such connection', (speaker) => {
  const peer = (1 - speaker) as Direction;
  const server = speaker === 0 ? SERVER : CLIENT;
  const found = `0 by ${speaker} at 0: data 10, reset 10.5 of ${server}`;
  const answered = (mine: Side = {}, other: Side = {}, some: Parts = {}) =>
    connection(
      {
        resets: [strange(10.5, peer)],
        ...sides(
          speaker,
          { unackedSince: ref(10), ackHigh: 101, dataSegments: 3, ...mine },
          { ackHigh: 101, payloadOctets: 100, ...other },
        ),
        ...some,
      },
      { established: true },
    );
  const again = (...times: number[]) => repeat({ times, ackedTime: 99 });
  test.each<[name: string, mine: Side, other: Side, some: Parts, expected: string]>([
    ['so', {}, {}, {}, `${found}, every 5`],
    ['it began later', {}, {}, { first: 2 }, `${found}, every 4`],
    ['its only data', { dataSegments: 1 }, {}, {}, `${found}, every 10`],
    ['its second data', { dataSegments: 2 }, {}, {}, `${found}, every 10`],
    ['the reset acknowledges', {}, {}, { resets: [strange(10.5, peer, { hasAck: true })] }, ''],
    ['the reset has another number', {}, {}, { resets: [strange(10.5, peer, { seq: 102 })] }, ''],
    ['after a second', {}, {}, { resets: [strange(11, peer)] }, `${found.replace('10.5', '11')}, every 5`],
    ['later', {}, {}, { resets: [strange(11.001, peer)] }, ''],
    ['no reset', {}, {}, { resets: [] }, ''],
    ['sent twice', { repeats: [repeat({ times: [10, 10.2] })] }, {}, {}, ''],
    ['it had closed', { fins: 1 }, {}, {}, ''],
    ['after a pause', {}, {}, { idleGaps: [pause(4, 10), pause(3, 5)] }, `${found}, after 4, survived 3, every 5`],
    ['the peer was repeating', {}, { repeats: [again(7, 9)] }, {}, ''],
    ['the peer was repeating, and its timer is due', {}, { repeats: [again(9, 9.5)] }, {}, ''],
    ['its timer was due before', {}, { repeats: [again(9.25, 9.5)] }, {}, `${found}, every 5`],
    ['its last distance counts', {}, { repeats: [again(1, 9.25, 9.5)] }, {}, `${found}, every 5`],
    ['the peer sent it once', {}, { repeats: [again(9)] }, {}, `${found}, every 5`],
    ['the peer repeats in that moment', {}, { repeats: [again(8, 10.5)] }, {}, ''],
    ['the peer repeats later', {}, { repeats: [again(9, 11)] }, {}, `${found}, every 5`],
    ['the distance of the peer', {}, { ttls: [{ value: 64, count: 5 }] }, {}, `${found}, every 5`],
    ['another distance', {}, { ttls: [{ value: 60, count: 5 }] }, {}, ''],
    ['the distance of the reset alone', {}, { ttls: [{ value: 64, count: 1 }] }, {}, ''],
  ])('%s', (_, mine, other, some, expected) => {
    expect(of(answered(mine, other, some))).toEqual(expected === '' ? [] : [expected]);
  });
});

describe.each(SPEAKERS)('nothing was captured before the data of side %s', (speaker) => {
  const peer = (1 - speaker) as Direction;
  const one = (port: number, mine: Side = {}, other: Side = {}, some: Parts = {}) => {
    const [near, far] = [`10.244.1.5:${port}`, SERVER];
    return connection({
      client: speaker === 0 ? near : far,
      server: speaker === 0 ? far : near,
      rolesFrom: 'guess',
      resets: [strange(10.5, peer)],
      ...sides(speaker, { packets: 1, dataSegments: 1, first: ref(10), ackHigh: 101, ...mine }, other),
      ...some,
    });
  };
  const line = (index: number, at = 0) =>
    `${index} by ${speaker} at ${at}: data 10, reset 10.5 of ${SERVER}, mid-stream`;
  test.each<[name: string, mine: Side, other: Side, some: Parts, isFound: boolean]>([
    ['so', {}, {}, {}, true],
    ['its roles are known', {}, {}, { rolesFrom: 'syn' }, false],
    ['a SYN', {}, {}, { syn: [1], rolesFrom: 'guess' }, false],
    ['a SYN-ACK', {}, {}, { synAck: [1], rolesFrom: 'guess' }, false],
    ['two segments', { dataSegments: 2 }, {}, {}, false],
    ['no data', { dataSegments: 0 }, {}, {}, false],
    ['it had closed', { fins: 1 }, {}, {}, false],
    ['it resets too', { resets: 1 }, {}, {}, false],
    ['no packet is known', { first: null }, {}, {}, false],
    ['nothing of the peer', {}, { packets: 0, resets: 0 }, {}, false],
    ['more than a reset of the peer', {}, { packets: 2 }, {}, false],
    ['two resets of the peer', {}, { packets: 2, resets: 2 }, {}, true],
    ['the reset acknowledges', {}, {}, { resets: [strange(10.5, peer, { hasAck: true })] }, false],
    ['no reset of the peer is kept', {}, { packets: 1, resets: 1 }, { resets: [strange(10.5, speaker)] }, false],
    [
      'the reset of the peer comes second',
      { packets: 1, resets: 0 },
      {},
      { resets: [strange(10.2, speaker, { hasAck: true }), strange(10.5, peer)] },
      true,
    ],
  ])('%s', (_, mine, other, some, isFound) => {
    const all = of(one(1, mine, other, some), one(2, mine, other, some));
    expect(all).toEqual(isFound ? [line(0), line(1)] : []);
  });
  test('one alone may be the answer to a stranger; two of one peer at one point are not', () => {
    const elsewhere = speaker === 0 ? { server: '10.244.2.8:80' } : { client: '10.244.2.8:80' };
    expect(of(one(1))).toEqual([]);
    expect(of(one(1), one(2, {}, {}, elsewhere))).toEqual([]);
    expect(of(one(1), one(2, {}, {}, elsewhere), one(3))).toEqual([line(0), line(2)]);
    const points: EvidenceParts = { points: [point(), point({ capture: 1 })], captures: [capture(), capture()] };
    const apart = (...at: number[]) =>
      forgottenConnections(
        evidence({ ...points, connections: at.map((where, nth) => one(nth, {}, {}, { point: where })) }),
      ).map(told);
    expect(apart(0, 1)).toEqual([]);
    expect(apart(1, 0, 1)).toEqual([line(0, 1), line(2, 1)]);
  });
});
