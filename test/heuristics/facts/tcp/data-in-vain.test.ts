import { describe, expect, test } from 'vitest';
import type { Connection, Direction, SequenceHole } from '../../../../src/flows/evidence/evidence.ts';
import { dataInVain, inVainPackets, isAnswerMissing } from '../../../../src/heuristics/facts/tcp/data-in-vain.ts';
import { connection, evidence, point, ref } from '../../../support/evidence.ts';
import { repeat } from '../../../support/segment-items.ts';

type Parts = NonNullable<Parameters<typeof connection>[0]>;
type Stats = NonNullable<Parts['toServer']>;
/** The sender's initial sequence number. The receiver asks for the octet 101. */
const ISS = 1000;

function half(direction: Direction, sender: Stats, receiver: Stats, some: Parts): Connection {
  const there = { iss: ISS, ...sender };
  const back = { iss: 7, ackHigh: ISS + 101, last: ref(20), ...receiver };
  const [toServer, toClient] = direction === 0 ? [there, back] : [back, there];
  return connection({ ...some, toServer, toClient }, { established: true });
}
const told = (connections: Connection[], quality = {}): string =>
  dataInVain(evidence({ points: [point({ quality })], connections }))
    .map(
      ({ sender, receiver, legs, sendings, missing, none }) =>
        `${sender}>${receiver}: ${sendings} sendings, ${missing} missing in ${legs.length}${none ? ', none at all' : ''}`,
    )
    .join('\n');
const both = (direction: Direction, text: string): string =>
  direction === 0 ? text : text.replace('10.244.1.5>10.244.2.7', '10.244.2.7>10.244.1.5');

/** Octets 101 to 200 at 1, 2 and 4 s. */
const again = (some: Parameters<typeof repeat>[0] = {}) => repeat({ times: [1, 2, 4], ...some });

describe.each([0, 1] as const)('sent again and again, direction %s', (direction) => {
  const found = both(direction, '10.244.1.5>10.244.2.7: 3 sendings, 0 missing in 1, none at all');
  test.each<[string, Stats, Stats, boolean, Parts?]>([
    ['so', { repeats: [again()] }, {}, true],
    ['acknowledged', { repeats: [again({ ackedTime: 9 })] }, {}, false],
    ['one octet: a keep-alive', { repeats: [again({ seqEnd: 102 })] }, {}, false],
    ['two octets', { repeats: [again({ seqEnd: 103 })] }, {}, true],
    ['two sendings', { repeats: [again({ sendings: 2 })] }, {}, false],
    ['as large as any link must carry', { repeats: [again({ l3Length: 1280 })] }, {}, true],
    ['larger', { repeats: [again({ l3Length: 1281 })] }, {}, false],
    ['over 2 s', { repeats: [again({ times: [1, 2, 3] })] }, {}, true],
    ['over less', { repeats: [again({ times: [1, 2, 2.99] })] }, {}, false],
    ['the receiver is heard last with the third', { repeats: [again()] }, { last: ref(4) }, false],
    ['the receiver is heard just after it', { repeats: [again()] }, { last: ref(4.001) }, true],
    ['the receiver is never heard', { repeats: [again()] }, { last: null }, false],
    ['it asks for a later octet', { repeats: [again()] }, { ackHigh: ISS + 201 }, false],
    ['what it asks for is unknown', { repeats: [again()] }, { ackHigh: null }, false],
    ['it resets', { repeats: [again()] }, { resets: 1 }, false],
    ['the numbers are unknown', { iss: null, repeats: [again()] }, {}, false],
    ['behind other octets', { repeats: [again({ ackedTime: 9 }), again()] }, {}, true],
    [
      'the window was shut',
      { repeats: [again()] },
      {},
      false,
      { zeroWindowSpans: [{ direction: 0, start: ref(9), end: null, probes: 0, lastTime: 9 }] },
    ],
  ])('%s', (_, sender, receiver, isFound, some = {}) => {
    expect(told([half(direction, sender, receiver, some)])).toBe(isFound ? found : '');
  });
  test('the sequence number goes over 2³²', () => {
    const sender = { iss: 2 ** 32 - 50, repeats: [again()] };
    expect(told([half(direction, sender, { ackHigh: 51 }, {})])).toBe(found);
  });
  test('the capture misses packets', () => {
    expect(told([half(direction, { repeats: [again()] }, {}, {})], { gapOctets: 50_000, tcpOctets: 100_000 })).toBe('');
  });
  test('other data of the direction was acknowledged', () => {
    const sender = { repeats: [again()], firstAckedData: ref(0.5) };
    expect(told([half(direction, sender, {}, {})])).toBe(found.replace(', none at all', ''));
  });
  test('an answer is missing for the client', () => {
    const all = evidence({ connections: [half(direction, { repeats: [again()] }, {}, {})] });
    expect(isAnswerMissing(all, all.connections[0])).toBe(direction === 1);
  });
});

const hole = (some: Partial<SequenceHole> = {}): SequenceHole => ({
  seqStart: 101,
  seqEnd: 501,
  noticed: ref(5),
  filledTime: null,
  acknowledged: false,
  ...some,
});

describe.each([0, 1] as const)('never came, direction %s', (direction) => {
  const found = both(direction, '10.244.1.5>10.244.2.7: 0 sendings, 800 missing in 2, none at all');
  const two = (sender: Stats, receiver: Stats, some: Parts): Connection[] =>
    ['10.244.1.5:1', '10.244.1.5:2'].map((client) => half(direction, sender, receiver, { client, ...some }));
  test.each<[string, Stats, Stats, string, Parts?]>([
    ['so, in two connections', { holes: [hole()] }, {}, found],
    ['it was filled', { holes: [hole({ filledTime: 6 })] }, {}, ''],
    ['it was acknowledged', { holes: [hole({ acknowledged: true })] }, {}, ''],
    ['one octet', { holes: [hole({ seqEnd: 102 })] }, {}, ''],
    ['two octets', { holes: [hole({ seqEnd: 103 })] }, {}, found.replace('800', '4')],
    [
      'as many as any link carries with headers',
      { holes: [hole({ seqEnd: 101 + 1180 })] },
      {},
      found.replace('800', '2360'),
    ],
    ['more', { holes: [hole({ seqEnd: 101 + 1181 })] }, {}, ''],
    ['noticed 2 s after the beginning', { holes: [hole({ noticed: ref(2) })] }, {}, found],
    ['noticed earlier', { holes: [hole({ noticed: ref(1.99) })] }, {}, ''],
    ['noticed 2 s before the end of the capture', { holes: [hole({ noticed: ref(58) })] }, {}, found],
    ['noticed later', { holes: [hole({ noticed: ref(58.01) })] }, {}, ''],
    ['the receiver asks for another octet', { holes: [hole()] }, { ackHigh: ISS + 102 }, ''],
    ['the numbers are unknown', { iss: null, holes: [hole()] }, {}, ''],
    ['the beginning is incomplete', { holes: [hole()] }, {}, '', { complete: false }],
    ['the capture misses octets of it', { holes: [hole()], gapOctets: 1 }, {}, ''],
  ])('%s', (_, sender, receiver, expected, some = {}) => {
    expect(told(two(sender, receiver, some))).toBe(expected);
  });
  test('in one connection: it may be a loss', () => {
    expect(told(two({ holes: [hole()] }, {}, {}).slice(1))).toBe('');
  });
  test('the packets that show it', () => {
    const [vain] = dataInVain(evidence({ connections: two({ holes: [hole()] }, {}, {}) }));
    expect(inVainPackets(vain).map((one) => `${one.point}:${one.packet} ${one.direction} ${one.note}`)).toEqual(
      [0, 1].map(() => `0:5001 ${direction === 0 ? '>' : '<'} 400 octets before it never arrive`),
    );
  });
});
