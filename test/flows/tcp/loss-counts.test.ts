import { describe, expect, test } from 'vitest';
import type { TcpDirection } from '../../../src/flows/evidence/evidence.ts';
import { REPEATS_KEPT } from '../../../src/flows/tcp/connection-trouble.ts';
import { HANDSHAKE, trace } from './segment-trace.ts';

type Counted = 'retransmissions' | 'resentSegments' | 'needlessSegments' | 'resentLate' | 'finsAgain' | 'synsAgain';

const directionsOf = (text: string): [TcpDirection, TcpDirection] => trace(text).connections[0].directions;

const counts = (text: string, direction: 0 | 1, ...names: Counted[]): number[] => {
  const stats = directionsOf(text)[direction];
  return names.map((name) => stats[name]);
};

/** What was sent again, and what of it tells of loss. The round trip of the handshake is 20 ms. */
describe('loss is counted apart from kinds', () => {
  test('data sent again after a timeout is resent', () => {
    const text = `${HANDSHAKE}
      +0.01 > P. 1:101 ack 1
      +0.30 > P. 1:101 ack 1
      +0.02 < .  1:1 ack 101`;
    expect(counts(text, 0, 'retransmissions', 'resentSegments', 'needlessSegments')).toEqual([1, 1, 0]);
    expect(directionsOf(text)[0].timeoutRetransmissions).toBe(1);
  });

  test('data sent again sooner than half a round trip is needless, whoever made the copy', () => {
    const text = `${HANDSHAKE}
      +0.01  > P. 1:101 ack 1
      +0.009 > P. 1:101 ack 1
      +0.02  < .  1:1 ack 101`;
    expect(counts(text, 0, 'retransmissions', 'resentSegments', 'needlessSegments')).toEqual([1, 0, 1]);
  });

  test('data sent again after half a round trip is resent', () => {
    const text = `${HANDSHAKE}
      +0.01  > P. 1:101 ack 1
      +0.011 > P. 1:101 ack 1
      +0.02  < .  1:1 ack 101`;
    expect(counts(text, 0, 'resentSegments', 'needlessSegments')).toEqual([1, 0]);
  });

  test('a SYN that was sent twice makes no round trip of a second', () => {
    const text = `
      0.000 > S  0:0
      1.000 > S  0:0
      1.010 < S. 0:0 ack 1
      1.020 > .  1:1 ack 1
      +0.01 > P. 1:101 ack 1
      +0.05 > P. 1:101 ack 1
      +0.02 < .  1:1 ack 101`;
    expect(counts(text, 0, 'resentSegments', 'needlessSegments', 'synsAgain')).toEqual([1, 0, 1]);
  });

  test('an acknowledgement too soon after the second transmission answers the first one', () => {
    const text = `${HANDSHAKE}
      +0.01  > P. 1:101 ack 1
      +0.40  < .  1:1 ack 101
      +0.01  > P. 101:201 ack 1
      +0.31  > P. 101:201 ack 1
      +0.10  < .  1:1 ack 201`;
    expect(counts(text, 0, 'retransmissions', 'resentSegments', 'needlessSegments')).toEqual([1, 0, 1]);
  });

  test('an early acknowledgement answers the second transmission if the first is older than any round trip', () => {
    const text = `${HANDSHAKE}
      +0.01  > P. 1:101 ack 1
      +0.40  < .  1:1 ack 101
      +0.01  > P. 101:201 ack 1
      +1.20  > P. 101:201 ack 1
      +0.10  < .  1:1 ack 201`;
    expect(counts(text, 0, 'resentSegments', 'needlessSegments')).toEqual([1, 0]);
  });

  test('the second transmission was needed if its acknowledgement takes a round trip', () => {
    const text = `${HANDSHAKE}
      +0.01  > P. 1:101 ack 1
      +0.40  < .  1:1 ack 101
      +0.01  > P. 101:201 ack 1
      +0.60  > P. 101:201 ack 1
      +0.40  < .  1:1 ack 201`;
    expect(counts(text, 0, 'resentSegments', 'needlessSegments')).toEqual([1, 0]);
  });

  test('data that was acknowledged before is needless', () => {
    const text = `${HANDSHAKE}
      +0.01 > P. 1:101 ack 1
      +0.02 < .  1:1 ack 101
      +0.30 > P. 1:101 ack 1`;
    expect(counts(text, 0, 'resentSegments', 'needlessSegments')).toEqual([0, 1]);
  });

  test('padding of bare ACKs that the IP length counts is neither data nor loss', () => {
    const text = `${HANDSHAKE}
      +0.01 < P. 1:2049 ack 1
      +0.01 > .  1:3 ack 2049
      +0.01 < P. 2049:4097 ack 1
      +0.05 > .  1:3 ack 4097
      +0.05 > P. 1:94 ack 4097`;
    expect(counts(text, 0, 'retransmissions', 'resentSegments', 'needlessSegments')).toEqual([2, 0, 0]);
    expect(directionsOf(text)[0].repeats).toEqual([]);
  });

  test('a short write with PSH that is sent again is data, not padding', () => {
    const text = `${HANDSHAKE}
      +0.01 > P. 1:3 ack 1
      +0.30 > P. 1:3 ack 1`;
    expect(counts(text, 0, 'resentSegments')).toEqual([1]);
  });

  test('a segment that begins 7 octets early repeats them', () => {
    const text = `${HANDSHAKE}
      +0.01 > P. 1:101 ack 1
      +0.30 > P. 94:194 ack 1`;
    expect(counts(text, 0, 'resentSegments')).toEqual([1]);
    expect(counts(text.replace('94:194', '95:195'), 0, 'resentSegments')).toEqual([0]);
  });

  test('bare FINs and SYNs are counted apart', () => {
    const text = `
      0.000 > S  0:0
      1.000 > S  0:0
      1.010 < S. 0:0 ack 1
      1.020 > .  1:1 ack 1
      +0.01 > F. 1:1 ack 1
      +0.30 > F. 1:1 ack 1`;
    expect(counts(text, 0, 'retransmissions', 'resentSegments', 'synsAgain', 'finsAgain')).toEqual([2, 0, 1, 1]);
  });

  test('TCP Fast Open: data that the SYN carried and the server left alone was not lost', () => {
    const text = `
      0.000 > S  0:517 len 585
      0.010 < S. 0:0 ack 1
      +0.01 > P. 1:518 ack 1 len 569
      +0.01 < .  1:1 ack 518`;
    const [there] = directionsOf(text);
    expect([there.resentSegments, there.needlessSegments, there.repeats.length]).toEqual([0, 0, 0]);
  });

  test('TCP Fast Open: data lost after the handshake is lost, with the size of its segment', () => {
    const text = `
      0.000 > S  0:517 len 585
      0.010 < S. 0:0 ack 1
      +0.01 > P. 1:518 ack 1 len 569
      +0.40 > P. 1:518 ack 1 len 569
      +0.02 < .  1:1 ack 518`;
    const [there] = directionsOf(text);
    expect([there.resentSegments, there.repeats[0].sendings, there.repeats[0].l3Length]).toEqual([1, 2, 569]);
  });

  test('a copy of the header in a frame too short for it is a mangled copy, not loss', () => {
    const text = `${HANDSHAKE}
      +0.01 > P. 1:101 ack 1 id 7
      +0.30 > P. 1:101 ack 1 id 7 wire 60`;
    expect(counts(text, 0, 'resentSegments', 'needlessSegments')).toEqual([0, 1]);
    expect(counts(text.replace('id 7 wire', 'id 8 wire'), 0, 'resentSegments')).toEqual([1]);
    expect(counts(text.replace(' wire 60', ''), 0, 'resentSegments')).toEqual([1]);
  });

  const late = (seconds: number): string => `${HANDSHAKE}
      +0.01 > P. 1:101 ack 1 id 10
      +0.001 > P. 201:301 ack 1 id 12
      +${seconds} > P. 101:201 ack 1 id 11`;

  test('data out of order and later than two round trips is resent', () => {
    const [there] = directionsOf(late(0.041));
    expect([there.outOfOrder, there.resentLate, there.resentSegments]).toEqual([1, 1, 1]);
  });

  test('without a handshake no round trip is known, and data out of order is late at any time', () => {
    const [there] = directionsOf(late(5).replace(HANDSHAKE, '0.000 < P. 1:11 ack 1'));
    expect([there.outOfOrder, there.resentLate, there.resentSegments]).toEqual([1, 0, 0]);
  });

  test('ranges that their second sending delivered make room for later ones', () => {
    const ranges = Array.from({ length: REPEATS_KEPT + 1 }, (_, nth) => {
      const range = `${1 + 100 * nth}:${101 + 100 * nth}`;
      const acked = nth === REPEATS_KEPT ? '' : `\n+0.02 < . 1:1 ack ${101 + 100 * nth}`;
      return `+0.01 > P. ${range} ack 1\n+0.30 > P. ${range} ack 1${acked}`;
    });
    const [there] = directionsOf(`${HANDSHAKE}\n${ranges.join('\n')}`);
    expect(there.repeatsTotal).toBe(REPEATS_KEPT + 1);
    expect(there.repeats).toHaveLength(REPEATS_KEPT);
    expect(there.repeats.at(-1)).toMatchObject({ seqStart: 1 + 100 * REPEATS_KEPT, ackedTime: null });
  });

  test('data out of order within two round trips is late', () => {
    const [there] = directionsOf(late(0.039));
    expect([there.outOfOrder, there.resentLate, there.resentSegments]).toEqual([1, 0, 0]);
  });
});
