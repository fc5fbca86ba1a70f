import { describe, expect, test } from 'vitest';
import type { Connection, Direction, Hop, SequenceHole } from '../../../../src/flows/evidence/evidence.ts';
import { finsInVain, finsPackets, hasEnded } from '../../../../src/heuristics/facts/tcp/fins-in-vain.ts';
import { connection, type EvidenceParts, evidence, hostActivity, point, ref } from '../../../support/evidence.ts';
import { segment } from '../../../support/segment-items.ts';

type Parts = NonNullable<Parameters<typeof connection>[0]>;
type Stats = NonNullable<Parts['toServer']>;
const [CLIENT, SERVER] = ['10.244.1.5', '10.244.2.7'];
const DIRECTIONS: readonly Direction[] = [0, 1];
/** The FIN of the sender is number 101 of its octets: the receiver asks for it still. */
const ISS = 1000;

function half(port: number, direction: Direction, sender: Stats, receiver: Stats, some: Parts): Connection {
  const there = { iss: ISS, seqHigh: ISS + 102, ...sender };
  const back = { ackHigh: ISS + 101, ...receiver };
  const [toServer, toClient] = direction === 0 ? [there, back] : [back, there];
  return connection({ client: `${CLIENT}:${port}`, ...some, toServer, toClient }, { established: true });
}
const told = (connections: Connection[], parts: EvidenceParts = {}): string[] =>
  finsInVain(evidence({ connections, ...parts })).map(
    ({ sender, receiver, direction, legs, conversations, ended, sendings, packets }) =>
      `${direction} ${sender}>${receiver}: ${sendings} sendings in ${legs.length} (${conversations.map(({ index }) => index)}) of ${ended}, at ${packets.map(({ point: at, ref: { time } }) => `${at}:${time}`).join(' ')}`,
  );
const way = (direction: Direction): string => (direction === 0 ? `0 ${CLIENT}>${SERVER}` : `1 ${SERVER}>${CLIENT}`);

describe.each(DIRECTIONS)('at the side of the sender, direction %s', (direction) => {
  const receiver = direction === 0 ? SERVER : CLIENT;
  /** The FIN at 1, 2 and 4 s. */
  const again = (direct: Direction = direction) => [2, 4].map((time) => segment(time, 'retransmission', direct));
  const sent: Stats = { fins: 3, finsAgain: 2, unackedOctets: 1, unackedSince: ref(1), last: ref(4) };
  const vain = (port: number, sender: Stats = {}, peer: Stats = {}, some: Parts = {}) =>
    half(port, direction, { ...sent, ...sender }, peer, { events: again(), ...some });
  const heard = (lastSent: number | null, some = {}) => [hostActivity(receiver, { lastSent, ...some })];
  const judged = (sender: Stats, peer: Stats, some: Parts, hosts: EvidenceParts['hosts'] = heard(5), quality = {}) =>
    told([vain(1, sender, peer, some), vain(2, sender, peer, some)], { hosts, points: [point({ quality })] });
  const found = `${way(direction)}: 6 sendings in 2 (0,1) of 2, at 0:1 0:2 0:4 0:1 0:2 0:4`;

  test.each<[name: string, sender: Stats, peer: Stats, some: Parts, isFound: boolean]>([
    ['so', {}, {}, {}, true],
    ['acknowledged', { unackedSince: null }, {}, {}, false],
    ['the sender is never heard', { last: null }, {}, {}, false],
    ['data waits with it', { unackedOctets: 2 }, {}, {}, false],
    ['nothing waits', { unackedOctets: 0 }, {}, {}, false],
    ['sent twice', { finsAgain: 1 }, {}, { events: again().slice(1) }, false],
    ['the sender resets', { resets: 1 }, {}, {}, false],
    ['the receiver resets', {}, { resets: 1 }, {}, false],
    ['the receiver was not captured', {}, { packets: 0 }, {}, false],
    ['over 2 s', { last: ref(3) }, {}, {}, true],
    ['over less', { last: ref(2.99) }, {}, {}, false],
    ['no FIN', { fins: 0 }, {}, {}, false],
    ['other sendings', {}, {}, { events: again().map((one) => ({ ...one, kind: 'outOfOrder' })) }, false],
    ['sendings of the receiver', {}, {}, { events: again((1 - direction) as Direction) }, false],
    ['a sending before the FIN is none of it', { unackedSince: ref(2), last: ref(5) }, {}, {}, false],
  ])('%s', (_, sender, peer, some, isFound) => {
    expect(judged(sender, peer, some)).toEqual(isFound ? [found] : []);
  });
  test.each<[name: string, hosts: EvidenceParts['hosts'], isFound: boolean]>([
    ['just after the third sending', heard(4.001), true],
    ['with the third sending', heard(4), false],
    ['never', heard(null), false],
    ['not known', [], false],
    ['at another point', heard(9, { point: 1 }), false],
    ['another host', [hostActivity('10.244.9.9', { lastSent: 9 })], false],
  ])('the receiver is heard last: %s', (_, hosts, isFound) => {
    expect(judged({}, {}, {}, hosts)).toEqual(isFound ? [found] : []);
  });
  test('the capture misses packets, or pure acknowledgements', () => {
    expect(judged({}, {}, {}, heard(5), { gapOctets: 20, tcpOctets: 80 })).toEqual([]);
    // Twenty segments and no packet without data.
    const data = { packets: 13, dataSegments: 10, syns: 0, fins: 3, resets: 0 };
    expect(judged(data, { packets: 10, dataSegments: 10, syns: 0, fins: 0 }, {})).toEqual([]);
  });
  test('two connections or more, and at least half of those that the sender ended', () => {
    const fine = (port: number) => half(port, direction, { fins: 1 }, {}, {});
    const all = (vains: number, fines: number) =>
      told(
        [...Array(vains).keys()]
          .map((port) => vain(port))
          .concat([...Array(fines).keys()].map((port) => fine(100 + port))),
        { hosts: heard(5) },
      ).map((text) => text.replace(/, at.*/, ''));
    expect(all(1, 0)).toEqual([]);
    expect(all(2, 2)).toEqual([`${way(direction)}: 6 sendings in 2 (0,1) of 4`]);
    expect(all(2, 3)).toEqual([]);
    expect(all(3, 2)).toEqual([`${way(direction)}: 9 sendings in 3 (0,1,2) of 5`]);
  });
  test('not what was lost on the way: it counts as ended', () => {
    const passed = (hop: Partial<Hop>) => {
      const near = [1, 2, 3, 4].map((port) => vain(port));
      const far = near.map((one) => ({ ...one, point: 1 }));
      const paths = near.map((one, at) => ({
        of: [one, far[at]],
        hops: at < 2 ? [{ direction, from: direction, to: 1 - direction, ...hop }] : [],
      }));
      const hosts = [...heard(5), ...heard(5, { point: 1 })];
      const points = [point({ host: 'a' }), point({ host: 'b', capture: 0 })];
      return told([...near, ...far], { points, paths, hosts }).map((text) => text.replace(/, at.*/, ''));
    };
    expect(passed({ lost: 0 })).toEqual([`${way(direction)}: 12 sendings in 4 (0,1,2,3) of 4`]);
    expect(passed({ lost: 1 })).toEqual([`${way(direction)}: 6 sendings in 2 (2,3) of 4`]);
    expect(passed({ lost: 1, direction: (1 - direction) as Direction })).toEqual([
      `${way(direction)}: 12 sendings in 4 (0,1,2,3) of 4`,
    ]);
  });
});

describe.each(DIRECTIONS)('at the side of the receiver, direction %s', (direction) => {
  const hole = (some: Partial<SequenceHole> = {}): SequenceHole =>
    ({
      seqStart: 101,
      seqEnd: 102,
      filledTime: null,
      acknowledged: false,
      noticed: ref(5),
      ...some,
    }) as SequenceHole;
  const judged = (sender: Stats, peer: Stats = {}, some: Parts = {}, quality = {}) =>
    told(
      [1, 2].map((port) => half(port, direction, { holes: [hole()], ...sender }, { fins: 1, ...peer }, some)),
      { points: [point({ quality })] },
    );
  const found = [`${way(direction)}: 0 sendings in 2 (0,1) of 2, at 0:5 0:5`];
  test.each<[name: string, sender: Stats, peer: Stats, some: Parts, isFound: boolean]>([
    ['so', {}, {}, {}, true],
    ['after another hole', { holes: [hole({ filledTime: 4 }), hole()] }, {}, {}, true],
    ['filled', { holes: [hole({ filledTime: 6 })] }, {}, {}, false],
    ['acknowledged', { holes: [hole({ acknowledged: true })] }, {}, {}, false],
    ['two octets', { holes: [hole({ seqEnd: 103 })], seqHigh: ISS + 103 }, {}, {}, false],
    [
      'two octets behind a FIN that came',
      { holes: [hole({ filledTime: 4 }), hole({ seqEnd: 103 })], seqHigh: ISS + 103 },
      {},
      {},
      false,
    ],
    ['not the last number', { seqHigh: ISS + 103 }, {}, {}, false],
    ['the receiver asks for less', {}, { ackHigh: ISS + 100 }, {}, false],
    ['numbers wrap', { iss: 2 ** 32 - 50, seqHigh: 52 }, { ackHigh: 51 }, {}, true],
    ['2 s after the beginning', { holes: [hole({ noticed: ref(2) })] }, {}, {}, true],
    ['sooner', { holes: [hole({ noticed: ref(1.99) })] }, {}, {}, false],
    ['the numbers are unknown', { iss: null }, {}, {}, false],
    ['the snapshot length cut it', {}, {}, { complete: false }, false],
    ['a FIN came', { fins: 1 }, {}, {}, false],
    ['a reset came', { resets: 1 }, {}, {}, false],
    ['the capture misses octets', { gapOctets: 1 }, {}, {}, false],
    ['the receiver did not end it', {}, { fins: 0 }, {}, false],
  ])('%s', (_, sender, peer, some, isFound) => {
    expect(judged(sender, peer, some).map((text) => text.replace(/0:2( |$)/g, '0:5$1'))).toEqual(isFound ? found : []);
  });
  test('the capture misses packets', () => expect(judged({}, {}, {}, { gapOctets: 20, tcpOctets: 80 })).toEqual([]));
  test('a side has ended with a FIN, or with a number that none carries', () => {
    const ends = (stats: Stats) => hasEnded(half(1, direction, stats, {}, {}), direction);
    expect(ends({ fins: 1 })).toBe(true);
    expect(ends({ holes: [hole({ seqEnd: 201 }), hole()] })).toBe(true);
    expect(ends({ holes: [hole({ seqEnd: 103 })] })).toBe(false);
    expect(ends({})).toBe(false);
  });
});

test('each packet as evidence', () => {
  const packets = [{ point: 2, ref: ref(1) }];
  const shown = (direction: Direction, sendings: number) => finsPackets({ packets, direction, sendings } as never);
  expect(shown(0, 3)).toEqual([{ ...ref(1), point: 2, direction: '>', note: 'FIN, not acknowledged' }]);
  expect(shown(1, 1)).toEqual([{ ...ref(1), point: 2, direction: '<', note: 'FIN, not acknowledged' }]);
  expect(shown(1, 0)).toEqual([{ ...ref(1), point: 2, direction: '<', note: 'the FIN before it never came' }]);
});
