import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AddressBook } from '../../../src/decode/address-book.ts';
import { PacketDecoder } from '../../../src/decode/decode-packet.ts';
import {
  clientOpening,
  clientOpeningOf,
  OPENINGS,
  serverOpening,
  serverOpeningOf,
} from '../../../src/decode/messages/opening.ts';
import { ContentTracker } from '../../../src/flows/content/content-tracker.ts';
import { DEFAULT_LIMITS } from '../../../src/flows/limits.ts';
import { ConnectionTable } from '../../../src/flows/tcp/connection-table.ts';
import { CONTENT_READ } from '../../../src/flows/tcp/record-marks.ts';
import { recordOf } from '../../support/capture-bytes.ts';
import { dialogue, type Said } from '../../support/dialogue.ts';
import { bytesOf } from '../../support/frames.ts';
import { alert, clientHello, frame, joined, record, serverHello } from '../../support/messages.ts';
import { newTracker } from '../tcp/segment-trace.ts';

const RUNS = Number(process.env.FC_RUNS ?? 150);
const text = (words: string): Uint8Array => new TextEncoder().encode(words);
const startup = Uint8Array.of(0, 0, 0, 20, 0, 3, 0, 0, ...text('user\0a\0\0'));
const greeting = Uint8Array.of(60, 0, 0, 0, 10, ...text(`8.0.36\0${'a'.repeat(60)}`));
const mysqlError = Uint8Array.of(30, 0, 0, 0, 0xff, 0x10, 0x04, ...text('#08004Too many connections'));

/** An opening of each kind that a client or a server of some protocol begins with. */
const KNOWN: readonly Uint8Array[] = [
  text('get session:1\r\n'),
  text('version\r\n'),
  text('mg key v\r\n'),
  text('delete key\r\n'),
  text('incr key 1\r\n'),
  text('prepend key 0 0 1\r\nx\r\n'),
  text('cas key 0 0 1 9\r\nx\r\n'),
  text('touch key 1\r\n'),
  text('append key 0 0 1\r\nx\r\n'),
  text('replace key 0 0 1\r\nx\r\n'),
  text('stats\r\n'),
  text('421 4.7.0 Too many connections\r\n'),
  text('554 no service\r\n'),
  text('-DENIED Redis is running in protected mode\r\n'),
  record(22, [...clientHello({ serverName: 'api', protocols: [], versions: [0x0304], postQuantum: false })]),
  record(22, serverHello({ version: 0x0304 })),
  alert(2, 40),
  text('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  joined(frame(4, 0, 0), frame(8, 0, 0, [0, 0, 1, 0])),
  frame(7, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]),
  ...[
    'GET',
    'POST',
    'PUT',
    'HEAD',
    'DELETE',
    'OPTIONS',
    'PATCH',
    'CONNECT',
    'TRACE',
    'PROPFIND',
    'REPORT',
    'MKCOL',
  ].map((method) => text(`${method} / HTTP/1.1\r\n\r\n`)),
  text('HTTP/1.1 200 OK\r\n\r\n'),
  text('<!DOCTYPE html><html></html>'),
  text('<html></html>'),
  text('PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n'),
  Uint8Array.of(0x0d, 0x0a, 0x0d, 0x0a, 0, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a, 0x21, 0x11, 0, 0),
  text('*2\r\n$3\r\nGET\r\n'),
  startup,
  Uint8Array.of(0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f),
  ...['R', 'S', 'K', 'Z', 'N', 'T', 'D', 'C', '1', '2', '3', 'n', 't'].map((type) =>
    joined(text(type), Uint8Array.of(0, 0, 0, 4), text('E\0\0\0\x1eSFATAL\0VFATAL\0C28P01\0Mno\0\0')),
  ),
  text('E\0\0\0\x1eSFATAL\0VFATAL\0C28P01\0Mno\0\0'),
  greeting,
  mysqlError,
  text('SSH-2.0-OpenSSH_9.6\r\n'),
  text('AMQP\0\0\x09\x01'),
  text('220 mail.example ESMTP\r\n'),
  text('* OK ready\r\n'),
  text('+OK ready\r\n'),
];
const known = fc.constantFrom(...KNOWN);
const unknown = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 40 }),
  fc.string({ minLength: 9, maxLength: 40 }).map(text),
);

describe('the first octet', () => {
  it('is enough to know what no reader knows', () => {
    const changed = fc.tuple(known, fc.nat(12), fc.nat(255)).map(([octets, at, octet]) => {
      const other = octets.slice();
      if (at < other.length) other[at] = octet;
      return other;
    });
    fc.assert(
      fc.property(fc.oneof(known, changed, unknown), fc.nat(30), fc.nat(5), (octets, length, at) => {
        const bytes = joined(new Uint8Array(at), octets);
        for (const end of [bytes.length, Math.min(bytes.length, at + length)]) {
          expect(clientOpening(bytes, at, end)).toBe(clientOpeningOf(bytes, at, end));
          expect(serverOpening(bytes, at, end)).toBe(serverOpeningOf(bytes, at, end));
        }
      }),
      { numRuns: RUNS * 10 },
    );
  });

  it('lets every opening pass to its reader', () => {
    const kinds = new Set(
      KNOWN.flatMap((octets) => [clientOpening(octets, 0, octets.length), serverOpening(octets, 0, octets.length)]),
    );
    const names = [...kinds].map((kind) => OPENINGS[kind]);
    expect(names.sort()).toEqual(OPENINGS.filter((name) => name !== 'none').toSorted());
    for (const octets of KNOWN) {
      const read = [clientOpening(octets, 0, octets.length), serverOpening(octets, 0, octets.length)];
      expect(read).toEqual([clientOpeningOf(octets, 0, octets.length), serverOpeningOf(octets, 0, octets.length)]);
      expect(read).not.toEqual([1, 1]);
    }
  });
});

/** All frames of some connections, as both trackers read them; what they hand on, and which connections are done. */
function readBy(unknownApart: boolean, frames: readonly Uint8Array[], cut: number, contents: number) {
  const decoder = new PacketDecoder(new AddressBook());
  const tcp = newTracker();
  const limits = { ...DEFAULT_LIMITS, contents };
  const tracker = new ContentTracker(tcp, limits, String, unknownApart);
  for (const [index, one] of frames.entries()) {
    const packet = decoder.decode(recordOf(one, { snaplen: cut, originalLength: one.length }), 1);
    packet.number = index + 1;
    if (packet.transportAt < 0 || !tcp.onPacket(packet, 0, index / 1000, -1, 0)) continue;
    if (packet.payloadLength > 0 && !tcp.contentRead) tracker.onSegment(packet, index / 1000);
  }
  const read = Array.from({ length: tcp.records.length }, (_, connection) =>
    tcp.records.blockOf(connection).hasMarksAndLetters(ConnectionTable.placeOf(connection), CONTENT_READ),
  );
  const applications = tracker.finish();
  return { read, applications, connections: tcp.finish(100).connections };
}

describe('a connection of an unknown protocol', () => {
  const turn = fc.tuple(
    fc.constantFrom<'client' | 'server'>('client', 'server'),
    fc.oneof({ weight: 3, arbitrary: unknown }, { weight: 1, arbitrary: known }),
  );
  const connection = fc.record({
    said: fc.array(turn, { minLength: 1, maxLength: 6 }),
    mss: fc.constantFrom(5, 20, 1_400),
    midStream: fc.boolean(),
    clientFirst: fc.boolean(),
    changes: fc.array(fc.tuple(fc.nat(40), fc.constantFrom('drop', 'repeat', 'swap')), { maxLength: 3 }),
  });

  it('is read to the same end the short way and the long way', () => {
    let taken = 0;
    fc.assert(
      fc.property(fc.array(connection, { minLength: 1, maxLength: 4 }), fc.constantFrom(60, 90, 2_000), (all, cut) => {
        const frames = all.flatMap(({ said, mss, midStream, clientFirst, changes }, index) => {
          const first: Said[] = clientFirst ? [['client', text('anything at all')]] : [];
          const options = { mss, midStream: midStream && index % 2 === 1, clientPort: 40_000 + index };
          const list = dialogue([...first, ...said], options).map(([, octets]) => Uint8Array.from(bytesOf(octets)));
          for (const [place, what] of changes) {
            const at = 3 + (place % Math.max(1, list.length - 3));
            if (at >= list.length) continue;
            if (what === 'drop') list.splice(at, 1);
            else if (what === 'repeat') list.splice(at, 0, list[at]);
            else if (at + 1 < list.length) [list[at], list[at + 1]] = [list[at + 1], list[at]];
          }
          return list;
        });
        const short = readBy(true, frames, cut, 1_000);
        expect(short).toEqual(readBy(false, frames, cut, 1_000));
        if (short.applications.some(({ protocol }) => protocol === 'unknown')) taken++;
      }),
      { numRuns: RUNS },
    );
    expect(taken).toBeGreaterThan(RUNS / 10);
  });

  it('takes no record, so that those of known protocols find room', () => {
    const frames = [0, 1, 2].flatMap((index) =>
      dialogue(
        [
          ['client', index === 0 ? text('GET / HTTP/1.1\r\n\r\n') : text('something else')],
          ['server', index === 0 ? text('HTTP/1.1 503 No\r\n\r\n') : text('an answer')],
          ['client', index === 0 ? text('GET / HTTP/1.1\r\n\r\n') : text('something else')],
        ],
        { clientPort: 40_000 + index },
      ).map(([seconds, octets]) => [seconds, Uint8Array.from(bytesOf(octets))] as const),
    );
    const inOrder = frames.sort(([a], [b]) => a - b).map(([, octets]) => octets);
    const errors = (apart: boolean) =>
      readBy(apart, inOrder, 2_000, 2).applications.map(({ protocol, connections }) => `${protocol} ${connections}`);
    expect(errors(true).sort()).toEqual(['http1 1', 'unknown 2']);
  });
});
