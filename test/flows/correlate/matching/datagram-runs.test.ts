import { describe, expect, test } from 'vitest';
import { matchPackets } from '../../../../src/flows/correlate/matching/packet-match.ts';
import { coverRanges } from '../../../../src/flows/correlate/matching/range-match.ts';
import { SIGHTING_UDP } from '../../../../src/flows/rows/row-marks.ts';
import { madeUpTrack } from '../made-up-track.ts';

/** [payload octets, IP ID]; the hash follows from the first, as it does where payloads are random. */
type Datagram = [number, number?];

const track = (datagrams: readonly Datagram[]) =>
  madeUpTrack(
    datagrams.map(([payloadLength, ipId = 0], at) => ({
      kind: SIGHTING_UDP,
      time: at * 0.001,
      payloadLength,
      payloadHash: payloadLength * 7919,
      ipId,
    })),
  );

/** Segments that carried each datagram, -1 for one that found its equal. */
function pieces(a: readonly Datagram[], b: readonly Datagram[]): number[] {
  const [from, to] = [track(a), track(b)];
  const matched = matchPackets(from, to);
  const coverage = coverRanges(from, to, matched);
  return a.map((_, index) => (matched[index] >= 0 ? -1 : (coverage?.pieces[index] ?? 0)));
}

describe('datagrams that are whole at one point and in pieces at the other', () => {
  test.each<[string, Datagram[], Datagram[], number[]]>([
    ['the sender cuts', [[3900]], [[1250], [1250], [1250], [150]], [4]],
    ['the receiver merges', [[1250], [1250], [150]], [[2650]], [1, 1, 1]],
    ['two merged ones, one after the other', [[300], [100], [80], [40]], [[400], [120]], [1, 1, 1, 1]],
    ['among equal ones', [[52], [3000], [60]], [[52], [1500], [1500], [60]], [-1, 2, -1]],
    ['a piece is missing', [[3900]], [[1250], [1250], [150]], [0]],
    ['the sizes are no cut of one', [[300]], [[100], [200]], [0]],
    ['nothing between the pieces', [[200], [70]], [[100], [70], [100]], [0, -1]],
    ['a first fragment', [[3900, 7]], [[1472, 7]], [1]],
    ['another datagram with the IP ID, no fragment', [[3900, 7]], [[1471, 7]], [0]],
    ['sequence numbers of 0 are no octet ranges', [[500]], [[300]], [0]],
  ])('%s', (_, a, b, expected) => {
    expect(pieces(a, b)).toEqual(expected);
  });
});

describe('limits of runs and fragments', () => {
  const segments = (count: number, size = 100): Datagram[] => Array.from({ length: count }, () => [size]);
  test.each<[string, Datagram[], Datagram[], number[]]>([
    ['64 segments', [[6400]], segments(64), [64]],
    ['65 segments', [[6500]], segments(65), [0]],
    ['a larger one behind a smaller one', [[350]], [[100], [150], [100]], [0]],
    ['a smaller one that is not the last', [[250]], [[100], [50], [100]], [0]],
    ['of one size, the last one too', [[300]], segments(3), [3]],
    ['more than the whole', [[250]], segments(3), [0]],
    ['a run that begins behind others', [[300]], [[70], ...segments(3)], [3]],
    [
      'a run with the IP ID of the whole is no fragment',
      [[3900, 7]],
      [
        [1256, 7],
        [1256, 8],
        [1256, 9],
        [132, 10],
      ],
      [4],
    ],
    ['a fragment of 8 octets', [[16, 7]], [[8, 7]], [1]],
    ['a fragment that arrived whole in a larger one', [[1472, 7]], [[3900, 7]], [1]],
    [
      'one fragment for two datagrams with its IP ID',
      [
        [3900, 7],
        [3800, 7],
      ],
      [[1472, 7]],
      [1, 0],
    ],
    ['fragments without an IP ID', [[3900, 0]], [[1472, 0]], [0]],
  ])('%s', (_, a, b, expected) => expect(pieces(a, b)).toEqual(expected));
});
