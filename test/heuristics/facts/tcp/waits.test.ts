import { describe, expect, test } from 'vitest';
import type { Connection } from '../../../../src/flows/evidence/evidence.ts';
import { askedServers, type Wait, waitsWithin } from '../../../../src/heuristics/facts/tcp/waits.ts';
import { endedConnection, ending, midStream, roundTrips } from '../../../support/ending-items.ts';
import { capture, type EvidenceParts, evidence, point, ref } from '../../../support/evidence.ts';
import { turn } from '../../../support/segment-items.ts';

type Parts = Parameters<typeof endedConnection>[2];
/** One request at 2 s that is answered after `seconds`. */
const waits = (seconds: number, some: Parts = {}, at = 2): Connection =>
  endedConnection(1, null, { turns: 1, slowTurns: [turn(at, seconds)], last: at + seconds, ...some });
const server = (parts: EvidenceParts, name = '10.244.2.7:80') => askedServers(evidence(parts)).get(name);
const counts = (one: Connection): number[] => {
  const found = server({ connections: [one] });
  return found === undefined
    ? []
    : [found.slow.length, found.noted.length, found.unanswered.length, found.begun.length];
};
const event = (kind: string, time: number) =>
  ({ ...ref(time), kind, direction: 0, seqStart: 1, seqEnd: 2, ack: 0 }) as unknown as Connection['events'][number];
const shut = (from: number, to: number | null) =>
  ({
    start: ref(from),
    end: to === null ? null : ref(to),
    lastTime: 9,
    direction: 0,
  }) as unknown as Connection['zeroWindowSpans'][number];
const gap = (some: object = {}) =>
  ({
    direction: 1,
    keepAlive: false,
    octets: 10,
    to: ref(9),
    seconds: 1,
    ...some,
  }) as unknown as Connection['idleGaps'][number];

describe('long waits for a server', () => {
  test.each<[name: string, connection: Connection, expected: number[]]>([
    ['a second', waits(1), [1, 1, 0, 0]],
    ['less than a second is only noted', waits(0.999), [0, 1, 0, 0]],
    [
      'ten round trips of the handshake on the side of the server',
      waits(3, { handshakeServerSide: 0.3 }),
      [1, 1, 0, 0],
    ],
    ['less than ten of them', waits(2.9, { handshakeServerSide: 0.3 }), [0, 1, 0, 0]],
    ['less than ten on the side of the client', waits(2.9, { handshakeClientSide: 0.3 }), [0, 1, 0, 0]],
    ['less than ten of the data', waits(2.9, { rtt: [roundTrips(0.3), null] }), [0, 1, 0, 0]],
    ['repaired meanwhile', waits(2, { events: [event('retransmission', 4)] }), [0, 1, 0, 0]],
    ['repaired soon meanwhile', waits(2, { events: [event('fastRetransmission', 2)] }), [0, 1, 0, 0]],
    ['not captured meanwhile', waits(2, { events: [event('previousSegmentNotCaptured', 3)] }), [0, 1, 0, 0]],
    ['repaired before', waits(2, { events: [event('retransmission', 1.9)] }), [1, 1, 0, 0]],
    ['repaired after', waits(2, { events: [event('retransmission', 4.1)] }), [1, 1, 0, 0]],
    ['a duplicate acknowledgement is no repair', waits(2, { events: [event('dupAck', 3)] }), [1, 1, 0, 0]],
    ['a window was shut up to its begin', waits(2, { zeroWindowSpans: [shut(1, 2)] }), [0, 1, 0, 0]],
    ['a window was shut from its end on', waits(2, { zeroWindowSpans: [shut(4, 5)] }), [0, 1, 0, 0]],
    ['a window stays shut', waits(2, { zeroWindowSpans: [shut(1, null)] }), [0, 1, 0, 0]],
    ['a window was open again before', waits(2, { zeroWindowSpans: [shut(1, 1.9)] }), [1, 1, 0, 0]],
    ['a window was shut later', waits(2, { zeroWindowSpans: [shut(4.1, 5)] }), [1, 1, 0, 0]],
    ['open at the end of the capture', waits(2, { slowTurns: [turn(2, 58, { response: null })] }), [0, 0, 1, 0]],
    ['began before the capture, one wait', waits(2, midStream), [0, 0, 0, 1]],
    [
      'began before the capture, three waits',
      waits(2, { ...midStream, slowTurns: [2, 8, 20].map((at) => turn(at, 2)) }),
      [3, 3, 0, 0],
    ],
    ['the server speaks unasked', waits(2, { idleGaps: [gap()] }), []],
    [
      'the server speaks unasked after less than a second',
      waits(2, { idleGaps: [gap({ seconds: 0.9 })] }),
      [1, 1, 0, 0],
    ],
    ['the client speaks', waits(2, { idleGaps: [gap({ direction: 0 })] }), [1, 1, 0, 0]],
    ['a keep-alive', waits(2, { idleGaps: [gap({ keepAlive: true })] }), [1, 1, 0, 0]],
    ['an acknowledgement', waits(2, { idleGaps: [gap({ octets: 0 })] }), [1, 1, 0, 0]],
    ['the answer itself ends the pause', waits(2, { idleGaps: [gap({ to: ref(4) })] }), [1, 1, 0, 0]],
    // Asked at uneven times, answered every ten seconds.
    [
      'the server keeps its own time',
      waits(2, { slowTurns: [1, 2, 3, 4, 5].map((nth) => turn(10 * nth - nth, nth)) }),
      [],
    ],
    [
      'four answers are no clock',
      waits(2, { slowTurns: [1, 2, 3, 4].map((nth) => turn(10 * nth - nth, nth)) }),
      [4, 4, 0, 0],
    ],
    [
      'answers after equal waits are no clock',
      waits(2, { slowTurns: [1, 3, 6, 8, 20].map((at) => turn(2 * at, 2)) }),
      [5, 5, 0, 0],
    ],
  ])('%s', (_, connection, expected) => expect(counts(connection)).toEqual(expected));

  test.each<[name: string, connection: Connection, by: string, to: number]>([
    ['the client', endedConnection(1, ending(5, { direction: 0, openRequest: true, waitedSeconds: 3 })), 'client', 5],
    ['the server', endedConnection(1, ending(5, { openRequest: true, waitedSeconds: 3 })), 'server', 5],
    ['nobody', waits(2, { slowTurns: [turn(2, 58, { response: null })] }), 'open', 60],
  ])('%s ended it', (_, connection, by, to) =>
    expect(server({ connections: [connection] })?.unanswered).toMatchObject([{ by, from: 2, to }]),
  );

  test('times are those of the common clock', () => {
    const points = [point({ timeShift: 100 })];
    expect(server({ points, connections: [waits(2)] })?.slow).toMatchObject([{ from: 102, to: 104, by: 'answer' }]);
  });
  test('counts requests, and TLS handshakes among them', () =>
    expect(
      server({ connections: [waits(2, { turns: 3, tlsTurns: 1 }), waits(2, { client: '10.244.1.6:1', turns: 4 })] }),
    ).toMatchObject({
      turns: 7,
      tlsTurns: 1,
    }));
  test('a service is named where several endpoints answer for it, an endpoint where one does', () => {
    const to = (client: string, backend: string) => {
      const asked = waits(2, { client, server: '10.96.0.10:80' });
      const behind = waits(2, { client, server: backend, point: 1 });
      return [asked, behind] as const;
    };
    const names = (...backends: string[]) => {
      const pairs = backends.map((backend, nth) => to(`10.244.1.5:${4000 + nth}`, backend));
      const all = evidence({
        points: [point(), point({ name: 'b', capture: 1 })],
        captures: [capture(), capture()],
        connections: pairs.flat(),
        paths: pairs.map(([asked, behind]) => ({ of: [asked, behind], serverBeforeNat: '10.96.0.10:80' })),
      });
      return [...askedServers(all).keys()];
    };
    expect(names('10.244.2.7:80', '10.244.2.8:80')).toEqual(['10.96.0.10:80']);
    expect(names('10.244.2.7:80', '10.244.2.7:80')).toEqual(['10.244.2.7:80']);
  });
});

describe('the waits of a server within the wait for it', () => {
  const outer = waits(4, { client: '10.244.1.5:4000', server: '10.244.2.7:80' });
  const inner = (at: number, seconds: number, some: Parts = {}, port = 5000) =>
    waits(seconds, { client: `10.244.2.7:${port}`, server: '10.244.3.9:5432', ...some }, at);
  const open = (at: number) => inner(at, 0, { slowTurns: [turn(at, 60 - at, { response: null })] });
  const within = (...connections: Connection[]): [from: number, seconds: number][] => {
    const all = evidence({ connections: [outer, ...connections] });
    const wait = askedServers(all).get('10.244.2.7:80')?.slow[0] as Wait;
    return waitsWithin(all, wait).map(({ from, to }) => [from, Number((to - from).toFixed(3))]);
  };
  test.each<[name: string, connections: Connection[], expected: [number, number][]]>([
    ['one that makes up all of it', [inner(2, 4)], [[2, 4]]],
    ['one that makes up half of it', [inner(2.5, 2)], [[2.5, 2]]],
    ['less than half', [inner(2.5, 1.9)], []],
    ['less than half, and the answer follows at once', [inner(4.1, 1.9)], []],
    [
      'two in turn that make up half, and the answer follows the last',
      [inner(2.5, 1), inner(4.99, 1, {}, 5001)],
      [
        [2.5, 1],
        [4.99, 1],
      ],
    ],
    ['two in turn, and the answer comes later', [inner(2.5, 1), inner(4.9, 1, {}, 5001)], []],
    ['two at once make up no more than one', [inner(4.9, 1.1), inner(4.9, 1.1, {}, 5001)], []],
    ['two of different servers', [inner(2.5, 1), inner(4.99, 1, { server: '10.244.3.8:80' }, 5001)], []],
    ['a hundredth of a second before', [inner(1.99, 4)], [[1.99, 4]]],
    ['earlier', [inner(1.9, 4)], []],
    ['a hundredth of a second later', [inner(2.01, 4)], [[2.01, 4]]],
    ['later', [inner(2.1, 4)], []],
    ['of another client', [inner(2, 4, { client: '10.244.2.8:5000' })], []],
    [
      'the longest first',
      [inner(2.5, 2), inner(2.2, 3, {}, 5001)],
      [
        [2.2, 3],
        [2.5, 2],
      ],
    ],
    ['one that is open at the end', [open(2)], []],
  ])('%s', (_, connections, expected) => expect(within(...connections)).toEqual(expected));
});
