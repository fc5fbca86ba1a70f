import { describe, expect, test } from 'vitest';
import type { TcpDirection } from '../../../src/flows/evidence/evidence.ts';
import { HANDSHAKE, trace } from './segment-trace.ts';

type Counted = 'retransmissions' | 'resentSegments' | 'needlessSegments' | 'resentLate' | 'finsAgain' | 'synsAgain';

const directionsOf = (text: string): [TcpDirection, TcpDirection] => trace(text).connections[0].directions;

const counts = (text: string, direction: 0 | 1, ...names: Counted[]): number[] => {
  const stats = directionsOf(text)[direction];
  return names.map((name) => stats[name]);
};

/** What was sent again, and what of it tells of loss. The round trip of the handshake is 20 ms. */
describe('loss is counted apart from kinds', () => {
  test('sent again after a timeout: resent', () => {
    const text = `${HANDSHAKE}
      +0.01 > P. 1:101 ack 1
      +0.30 > P. 1:101 ack 1
      +0.02 < .  1:1 ack 101`;
    expect(counts(text, 0, 'retransmissions', 'resentSegments', 'needlessSegments')).toEqual([1, 1, 0]);
    expect(directionsOf(text)[0].timeoutRetransmissions).toBe(1);
  });

  test('sent again sooner than half a round trip: needless, whoever made the copy', () => {
    const text = `${HANDSHAKE}
      +0.01  > P. 1:101 ack 1
      +0.009 > P. 1:101 ack 1
      +0.02  < .  1:1 ack 101`;
    expect(counts(text, 0, 'retransmissions', 'resentSegments', 'needlessSegments')).toEqual([1, 0, 1]);
  });

  test('half a round trip later: resent', () => {
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

  test('the acknowledgement comes too soon for the second sending: it answers the first one', () => {
    const text = `${HANDSHAKE}
      +0.01  > P. 1:101 ack 1
      +0.40  < .  1:1 ack 101
      +0.01  > P. 101:201 ack 1
      +0.31  > P. 101:201 ack 1
      +0.10  < .  1:1 ack 201`;
    expect(counts(text, 0, 'retransmissions', 'resentSegments', 'needlessSegments')).toEqual([1, 0, 1]);
  });

  test('the acknowledgement comes soon, for the path became shorter: the first sending is older than any round trip', () => {
    const text = `${HANDSHAKE}
      +0.01  > P. 1:101 ack 1
      +0.40  < .  1:1 ack 101
      +0.01  > P. 101:201 ack 1
      +1.20  > P. 101:201 ack 1
      +0.10  < .  1:1 ack 201`;
    expect(counts(text, 0, 'resentSegments', 'needlessSegments')).toEqual([1, 0]);
  });

  test('the acknowledgement takes a round trip: the second sending was needed', () => {
    const text = `${HANDSHAKE}
      +0.01  > P. 1:101 ack 1
      +0.40  < .  1:1 ack 101
      +0.01  > P. 101:201 ack 1
      +0.60  > P. 101:201 ack 1
      +0.40  < .  1:1 ack 201`;
    expect(counts(text, 0, 'resentSegments', 'needlessSegments')).toEqual([1, 0]);
  });

  test('acknowledged before: needless', () => {
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

  test('a short write that is sent again ends with PSH: that is data', () => {
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

  test('TCP Fast Open: what is lost after the handshake is, and its size is that of the segment', () => {
    const text = `
      0.000 > S  0:517 len 585
      0.010 < S. 0:0 ack 1
      +0.01 > P. 1:518 ack 1 len 569
      +0.40 > P. 1:518 ack 1 len 569
      +0.02 < .  1:1 ack 518`;
    const [there] = directionsOf(text);
    expect([there.resentSegments, there.repeats[0].sendings, there.repeats[0].l3Length]).toEqual([1, 2, 569]);
  });

  test('a mangled copy: the header once more in a frame too short for it', () => {
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

  test('out of order and later than two round trips: resent', () => {
    const [there] = directionsOf(late(0.041));
    expect([there.outOfOrder, there.resentLate, there.resentSegments]).toEqual([1, 1, 1]);
  });

  test('out of order within two round trips: late', () => {
    const [there] = directionsOf(late(0.039));
    expect([there.outOfOrder, there.resentLate, there.resentSegments]).toEqual([1, 0, 0]);
  });
});
