import { describe, expect, test } from 'vitest';
import { AddressBook } from '../../../src/decode/address-book.ts';
import { UNKNOWN } from '../../../src/decode/messages/opening.ts';
import { Packet } from '../../../src/decode/packet.ts';
import * as M from '../../../src/flows/content/content-marks.ts';
import { ContentTable } from '../../../src/flows/content/content-table.ts';
import { isUnknownOpening, takeOver, waitsForServer } from '../../../src/flows/content/unknown-opening.ts';
import { UseTable } from '../../../src/flows/content/use-table.ts';
import { CONTENT_READ, REQUEST_UNKNOWN } from '../../../src/flows/tcp/record-marks.ts';
import { newTracker, trace } from '../tcp/segment-trace.ts';

const text = (words: string): Uint8Array => new TextEncoder().encode(words);
const [CLIENT_ISS, SERVER_ISS] = [0xffffffff, 5000];

/** A segment of a connection whose client has begun or not, and what is said of it. */
interface Some {
  side?: 0 | 1;
  words?: string;
  seq?: number;
  /** Octets that were not captured. */
  cut?: number;
  nothingNew?: boolean;
  clientBegan?: boolean;
  /** Without the beginning of the connection. */
  midStream?: boolean;
}
function told({
  side = 0,
  words = 'any words',
  seq,
  cut = 0,
  nothingNew = false,
  clientBegan = side === 1,
  midStream,
}: Some) {
  const tcp = newTracker();
  const lines = midStream ? '0 > . 1:1 ack 1' : '0 > S 0:0\n0.1 < S. 0:0 ack 1\n0.2 > . 1:1 ack 1';
  trace(lines, { tracker: tcp, iss: [CLIENT_ISS, SERVER_ISS] });
  tcp.setLatest(0, side);
  const block = tcp.records.blockOf(0);
  if (clientBegan) block.addMarksAndLetters(0, REQUEST_UNKNOWN);
  const bytes = text(`..${words}`);
  const packet = Object.assign(new Packet(new AddressBook()), {
    bytes,
    payloadAt: 2,
    payloadEnd: bytes.length - cut,
    payloadLength: words.length,
    tcpSeq: seq ?? ([CLIENT_ISS, SERVER_ISS][side] + 1) >>> 0,
  });
  const uses = new UseTable(10, String);
  const isDone = isUnknownOpening(tcp, uses, packet, nothingNew);
  const marks = [REQUEST_UNKNOWN, CONTENT_READ].map((mark) => block.hasMarksAndLetters(0, mark));
  return [isDone, ...marks, uses.list().length, waitsForServer(block, 0)];
}
const LONG_WAY = [false, false, false, 0, false];
const LONG_WAY_BACK = [false, true, false, 0, true];

describe('the first segment of a connection', () => {
  test('of a client is done where it is not known, whole and the first', () => {
    expect(told({})).toEqual([true, true, false, 0, true]);
    expect(told({ words: 'any more words than these' })).toEqual([true, true, false, 0, true]);
  });

  test.each<[string, Some]>([
    ['that brings nothing new', { nothingNew: true }],
    ['whose beginning was not seen', { midStream: true }],
    ['that is not the first', { seq: 1 }],
    ['that comes before the first', { seq: CLIENT_ISS }],
    ['that was cut', { cut: 1 }],
    ['of eight octets', { words: 'any word' }],
    ['that is known', { words: 'GET / HTTP/1.1\r\n\r\n' }],
    ['of a server whose client did not begin so', { side: 1, clientBegan: false }],
  ])('takes the long way where it is one %s', (_, some) => {
    expect(told(some)).toEqual(LONG_WAY);
  });

  test('of a server ends the reading, and is counted', () => {
    expect(told({ side: 1 })).toEqual([true, true, true, 1, false]);
  });

  test.each<[string, Some]>([
    ['that brings nothing new', { nothingNew: true }],
    ['that is not the first', { seq: SERVER_ISS + 2 }],
    ['that was cut', { cut: 3 }],
    ['of eight octets', { words: 'any word' }],
    ['that is known', { words: 'HTTP/1.1 200 OK\r\n\r\n' }],
  ])('of a server takes the long way where it is one %s', (_, some) => {
    expect(told({ side: 1, ...some })).toEqual(LONG_WAY_BACK);
  });

  test('is followed by nothing of the client that is read', () => {
    for (const some of [{}, { nothingNew: true }, { words: 'GET / HTTP/1.1\r\n\r\n' }, { cut: 1 }, { seq: 77 }])
      expect(told({ clientBegan: true, ...some })).toEqual([true, true, false, 0, true]);
  });
});

test('a record that takes over says that the client began with what is not known', () => {
  const table = new ContentTable(5);
  table.add(3, () => {});
  const at = table.add(4, () => {});
  takeOver(table, at);
  const { records } = table;
  const [client, server] = [at + M.DIRECTIONS_AT, at + M.DIRECTIONS_AT + M.DIRECTION_BYTES];
  expect([records.protocol(at), records.lastDirection(at), records.connection(at)]).toEqual([UNKNOWN, 1, 4]);
  expect([records.began(client), records.opening(client), records.state(client)]).toEqual([1, UNKNOWN, M.OVER]);
  expect([records.began(server), records.opening(server), records.state(server)]).toEqual([0, 0, M.OPENING]);
  expect([records.protocol(0), records.began(M.DIRECTIONS_AT)]).toEqual([0, 0]);
});
