import { describe, expect, test } from 'vitest';
import type { Connection } from '../../../src/flows/evidence/evidence.ts';
import { HANDSHAKE, newTracker, trace } from './segment-trace.ts';

const only = (text: string, options?: Parameters<typeof trace>[1]): Connection => {
  const { connections } = trace(text, options);
  expect(connections).toHaveLength(1);
  return connections[0];
};

describe('handshake', () => {
  test('gives roles, numbers, options and times', () => {
    const connection = only(`
      0.000 > S  0:0 mss 1460 ws 7 sackok
      0.010 < S. 0:0 ack 1 mss 1400 ws 9
      0.030 > .  1:1 ack 1`);
    expect(connection).toMatchObject({
      client: { address: '10.0.0.1', port: 40000 },
      server: { address: '10.0.0.2', port: 80 },
      rolesFrom: 'syn',
      ipVersion: 4,
      state: 'established',
      history: 'ShA',
      syn: [{ packet: 1, time: 0 }],
      synAck: [{ packet: 2, time: 0.01 }],
      synAckAcks: 1001,
      handshakeAck: { packet: 3, time: 0.03 },
      first: { packet: 1, time: 0 },
      last: { packet: 3, time: 0.03 },
    });
    expect(connection.handshakeServerSide).toBeCloseTo(0.01);
    expect(connection.handshakeClientSide).toBeCloseTo(0.02);
    const [there, back] = connection.directions;
    expect(there).toMatchObject({ iss: 1000, mss: 1460, windowScale: 7, sackPermitted: true, syns: 1, packets: 2 });
    expect(back).toMatchObject({ iss: 5000, mss: 1400, windowScale: 9, sackPermitted: false, syns: 1, packets: 1 });
  });

  test('gives null, not 0, for absent options', () => {
    const [there, back] = only(`
      0.000 > S  0:0
      0.010 < S. 0:0 ack 1 ws 0`).directions;
    expect([there.mss, there.windowScale]).toEqual([null, null]);
    expect(back.windowScale).toBe(0);
  });

  test('keeps every SYN of an unanswered client, in order', () => {
    const connection = only(`
      0 > S 0:0
      1 > S 0:0
      3 > S 0:0`);
    expect(connection).toMatchObject({ state: 'syn-sent', history: 'ST', synAck: [], synAckAcks: null });
    expect(connection.syn.map(({ packet }) => packet)).toEqual([1, 2, 3]);
    expect(connection.idleGaps).toEqual([]);
  });

  test('SYNs again are counted apart, also SYN-ACKs that answer them at once', () => {
    const [there, back] = only(`
      0.00 > S  0:0
      0.01 < S. 0:0 ack 1
      1.00 > S  0:0
      1.01 < S. 0:0 ack 1
      2.02 < S. 0:0 ack 1`).directions;
    expect([there.synsAgain, back.synsAgain]).toEqual([1, 2]);
    expect([there.firstAckedData, back.firstAckedData]).toEqual([null, null]);
  });

  test('the first SYN of a direction is none again, even after data with its number', () => {
    const { directions } = only(`
      0.00 < .  1:101 ack 1
      1.00 < S. 50:50 ack 1
      2.00 < S. 50:50 ack 1
      3.00 < S. 60:60 ack 1`);
    expect([directions[1].iss, directions[1].synsAgain, directions[1].retransmissions]).toEqual([5050, 1, 3]);
  });

  test('bare FINs again are counted apart; one with data is data', () => {
    const [there, back] = only(`${HANDSHAKE}
      +0.01 > F. 1:1 ack 1
      +0.30 > F. 1:1 ack 1
      +0.60 > F. 1:1 ack 1
      +0.01 < FP. 1:101 ack 2
      +0.30 < FP. 1:101 ack 2`).directions;
    expect([there.finsAgain, back.finsAgain]).toEqual([2, 0]);
  });

  test('the first acknowledgement of data: neither that of the SYN nor that of a FIN', () => {
    const connection = only(`${HANDSHAKE}
      +0.01 > P. 1:101 ack 1
      +0.01 < .  1:1 ack 1
      +0.01 > P. 101:201 ack 1
      +0.01 < .  1:1 ack 101
      +0.01 < .  1:1 ack 201
      +0.01 < F. 1:1 ack 201
      +0.01 > .  201:201 ack 2`);
    const [there, back] = connection.directions;
    const acked = connection.first.packet + 6;
    expect([there.firstAckedData?.packet, back.firstAckedData]).toEqual([acked, null]);
    expect(there.firstAckedData!.time).toBeGreaterThan(connection.handshakeAck!.time + 0.03);
  });

  test('is refused when a reset answers the SYN', () => {
    const connection = only(`
      0.000 > S  0:0
      0.001 < R. -5000:-5000 ack 1 win 0`);
    expect(connection.state).toBe('reset');
    expect(connection.resets).toMatchObject([{ packet: 2, direction: 1, seq: 0, ack: 1001, hasAck: true }]);
    expect(connection.resets[0].sincePeer).toBeCloseTo(0.001);
  });

  test('keeps two SYN-ACKs with different numbers, and finds nothing missing between them', () => {
    const connection = only(`
      0.000 > S  0:0
      0.010 < S. 0:0 ack 1
      0.020 < S. 900000:900000 ack 1
      0.030 > .  1:1 ack 900001
      0.040 < P. 900001:900101 ack 1`);
    expect(connection.synAck).toHaveLength(2);
    expect(connection.directions[1]).toMatchObject({
      iss: 905_000,
      holesTotal: 0,
      previousSegmentNotCaptured: 0,
      gapOctets: 0,
      syns: 2,
    });
  });

  test('counts a repeated SYN-ACK as a retransmission after a second, but not when it answers a repeated SYN at once', () => {
    const resent = (seconds: number): unknown => {
      const { synAck, directions } = only(`
        0.000 > S  0:0
        0.001 < S. 0:0 ack 1
        ${seconds} < S. 0:0 ack 1
        +0.01 > .  1:1 ack 1`);
      return { retransmissions: directions[1].retransmissions, synAcks: synAck.length };
    };
    expect(resent(0.002)).toEqual({ retransmissions: 0, synAcks: 1 });
    expect(resent(1.001)).toEqual({ retransmissions: 1, synAcks: 2 });
  });

  test('finds nothing missing between a reset with number 0 and a SYN-ACK after it', () => {
    const [, back] = only(`
      0.000 > S  0:0
      0.200 < R. -5000:-5000 ack 1
      1.200 < S. 0:0 ack 1
      1.210 > .  1:1 ack 1
      1.300 < P. 1:101 ack 1`).directions;
    expect(back).toMatchObject({ iss: 5000, holesTotal: 0, gapOctets: 0, resets: 1 });
  });

  test('keeps the roles of the first SYN in a simultaneous open', () => {
    const connection = only(`
      0.000 > S  0:0
      0.001 < S  0:0
      0.010 > S. 0:0 ack 1
      0.011 < S. 0:0 ack 1`);
    expect(connection).toMatchObject({ rolesFrom: 'syn', syn: [{ packet: 1 }] });
    expect(connection.directions.map(({ iss }) => iss)).toEqual([1000, 5000]);
  });
});

describe('roles of connections that began before the capture', () => {
  test('make the lower port the server', () => {
    const connection = only(`
      0.0 < P. 5000:5100 ack 1
      0.1 > .  1:1 ack 5100`);
    expect(connection).toMatchObject({ rolesFrom: 'guess', client: { port: 40000 }, server: { port: 80 } });
    expect(connection.history).toBe('^dA');
  });

  test('make a port with a SYN the server, even if it is the higher one', () => {
    const { connections } = trace(`
      0.0 > S 0:0 port 20
      0.1 < . 5000:5000 ack 1
      0.2 > . 1:1 ack 5000`);
    expect(connections[1]).toMatchObject({ server: { port: 80 } });
  });

  test.each([
    [1023, 1024, false],
    [1024, 1023, true],
    [1024, 1025, false],
    [1025, 1024, true],
    [80, 443, false],
    [443, 80, true],
    [5000, 5000, true],
  ])('from port %i to %i: the sender is the client: %s', (source, destination, isClient) => {
    const { client, server } = only(`0 > . 1:1 ack 1 port ${source} listener ${destination}`);
    expect([client.address, server.port]).toEqual(isClient ? ['10.0.0.1', destination] : ['10.0.0.2', source]);
  });

  test('make the sender of a SYN-ACK the server', () => {
    expect(only('0.0 < S. 0:0 ack 1')).toMatchObject({
      rolesFrom: 'syn-ack',
      server: { port: 80 },
      state: 'syn-received',
    });
  });
});

describe('a reused tuple', () => {
  test('gives two connections with flows of their own', () => {
    const { connections } = trace(`${HANDSHAKE}
      0.1 > F. 1:1 ack 1
      0.2 < F. 1:1 ack 2
      0.3 > .  2:2 ack 2
      9.0 > S  90000:90000
      9.1 < S. 70000:70000 ack 90001`);
    expect(connections.map(({ state, flow }) => [state, flow])).toEqual([
      ['closed', 0],
      ['syn-received', 1],
    ]);
    expect(connections[1].directions[0].iss).toBe(91_000);
  });
});

describe('octets sent several times', () => {
  test('are known without the segments, as they are outside of all holes', () => {
    const { kinds, connections } = trace(
      `${HANDSHAKE}
      0.030 > .  1:101   ack 1 id 10
      0.031 > .  201:301 ack 1 id 12
      0.032 > .  1:101   ack 1 id 10
      0.033 > .  250:280 ack 1 id 11
      0.034 > .  150:250 ack 1 id 11
      0.035 > .  101:150 ack 1 id 11`,
      { tracker: newTracker({ unackedSegments: 0 }) },
    );
    expect(kinds.slice(4)).toEqual(['lost', 'retransmission', 'retransmission', 'outOfOrder', 'outOfOrder']);
    expect(connections[0].directions[0]).toMatchObject({ largestFlight: 0, unackedSince: null, unackedOctets: 300 });
  });

  const STALLED = `${HANDSHAKE}
    0.030 > .  1:1461 ack 1 len 1500 id 1 df
    0.230 > .  1:1461 ack 1 len 1500 id 2 df
    0.300 < .  1:1    ack 1
    0.630 > .  1:1461 ack 1 len 1500 id 3 df`;

  test('lists every transmission without acknowledgement while the peer is alive', () => {
    const [there] = only(STALLED).directions;
    expect(there).toMatchObject({ retransmissions: 2, timeoutRetransmissions: 2, retransmittedOctets: 2920 });
    expect(there).toMatchObject({ repeatsTotal: 1, unackedOctets: 1460, unackedSince: { packet: 4, time: 0.03 } });
    expect(there.repeats).toEqual([
      {
        seqStart: 1,
        seqEnd: 1461,
        l3Length: 1500,
        smallestL3Length: 1500,
        packets: [
          { packet: 4, time: 0.03 },
          { packet: 5, time: 0.23 },
          { packet: 7, time: 0.63 },
        ],
        sendings: 3,
        dontFragment: true,
        ackedTime: null,
        ackedPacket: null,
        reversePacketsMeanwhile: 1,
      },
    ]);
  });

  test('gives the size that passed when the last transmission was smaller and acknowledged', () => {
    const [there] = only(`${STALLED}
      0.700 > .  1:501    ack 1 len 540
      0.710 < .  1:1      ack 501
      0.720 > .  501:1001 ack 1 len 540
      0.730 < .  1:1      ack 1001
      0.740 > .  1001:1461 ack 1 len 500
      0.750 < .  1:1      ack 1461`).directions;
    const [first] = there.repeats;
    expect(first).toMatchObject({ l3Length: 1500, smallestL3Length: 540, sendings: 4 });
    expect(first.ackedTime).not.toBeNull();
    expect(there.unackedOctets).toBe(0);
    expect(there.unackedSince).toBeNull();
    expect(there.largestAckedL3).toBeLessThan(1500);
  });

  test('are settled by a selective acknowledgement too', () => {
    const [there] = only(`${HANDSHAKE}
      0.030 > . 1:1461    ack 1
      0.031 > . 1461:2921 ack 1
      0.300 > . 1461:2921 ack 1
      0.310 < . 1:1 ack 1 sack 1461:2921`).directions;
    expect(there.repeats).toMatchObject([{ seqStart: 1461, ackedPacket: 7 }]);
    expect(there.repeats[0].ackedTime).toBeCloseTo(0.31);
  });

  test('are reported as received twice by a duplicate SACK', () => {
    const [, back] = only(`${HANDSHAKE}
      0.030 > . 1:1461 ack 1
      0.040 < . 1:1 ack 1461
      0.300 > . 1:1461 ack 1
      0.310 < . 1:1 ack 1461 sack 1:1461`).directions;
    expect(back.duplicateSacks).toBe(1);
  });

  test('counts SACKs far from everything sent as foreign, but not those near, beyond or below it', () => {
    const lines = [
      '0.030 > . 1:1461 ack 1',
      '0.031 > . 2921:4381 ack 1',
      '0.040 < . 1:1 ack 1461 sack 2921:4381',
      '0.041 < . 1:1 ack 1461 sack 900001:901461',
      '0.042 < . 1:1 ack 1461 sack 1:1461',
      '0.043 < . 1:1 ack 1461 sack 700002921:700004381',
      '0.044 < . 1:1 ack 1461 sack 700002921:700004381',
    ];
    const [there, back] = only(`${HANDSHAKE}\n${lines.join('\n')}`).directions;
    expect([back.foreignSacksTotal, back.foreignSacks.map(({ time }) => time)]).toEqual([2, [0.043, 0.044]]);
    expect(there.foreignSacksTotal).toBe(0);
  });

  test('does not count a SACK of damaged data that was seen as foreign', () => {
    const [, back] = only(`${HANDSHAKE}
      0.030 > . 1:1461 ack 1
      0.031 > . 3000001461:3000002921 ack 1
      0.040 < . 1:1 ack 1461 sack 3000001461:3000002921
      0.041 < . 1:1 ack 1461 sack 3000001461:3000002921`).directions;
    expect(back.foreignSacksTotal).toBe(0);
  });

  test('stay one range even if the sender segments them differently', () => {
    const [there] = only(`${HANDSHAKE}
      0.030 > . 1:2921    ack 1 len 2960
      0.300 > . 1:1461    ack 1 len 1500
      0.301 > . 1461:2921 ack 1 len 1500
      0.310 < . 1:1 ack 2921`).directions;
    expect(there.repeats.map(({ seqStart, sendings, ackedPacket }) => [seqStart, sendings, ackedPacket])).toEqual([
      [1, 2, 7],
      [1461, 2, 7],
    ]);
  });
});

describe('largest packet that is known to have arrived', () => {
  test('counts segments sent once and acknowledged', () => {
    const [there] = only(`${HANDSHAKE}
      0.030 > . 1:101     ack 1 len 140
      0.031 > . 101:1561  ack 1 len 1500
      0.040 < . 1:1 ack 101`).directions;
    expect(there).toMatchObject({ largestL3: 1500, largestAckedL3: 140 });
  });

  test('counts selectively acknowledged segments', () => {
    const [there] = only(`${HANDSHAKE}
      0.030 > . 1:101     ack 1 len 140
      0.031 > . 101:1561  ack 1 len 1500
      0.040 < . 1:1 ack 1 sack 101:1561`).directions;
    expect(there.largestAckedL3).toBe(1500);
  });

  test('does not count segments that were sent twice in different sizes', () => {
    const [there] = only(`${HANDSHAKE}
      0.030 > . 1:1461 ack 1 len 1500
      0.300 > . 1:501  ack 1 len 540
      0.310 < . 1:1 ack 501
      0.320 > . 501:1461 ack 1 len 1000
      0.330 < . 1:1 ack 1461`).directions;
    expect(there.largestAckedL3).toBeLessThan(1500);
  });
});

describe('holes and gaps', () => {
  test('a hole is filled by late octets', () => {
    const [there] = only(`${HANDSHAKE}
      0.030 > . 1:1461    ack 1
      0.031 > . 2921:4381 ack 1
      0.100 > . 1461:2921 ack 1
      0.110 < . 1:1 ack 4381`).directions;
    expect(there.holes).toEqual([
      { seqStart: 1461, seqEnd: 2921, noticed: { packet: 5, time: 0.031 }, filledTime: 0.1, acknowledged: false },
    ]);
    expect(there.gapOctets).toBe(0);
  });

  test('octets are a gap when acknowledged and never captured', () => {
    const [there] = only(`${HANDSHAKE}
      0.030 > . 1:1461    ack 1
      0.031 > . 2921:4381 ack 1
      0.110 < . 1:1 ack 4381`).directions;
    expect(there.holes).toMatchObject([{ filledTime: null, acknowledged: true }]);
    expect(there).toMatchObject({ gapOctets: 1460, holesTotal: 1 });
  });

  test('octets are a gap when acknowledged beyond everything captured', () => {
    const [there] = only(`${HANDSHAKE}
      0.030 > . 1:1461 ack 1
      0.040 < . 1:1 ack 2921
      0.050 > . 2921:4381 ack 1
      0.060 < . 1:1 ack 4381`).directions;
    expect(there.gapOctets).toBe(1460);
  });

  test('octets from before the capture are not a gap', () => {
    const [there] = only(`
      0.000 > . 5000:6460 ack 900
      0.001 < . 900:900 ack 3000
      0.002 < . 900:900 ack 5000
      0.003 < . 900:900 ack 6460`).directions;
    expect(there.gapOctets).toBe(0);
  });
});

describe('windows', () => {
  const SHUT = `${HANDSHAKE}
    0.030 > . 1:1461 ack 1
    0.040 < . 1:1 ack 1461 win 0
    0.300 > . 1460:1460 ack 1
    0.310 < . 1:1 ack 1461 win 0
    0.900 > . 1460:1460 ack 1
    0.910 < . 1:1 ack 1461 win 0`;

  test('a zero-window period lasts from the first zero to the opening, with its probes', () => {
    const connection = only(`${SHUT}
      2.540 < . 1:1 ack 1461 win 65535`);
    expect(connection.zeroWindowSpans).toEqual([
      { direction: 1, start: { packet: 5, time: 0.04 }, end: { packet: 10, time: 2.54 }, probes: 2, lastTime: 2.54 },
    ]);
    expect(connection.directions[0]).toMatchObject({ zeroWindowProbes: 2, keepAlives: 0 });
    expect(connection.directions[1].zeroWindows).toBe(3);
  });

  test('a zero-window period without opening has no end', () => {
    expect(only(SHUT).zeroWindowSpans).toMatchObject([{ end: null, lastTime: 0.91 }]);
  });

  test('a reset with window 0 starts no zero-window period', () => {
    expect(
      only(`${HANDSHAKE}
      0.030 < R. 1:1 ack 1 win 0`).zeroWindowSpans,
    ).toEqual([]);
  });
});

describe('pauses and turns', () => {
  test('a pause names the side that ended it', () => {
    const connection = only(`${HANDSHAKE}
      0.030 > P. 1:101 ack 1
      0.040 < .  1:1 ack 101
      60.04 < P. 1:51 ack 101`);
    expect(connection.idleGaps).toMatchObject([
      { from: { packet: 5 }, to: { packet: 6 }, direction: 1, keepAlive: false },
    ]);
    expect(connection.idleGaps[0].seconds).toBeCloseTo(60);
  });

  test('waiting for an acknowledgement is not a pause', () => {
    const connection = only(`${HANDSHAKE}
      0.030 > P. 1:101 ack 1
      2.030 > P. 1:101 ack 1
      6.030 > P. 1:101 ack 1`);
    expect(connection.idleGaps).toEqual([]);
  });

  test('keep-alives neither end a pause nor count as a request', () => {
    const connection = only(`${HANDSHAKE}
      0.030 > P. 1:101 ack 1
      0.040 < P. 1:51 ack 101
      0.050 > .  101:101 ack 51
      75.05 > .  100:101 ack 51
      75.06 < .  51:51 ack 101`);
    expect(connection.idleGaps).toMatchObject([{ keepAlive: true }]);
    expect(connection).toMatchObject({ turns: 1, directions: [{ keepAlives: 1 }, {}] });
  });

  test('a turn has a request and its answer', () => {
    const connection = only(`${HANDSHAKE}
      0.030 > P. 1:101   ack 1
      0.031 > P. 101:201 ack 1
      0.040 < .  1:1     ack 201
      0.531 < P. 1:1461  ack 201
      0.532 < P. 1461:2921 ack 201
      0.540 > .  201:201 ack 2921
      0.600 > P. 201:301 ack 2921
      0.610 < P. 2921:3000 ack 301`);
    expect(connection.turns).toBe(2);
    expect(connection.turnSeconds).toBeCloseTo(0.51);
    expect(connection.fastestTurn).toBeCloseTo(0.01);
    expect(connection.slowTurns).toHaveLength(1);
    expect(connection.slowTurns[0]).toMatchObject({
      request: { packet: 5 },
      requestOctets: 200,
      response: { packet: 7 },
    });
    expect(connection.slowTurns[0].ackTime).toBeCloseTo(0.04);
    expect(connection.slowTurns[0].seconds).toBeCloseTo(0.5);
  });

  test('a turn without answer lasts to the end', () => {
    const connection = only(`${HANDSHAKE}
      0.030 > P. 1:101 ack 1
      0.040 < .  1:1   ack 101
      5.030 > F. 101:101 ack 1`);
    expect(connection.turns).toBe(0);
    expect(connection.slowTurns).toMatchObject([{ request: { packet: 4 }, response: null }]);
    expect(connection.slowTurns[0].seconds).toBeCloseTo(5);
  });
});

describe('round trips', () => {
  test('are given by direction of the data, without data sent twice', () => {
    const { rtt } = only(`${HANDSHAKE}
      0.100 > P. 1:101   ack 1
      0.110 < .  1:1     ack 101
      0.200 > P. 101:201 ack 1
      0.500 > P. 101:201 ack 1
      0.505 < .  1:1     ack 201
      0.600 > P. 201:301 ack 1
      0.630 < .  1:1     ack 301`);
    expect(rtt[1]).toBeNull();
    expect(rtt[0]!.samples).toBe(2);
    expect(rtt[0]!.min).toBeCloseTo(0.01);
    expect(rtt[0]!.max).toBeCloseTo(0.03);
  });
});

test('have the median of equal round trips, even if the first was 0', () => {
  const [rtt] = only(`${HANDSHAKE}
    0.100 > P. 1:101 ack 1
    0.100 < .  1:1   ack 101
    0.200 > P. 101:201 ack 1
    0.210 < .  1:1   ack 201
    0.300 > P. 201:301 ack 1
    0.310 < .  1:1   ack 301`).rtt;
  expect(rtt!.median).toBeCloseTo(0.01);
});

test('have a median that follows round trips up and down', () => {
  const answers = (seconds: number, from: number): string =>
    Array.from({ length: 8 }, (_, nth) => {
      const [at, seq] = [1 + nth + from, 1 + 100 * (nth + from)];
      return `${at}.000 > P. ${seq}:${seq + 100} ack 1\n${(at + seconds).toFixed(3)} < . 1:1 ack ${seq + 100}`;
    }).join('\n');
  const medianOf = (...lines: string[]): number => only([HANDSHAKE, ...lines].join('\n')).rtt[0]!.median;
  const [short, long] = [answers(0.01, 0), answers(0.03, 8)];
  expect(medianOf(short)).toBeCloseTo(0.01);
  expect(medianOf(short, long)).toBeGreaterThan(0.012);
  expect(medianOf(answers(0.03, 0), answers(0.01, 8))).toBeLessThan(0.028);
});

describe('resets', () => {
  test.each([
    ['the next octet', 101, true],
    ['beyond the window', 101 + 70_000, false],
    ['before what is acknowledged', 50, false],
  ])('%s', (_, seq, inWindow) => {
    const connection = only(`${HANDSHAKE}
      0.030 < P. 1:101 ack 1
      0.040 > .  1:1 ack 101
      0.050 < R  ${seq}:${seq} win 0 ttl 200 id 9`);
    expect(connection.resets).toMatchObject([{ direction: 1, inWindow, ttl: 200, ipId: 9, hasAck: false }]);
    expect(connection.directions[1].ttls).toEqual([
      { value: 64, count: 2 },
      { value: 200, count: 1 },
    ]);
  });

  test('is closed after a FIN of both sides, even with a later reset', () => {
    expect(
      only(`${HANDSHAKE}
      0.030 > F. 1:1 ack 1
      0.040 < F. 1:1 ack 2
      0.050 > R  2:2 win 0`).state,
    ).toBe('closed');
  });
});

test('an ordinary connection with window updates has no events', () => {
  const connection = only(`${HANDSHAKE}
    0.030 > P. 1:101 ack 1
    0.040 < .  1:1   ack 101
    0.041 < .  1:1   ack 101 win 64000`);
  expect(connection).toMatchObject({ events: [], eventsTotal: 0 });
});
