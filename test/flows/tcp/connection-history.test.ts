import { expect, it } from 'vitest';
import { AddressBook } from '../../../src/decode/address-book.ts';
import { Packet } from '../../../src/decode/packet.ts';
import { ConnectionBlock } from '../../../src/flows/tcp/connection-block.ts';
import { historyOf, writeHistory } from '../../../src/flows/tcp/connection-history.ts';
import * as R from '../../../src/flows/tcp/record-marks.ts';
import { SegmentContext } from '../../../src/flows/tcp/segment-context.ts';
import { ACK, FIN, RST, SYN } from '../../../src/flows/tcp/segment-kind.ts';

/** The history of segments: flags and payload octets; from the server when the third is 1. */
function historyAfter(...segments: [number, number, 0 | 1][]): string {
  const block = new ConnectionBlock(2);
  const at = R.RECORD_BYTES;
  block.setMarksAndLetters(at, R.ROLES_FROM_SYN);
  const context = new SegmentContext();
  const packet = new Packet(new AddressBook());
  for (const [flags, octets, direction] of segments) {
    context.set(1, block, at, direction, 0);
    packet.tcpFlags = flags;
    packet.payloadLength = octets;
    writeHistory(packet, context, 0);
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
