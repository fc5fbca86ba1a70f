import { describe, expect, test } from 'vitest';
import type { Transfer } from '../../../src/flows/evidence/evidence.ts';
import { trace } from './segment-trace.ts';

/** Times are such that the gaps at a threshold are exact: the earlier time is the threshold itself. */
const transferOf = (...lines: string[]): Transfer | null => trace(lines.join('\n')).connections[0].transfer;

describe('pauses of a sender', () => {
  /** 20,000 octets that are not measured yet, then twice as many that are: the second after a pause of 1.9 s. */
  const pauses = ({ at = 0.04, acked = 0.03, ack = 20_001, window = 9000 } = {}) =>
    transferOf(
      '0.02 > . 1:20001 ack 1',
      `${acked} < . 1:1 ack ${ack} win ${window}`,
      `${at} > . 20001:40001 ack 1`,
      '0.05 < . 1:1 ack 40001 win 9000',
      '2 > . 40001:60001 ack 1',
    );

  test('take 20 ms at least', () => {
    expect(pauses({ at: 0.0399 })).toMatchObject({ pauses: 1, segments: 2, octets: 40_000 });
    expect(pauses({ at: 0.04 })).toMatchObject({ pauses: 2, pausedSeconds: 1.98, seconds: 1.98 });
    expect(pauses({ at: 0.0401 })).toMatchObject({ pauses: 2 });
  });

  test('are none within 2 ms of what the peer sent, nor while octets are under way or the window is shut', () => {
    expect(pauses({ acked: 0.0381 })).toMatchObject({ pauses: 1 });
    expect(pauses({ acked: 0.0379 })).toMatchObject({ pauses: 2 });
    expect(pauses({ ack: 20_000 })).toMatchObject({ pauses: 1 });
    expect(pauses({ window: 1 })).toMatchObject({ pauses: 2 });
    expect(pauses({ window: 0 })).toMatchObject({ pauses: 1 });
  });

  test('take two round trips at least, and follow the peer by more than one', () => {
    // A round trip of 1/32 s: data at 1 s, acknowledged at once.
    const at = (time: number, acked = 1.0078125) =>
      transferOf(
        '0 > S 0:0',
        '0.015625 < S. 0:0 ack 1',
        '0.03125 > . 1:1 ack 1',
        '1 > . 1:20001 ack 1',
        `${acked} < . 1:1 ack 20001`,
        `${time} > . 20001:40001 ack 1`,
        `${time + 0.001} < . 1:1 ack 40001`,
        '3 > . 40001:60001 ack 1',
      )?.pauses;
    expect([at(1.0624), at(1.0625), at(1.0626)]).toEqual([1, 2, 2]);
    // The acknowledgement came a round trip and 2 ms before, or less.
    expect([at(1.0625, 1.0291), at(1.0625, 1.0293)]).toEqual([2, 1]);
  });
});

describe('what the receiver held back', () => {
  /** Only the SYN-ACK was seen, so the window is known and no round trip is. */
  const held = ({ at = 0.01, window = 40_100, mss = '' } = {}) =>
    transferOf(
      `0 < S. 0:0 ack 1 win ${window} ${mss}`,
      '0.004 > . 1:20001 ack 1',
      '0.005 > . 20001:40001 ack 1',
      `${at} > . 40001:60001 ack 1`,
      '2 > . 60001:80001 ack 1',
    );

  test('is told from 5 ms on', () => {
    expect(held({ at: 0.0099 })).toMatchObject({ heldSeconds: 0, segments: 3, octets: 60_000, pauses: 0 });
    expect(held({ at: 0.01 })).toMatchObject({ heldSeconds: 0.005, seconds: 1.996 });
  });

  test('is what came when the window had less room than a segment', () => {
    const isHeld = (window: number, mss = '') => (held({ window, mss })?.heldSeconds ?? 0) > 0;
    // 40,000 octets are under way; 536 octets are the segment of a side that announced none.
    expect([39_999, 40_000, 40_535, 40_536].map((window) => isHeld(window))).toEqual([false, true, true, false]);
    expect([40_099, 40_100].map((window) => isHeld(window, 'mss 100'))).toEqual([true, false]);
    // Windows of a scale that was not seen say nothing.
    const unknown = transferOf(
      '0 < . 1:1 ack 1 win 40100',
      '0.004 > . 1:20001 ack 1',
      '0.005 > . 20001:40001 ack 1',
      '0.01 > . 40001:60001 ack 1',
      '2 > . 60001:80001 ack 1',
    );
    expect(unknown).toMatchObject({ heldSeconds: 0, meanWindow: 40_100 });
  });
});

describe('a transfer that is told', () => {
  test('has 32,768 octets behind the first 16,384, and took a second', () => {
    const of = (first: number, more: number, seconds: number) =>
      transferOf(
        `1 > . 1:${1 + first} ack 1`,
        `2 > . ${1 + first}:${1 + first + more - 1} ack 1`,
        `${2 + seconds} > . ${first + more}:${1 + first + more} ack 1`,
      );
    expect(of(16_384, 32_768, 0)).toMatchObject({ octets: 32_768, segments: 2, seconds: 1, direction: 0 });
    expect(of(16_384, 32_767, 1)).toBeNull();
    expect(of(16_383, 32_768, 1)).toBeNull();
    expect(of(16_383, 49_152, 1)).toBeNull();
  });

  test('has the window of its receiver, shifted', () => {
    const transfer = transferOf(
      '0 > S 0:0 ws 1',
      '0.1 < S. 0:0 ack 1 win 9 ws 3',
      '0.2 > . 1:1 ack 1',
      '1 > . 1:20001 ack 1',
      '1.1 < . 1:1 ack 20001 win 100',
      '2 > . 20001:40001 ack 1',
      '2.1 < . 1:1 ack 40001 win 300',
      '3 > . 40001:60001 ack 1',
    );
    expect(transfer?.meanWindow).toBe((100 * 8 + 300 * 8) / 2);
  });
});
