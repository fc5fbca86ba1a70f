import { describe, expect, test } from 'vitest';
import { matchPackets } from '../../../../src/flows/correlate/matching/packet-match.ts';
import { coverRanges, holesOf } from '../../../../src/flows/correlate/matching/range-match.ts';
import { rowKeys } from '../../../../src/flows/correlate/same-traffic/row-keys.ts';
import type { Track } from '../../../../src/flows/correlate/same-traffic/sighting-store.ts';
import { TO_CLIENT } from '../../../../src/flows/evidence/evidence.ts';
import { SIGHTING_TCP } from '../../../../src/flows/rows/row-marks.ts';
import { SightingTable } from '../../../../src/flows/rows/sighting-table.ts';

/** [sequence number, octets, IP ID, TSval]; times count up. */
type Segment = [number, number, number, number?];

function track(segments: Segment[]): Track {
  const table = new SightingTable(segments.length);
  for (const [seq, length, ipId, tsValue = 1000] of segments) {
    const row = table.addRow(0, 0);
    const { columns } = table;
    columns.kind[row] = SIGHTING_TCP;
    columns.packet[row] = row + 1;
    columns.time[row] = row * 0.001;
    columns.direction[row] = TO_CLIENT;
    columns.flags[row] = 16;
    columns.seq[row] = seq;
    columns.payloadLength[row] = length;
    columns.l3Length[row] = length + 52;
    columns.ipId[row] = ipId;
    columns.tsValue[row] = tsValue;
  }
  return { columns: table.columns, rows: Uint32Array.from(segments, (_, row) => row), keys: rowKeys(table) };
}

function missing(a: Segment[], b: Segment[]): [number, [number, number][]][] {
  const [from, to] = [track(a), track(b)];
  const matched = matchPackets(from, to);
  const coverage = coverRanges(from, to, matched);
  const lost: [number, [number, number][]][] = [];
  a.forEach(([, length], index) => {
    if (matched[index] >= 0) return;
    const holes = coverage === null ? ([[0, length]] as [number, number][]) : holesOf(coverage, index, length);
    if (holes.length > 0) lost.push([index, holes]);
  });
  return lost;
}

const cut = (start: number, count: number, ipId: number, tsValue?: number): Segment[] =>
  Array.from({ length: count }, (_, k) => [start + k * 1448, 1448, ipId + k, tsValue] as Segment);

describe('one transmission, cut and merged by offload', () => {
  test.each<[string, Segment[], Segment[], [number, [number, number][]][]]>([
    ['a super-segment is ten segments', [[0, 14_480, 1]], cut(0, 10, 1), []],
    ['ten segments are a super-segment', cut(0, 10, 1), [[0, 14_480, 1]], []],
    [
      'another cut',
      [
        [0, 7240, 1],
        [7240, 7240, 6],
      ],
      [
        [0, 4344, 1],
        [4344, 7240, 4],
        [11_584, 2896, 9],
      ],
      [],
    ],
    [
      'one segment of a batch is lost',
      [[0, 14_480, 1]],
      cut(0, 10, 1).filter((_, k) => k !== 3),
      [[0, [[4344, 5792]]]],
    ],
    ['the last of a batch', [[0, 14_480, 1]], cut(0, 9, 1), [[0, [[13_032, 14_480]]]]],
    [
      'a segment is lost before the merge',
      cut(0, 4, 1),
      [
        [0, 2896, 1],
        [4344, 1448, 4],
      ],
      [[2, [[0, 1448]]]],
    ],
    [
      'all of a batch is lost and the next arrives',
      [
        [0, 2896, 1],
        [2896, 2896, 3],
      ],
      cut(2896, 2, 3),
      [[0, [[0, 2896]]]],
    ],
    [
      'over the end of the sequence space',
      [[2 ** 32 - 1448, 2896, 1]],
      [
        [2 ** 32 - 1448, 1448, 1],
        [0, 1448, 2],
      ],
      [],
    ],
  ])('%s', (_, a, b, expected) => {
    expect(missing(a, b)).toEqual(expected);
  });

  test('tells by IP ID which of two transmissions was lost', () => {
    expect(
      missing(
        [
          [0, 1448, 5],
          [0, 1448, 9],
        ],
        [[0, 1448, 9]],
      ),
    ).toEqual([[0, [[0, 1448]]]]);
    expect(
      missing(
        [
          [0, 1448, 5],
          [0, 1448, 9],
        ],
        [[0, 1448, 5]],
      ),
    ).toEqual([[1, [[0, 1448]]]]);
  });

  test('tells by timestamp which of two transmissions was lost, without IP IDs', () => {
    expect(
      missing(
        [
          [0, 1448, 0, 100],
          [0, 1448, 0, 300],
        ],
        [[0, 1448, 0, 300]],
      ),
    ).toEqual([[0, [[0, 1448]]]]);
  });

  test('does not match a retransmission within the same millisecond with the lost part of a batch', () => {
    const arrived = [...cut(0, 10, 1).filter((_, k) => k !== 3), [4344, 1448, 40] as Segment];
    expect(
      missing(
        [
          [0, 14_480, 1],
          [4344, 1448, 40],
        ],
        arrived,
      ),
    ).toEqual([[0, [[4344, 5792]]]]);
  });
});

describe('IP IDs', () => {
  test('are ignored where a device rewrites them', () => {
    expect(missing(cut(0, 5, 10), cut(0, 5, 7000))).toEqual([]);
  });
});

test('holes lie between what arrived, in any order, and before and behind it', () => {
  const holes = (runs: number[] | null, covered: number, octets: number) =>
    holesOf(
      {
        covered: Uint32Array.from([covered]),
        pieces: new Uint16Array(1),
        firstPiece: new Int32Array(1),
        runs: new Map(runs === null ? [] : [[0, runs]]),
        segmentOctets: 10,
      },
      0,
      octets,
    );
  expect(holes([30, 40, 5, 10], 15, 50)).toEqual([
    [0, 5],
    [10, 30],
    [40, 50],
  ]);
  expect(holes([0, 20, 10, 30], 30, 30)).toEqual([]);
  expect(holes([0, 30, 10, 20], 30, 40)).toEqual([[30, 40]]);
  expect(holes(null, 10, 30)).toEqual([[10, 30]]);
  expect(holes(null, 0, 30)).toEqual([[0, 30]]);
  expect(holes(null, 30, 30)).toEqual([]);
});

test('one transmission: of one time stamp, and of IP IDs as far apart as its segments', () => {
  const whole = (ipId: number, tsValue = 1000): Segment[] => [[0, 2896, ipId, tsValue]];
  const lost = [[0, [[0, 2896]]]];
  expect(missing(whole(1), cut(0, 2, 1))).toEqual([]);
  expect(missing(whole(1, 1001), cut(0, 2, 1))).toEqual(lost);
  // Without an IP ID at either point, the time stamp is enough.
  expect(missing(whole(0), cut(0, 2, 900))).toEqual([]);
  expect(
    missing(whole(900), [
      [0, 1448, 0],
      [1448, 1448, 0],
    ]),
  ).toEqual([]);
  expect(missing(whole(1), cut(0, 2, 900))).toEqual(lost);
  // Segments have 480 to 9,216 octets: the second one of 479 has no ID of its own.
  expect(
    missing(
      [[0, 960, 1]],
      [
        [0, 480, 1],
        [480, 480, 2],
      ],
    ),
  ).toEqual([]);
  expect(
    missing(
      [[0, 958, 1]],
      [
        [0, 479, 1],
        [479, 479, 2],
      ],
    ),
  ).toEqual([[0, [[479, 958]]]]);
  expect(
    missing(
      [[0, 18_432, 1]],
      [
        [0, 9216, 1],
        [9216, 9216, 2],
      ],
    ),
  ).toEqual([]);
  expect(
    missing(
      [[0, 18_434, 1]],
      [
        [0, 9217, 1],
        [9217, 9217, 2],
      ],
    ),
  ).toEqual([[0, [[9217, 18_434]]]]);
});

test('what arrived counts once, in any order of the rows', () => {
  const [one, two, three] = [
    [0, 1448, 1],
    [1448, 1448, 2],
    [2896, 1448, 3],
  ] as Segment[];
  const whole: Segment = [0, 4344, 1];
  expect(missing([whole], [three, one, two])).toEqual([]);
  expect(missing([whole], [three, one])).toEqual([[0, [[1448, 2896]]]]);
  expect(missing([whole], [two])).toEqual([
    [
      0,
      [
        [0, 1448],
        [2896, 4344],
      ],
    ],
  ]);
  // Sent twice, arrived once, and the other way round.
  expect(missing([whole, whole], [one, two, three])).toEqual([[1, [[0, 4344]]]]);
  expect(missing([whole], [one, one, two, two, three])).toEqual([]);
  expect(missing([whole], [two, two])).toEqual([
    [
      0,
      [
        [0, 1448],
        [2896, 4344],
      ],
    ],
  ]);
  expect(missing([whole], [two, three, two, three])).toEqual([[0, [[0, 1448]]]]);
  expect(missing([whole, whole], [two, two])).toEqual([
    [
      0,
      [
        [0, 1448],
        [2896, 4344],
      ],
    ],
    [
      1,
      [
        [0, 1448],
        [2896, 4344],
      ],
    ],
  ]);
});
