import { describe, expect, test } from 'vitest';
import { HANDSHAKE, trace } from './segment-trace.ts';

/** Three segments of the client; the second was sent in a packet of 500 octets. */
const SENT = `${HANDSHAKE}1 > . 1:101 ack 1\n1.001 > . 101:201 ack 1 len 500\n1.002 > . 201:301 ack 1\n`;
const behind = (...lines: string[]) => trace(SENT + lines.join('\n')).connections[0];

describe('a SACK block', () => {
  test('is a duplicate below the acknowledgement, or inside the second block', () => {
    const duplicates = (ack: number, ...blocks: string[]) =>
      behind(`2 < . 1:1 ack ${ack} sack ${blocks.join()}`).directions[1].duplicateSacks;
    expect(['1:101', '100:101', '1:102', '101:102', '102:103'].map((block) => duplicates(101, block))).toEqual([
      1, 1, 0, 0, 0,
    ]);
    const inside = (first: string) => duplicates(101, first, '201:301');
    expect(['201:301', '202:300', '200:301', '201:302', '301:302'].map(inside)).toEqual([1, 1, 0, 0, 0]);
    // The third block is asked nothing.
    expect(duplicates(101, '201:301', '401:501', '201:301')).toBe(0);
  });

  test('says that a segment has arrived whose octets it holds, all of them', () => {
    const arrived = (block: string) => behind(`2 < . 1:1 ack 101 sack ${block}`).directions[0].largestAckedL3;
    expect(['101:201', '102:201', '101:200', '51:301'].map(arrived)).toEqual([500, 140, 140, 500]);
    const second = (block: string) => behind(`2 < . 1:1 ack 101 sack 401:501,${block}`).directions[0].largestAckedL3;
    expect(['101:201', '102:201'].map(second)).toEqual([500, 140]);
    // Sent again before, its arrival says nothing of its size.
    expect(behind('1.5 > . 101:201 ack 1 len 500', '2 < . 1:1 ack 101 sack 101:201').directions[0].largestAckedL3).toBe(
      140,
    );
  });

  test('leaves no round trip to the acknowledgement after it', () => {
    const samples = (...lines: string[]) => behind(...lines).rtt[0]?.samples ?? 0;
    expect(samples('2 < . 1:1 ack 101', '3 < . 1:1 ack 301')).toBe(2);
    expect(samples('2 < . 1:1 ack 101 sack 201:301', '3 < . 1:1 ack 301')).toBe(1);
    expect(samples('2 < . 1:1 ack 101 sack 101:201', '3 < . 1:1 ack 301')).toBe(2);
    // An acknowledgement in the middle of a segment has none.
    expect(samples('2 < . 1:1 ack 151')).toBe(0);
  });

  test('delivers a range that was sent again, all of it, and once', () => {
    const acked = (...lines: string[]) => {
      const [repeat] = behind('1.5 > . 101:201 ack 1 len 500', ...lines).directions[0].repeats;
      return repeat.ackedPacket;
    };
    expect([acked(), acked('2 < . 1:1 ack 101')]).toEqual([null, null]);
    expect(['101:201', '102:201', '101:200', '51:301'].map((block) => acked(`2 < . 1:1 ack 51 sack ${block}`))).toEqual(
      [8, null, null, 8],
    );
    expect(acked('2 < . 1:1 ack 51 sack 401:501,101:201', '3 < . 1:1 ack 301')).toBe(8);
    expect([acked('2 < . 1:1 ack 200'), acked('2 < . 1:1 ack 201'), acked('2 < . 1:1 ack 300')]).toEqual([null, 8, 8]);
  });

  test('is ahead by the octets of the last blocks beyond the acknowledgement', () => {
    const ahead = (...lines: string[]) => behind(...lines).directions[1].sackedAhead;
    expect(ahead('2 < . 1:1 ack 101 sack 201:301')).toBe(100);
    expect(ahead('2 < . 1:1 ack 101 sack 101:301')).toBe(0);
    expect(ahead('2 < . 1:1 ack 101 sack 102:301')).toBe(199);
    expect(ahead('2 < . 1:1 ack 51 sack 101:151,201:301')).toBe(150);
    expect(ahead('2 < . 1:1 ack 51 sack 201:301', '3 < . 1:1 ack 201')).toBe(0);
    expect(ahead('2 < . 1:1 ack 51 sack 201:301', '3 < . 1:1 ack 52 sack 101:201')).toBe(100);
  });
});

describe('octets that were not seen', () => {
  const gap = (text: string) => trace(HANDSHAKE + text).connections[0].directions[0].gapOctets;
  test('are a gap as far as they are acknowledged, each once', () => {
    const open = '1 > . 101:201 ack 1\n';
    expect([gap(open), gap(`${open}2 < . 1:1 ack 1 win 9`), gap(`${open}2 < . 1:1 ack 2`)]).toEqual([0, 0, 1]);
    expect([gap(`${open}2 < . 1:1 ack 51`), gap(`${open}2 < . 1:1 ack 51\n3 < . 1:1 ack 101`)]).toEqual([50, 100]);
    expect(gap(`${open}2 < . 1:1 ack 51\n3 < . 1:1 ack 201\n4 < . 1:1 ack 201 win 9`)).toBe(100);
    expect(gap(`${open}2 > . 1:51 ack 1\n3 < . 1:1 ack 201`)).toBe(50);
    // Behind all that was captured: 100 octets, then 50 more of which nothing came either.
    expect(gap('1 > . 1:101 ack 1\n2 < . 1:1 ack 201')).toBe(100);
    expect(gap('1 > . 1:101 ack 1\n2 < . 1:1 ack 201\n3 < . 1:1 ack 251')).toBe(150);
    expect(gap('1 > . 1:101 ack 1\n2 < . 1:1 ack 201\n3 > . 301:401 ack 1\n4 < . 1:1 ack 401')).toBe(200);
  });

  test('are none where they are more than a window can hold', () => {
    const far = 2 ** 30;
    expect([gap(`1 < . 1:1 ack ${1 + far}`), gap(`1 < . 1:1 ack ${2 + far}`)]).toEqual([far, 0]);
    const jump = (to: number) => gap(`1 > . ${to}:${to + 1} ack 1\n2 < . 1:1 ack ${to}`);
    expect([jump(1 + far), jump(2 + far)]).toEqual([far, 0]);
  });
});
