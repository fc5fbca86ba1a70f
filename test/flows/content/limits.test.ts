import { describe, expect, test } from 'vitest';
import { AddressBook } from '../../../src/decode/address-book.ts';
import { HTTP1, REDIS } from '../../../src/decode/messages/opening.ts';
import { Packet } from '../../../src/decode/packet.ts';
import { ContentTable } from '../../../src/flows/content/content-table.ts';
import { ContentTracker } from '../../../src/flows/content/content-tracker.ts';
import { ErrorList } from '../../../src/flows/content/error-list.ts';
import { MessageAt } from '../../../src/flows/content/message-at.ts';
import { DEFAULT_LIMITS, type Limits } from '../../../src/flows/limits.ts';
import { newTracker } from '../tcp/segment-trace.ts';
import { tellContent } from './tell-content.ts';

const text = (words: string): Uint8Array => new TextEncoder().encode(words);
const times = (count: number, lines: readonly string[]): string[] => Array.from({ length: count }, () => lines).flat();
const GET = '> GET /a HTTP/1.1\\r\\n\\r\\n';

describe('records of connections', () => {
  test('beyond the limit the oldest gives way, one after the other; one that ended makes room', () => {
    const table = new ContentTable(3);
    const evicted: number[] = [];
    const end = (at: number): void => {
      evicted.push(table.records.connection(at));
      table.end(table.records.connection(at));
    };
    const add = (connection: number): void =>
      expect(table.records.connection(table.add(connection, end))).toBe(connection);
    for (const connection of [5, 6, 7]) add(connection);
    expect(evicted).toEqual([]);
    for (const connection of [8, 9]) add(connection);
    expect(evicted).toEqual([5, 6]);
    expect([5, 6, 7, 8, 9].map((connection) => table.find(connection) >= 0)).toEqual([false, false, true, true, true]);
    table.end(8);
    table.end(8);
    add(10);
    expect(evicted).toEqual([5, 6]);
    for (const connection of [11, 12, 13]) add(connection);
    expect(evicted).toEqual([5, 6, 7, 10, 9]);
  });

  test('more than the first 64 records and 1,024 connections keep their texts and numbers', () => {
    const table = new ContentTable(5000);
    const none = (): void => expect.unreachable();
    const connections = Array.from({ length: 300 }, (_, nth) => (nth * 37) % 4001);
    for (const connection of connections) {
      const at = table.add(connection, none);
      table.records.setErrors(at, connection);
      table.setText(at, text(`x${connection} and more${'y'.repeat(80)}`), 1, connection % 70);
    }
    for (const connection of connections) {
      const at = table.find(connection);
      const words = `${connection} and more${'y'.repeat(80)}`.slice(0, Math.min(64, connection % 70));
      expect([table.records.errors(at), new TextDecoder().decode(table.textOf(at))]).toEqual([connection, words]);
    }
    expect([1, 4000, 4001, 100_000].map((connection) => table.find(connection))).toEqual([-1, -1, -1, -1]);
    table.end(connections[5]);
    const at = table.add(9999, none);
    expect([table.records.errors(at), table.textOf(at).length]).toEqual([0, 0]);
  });
});

test('eight errors of a connection are kept, and so many of all; all are counted', () => {
  const table = new ContentTable(10);
  const errors = new ErrorList(19);
  const message = new MessageAt(table);
  for (const connection of [1, 2, 3]) {
    const at = table.add(connection, () => {});
    table.records.setProtocol(at, connection === 2 ? REDIS : HTTP1);
    table.setText(at, text('GET /a'), 0, connection === 3 ? 0 : 6);
    if (connection > 1) table.records.setRequestPacket(at, 7);
    for (let nth = 0; nth < 9; nth++) {
      message.set(at, 1, 10 + nth, 0.5);
      errors.add(message, { kind: 'status', code: `${nth}`, text: '', fatal: false });
    }
    expect(table.records.errors(at)).toBe(9);
  }
  expect(
    [1, 2, 3, 4].map((connection) =>
      errors
        .of(connection)
        .map(({ code }) => code)
        .join(''),
    ),
  ).toEqual(['01234567', '01234567', '012', '']);
  expect([1, 2, 3].map((connection) => errors.of(connection)[0])).toMatchObject([
    { packet: 10, time: 0.5, direction: 1, request: 'GET /a', requested: null },
    { request: null, requested: { packet: 7, time: 0 } },
    { request: null, requested: { packet: 7, time: 0 } },
  ]);
});

describe('counts that stop', () => {
  test.each([
    [254, 254],
    [255, 255],
    [256, 255],
  ])('of %i commands that wait %i are told', (count, told) => {
    const pop = '> *2\\r\\n$5\\r\\nBLPOP\\r\\n$1\\r\\na\\r\\n';
    expect(tellContent(times(count, [pop, '< *-1\\r\\n']))).toContain(`held ${told}`);
  });

  test('a direction in the middle of a connection is given up after 64 beginnings of turns', () => {
    // Beginnings of both directions count together; the client's are the even ones.
    const toldWith = (rounds: number): string =>
      tellContent([
        ...['mid-stream', '< some', ...times(rounds, ['> any', '< some'])],
        ...[GET, '< HTTP/1.1 500 No\\r\\n\\r\\n'],
      ]);
    expect(toldWith(31)).toContain('protocol http1, connections 1, answered 1, answers 1, errors 1');
    expect(toldWith(32)).not.toContain('answers');
  });

  test('a lost direction is searched 200 times', () => {
    const lost = ['> preface settings', '< settings frame:33:1'];
    const toldWith = (tries: number): string =>
      tellContent([...lost, ...times(tries, ['< data:30']), '< settings goaway:11:no']);
    expect(toldWith(199)).toContain('code 11');
    expect(toldWith(200)).not.toContain('code 11');
    expect(toldWith(200)).toContain('read to its end at #205');
  });
});

/** So many connections with the same words, all open at once; `said` by turns. */
function connections(count: number, said: readonly [0 | 1, string][], limits: Partial<Limits>, ends = 1) {
  const tcp = newTracker();
  const content = new ContentTracker(tcp, { ...DEFAULT_LIMITS, ...limits }, String);
  const packet = new Packet(new AddressBook());
  const next = Array.from({ length: count }, () => [1, 1]);
  let number = 0;
  const send = (nth: number, side: 0 | 1, flags: number, words: string): void => {
    number++;
    const bytes = text(words);
    const client = 1 + (nth % ends);
    Object.assign(packet, {
      ipVersion: 4,
      protocol: 6,
      transportAt: 0,
      number,
      bytes,
      payloadAt: 0,
      payloadEnd: bytes.length,
    });
    Object.assign(packet, { source: side === 0 ? client : 9, destination: side === 0 ? 9 : client });
    Object.assign(packet, { sourcePort: side === 0 ? 2000 + nth : 80, destinationPort: side === 0 ? 80 : 2000 + nth });
    Object.assign(packet, { tcpFlags: flags, tcpSeq: next[nth][side], tcpAck: next[nth][1 - side], tcpWindow: 999 });
    Object.assign(packet, { payloadLength: bytes.length, l3Length: 40 + bytes.length });
    next[nth][side] += bytes.length + (flags & 2 ? 1 : 0);
    tcp.onPacket(packet, 0, number / 1000, -1, 0);
    if (bytes.length > 0 && !tcp.contentRead) content.onSegment(packet, number / 1000);
  };
  for (let nth = 0; nth < count; nth++) {
    send(nth, 0, 2, '');
    send(nth, 1, 18, '');
  }
  for (const [side, words] of said) for (let nth = 0; nth < count; nth++) send(nth, side, 24, words);
  const uses = content.finish();
  return { uses, facts: tcp.finish(count).connections.map(({ application }) => application) };
}

describe('many connections at once', () => {
  const ERROR: [0 | 1, string][] = [
    [0, 'GET /a HTTP/1.1\r\n\r\n'],
    [1, 'HTTP/1.1 500 No\r\n\r\n'],
  ];

  test.each([
    [4, 4],
    [5, 5],
    [6, 5],
  ])('of %i pairs of client and server %i are counted within a limit of 5', (pairs, counted) => {
    const { uses } = connections(2 * pairs, ERROR, { applicationUses: 5 }, pairs);
    expect(uses.map(({ client, connections, answers, errors }) => [client, connections, answers, errors])).toEqual(
      Array.from({ length: counted }, (_, nth) => [`${1 + nth}`, 2, 2, 2]),
    );
  });

  test('500 pairs are told apart, and found again when their table has grown', () => {
    const { uses } = connections(1000, ERROR, {}, 500);
    expect(uses.map(({ client, connections }) => [client, connections])).toEqual(
      Array.from({ length: 500 }, (_, nth) => [`${1 + nth}`, 2]),
    );
  });

  test('within a limit of three records the first connections are settled with what was read of them', () => {
    const { uses, facts } = connections(5, ERROR, { contents: 3 });
    // Two requests gave way before their answer came; these are read as answers in the middle.
    expect(uses.reduce((sum, { connections }) => sum + connections, 0)).toBe(5);
    expect(facts.filter((one) => (one?.errors ?? 0) > 0).length).toBeGreaterThanOrEqual(3);
  });

  test('of 65 messages in parts one gives way: the one that is open longest', () => {
    const parts: [0 | 1, string][] = [
      [0, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0'],
      [1, '\0\0\0\x04\0\0\0\0\0\0\0\x08\x07\0\0\0'],
      [1, '\0\0\0\0\0\x01\0\0\0\x0b'],
    ];
    for (const count of [64, 65, 66]) {
      const told = (said: readonly [0 | 1, string][]) =>
        connections(count, said, {}).facts.map((one) => one?.errors ?? 0);
      expect(told(parts)).toEqual([...Array(count - 64).fill(0), ...Array(64).fill(1)]);
      // The direction that lost its octets is found again where a frame begins; the other one never was lost.
      const again: [0 | 1, string] = [1, '\0\0\0\x04\0\0\0\0\0\0\0\x08\x07\0\0\0\0\0\0\0\0\x01\0\0\0\x0b'];
      const ofClient: [0 | 1, string] = [0, again[1].slice(9)];
      expect(told([...parts, again])).toEqual([...Array(count - 64).fill(1), ...Array(64).fill(2)]);
      expect(told([...parts, ofClient])).toEqual([...Array(count - 64).fill(1), ...Array(64).fill(2)]);
    }
  });
});
