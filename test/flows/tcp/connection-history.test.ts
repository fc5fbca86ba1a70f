import { expect, it } from 'vitest';
import { AddressBook } from '../../../src/decode/address-book.ts';
import { Packet } from '../../../src/decode/packet.ts';
import { ConnectionBlock } from '../../../src/flows/tcp/connection-block.ts';
import { historyOf, writeHistory } from '../../../src/flows/tcp/connection-history.ts';
import * as R from '../../../src/flows/tcp/record-marks.ts';
import { SegmentContext } from '../../../src/flows/tcp/segment-context.ts';
import {
  ACK,
  DUP_ACK,
  FIN,
  OUT_OF_ORDER,
  PREVIOUS_SEGMENT_NOT_CAPTURED,
  RETRANSMISSION,
  RST,
  SYN,
  WINDOW_UPDATE,
  ZERO_WINDOW,
} from '../../../src/flows/tcp/segment-kind.ts';

type Segment = [flags: number, octets: number, direction: 0 | 1, kinds?: number];

/** The history of segments: flags and payload octets; from the server when the third is 1. */
const historyAfter = (...segments: Segment[]): string => historyWith(R.ROLES_FROM_SYN, segments);

function historyWith(marks: number, segments: readonly Segment[]): string {
  const block = new ConnectionBlock(2);
  const at = R.RECORD_BYTES;
  block.setMarksAndLetters(at, marks);
  const context = new SegmentContext();
  const packet = new Packet(new AddressBook());
  for (const [flags, octets, direction, kinds = 0] of segments) {
    context.set(1, block, at, direction, 0);
    packet.tcpFlags = flags;
    packet.payloadLength = octets;
    writeHistory(packet, context, kinds);
  }
  return historyOf(block, at);
}

it('letters are in order of first appearance, each once', () => {
  expect(historyAfter()).toBe('');
  expect(historyAfter([SYN, 0, 0], [SYN | ACK, 0, 1], [ACK, 0, 0], [ACK, 9, 0], [ACK, 0, 1], [ACK, 9, 1])).toBe(
    'ShADad',
  );
  expect(historyAfter([RST, 0, 1], [SYN, 0, 0], [SYN, 0, 0], [SYN, 0, 1], [FIN | ACK, 4, 0])).toBe('rSsDF');
  expect(historyAfter([ACK, 4, 1], [ACK, 4, 0], [RST, 0, 0], [ACK, 0, 0], [SYN, 0, 0])).toBe('dDRAS');
});

it('a history ends after ten letters, in any order', () => {
  const falling = ([FIN, RST, SYN] as const).flatMap((flag): [number, number, 0 | 1][] => [
    [flag, 5, 1],
    [flag, 5, 0],
  ]);
  const more: [number, number, 0 | 1][] = [
    [ACK, 0, 1],
    [ACK, 0, 0],
    [SYN | ACK, 0, 1],
    [SYN | ACK, 0, 0],
  ];
  expect(historyAfter(...falling, ...more)).toBe('dfDFrRsSaA');
});

it('each flag and kind has its letter, upper case for the client', () => {
  const letters: [letters: string, flags: number, octets: number, kinds: number][] = [
    ['S', SYN, 0, 0],
    ['SD', SYN, 1, 0],
    ['H', SYN | ACK, 0, 0],
    ['A', ACK, 0, 0],
    ['D', ACK, 1, 0],
    ['D', 0, 1, 0],
    ['', 0, 0, 0],
    ['F', FIN | ACK, 0, 0],
    ['DF', FIN | ACK, 1, 0],
    ['R', RST | ACK, 0, 0],
    ['R', RST, 0, 0],
    ['AT', ACK, 0, RETRANSMISSION],
    ['AG', ACK, 0, PREVIOUS_SEGMENT_NOT_CAPTURED],
    ['AW', ACK, 0, ZERO_WINDOW],
    ['AQ', ACK, 0, OUT_OF_ORDER],
    ['A', ACK, 0, WINDOW_UPDATE | DUP_ACK],
    ['DTGWQ', ACK, 1, RETRANSMISSION | PREVIOUS_SEGMENT_NOT_CAPTURED | ZERO_WINDOW | OUT_OF_ORDER],
  ];
  for (const [word, flags, octets, kinds] of letters) {
    expect(historyAfter([flags, octets, 0, kinds])).toBe(word);
    expect(historyAfter([flags, octets, 1, kinds])).toBe(word.toLowerCase());
    expect(historyAfter([flags, octets, 1, kinds], [flags, octets, 0, kinds])).toBe(word.toLowerCase() + word);
  }
});

it('every order of letters is told again, and stays so when the same come once more', () => {
  const all: Segment[] = [
    [SYN, 0, 0],
    [SYN | ACK, 0, 1],
    [ACK, 0, 0],
    [ACK, 9, 1],
    [RST, 0, 1],
  ];
  const words = ['S', 'h', 'A', 'd', 'r'];
  const orders = (rest: readonly number[]): number[][] =>
    rest.length === 0
      ? [[]]
      : rest.flatMap((one) => orders(rest.filter((other) => other !== one)).map((few) => [one, ...few]));
  for (const order of orders([0, 1, 2, 3, 4])) {
    const word = order.map((nth) => words[nth]).join('');
    const segments = order.map((nth) => all[nth]);
    expect(historyAfter(...segments, ...all)).toBe(word);
  }
});

it('begins with ^ where the beginning was not seen', () => {
  const segments: Segment[] = [[ACK, 9, 1]];
  expect([0, R.ROLES_FROM_SYN, R.ROLES_FROM_SYN_ACK].map((marks) => historyWith(marks, segments))).toEqual([
    '^d',
    'd',
    'd',
  ]);
  // Marks beside the letters are kept.
  expect(historyWith(R.SLOW_TURN | R.FLIPPED, segments)).toBe('^d');
});
