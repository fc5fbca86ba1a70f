import { describe, expect, test } from 'vitest';
import type { Connection } from '../../../src/flows/evidence/evidence.ts';
import { HANDSHAKE, trace } from './segment-trace.ts';

const only = (text: string): Connection => {
  const { connections } = trace(text);
  expect(connections).toHaveLength(1);
  return connections[0];
};

/** Open, one request of 100 octets at 1 s and its answer of 200 octets at 1.5 s. */
const ANSWERED = `${HANDSHAKE}
  1.000 > P. 1:101 ack 1
  1.001 < .  1:1 ack 101
  1.500 < P. 1:201 ack 101
  1.501 > .  101:101 ack 201`;

describe('a turn', () => {
  test('holds the transfer of the request, the answer, and how long the client thinks', () => {
    const { slowTurns } = only(`${HANDSHAKE}
      1.000 > P. 1:101 ack 1
      1.020 > P. 101:151 ack 1
      1.420 < .  1:1001 ack 151
      1.620 < P. 1001:1201 ack 151
      1.920 > P. 151:251 ack 1201`);
    const answered = slowTurns.find(({ response }) => response !== null);
    expect(answered).toMatchObject({ requestOctets: 150, answerOctets: 1200 });
    expect(answered?.requestSeconds).toBeCloseTo(0.02);
    expect(answered?.seconds).toBeCloseTo(0.4);
    expect(answered?.answerSeconds).toBeCloseTo(0.2);
    expect(answered?.thinkSeconds).toBeCloseTo(0.3);
  });

  test('is complete at the end of the capture', () => {
    expect(only(ANSWERED).slowTurns).toMatchObject([{ answerOctets: 200, thinkSeconds: null }]);
  });

  test('does not take the answer of a later, quick one', () => {
    const { slowTurns } = only(`${ANSWERED}
      2.000 > P. 101:201 ack 201
      2.010 < P. 201:901 ack 201`);
    expect(slowTurns).toMatchObject([{ answerOctets: 200 }]);
    expect(slowTurns[0].thinkSeconds).toBeCloseTo(0.5);
  });
});

describe('the end', () => {
  test('is the first FIN: who, and how long nothing was sent before', () => {
    const { end } = only(`${ANSWERED}
      6.500 < F. 201:201 ack 101
      6.501 > F. 101:101 ack 202
      6.502 < .  202:202 ack 102`);
    expect(end).toMatchObject({ direction: 1, byReset: false, openRequest: false, unread: false, crossed: false });
    expect(end?.idleSeconds).toBeCloseTo(5);
  });

  test('leaves a request open', () => {
    const { end } = only(`${ANSWERED}
      3.500 > P. 101:201 ack 201
      3.501 < .  201:201 ack 201
      6.500 > F. 201:201 ack 201`);
    expect(end).toMatchObject({ direction: 0, openRequest: true, unread: false });
    expect(end?.waitedSeconds).toBeCloseTo(3);
    expect(end?.idleSeconds).toBeCloseTo(2);
  });

  test('that carries the answer leaves nothing open', () => {
    expect(
      only(`${HANDSHAKE}
      1.000 > P. 1:101 ack 1
      1.500 < FP. 1:201 ack 101`).end,
    ).toMatchObject({ direction: 1, openRequest: false });
  });

  test('crosses a request: seen at the client', () => {
    expect(
      only(`${ANSWERED}
      3.500 > P. 101:201 ack 201
      3.520 < F. 201:201 ack 101`).end,
    ).toMatchObject({ openRequest: true, unread: true, crossed: false });
  });

  test('crosses a request: seen at the server', () => {
    expect(
      only(`${ANSWERED}
      3.500 < F. 201:201 ack 101
      3.520 > P. 101:201 ack 201`).end,
    ).toMatchObject({ openRequest: false, unread: false, crossed: true });
  });

  test('is ignored by a peer that knows of it', () => {
    expect(
      only(`${ANSWERED}
      3.500 < F. 201:201 ack 101
      3.501 > .  101:101 ack 202
      3.520 > P. 101:201 ack 202`).end,
    ).toMatchObject({ crossed: false, ignored: true });
  });

  test('may be a reset', () => {
    expect(
      only(`${ANSWERED}
      3.500 > P. 101:201 ack 201
      3.520 < R. 201:201 ack 201`).end,
    ).toMatchObject({ direction: 1, byReset: true, openRequest: true, packet: 9 });
  });

  test('is null while the connection is open', () => {
    expect(only(ANSWERED).end).toBeNull();
  });
});

describe('stalls', () => {
  const stall = (ack: string, next: string) => `${HANDSHAKE}
      1.000 > P. 1:101 ack 1
      ${ack} < .  1:1 ack 101
      ${next} > P. 101:151 ack 1
      ${next} < P. 1:51 ack 151`;

  test('a small segment leaves with the late acknowledgement: at the client', () => {
    const { stalls, stallSeconds } = only(stall('1.062', '1.0621'));
    expect(stalls).toEqual([1, 0]);
    expect(stallSeconds).toBeCloseTo(0.042, 2);
  });

  test('the acknowledgement comes within the round trip', () => {
    expect(only(stall('1.020', '1.0201')).stalls).toEqual([0, 0]);
  });

  test('the sender takes its time after the acknowledgement', () => {
    expect(only(stall('1.040', '1.200')).stalls).toEqual([0, 0]);
  });

  test('is none for a full segment with time stamps, nor after two full ones', () => {
    const bulk = (octets: number, before: number) => `${HANDSHAKE}
      1.000 > P. 1:${1 + before} ack 1
      1.062 < .  1:1 ack ${1 + before}
      1.0621 > P. ${1 + before}:${1 + before + octets} ack 1`;
    expect(only(bulk(1448, 100)).stalls).toEqual([0, 0]);
    expect(only(bulk(100, 4344)).stalls).toEqual([0, 0]);
    expect(only(bulk(100, 1448)).stalls).toEqual([1, 0]);
  });

  test('of the server, whose client delays', () => {
    expect(
      only(`${HANDSHAKE}
      1.000 > P. 1:101 ack 1
      1.010 < P. 1:101 ack 101
      1.060 > .  101:101 ack 101
      1.066 < P. 101:151 ack 101`).stalls,
    ).toEqual([0, 1]);
  });
});

describe('a large transfer', () => {
  /** `count` segments of 1,000 octets in pairs, the pairs `apart` seconds from each other, all acknowledged `late`. */
  const answer = (count: number, apart: number, late: number): string =>
    [
      HANDSHAKE,
      '1.000 > P. 1:101 ack 1',
      ...Array.from({ length: count / 2 }, (_, at) => {
        const time = 1.01 + at * apart;
        const from = 1 + at * 2000;
        return [
          `${time.toFixed(4)} < . ${from}:${from + 1000} ack 101`,
          `${(time + 0.0001).toFixed(4)} < . ${from + 1000}:${from + 2000} ack 101`,
          `${(time + late).toFixed(4)} > . 101:101 ack ${from + 2000} win 200`,
        ].join('\n');
      }),
    ].join('\n');

  test('is measured from 16 kB on, with the pauses of its sender', () => {
    const { transfer } = only(answer(100, 0.2, 0.005));
    expect(transfer).toMatchObject({ direction: 1, pauses: 41 });
    expect(transfer!.octets).toBeGreaterThan(80_000);
    expect(transfer!.pausedSeconds).toBeGreaterThan(0.9 * transfer!.seconds);
  });

  test('does not pause while it waits for acknowledgements', () => {
    expect(only(answer(240, 0.011, 0.0108)).transfer).toMatchObject({ pauses: 0 });
  });

  /** The receiver takes two segments every 100 ms, and its window has room for two. @param from lines before */
  const slowlyRead = (from: string, window: number): string =>
    [
      from,
      '1.000 > P. 1:101 ack 1 win 2000',
      ...Array.from({ length: 60 }, (_, at) => {
        const time = 1.01 + at * 0.1;
        const first = 1 + at * 2000;
        return [
          `${time.toFixed(4)} < . ${first}:${first + 1000} ack 101`,
          `${(time + 0.0001).toFixed(4)} < . ${first + 1000}:${first + 2000} ack 101`,
          `${(time + 0.0999).toFixed(4)} > . 101:101 ack ${first + 2000} win ${window}`,
        ].join('\n');
      }),
    ].join('\n');

  test('waits for a receiver that reads slowly: no pause of its sender', () => {
    const { transfer } = only(slowlyRead(HANDSHAKE, 2000));
    expect(transfer!.heldSeconds).toBeGreaterThan(0.9 * transfer!.seconds);
    expect(transfer).toMatchObject({ pauses: 0 });
  });

  test('does not take an open window for a full one, nor one whose scale is not known', () => {
    expect(only(slowlyRead(HANDSHAKE, 50_000)).transfer).toMatchObject({ heldSeconds: 0 });
    expect(only(slowlyRead('', 2000)).transfer).toMatchObject({ heldSeconds: 0, pauses: 0 });
  });

  test('of small answers is none', () => {
    expect(only(answer(10, 0.2, 0.005)).transfer).toBeNull();
  });

  test('is handed on from a second and 32 kB on, without the first 16 kB', () => {
    // 8 pairs come before it is measured, and 20 ms lie between two pairs.
    const pairs = (count: number): string => answer(2 * (8 + count), 0.02, 0.005);
    expect(only(pairs(52)).transfer?.seconds).toBeGreaterThanOrEqual(1);
    expect(only(pairs(46)).transfer).toBeNull();
    expect(only(answer(2 * (8 + 14), 0.2, 0.005)).transfer).toBeNull();
    expect(only(answer(2 * (8 + 18), 0.2, 0.005)).transfer?.octets).toBeGreaterThanOrEqual(32_768);
  });

  test('of small and equal flights has no queue: what is under way did not change', () => {
    expect(only(answer(2 * (8 + 100), 0.011, 0.0108)).transfer?.queue).toBeNull();
  });

  test('tells how the round trip rises with the octets under way', () => {
    // A bottleneck takes 5 ms for each segment; the sender has more and more under way, half a segment an acknowledgement.
    const sent: [number, string][] = [];
    const acks: number[] = [];
    const free = { at: 1 };
    const send = (number: number, time: number): void => {
      sent.push([time, `< . ${1 + number * 1000}:${1001 + number * 1000} ack 101`]);
      free.at = Math.max(free.at, time + 0.005) + 0.005;
      acks.push(free.at + 0.005);
      sent.push([free.at + 0.005, `> . 101:101 ack ${1001 + number * 1000}`]);
    };
    let next = 0;
    for (; next < 2; next++) send(next, 1.01 + next * 0.0001);
    for (let acked = 0; acked < acks.length && next < 300; acked++)
      while (next < 300 && next - acked - 1 < 2 + acked / 4) send(next++, acks[acked] + 0.0001 * (next % 3));
    sent.sort((a, b) => a[0] - b[0]);
    const lines = [HANDSHAKE, '1.000 > P. 1:101 ack 1', ...sent.map(([time, text]) => `${time.toFixed(5)} ${text}`)];
    const { queue } = only(lines.join('\n')).transfer!;
    expect(queue?.correlation).toBeGreaterThan(0.9);
    expect(queue?.risen).toBeGreaterThan(0.1);
  });
});
