import { describe, expect, test } from 'vitest';
import { HANDSHAKE, trace } from './segment-trace.ts';

/** Each row: the kinds behind `#` and none else, on every line. */
const TRACES: Record<string, string> = {
  'a clean request and answer has no kinds at all': `${HANDSHAKE}
    0.030 > P. 1:101   ack 1
    0.040 < .  1:1     ack 101
    0.050 < P. 1:1461  ack 101
    0.051 < P. 1461:2921 ack 101
    0.060 > .  101:101 ack 2921
    0.070 > F. 101:101 ack 2921
    0.080 < F. 2921:2921 ack 102
    0.090 > .  102:102 ack 2922`,
  'timeout: the same octets after a silence': `${HANDSHAKE}
    0.030 > P. 1:101   ack 1 id 5
    0.330 > P. 1:101   ack 1 id 6 # retransmission
    0.930 > P. 1:101   ack 1 id 7 # retransmission`,
  'a SYN sent again is a retransmission': `
    0.0 > S 0:0
    1.0 > S 0:0 # retransmission
    3.0 > S 0:0 # retransmission`,
  'a SYN-ACK sent again is a retransmission': `
    0.00 > S  0:0
    0.01 < S. 0:0 ack 1
    1.01 < S. 0:0 ack 1 # retransmission`,
  'octets acknowledged already: spurious': `${HANDSHAKE}
    0.030 > P. 1:101   ack 1
    0.040 < .  1:1     ack 101
    0.300 > P. 1:101   ack 1 # retransmission spurious`,
  'duplicate ACKs, then a fast retransmission': `${HANDSHAKE}
    0.030 > .  1:1461     ack 1 id 1
    0.030 > .  1461:2921  ack 1 id 2
    0.031 > .  2921:4381  ack 1 id 3
    0.031 > .  4381:5841  ack 1 id 4
    0.040 < .  1:1 ack 1461
    0.041 < .  1:1 ack 1461 sack 2921:4381 # dupAck
    0.042 < .  1:1 ack 1461 sack 2921:5841 # dupAck
    0.043 < .  1:1 ack 1461 sack 2921:5841 # dupAck
    0.044 > .  1461:2921  ack 1 id 5 # fast retransmission`,
  'an ACK with another window is an update, not a duplicate': `${HANDSHAKE}
    0.030 > P. 1:101 ack 1
    0.040 < .  1:1   ack 101 win 65535
    0.041 < .  1:1   ack 101 win 64000 # windowUpdate
    0.042 < .  1:1   ack 101 win 64000 # dupAck`,
  'lost before the point: a gap, and the second sending that fills it (newer IP ID)': `${HANDSHAKE}
    0.030 > .  1:1461     ack 1 id 10
    0.031 > .  2921:4381  ack 1 id 12 # lost
    0.032 < .  1:1 ack 1461
    0.033 < .  1:1 ack 1461 sack 2921:4381 # dupAck
    0.034 > .  1461:2921  ack 1 id 13 # retransmission`,
  'on a longer way: the late one has the IP ID between its neighbours': `${HANDSHAKE}
    0.030 > .  1:1461     ack 1 id 10
    0.031 > .  2921:4381  ack 1 id 12 # lost
    0.032 > .  1461:2921  ack 1 id 11 # outOfOrder`,
  'IP IDs count on after 65535: the newer one is a second sending': `${HANDSHAKE}
    0.030 > .  1:1461     ack 1 id 65533
    0.031 > .  2921:4381  ack 1 id 65535 # lost
    0.032 > .  1461:2921  ack 1 id 1 # retransmission`,
  'late by timestamps: an older TSval than the segment that overtook it': `${HANDSHAKE}
    0.030 > .  1:1461     ack 1 ts 100
    0.031 > .  2921:4381  ack 1 ts 102 # lost
    0.032 > .  1461:2921  ack 1 ts 101 # outOfOrder`,
  'sent again by timestamps: a newer TSval fills the gap': `${HANDSHAKE}
    0.030 > .  1:1461     ack 1 ts 100
    0.031 > .  2921:4381  ack 1 ts 101 # lost
    0.040 > .  1461:2921  ack 1 ts 110 # retransmission`,
  'without IP ID and timestamps: sooner than a round trip is late, later is sent again': `${HANDSHAKE}
    0.030 > .  1:1461     ack 1
    0.031 > .  2921:4381  ack 1 # lost
    0.032 > .  1461:2921  ack 1 # outOfOrder
    0.040 > .  5841:7301  ack 1 # lost
    0.080 > .  4381:5841  ack 1 # retransmission`,
  'a window that shuts, probes of one octet, and its opening': `${HANDSHAKE}
    0.030 > .  1:1461  ack 1
    0.040 < .  1:1     ack 1461 win 0 # zeroWindow
    0.300 > .  1461:1462 ack 1 # probe
    0.310 < .  1:1     ack 1461 win 0 # probeAck zeroWindow
    0.800 < .  1:1     ack 1461 win 65535 # windowUpdate`,
  'probes of Linux carry no octet and the number before sndUna': `${HANDSHAKE}
    0.030 > .  1:1461  ack 1
    0.040 < .  1:1     ack 1461 win 0 # zeroWindow
    0.300 > .  1460:1460 ack 1 # keepAlive
    0.310 < .  1:1     ack 1461 win 0 # zeroWindow`,
  'a reset carries window 0 and shuts nothing': `${HANDSHAKE}
    0.030 > R. 1:1 ack 1 win 0`,
  'keep-alive and its answer': `${HANDSHAKE}
    0.030 > P. 1:101 ack 1
    0.040 < .  1:1   ack 101
    75.00 > .  100:100 ack 1 # keepAlive
    75.01 < .  1:1   ack 101 # keepAliveAck`,
  'keep-alive with one octet': `${HANDSHAKE}
    0.030 > P. 1:101 ack 1
    0.040 < .  1:1   ack 101
    75.00 > .  100:101 ack 1 # keepAlive`,
  'the sender fills the window': `
    0.000 > S  0:0 win 65535 mss 1460 ws 0
    0.010 < S. 0:0 ack 1 win 2920 mss 1460 ws 0
    0.020 > .  1:1 ack 1
    0.030 > .  1:1461    ack 1
    0.031 > .  1461:2921 ack 1 # windowFull`,
  'octets acknowledged that were never captured': `${HANDSHAKE}
    0.030 > .  1:1461 ack 1
    0.040 < .  1:1 ack 2921 # ackedUnseen`,
  'the same tuple with another ISN is another connection': `${HANDSHAKE}
    0.030 > F. 1:1 ack 1
    0.040 < F. 1:1 ack 2
    0.050 > .  2:2 ack 2
    9.000 > S  90000:90000 # portsReused
    9.010 < S. 70000:70000 ack 90001`,
  'a capture that begins in mid-stream blames nobody': `
    0.000 > .  5000:6460 ack 900
    0.001 < .  900:900   ack 3540
    0.002 > .  6460:7920 ack 900
    0.003 < .  900:900   ack 6460`,
  'TCP fast open: data in the SYN': `
    0.000 > S  0:100 mss 1460
    0.010 < S. 0:0 ack 101
    0.020 > P. 101:201 ack 1`,
  'simultaneous open': `
    0.000 > S  0:0
    0.001 < S  0:0
    0.010 > S. 0:0 ack 1 # retransmission
    0.011 < S. 0:0 ack 1 # retransmission`,
  'another SYN-ACK with another number begins that direction anew': `
    0.000 > S  0:0
    0.010 < S. 0:0 ack 1
    0.020 < S. 900000:900000 ack 1 # lost
    0.030 > .  1:1 ack 900001
    0.040 < P. 900001:900101 ack 1`,
  'only one direction was captured: retransmissions are still found': `
    0.000 > .  1:1461    ack 1
    0.001 > .  1461:2921 ack 1
    0.500 > .  1:1461    ack 1 # retransmission`,
  'super-segments of offload, acknowledged in their middle': `${HANDSHAKE}
    0.030 > .  1:64241 ack 1 len 64280
    0.040 < .  1:1 ack 14601
    0.041 < .  1:1 ack 43801
    0.042 < .  1:1 ack 64241
    0.050 > .  64241:128481 ack 1 len 64280`,
};

describe('kinds of segment', () => {
  for (const [title, text] of Object.entries(TRACES)) {
    test(title, () => {
      const { kinds, expected } = trace(text);
      expect(kinds).toEqual(expected);
    });
    test(`${title}, where sequence numbers wrap`, () => {
      const { kinds, expected } = trace(text, { iss: [2 ** 32 - 700, 2 ** 32 - 2] });
      expect(kinds).toEqual(expected);
    });
  }
});
