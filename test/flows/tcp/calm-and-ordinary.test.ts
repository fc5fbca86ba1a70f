import { describe, expect, test } from 'vitest';
import { AddressBook } from '../../../src/decode/address-book.ts';
import { Packet } from '../../../src/decode/packet.ts';
import { ConnectionTable } from '../../../src/flows/tcp/connection-table.ts';
import { followOrdinary, NOT_ORDINARY } from '../../../src/flows/tcp/follow-ordinary.ts';
import * as R from '../../../src/flows/tcp/record-marks.ts';
import { SegmentContext } from '../../../src/flows/tcp/segment-context.ts';
import type { TcpTracker } from '../../../src/flows/tcp/tcp-tracker.ts';
import { fill, play } from './drawn-segments.ts';
import type { Seen } from './reference-connection.ts';
import { HANDSHAKE, newTracker, trace } from './segment-trace.ts';

const ISS = [4_294_967_000, 5000];

/** What `markCalm` says of the connection after a packet; places relative to the first number of their direction. */
function calmOf({ records, connection }: TcpTracker): string {
  const block = records.blockOf(connection);
  const at = ConnectionTable.placeOf(connection);
  const words = [
    block.hasMarksAndLetters(at, R.IS_CALM) ? 'calm' : '',
    block.hasEndMarks(at, R.IS_STEADY) ? 'steady' : '',
  ];
  for (const direction of [0, 1]) {
    const mine = at + R.DIRECTIONS_AT + direction * R.DIRECTION_BYTES;
    const place = R.openOf(at, direction);
    const [holes, repeats] = [R.OPEN_HOLES, R.OPEN_REPEATS].map((mark) => block.hasMarks(mine, mark));
    if (holes || repeats)
      words.push(
        `${'><'[direction]}${holes ? 'holes' : ''}${holes && repeats ? '+' : ''}${repeats ? 'repeats' : ''}`,
        `from ${(block.openLow(place) - ISS[direction]) >>> 0}`,
        repeats ? `below ${(block.openHigh(place) - ISS[direction]) >>> 0}` : '',
      );
  }
  return words.filter((word) => word !== '').join(' ');
}

/** Each line with what is said after it. */
const CALM: Record<string, [line: string, calm: string][]> = {
  'a connection is steady once it is established and both directions are known': [
    ['0.000 > S  0:0 win 9', ''],
    ['0.010 < S. 0:0 ack 1 win 9', ''],
    ['0.020 > .  1:1 ack 1 win 9', 'calm steady'],
    ['0.030 > P. 1:101 ack 1 win 9', 'calm steady'],
  ],
  'without its beginning it is steady when both sides have acknowledged': [
    ['0.000 > P. 1:101 ack 1', ''],
    ['0.010 < .  1:1 ack 101', 'calm steady'],
  ],
  'holes are open from the octet on that settles the lowest of them': [
    ['1.000 > P. 101:201 ack 1', 'steady >holes from 2'],
    ['1.001 > P. 301:401 ack 1', 'steady >holes from 2'],
    ['1.002 < .  1:1 ack 1 win 9', 'steady >holes from 2'],
    ['1.003 < .  1:1 ack 51', 'steady >holes from 52'],
    ['1.004 > P. 51:101 ack 1', 'steady >holes from 202'],
    ['1.005 > P. 201:301 ack 1', 'calm steady'],
  ],
  'the lowest hole is not the first one': [
    ['1.000 < P. 301:401 ack 1', 'steady <holes from 2'],
    ['1.001 < P. 601:701 ack 1', 'steady <holes from 2'],
    // The middle of the first hole: what lies behind it comes after the second in the list, or before.
    ['1.002 < P. 101:201 ack 1', 'steady <holes from 2'],
    ['1.003 < P. 1:101 ack 1', 'steady <holes from 202'],
    ['1.004 > .  1:1 ack 701', 'calm steady'],
  ],
  'what was sent again is open until it is acknowledged': [
    ['1.000 > P. 1:101 ack 1', 'calm steady'],
    ['1.001 > P. 101:201 ack 1', 'calm steady'],
    ['2.000 > P. 101:201 ack 1', 'steady >repeats from 201 below 201'],
    ['2.001 > P. 1:101 ack 1', 'steady >repeats from 101 below 201'],
    ['2.002 < .  1:1 ack 101', 'steady >repeats from 201 below 201'],
    ['2.003 < .  1:1 ack 201', 'calm steady'],
  ],
  'the highest of what was sent again may be the last': [
    ['1.000 < P. 1:101 ack 1', 'calm steady'],
    ['1.001 < P. 101:201 ack 1', 'calm steady'],
    ['2.000 < P. 1:101 ack 1', 'steady <repeats from 101 below 101'],
    ['2.001 < P. 101:201 ack 1', 'steady <repeats from 101 below 201'],
    ['2.002 > .  1:1 ack 151', 'steady <repeats from 201 below 201'],
    ['2.003 > .  1:1 ack 201', 'calm steady'],
  ],
  'holes and repeats of one direction are open together, and those of both': [
    ['1.000 > P. 1:101 ack 1', 'calm steady'],
    ['1.500 > P. 1:101 ack 1', 'steady >repeats from 101 below 101'],
    ['1.501 > P. 201:301 ack 1', 'steady >holes+repeats from 101 below 101'],
    ['1.502 < P. 101:201 ack 1', 'steady >holes+repeats from 101 below 101 <holes from 2'],
    ['1.503 < .  201:201 ack 101', 'steady >holes from 102 <holes from 2'],
    ['1.504 > .  301:301 ack 201', 'steady >holes from 102'],
    ['1.505 < .  201:201 ack 301', 'calm steady'],
  ],
  'a hole below what was sent again is the lowest': [
    ['1.000 > P. 101:201 ack 1', 'steady >holes from 2'],
    ['1.500 > P. 101:201 ack 1', 'steady >holes+repeats from 2 below 201'],
    ['1.501 < .  1:1 ack 101', 'steady >repeats from 201 below 201'],
  ],
  'a shut window is not steady until its sender opens it': [
    ['1.000 < .  1:1 ack 1 win 0', ''],
    ['1.001 > .  1:1 ack 1 win 9', ''],
    ['1.002 < .  1:1 ack 1 win 9', 'calm steady'],
    ['1.003 > .  1:1 ack 1 win 0', ''],
    ['1.004 > .  1:1 ack 1 win 9', 'calm steady'],
  ],
  'after a FIN it is steady, and not calm': [
    ['1.000 > F. 1:1 ack 1', 'steady'],
    ['1.001 < .  1:1 ack 2', 'steady'],
  ],
};

describe('what a connection is marked with', () => {
  test.each(Object.entries(CALM))('%s', (_, lines) => {
    const told: string[] = [];
    const isBegun = lines[0][0].startsWith('0.');
    const text = lines.map(([line]) => line).join('\n');
    trace(isBegun ? text : HANDSHAKE + text, {
      iss: [ISS[0], ISS[1]],
      after: (tracker) => told.push(calmOf(tracker)),
    });
    expect(told.slice(isBegun ? 0 : 3)).toEqual(lines.map(([, calm]) => calm));
  });
});

/** A handshake and an exchange of 100 octets each; the server has acknowledged all, the client the first 50. */
const seen = (some: Partial<Seen>): Seen => ({
  number: 1,
  time: 1,
  side: 0,
  syn: false,
  fin: false,
  rst: false,
  psh: false,
  seq: 101,
  ack: 51,
  length: 0,
  window: 900,
  mss: null,
  scale: null,
  timestamp: null,
  sack: [],
  ttl: 64,
  ipId: 0,
  dontFragment: false,
  mac: 1,
  tunnel: -1,
  ...some,
});
const BEFORE: readonly Seen[] = [
  seen({ time: 0.1, syn: true, seq: 0, ack: null, mss: 1460, scale: 1 }),
  seen({ number: 2, time: 0.2, side: 1, syn: true, seq: 0, ack: 1, mss: 1460, scale: 2 }),
  seen({ number: 3, time: 0.3, seq: 1, ack: 1 }),
  seen({ number: 4, time: 0.4, seq: 1, ack: 1, length: 100 }),
  seen({ number: 5, time: 0.5, side: 1, seq: 1, ack: 101, length: 100 }),
  seen({ number: 6, time: 0.75, seq: 101, ack: 51 }),
];

/** What `followOrdinary` says of a segment of the client after `BEFORE`, and the packets that are counted. */
function followed(some: Partial<Seen>, further: readonly Seen[] = [], mark = true): [kinds: number, packets: number] {
  const tracker = newTracker();
  play([...BEFORE, ...further], tracker);
  const one = seen({ number: 9, time: 1, ...some });
  const packet = new Packet(new AddressBook());
  fill(packet, one);
  const block = tracker.records.blockOf(0);
  if (!mark) block.removeMarksAndLetters(0, R.IS_CALM);
  const context = new SegmentContext();
  context.set(0, block, 0, one.side, one.time);
  const before = block.packets(context.mine);
  return [followOrdinary(tracker, packet, context, one.tunnel), block.packets(context.mine) - before];
}

const WINDOW_UPDATE = 4096;
/** The window of the server: 900 octets, times 4, from octet 101 on. */
const FULL = 900 * 4;

describe('segments that are followed the short way', () => {
  test.each<[string, Partial<Seen>, number]>([
    ['an acknowledgement of more', { ack: 101 }, 0],
    ['of all but one octet', { ack: 100 }, 0],
    ['a window update', { window: 901 }, WINDOW_UPDATE],
    ['data', { length: 100 }, 0],
    ['data with another window', { length: 100, window: 7 }, 0],
    ['data that leave an octet of the window', { length: FULL - 1 }, 0],
    ['data beyond the window', { length: FULL + 1 }, 0],
    ['an old acknowledgement', { ack: 50 }, 0],
    ['a push', { length: 100, psh: true }, 0],
    ['shortly before a second has passed', { time: 1.7499, length: 1 }, 0],
    ['an answer', { side: 1, seq: 101, ack: 101, length: 9 }, 0],
  ])('%s', (_, some, kinds) => {
    expect(followed(some)).toEqual([kinds, 1]);
  });

  test.each<[string, Partial<Seen>]>([
    ['the same again', {}],
    ['a SYN', { syn: true, ack: 101 }],
    ['a FIN', { fin: true, ack: 101 }],
    ['a reset', { rst: true, ack: 101 }],
    ['without an acknowledgement', { ack: null, length: 9 }],
    ['with a SACK block', { ack: 101, sack: [[200, 300]] }],
    ['a shut window', { ack: 101, window: 0 }],
    ['data too early', { seq: 100, length: 9 }],
    ['data too late', { seq: 102, length: 9 }],
    ['an acknowledgement of what was not seen', { ack: 102 }],
    ['data that fill the window', { length: FULL }],
    ['after a second', { time: 1.75, length: 1 }],
    ['of another TTL', { ack: 101, ttl: 63 }],
    ['of another link address', { ack: 101, mac: 2 }],
    ['in a tunnel', { ack: 101, tunnel: 0 }],
  ])('not %s', (_, some) => {
    expect(followed(some)).toEqual([NOT_ORDINARY, 0]);
  });

  test('nothing follows it that is not calm, nor a window that shut', () => {
    expect(followed({ ack: 101 }, [], false)).toEqual([NOT_ORDINARY, 0]);
    const shut = seen({ number: 7, time: 0.8, side: 1, seq: 101, ack: 101, fin: true });
    expect(followed({ ack: 101 }, [shut])).toEqual([NOT_ORDINARY, 0]);
    // Data that the server has acknowledged before they were seen are not new.
    const ahead = seen({ number: 7, time: 0.8, side: 1, seq: 101, ack: 301 });
    for (const length of [100, 200]) expect(followed({ length }, [ahead])).toEqual([NOT_ORDINARY, 0]);
    expect(followed({ length: 201 }, [ahead])).toEqual([0, 1]);
  });
});
