import { describe, expect, test } from 'vitest';
import { ContentAccess } from '../../../src/flows/content/content-access.ts';
import { CONTENT_LAYOUT } from '../../../src/flows/content/content-layout.ts';
import * as C from '../../../src/flows/content/content-marks.ts';
import type { RecordLayout } from '../../../src/flows/tables/record-layout.ts';
import type { RecordViews } from '../../../src/flows/tables/record-views.ts';
import { ConnectionAccess } from '../../../src/flows/tcp/connection-access.ts';
import { CONNECTION_LAYOUT } from '../../../src/flows/tcp/record-layout.ts';
import * as R from '../../../src/flows/tcp/record-marks.ts';
import * as K from '../../../src/flows/tcp/segment-kind.ts';
import * as T from '../../../src/flows/tcp/transfer-numbers.ts';
import { UnackedAccess } from '../../../src/flows/tcp/unacked-access.ts';
import { UNACKED_LAYOUT } from '../../../src/flows/tcp/unacked-layout.ts';
import * as U from '../../../src/flows/tcp/unacked-marks.ts';
import * as F from '../../../src/flows/trackers/fate-marks.ts';
import { HostAccess } from '../../../src/flows/trackers/host-access.ts';
import { HOST_LAYOUT } from '../../../src/flows/trackers/host-layout.ts';
import { SenderAccess } from '../../../src/flows/trackers/sender-access.ts';
import { SENDER_LAYOUT } from '../../../src/flows/trackers/sender-layout.ts';
import { placedFields } from '../../support/layout-faults.ts';

const bits = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, nth) => 2 ** (from + nth));

describe('marks of one field are single bits, each another one, and fit into it', () => {
  const groups: [string, number[], number[]][] = [
    [
      'connection, below its letters',
      [
        R.ROLES_FROM_SYN,
        R.ROLES_FROM_SYN_ACK,
        R.FLIPPED,
        R.WAITS_FOR_ANSWER,
        R.IS_IPV6,
        R.HANDSHAKE_DONE,
        R.ABANDONED,
        R.IS_CALM,
        R.HAS_SYN_ACK,
        R.CONTENT_READ,
        R.REQUEST_UNKNOWN,
        R.SLOW_TURN,
      ],
      bits(0, R.FIRST_LETTER),
    ],
    [
      'direction',
      [
        R.HAS_ISS,
        R.HAS_NEXT,
        R.HAS_CONTIGUOUS,
        R.HAS_ACK,
        R.SACK_PERMITTED,
        R.HAS_TIMESTAMPS,
        R.DONT_FRAGMENT,
        R.HAS_IP_IDS,
        R.IP_IDS_FALL,
        R.HAS_ACKED_DATA,
        R.SIGNED_MD5,
        R.SIGNED_AO,
        R.OPEN_HOLES,
        R.OPEN_REPEATS,
      ],
      bits(0, 14),
    ],
    [
      'end',
      [
        R.HAS_END,
        R.END_TO_CLIENT,
        R.END_BY_RESET,
        R.END_OPEN_REQUEST,
        R.END_UNREAD,
        R.END_CROSSED,
        R.END_IGNORED,
        R.IS_STEADY,
      ],
      bits(0, 8),
    ],
    ['segment that waits, below its length', [U.SENT_AGAIN, U.SACKED, U.IS_SYN, U.HAS_DATA], bits(0, U.LENGTH_SHIFT)],
    [
      'kinds of a segment',
      [
        K.RETRANSMISSION,
        K.FAST_RETRANSMISSION,
        K.SPURIOUS_RETRANSMISSION,
        K.OUT_OF_ORDER,
        K.PREVIOUS_SEGMENT_NOT_CAPTURED,
        K.DUP_ACK,
        K.ZERO_WINDOW,
        K.WINDOW_FULL,
        K.KEEP_ALIVE,
        K.ACKED_UNSEEN_SEGMENT,
        K.ZERO_WINDOW_PROBE,
        K.ZERO_WINDOW_PROBE_ACK,
        K.WINDOW_UPDATE,
        K.KEEP_ALIVE_ACK,
        K.PORTS_REUSED,
      ],
      bits(0, 15),
    ],
    ['flags of TCP (RFC 9293, 3.1)', [K.FIN, K.SYN, K.RST, K.PSH, K.ACK], bits(0, 5)],
    // The two lowest bits count datagrams; one of them is FIRST_DATA of TCP.
    [
      'checksums of a direction',
      [F.FIRST_DATA, F.WAITS, F.WAITS_RIGHT, F.RIGHT, F.PARTIAL, F.HAS_OPEN, F.TROUBLED],
      [1, ...bits(2, 8)],
    ],
    [
      'content',
      [
        C.HELLO,
        C.WHOLE_HELLO,
        C.POST_QUANTUM,
        C.SERVER_HELLO,
        C.CERTIFICATE,
        C.SELF_SIGNED,
        C.CERTIFICATE_REQUEST,
        C.NO_CLIENT_CERTIFICATE,
        C.MID_STREAM,
        C.TLS_WANTED,
        C.PROXIED,
        C.TLS_REFUSED,
        C.ERROR_CUT,
        C.ASKED_HEAD,
        C.TLS_TURNS,
        C.EXPECTS,
      ],
      bits(0, 16),
    ],
  ];
  test.each(groups)('%s', (_, marks, all) => {
    expect(marks).toEqual(all);
  });
});

test('what has one value of several has each another one', () => {
  expect([C.OPENING, C.FRAMES, C.LOST, C.TURNS, C.OVER]).toEqual([0, 1, 2, 3, 4]);
  expect([C.TLS_RECORDS, C.HTTP2_FRAMES]).toEqual([1, 2]);
  expect([
    C.BODY_UNKNOWN,
    C.NEXT_HEAD,
    C.BY_LENGTH,
    C.CHUNK_SIZE,
    C.CHUNK_LINE,
    C.CHUNK_DATA,
    C.TRAILER,
    C.UNTIL_CLOSE,
  ]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect([R.OPENING, R.OPENING_ANSWER, R.ACKNOWLEDGEMENT, R.DATA, R.FINISH]).toEqual([0, 1, 2, 3, 4]);
  // Two bits for each of ten letters lie above the marks.
  expect([R.FIRST_LETTER + 2 * R.LETTERS_KEPT, U.NONE, U.LENGTH_SHIFT]).toEqual([32, 0, 4]);
  // Scales that a SYN can carry have 7 bits; the two others follow.
  expect([R.LARGEST_SCALE, R.SCALE_ABSENT, R.SCALE_UNKNOWN]).toEqual([127, 128, 129]);
  expect([R.MOST_COUNTED, R.MOST_L3, C.MOST_IN_U16, C.MOST_IN_U8]).toEqual([65_535, 65_535, 65_535, 255]);
  expect(K.ORDINARY_KINDS).toBe(K.WINDOW_UPDATE + K.KEEP_ALIVE_ACK);
});

test('places in a record are those of its layout', () => {
  const placesOf = (name: string): number[] =>
    placedFields(CONNECTION_LAYOUT).flatMap((field) => (field.name === name ? [field.from] : []));
  const [there, back] = [R.DIRECTIONS_AT, R.DIRECTIONS_AT + R.DIRECTION_BYTES];
  expect([there, back, R.RECORD_BYTES]).toEqual([64, 192, 440]);
  expect(placesOf('marks')).toEqual([there, back]);
  expect(placesOf('ackedDataTime')).toEqual([R.ackedDataOf(0, 0), R.ackedDataOf(0, 1)]);
  expect(placesOf('openLow')).toEqual([R.openOf(0, 0), R.openOf(0, 1)]);
  expect([R.ackedDataOf(880, 1), R.openOf(880, 1)]).toEqual([880 + 368, 880 + 432]);
  expect([2 ** R.BLOCK_BITS, R.BLOCK_RECORDS]).toEqual([4096, 4096]);
  const contents = placedFields(CONTENT_LAYOUT).flatMap(({ name, from }) => (name === 'state' ? [from - 1] : []));
  expect(contents).toEqual([C.DIRECTIONS_AT, C.DIRECTIONS_AT + C.DIRECTION_BYTES]);
  expect([...contents, C.RECORD_BYTES]).toEqual([96, 144, 192]);
});

test('numbers of a transfer have each a place, and the probes lie behind them', () => {
  const { FIRST_PROBE, PROBE_NUMBERS, MOST_PROBES, NUMBERS, ...single } = T;
  expect(Object.values(single).sort((a, b) => a - b)).toEqual(Array.from({ length: 18 }, (_, at) => at));
  expect([FIRST_PROBE, PROBE_NUMBERS, MOST_PROBES, NUMBERS]).toEqual([18, 3, 4, 18 + 3 * 4]);
});

/** What an accessor writes lies where the layout says. */
const ACCESSED: [string, RecordLayout, new (bytes: number) => RecordViews][] = [
  ['connection', CONNECTION_LAYOUT, ConnectionAccess],
  ['segment', UNACKED_LAYOUT, UnackedAccess],
  ['content', CONTENT_LAYOUT, ContentAccess],
  ['host', HOST_LAYOUT, HostAccess],
  ['sender', SENDER_LAYOUT, SenderAccess],
];
type Setters = Record<string, (at: number, value: number) => void>;
/** All bits of a number of that type are set in memory, or none is that of another number. */
const FILLED: Record<string, number> = { f32: -1.9999998807907104, f64: -1.9999999999999998 };

describe('fields lie where the layout says', () => {
  test.each(ACCESSED)('%s', (_, layout, access) => {
    const views = new access(2 * layout.bytes);
    const told: string[] = [];
    const expected: string[] = [];
    for (const { at, fields } of layout.parts)
      for (const begin of at)
        for (const field of fields) {
          views.bytesAt(0, 2 * layout.bytes).fill(0);
          const set = `set${field.name[0].toUpperCase()}${field.name.slice(1)}`;
          (views as unknown as Setters)[set](layout.bytes + begin, FILLED[field.type] ?? 0xffff_ffff);
          const changed = [...views.bytesAt(0, 2 * layout.bytes).entries()].flatMap(([place, byte]) =>
            byte === 0 ? [] : [place - layout.bytes],
          );
          const octets = { u8: 1, u16: 2, u32: 4, i32: 4, f32: 4, f64: 8 }[field.type];
          told.push(`${field.name} ${changed[0]} to ${changed[changed.length - 1]}`);
          expected.push(`${field.name} ${begin + field.at} to ${begin + field.at + octets - 1}`);
        }
    expect(told).toEqual(expected);
  });
});
