import { describe, expect, test } from 'vitest';
import { AcknowledgedUnseen, wasAnswered } from '../../../../src/flows/correlate/matching/acknowledged.ts';
import { MARK_HEADER_CUT, SIGHTING_UDP } from '../../../../src/flows/rows/row-marks.ts';
import { type MadeUpPacket, madeUpTrack } from '../made-up-track.ts';

const SYN = 2;
const RST = 4;
const ACK = 16;

const data = (seq: number, payloadLength = 100): MadeUpPacket => ({ seq: seq >>> 0, payloadLength, flags: ACK });
/** Cut before the flags: of its 1448 octets of payload the capture proves 1420. */
const cut = (seq: number): MadeUpPacket => ({ seq, payloadLength: 1420, marks: MARK_HEADER_CUT });
const ack = (value: number, flags = ACK): MadeUpPacket => ({ ack: value >>> 0, flags });

describe('octets that arrived without being seen', () => {
  test.each<[string, MadeUpPacket[], MadeUpPacket[], MadeUpPacket[], number[]]>([
    ['nothing was seen, all acknowledged', [data(0), data(100)], [], [ack(200)], [0, 1]],
    ['acknowledged in part', [data(0), data(100)], [], [ack(100)], [0]],
    ['lost and sent again: the copy was seen', [data(0), data(0)], [data(0)], [ack(100)], []],
    ['sent again in another cut', [data(0, 200)], [data(0), data(100)], [ack(200)], []],
    ['only a part was ever seen', [data(0, 200)], [data(0)], [ack(200)], [0]],
    ['a gap between what was seen', [data(0), data(100), data(200)], [data(0), data(200)], [ack(300)], [1]],
    ['no answer', [data(0)], [], [], []],
    ['a reset acknowledges what it refuses', [{ seq: 0, flags: SYN }], [], [ack(1, ACK | RST)], []],
    ['a SYN that was answered', [{ seq: 0, flags: SYN }], [], [ack(1, ACK | SYN)], [0]],
    ['a pure ACK has no octets', [{ seq: 0, flags: ACK }], [], [ack(500)], []],
    ['headers were cut: a number that is acknowledged proves it', [cut(0)], [], [{ ...cut(0), ack: 1448 }], [0]],
    [
      'headers were cut: lost as one, sent again in pieces',
      [{ ...cut(0), payloadLength: 2868 }],
      [cut(0), cut(1448)],
      [ack(2896)],
      [],
    ],
    ['what was seen touches, and covers', [data(0, 200)], [data(0), data(100)], [ack(200)], []],
    ['what was seen overlaps, and covers', [data(0, 200)], [data(0, 150), data(100)], [ack(200)], []],
    ['what was seen lies inside the range', [data(0, 200)], [data(50)], [ack(200)], [0]],
    ['what was seen is larger', [data(100)], [data(0, 400)], [ack(400)], []],
    ['seen in another order', [data(0, 300)], [data(200), data(0), data(100)], [ack(300)], []],
    [
      'a header that is whole: its octets are known',
      [data(0, 1420)],
      [{ ...data(0, 1448), marks: MARK_HEADER_CUT }],
      [ack(1420)],
      [],
    ],
    ['over the end of the sequence space', [data(-50), data(50)], [], [ack(150)], [0, 1]],
  ])('%s', (_, sent, arrived, answers, expected) => {
    const unseen = new AcknowledgedUnseen(madeUpTrack(sent), madeUpTrack(arrived), () => [madeUpTrack(answers)]);
    expect(sent.flatMap((_packet, index) => (unseen.has(index) ? [index] : []))).toEqual(expected);
  });
});

describe('a side that continues as if answered', () => {
  test.each<[string, MadeUpPacket[], boolean]>([
    ['SYN, then an ACK', [{ flags: SYN }, ack(700)], true],
    ['SYN again and again', [{ flags: SYN }, { flags: SYN }, { flags: SYN }], false],
    ['SYN, then a reset', [{ flags: SYN }, ack(700, ACK | RST)], false],
    ['joined midway, what it acknowledges moves', [ack(700), ack(900)], true],
    ['joined midway, what it acknowledges moves from 0', [ack(0), ack(5)], true],
    ['joined midway, 0 and then the same twice', [ack(0), ack(5), ack(5)], true],
    ['joined midway, 0 again', [ack(0), ack(0)], false],
    ['joined midway, then a SYN, then an ACK of the same', [ack(700), { flags: SYN }, ack(700)], true],
    ['resets with other numbers', [ack(700), ack(900, ACK | RST)], false],
    ['one acknowledgement', [ack(700)], false],
    [
      'datagrams',
      [
        { kind: SIGHTING_UDP, flags: SYN },
        { kind: SIGHTING_UDP, flags: ACK, ack: 9 },
      ],
      false,
    ],
    ['nothing', [], false],
    ['joined midway, the same data again and again', [data(5), data(5), data(5)], false],
  ])('%s', (_, sent, expected) => {
    expect(wasAnswered(madeUpTrack(sent))).toBe(expected);
  });
});
