import { describe, expect, test } from 'vitest';
import type { Connection } from '../../../src/flows/evidence/evidence.ts';
import { trace } from './segment-trace.ts';

/**
 * Each threshold in seconds at itself and a ten-thousandth before it. Binary numbers are exact where the earlier time is
 * the threshold, or where all of them are sums of powers of two.
 */
interface Threshold {
  /** The lines of the trace; the last one comes at `at`. */
  lines: (at: number) => string;
  at: number;
  told: (connection: Connection, kinds: string) => unknown;
  before: unknown;
  from: unknown;
}
/** A round trip of 1/32 s. */
const GREETED = '0 > S 0:0 mss 1460\n0.015625 < S. 0:0 ack 1 mss 1460\n0.03125 > . 1:1 ack 1\n';
const lastKinds = (_: Connection, kinds: string): string => kinds;

const THRESHOLDS: Record<string, Threshold> = {
  '20 ms behind the second duplicate acknowledgement a repetition is fast': {
    lines: (at) =>
      `0 > S 0:0\n0.001 < S. 0:0 ack 1\n0.002 > . 1:1 ack 1\n0.003 > . 1:101 ack 1\n0.004 > . 101:201 ack 1
      0.019 < . 1:1 ack 1\n0.02 < . 1:1 ack 1\n${at} > . 1:101 ack 1`,
    at: 0.04,
    told: lastKinds,
    before: 'fast retransmission',
    from: 'retransmission',
  },
  '3 ms behind the gap a segment is late, where no round trip is known': {
    lines: (at) => `0.001 > . 1:101 ack 1\n0.003 > . 201:301 ack 1\n${at} > . 101:201 ack 1`,
    at: 0.006,
    told: lastKinds,
    before: 'outOfOrder',
    from: 'retransmission',
  },
  'a round trip behind the gap a segment is late': {
    lines: (at) => `${GREETED}1 > . 1:101 ack 1\n1.25 > . 201:301 ack 1\n${at} > . 101:201 ack 1`,
    at: 1.28125,
    told: lastKinds,
    before: 'outOfOrder',
    from: 'retransmission',
  },
  'a timeout takes 200 ms at least': {
    lines: (at) => `0 > S 0:0\n0.01 < S. 0:0 ack 1\n0.02 > . 1:1 ack 1\n0.2 > . 1:101 ack 1\n${at} > . 1:101 ack 1`,
    at: 0.4,
    told: ({ directions }) => directions[0].timeoutRetransmissions,
    before: 0,
    from: 1,
  },
  'a SYN-ACK within 200 ms answers another SYN': {
    lines: (at) => `0 > S 0:0\n0.2 < S. 0:0 ack 1\n0.3 > S 0:0\n${at} < S. 0:0 ack 1`,
    at: 0.4,
    told: ({ directions, synAck }) => [directions[1].retransmissions, synAck.length, directions[1].synsAgain],
    before: [0, 1, 1],
    from: [1, 2, 1],
  },
  'a pause takes a second': {
    lines: (at) => `${GREETED}1 > . 1:101 ack 1\n1.25 < . 1:1 ack 101\n${at} > . 101:201 ack 1`,
    at: 2.25,
    told: ({ idleGaps }) => idleGaps.map(({ from, to, octets }) => [from.packet, to.packet, octets]),
    before: [],
    from: [[5, 6, 100]],
  },
  'a slow turn takes 100 ms': {
    lines: (at) => `0 > S 0:0\n0.01 < S. 0:0 ack 1\n0.02 > . 1:1 ack 1\n0.1 > . 1:101 ack 1\n${at} < . 1:101 ack 101`,
    at: 0.2,
    told: ({ slowTurns, turns }) => [slowTurns.length, turns],
    before: [0, 1],
    from: [1, 1],
  },
  'half a round trip behind a segment its repetition is too soon to repair': {
    lines: (at) => `${GREETED}1 > . 1:101 ack 1\n${at} > . 1:101 ack 1`,
    at: 1.015625,
    told: ({ directions: [{ resentSegments, needlessSegments }] }) => [resentSegments, needlessSegments],
    before: [0, 1],
    from: [1, 0],
  },
  'half a round trip behind a repetition its acknowledgement is that of it': {
    // A sample of 1/32 s comes before; the first sending was a round trip and a half ago, or less.
    lines: (at) =>
      `${GREETED}0.5 > . 1:101 ack 1\n0.53125 < . 1:1 ack 101\n1 > . 101:201 ack 1\n1.03125 > . 101:201 ack 1
      ${at} < . 1:1 ack 201`,
    at: 1.046875,
    told: ({ directions: [{ resentSegments, needlessSegments }] }) => [resentSegments, needlessSegments],
    before: [0, 1],
    from: [1, 0],
  },
};

describe('thresholds', () => {
  test.each(Object.entries(THRESHOLDS))('%s', (_, { lines, at, told, before, from }) => {
    const of = (time: number) => {
      const { connections, kinds } = trace(lines(time));
      return told(connections[0], kinds[kinds.length - 1]);
    };
    expect([of(at - 0.0001), of(at), of(at + 0.0001)]).toEqual([before, from, from]);
  });

  test('two round trips behind the gap an original is not late any more: at them it may be', () => {
    // IP IDs say that it was sent before.
    const resent = (time: number) => {
      const lines = `${GREETED}1 > . 1:101 ack 1 id 10\n1.25 > . 201:301 ack 1 id 12\n${time} > . 101:201 ack 1 id 11`;
      const [{ directions }] = trace(lines).connections;
      return [directions[0].outOfOrder, directions[0].resentSegments, directions[0].resentLate];
    };
    expect([1.3124, 1.3125, 1.3126].map(resent)).toEqual([
      [1, 0, 0],
      [1, 0, 0],
      [1, 1, 1],
    ]);
    // A FIN alone has nothing that could be lost with it, and without a clean handshake nothing is known.
    const fin = `${GREETED}1 > . 1:101 ack 1 id 10\n1.25 > F. 201:201 ack 1 id 12\n3 > F. 101:101 ack 1 id 11`;
    expect(trace(fin).connections[0].directions[0].resentLate).toBe(0);
    const again = `0 > S 0:0\n${GREETED.replace('0 > S 0:0 mss 1460\n', '')}1 > . 1:101 ack 1 id 10\n`;
    const late = '1.25 > . 201:301 ack 1 id 12\n3 > . 101:201 ack 1 id 11';
    expect(trace(again + late).connections[0].directions[0].resentLate).toBe(1);
    expect(trace(`0 > S 0:0\n0.001 > S 0:0\n${again.slice(10)}${late}`).connections[0].directions[0].resentLate).toBe(
      0,
    );
  });

  test('a round trip and a half behind the sending before, an acknowledgement is that of the last', () => {
    const counted = (time: number) => {
      const [{ directions }] = trace(
        `${GREETED}0.5 > . 1:101 ack 1\n0.53125 < . 1:1 ack 101\n1 > . 101:201 ack 1\n1.04 > . 101:201 ack 1
        ${time} < . 1:1 ack 201`,
      ).connections;
      return [directions[0].resentSegments, directions[0].needlessSegments];
    };
    expect([1.0468, 1.046875, 1.0469].map(counted)).toEqual([
      [0, 1],
      [0, 1],
      [1, 0],
    ]);
  });

  test('a repetition that counted as needless at once counts no second time', () => {
    const [{ directions }] = trace(
      `${GREETED}0.5 > . 1:101 ack 1\n0.53125 < . 1:1 ack 101\n1 > . 101:201 ack 1\n1.01 > . 101:201 ack 1
      1.02 < . 1:1 ack 201`,
    ).connections;
    expect([directions[0].resentSegments, directions[0].needlessSegments]).toEqual([0, 1]);
  });

  test('three duplicate acknowledgements before make no timeout', () => {
    const timeouts = (count: number) => {
      const acks = Array.from({ length: count }, (_, nth) => `${0.5 + nth / 1000} < . 1:1 ack 1`).join('\n');
      const lines = `${GREETED}0.25 > . 1:101 ack 1\n0.26 > . 101:201 ack 1\n${acks}\n1 > . 1:101 ack 1`;
      return trace(lines).connections[0].directions[0].timeoutRetransmissions;
    };
    expect([0, 1, 2, 3, 4].map(timeouts)).toEqual([1, 1, 1, 0, 0]);
  });

  test('a delayed acknowledgement took 30 to 500 ms, and what it held back leaves at once', () => {
    // The first segment was sent twice, so no round trip is known, and all of the delay is that of the receiver.
    const stalls = (acked: number, sent: number) => {
      const lines = `0.01 > P. 1:101 ack 1\n0.02 > P. 1:101 ack 1\n${acked} < . 1:1 ack 101\n${sent} > P. 101:201 ack 1`;
      return trace(lines).connections[0].stalls;
    };
    expect([stalls(0.0399, 0.0405), stalls(0.04, 0.0405), stalls(0.04, 0.0415), stalls(0.04, 0.0425)]).toEqual([
      [0, 0],
      [1, 0],
      [1, 0],
      [0, 0],
    ]);
    expect([stalls(0.5, 0.501), stalls(0.509, 0.51), stalls(0.511, 0.512)]).toEqual([
      [1, 0],
      [1, 0],
      [0, 0],
    ]);
    expect([0.04 - 0.01 >= 0.03, 0.0399 - 0.01 >= 0.03]).toEqual([true, false]);
  });
});

describe('a SYN between known ends', () => {
  const count = (lines: string): number => trace(lines).connections.length;
  test('with its number again is the same connection, with another a new one', () => {
    expect(count('0 > S 0:0\n1 > S 0:0')).toBe(1);
    expect(count('0 > S 0:0\n1 > S 1:1')).toBe(2);
    expect(count('0 > . 1:1 ack 1\n1 > S 0:0')).toBe(2);
  });

  test('belongs to a SYN-ACK before it that acknowledges it, with its payload', () => {
    expect(count('0 < S. 0:0 ack 1\n1 > S 0:0')).toBe(1);
    expect(count('0 < S. 0:0 ack 2\n1 > S 0:0')).toBe(2);
    expect(count('0 < S. 0:0 ack 11\n1 > S 0:10')).toBe(1);
    expect(count('0 < S. 0:0 ack 1\n1 > S 0:10')).toBe(2);
  });

  test('names the client of a connection that began with its SYN-ACK', () => {
    const of = (lines: string) => {
      const { rolesFrom, syn, synAck, history } = trace(lines).connections[0];
      return [rolesFrom, ...[syn, synAck].map((refs) => refs.map(({ packet }) => packet).join()), history];
    };
    expect(of('0 < S. 0:0 ack 1')).toEqual(['syn-ack', '', '1', 'h']);
    expect(of('0 < S. 0:0 ack 1\n1 > S 0:0')).toEqual(['syn', '2', '1', 'hS']);
    expect(of('0 > S 0:0\n1 < S. 0:0 ack 1')).toEqual(['syn', '1', '2', 'Sh']);
    expect(of('0 < . 1:1 ack 1')).toEqual(['guess', '', '', '^a']);
  });

  test('belongs to the SYN of its peer, and to nothing else that the peer sent without an acknowledgement', () => {
    expect(count('0 < S 0:0\n1 > S 0:0')).toBe(1);
    expect(count('0 < S 0:0\n1 < S 0:0\n2 > S 0:0')).toBe(1);
    expect(count('0 < S 0:0\n1 < R 1:1\n2 > S 0:0')).toBe(2);
    expect(count('0 < R 1:1\n1 > S 0:0')).toBe(2);
  });
});

describe('the client of a connection without its start', () => {
  /** Ports of the sender and of the receiver of the only packet, which has no SYN. */
  const isClient = (port: number, listener: number, before = ''): boolean => {
    const { connections } = trace(`${before}\n1 > . 1:1 ack 1 port ${port} listener ${listener}`);
    return (
      connections[connections.length - 1].client.port === port &&
      connections[connections.length - 1].client.address === '10.0.0.1'
    );
  };
  test('is told by ports below 1024, else by the lower port', () => {
    expect([isClient(1024, 1023), isClient(1023, 1024), isClient(1023, 80), isClient(80, 1023)]).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect([isClient(5000, 4000), isClient(4000, 5000), isClient(5000, 5000)]).toEqual([true, false, true]);
    expect([isClient(65_535, 1024), isClient(1024, 65_535)]).toEqual([true, false]);
  });

  test('is told by a SYN to one of the ports before', () => {
    const syn = (listener: number) => `0 > S 0:0 port 9999 listener ${listener}\n`;
    expect([isClient(4000, 5000, syn(5000)), isClient(5000, 4000, syn(5000))]).toEqual([true, false]);
    expect([isClient(80, 5000, syn(5000)), isClient(5000, 80, syn(5000))]).toEqual([true, false]);
    // A SYN-ACK is none; SYNs to both tell nothing.
    expect(isClient(4000, 5000, '0 < S. 0:0 ack 1 listener 5000 port 9999\n')).toBe(false);
    expect(isClient(4000, 5000, syn(5000) + syn(4000).replace('0 >', '0.5 >'))).toBe(false);
  });
});

describe('edges of what is said of a connection', () => {
  const last = (lines: string): Connection => trace(lines).connections[0];

  test('data of one octet after an end count', () => {
    const ended = `${GREETED}1 > F. 1:1 ack 1\n`;
    const of = (line: string) => {
      const { end } = last(ended + line);
      return [end?.crossed, end?.ignored];
    };
    expect(of('2 < . 1:2 ack 1')).toEqual([true, false]);
    expect(of('2 < . 1:2 ack 2')).toEqual([false, true]);
    expect(of('2 < . 1:1 ack 1')).toEqual([false, false]);
    expect(of('2 > . 2:3 ack 1')).toEqual([false, false]);
    // What was sent again is older than the end.
    expect(last(`${GREETED}0.5 < . 1:101 ack 1\n1 > F. 1:1 ack 1\n2 < . 1:101 ack 1`).end?.crossed).toBe(false);
  });

  test('SACK blocks of a direction whose peer was not seen are those of nobody else', () => {
    const [side] = last('0 > . 1:1 ack 1 sack 3000001:3000101').directions;
    expect([side.foreignSacksTotal, side.duplicateSacks, side.sackedAhead]).toEqual([0, 0, 100]);
  });

  test('SACK blocks are foreign where each lies a million octets and more from what was sent and acknowledged', () => {
    // Octets up to 101 were sent, and acknowledged up to 51; 1 is the first number behind the SYN.
    const foreign = (...blocks: string[]) => {
      const lines = `${GREETED}1 > . 1:101 ack 1\n2 < . 1:1 ack 51 sack ${blocks.join()}`;
      return last(lines).directions[1].foreignSacksTotal;
    };
    const [above, below] = [101 + 1_000_000, 51 - 1_000_000];
    expect([foreign(`${above}:${above + 100}`), foreign(`${above + 1}:${above + 100}`)]).toEqual([0, 1]);
    expect([foreign(`${below - 100}:${below}`), foreign(`${below - 100}:${below - 1}`)]).toEqual([0, 1]);
    const far = `${above + 1}:${above + 100}`;
    expect([foreign(far, far), foreign(far, '61:71'), foreign('61:71', far)]).toEqual([1, 0, 0]);
    expect(foreign(far, far, '61:71')).toBe(0);
  });

  test('eight foreign SACKs are kept, and all counted', () => {
    const sacks = (count: number) =>
      Array.from({ length: count }, (_, nth) => `+0.01 < . 1:1 ack 1 win ${nth + 2} sack 3000001:3000101`).join('\n');
    for (const count of [7, 8, 9]) {
      const side = last(`${GREETED}1 > . 1:101 ack 1\n${sacks(count)}`).directions[1];
      expect([side.foreignSacksTotal, side.foreignSacks.length]).toEqual([count, Math.min(8, count)]);
    }
  });

  test('the window of a reset is that of its receiver, from its acknowledgement to its end', () => {
    const inWindow = (seq: number, window = 100) => {
      const lines = `0 > S 0:0\n0.01 < S. 0:0 ack 1 win ${window}\n0.02 > . 1:1 ack 1\n0.03 < . 1:1 ack 50 win ${window}`;
      return last(`${lines}\n1 > R ${seq}:${seq}`).resets[0].inWindow;
    };
    expect([49, 50, 150, 151].map((seq) => inWindow(seq))).toEqual([false, true, true, false]);
    // A window that is shut takes the octet at its edge.
    expect([49, 50, 51, 52].map((seq) => inWindow(seq, 0))).toEqual([false, true, true, false]);
    expect(last('0 > S 0:0\n1 > R 7:7').resets[0]).toMatchObject({ inWindow: true, sincePeer: null, hasAck: false });
    expect(last('0 > S 0:0\n1 < R. 0:0 ack 1').resets[0]).toMatchObject({ sincePeer: 1, hasAck: true });
  });
});
