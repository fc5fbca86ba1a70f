import { expect } from 'vitest';
import { encryptedTunnelNotDecrypted } from '../../../../src/heuristics/rules/cni/encrypted-tunnel-not-decrypted.ts';
import {
  capture,
  carrier,
  connection,
  evidence,
  hostActivity,
  icmpError,
  point,
  quoted,
  ref,
  ruleTable,
} from '../../../support/evidence.ts';

const nic = point({ name: 'k8s2 enp0s8', host: 'k8s2', role: 'node-nic' });
const veth = point({ name: 'k8s2 lxc9c', host: 'k8s2', role: 'pod-veth' });
const inner = (some: object = {}) =>
  connection({ client: '10.0.0.117:40000', server: '10.0.1.33:80', flow: 7, ...some }, { established: true });
/** SPI 3 until the rotation at 2 s, SPI 4 after it. */
const before = (some: object = {}) =>
  carrier({ spi: 3, packets: 24, followed: 24, first: 0, last: 1.9, lastFollowed: 1.9, innerFlows: [7], ...some });
const after = (some: object = {}) =>
  carrier({
    spi: 4,
    packets: 29,
    first: 3.9,
    last: 20,
    notFollowed: [
      { packet: 67, time: 3.9 },
      { packet: 69, time: 4.1 },
      { packet: 70, time: 4.2 },
    ],
    ...some,
  });
const handshake = (some: object = {}) =>
  carrier({
    kind: 'wireguard-handshake',
    spi: 77,
    packets: 4,
    first: 0,
    last: 15,
    notFollowed: [0, 5, 10, 15].map((time) => ({ packet: time + 1, time })),
    ...some,
  });
const refused = (time: number, some: object = {}) =>
  icmpError(time, {
    quoted: quoted({ source: '192.168.34.11:51820', destination: '192.168.34.12:51820', protocol: 17, ...some }),
  });
const other = { source: '192.168.34.12', destination: '192.168.34.11' };
const peer = hostActivity('192.168.34.12', { sent: 20 });

/** The client's half of a connection: its ACK proves that the server spoke. */
const oneWay = { toServer: { packets: 5, payloadOctets: 100, ackHigh: 900, ackedUnseen: 1 } };
const pair = [inner(), inner({ point: 1, flow: 8 })];

ruleTable(encryptedTunnelNotDecrypted, {
  fires: {
    'the SPI changes, and nothing is decrypted any more': {
      evidence: evidence({ points: [nic], connections: [inner()], carriers: [before(), after()] }),
      finds: [
        {
          spi: '0x00000004',
          packetsArrived: 29,
          decryptedBefore: 24,
          conversations: [0],
          grade: 'inferred',
          packets: expect.arrayContaining([
            expect.objectContaining({ note: 'ESP, SPI 0x00000004: no plain packet follows' }),
          ]),
        },
      ],
      says: [/29 ESP packets of 192\.168\.34\.11 with SPI 0x00000004/],
    },
    'a pod behind it is captured too: between the NIC and its veth': {
      evidence: evidence({
        points: [nic, veth],
        connections: pair,
        paths: [{ of: pair }],
        carriers: [before(), after()],
      }),
      finds: [{ between: [0, 1], grade: 'confirmed' }],
    },
    'WireGuard with a new receiver index': {
      evidence: evidence({
        points: [nic],
        connections: [inner()],
        carriers: [before({ kind: 'wireguard' }), after({ kind: 'wireguard' })],
      }),
      finds: [{ kind: 'wireguard', packetsArrived: 29 }],
      says: [/29 WireGuard packets of 192\.168\.34\.11 with receiver index 0x00000004/],
    },
    'the plain packets are in another file of the host': {
      evidence: evidence({
        points: [nic, point({ name: 'k8s2 wg0', host: 'k8s2', role: 'tunnel-device', capture: 1 })],
        connections: [inner({ point: 1 })],
        carriers: [before({ kind: 'wireguard', innerFlows: [{ point: 1, flow: 7 }] }), after({ kind: 'wireguard' })],
      }),
      finds: [{ between: [0, 1], conversations: [0], grade: 'confirmed' }],
    },
    'none was ever decrypted, and what the host sends was seen in plain': {
      evidence: evidence({
        points: [nic, point({ name: 'k8s2 wg0', host: 'k8s2', role: 'tunnel-device', capture: 1 })],
        connections: [inner({ point: 1 })],
        carriers: [
          after({ kind: 'wireguard', first: 0 }),
          carrier({
            ...other,
            kind: 'wireguard',
            spi: 9,
            packets: 12,
            entered: 12,
            innerFlows: [{ point: 1, flow: 7 }],
          }),
        ],
      }),
      finds: [{ between: [0, 1], packetsArrived: 29, encryptedHere: 12, decryptedBefore: 0 }],
      says: [/12 packets of the other direction were seen in plain/],
    },
    'the device inside is that of one pod, which waits for nothing: the packets may be for another pod': {
      evidence: evidence({
        points: [nic, { ...veth, capture: 1 }],
        connections: [inner({ point: 1, toServer: { last: ref(1.9) }, toClient: { last: ref(1.9) } })],
        carriers: [before({ innerFlows: [{ point: 1, flow: 7 }] }), after()],
      }),
      finds: [{ level: 'warning', grade: 'inferred', forOthers: true }],
      says: [/the packets may be for another pod of the host/],
    },
    'that pod asks on, and hears nothing since the key changed': {
      evidence: evidence({
        points: [nic, { ...veth, capture: 1 }],
        connections: [inner({ point: 1, toServer: { last: ref(12) }, toClient: { last: ref(1.9) } })],
        carriers: [before({ innerFlows: [{ point: 1, flow: 7 }] }), after()],
      }),
      finds: [{ grade: 'confirmed', forOthers: false }],
    },
    'that pod is a server, and its client at the other end asks in vain': {
      evidence: evidence({
        points: [nic, { ...veth, capture: 1 }, point({ name: 'k8s1 lxc3f', role: 'pod-veth', capture: 2 })],
        connections: [
          inner({ point: 1, toServer: { last: ref(1.9) }, toClient: { last: ref(1.9) } }),
          inner({ point: 2, flow: 9, client: '10.0.0.117:40001', syn: [5, 6, 8], synAck: [] }),
        ],
        carriers: [before({ innerFlows: [{ point: 1, flow: 7 }] }), after()],
      }),
      finds: [{ grade: 'confirmed', forOthers: false }],
    },
    'WireGuard initiations that a living peer ignores': {
      evidence: evidence({ points: [nic], hosts: [peer], carriers: [handshake()] }),
      finds: [{ packetsArrived: 4, isPeerHeard: true, grade: 'inferred' }],
      says: [/sends 4 handshake initiations to 192\.168\.34\.12, and no response comes/],
    },
    'the first WireGuard initiation came before the peer had opened its port': {
      evidence: evidence({ points: [nic], hosts: [peer], carriers: [handshake()], icmpErrors: [refused(0)] }),
      finds: [{ packetsArrived: 4, isPeerHeard: true }],
    },
    'ICMP errors are about other packets than the WireGuard initiations': {
      evidence: evidence({
        points: [nic],
        hosts: [peer],
        carriers: [handshake()],
        icmpErrors: [
          ...[0, 5].map((time) => refused(time, { protocol: 6 })),
          ...[0, 5].map((time) => refused(time, { source: '192.168.34.19:51820' })),
          ...[0, 5].map((time) => refused(time, { destination: '192.168.34.19:51820' })),
        ],
      }),
      finds: [{ packetsArrived: 4, isPeerHeard: true }],
    },
    'both begin handshakes again and again, and only those of the other one are answered': {
      evidence: evidence({
        points: [nic],
        hosts: [peer],
        carriers: [handshake(), handshake({ ...other, followed: 3, lastFollowed: 12 })],
      }),
      finds: [{ source: '192.168.34.11', packetsArrived: 4 }],
    },
    'WireGuard initiations to a peer of which nothing is heard': {
      evidence: evidence({ points: [nic], carriers: [handshake()] }),
      finds: [{ level: 'warning', isPeerHeard: false }],
    },
    'WireGuard initiations to a peer of which nothing is heard, beside other hosts that are': {
      evidence: evidence({
        points: [nic, veth],
        hosts: [hostActivity('192.168.34.13', { sent: 20 }), { ...peer, point: 1 }],
        carriers: [handshake()],
      }),
      finds: [{ level: 'warning', isPeerHeard: false }],
    },
    'what is decrypted is seen in one direction only': evidence({
      points: [nic],
      connections: [0, 1, 2].map((at) =>
        connection({ client: `10.0.0.117:${41000 + at}`, server: '10.0.1.33:80', ...oneWay }),
      ),
      carriers: [before(), after()],
    }),
    'every second packet was decrypted before: the others carried nothing': evidence({
      points: [nic],
      carriers: [before({ followed: 12 }), after()],
    }),
  },
  quiet: {
    'decrypted packets are not in this capture at all': evidence({
      points: [nic],
      carriers: [before({ followed: 0, lastFollowed: null }), after()],
    }),
    'plain packets that fit by chance: fewer than half': evidence({
      points: [nic],
      carriers: [before({ followed: 11 }), after()],
    }),
    'the other direction is what the node itself sends': evidence({
      points: [nic],
      carriers: [before(), after({ source: '192.168.34.12', destination: '192.168.34.11', spi: 9, first: 0 })],
    }),
    'the old key is still in use after the new one began': evidence({
      points: [nic],
      carriers: [before({ last: 6, lastFollowed: 6 }), after()],
    }),
    'the new key is decrypted': evidence({
      points: [nic],
      carriers: [before(), after({ followed: 28, lastFollowed: 20 })],
    }),
    'two packets of the new key': evidence({
      points: [nic],
      carriers: [before(), after({ packets: 2, notFollowed: [67, 69].map((packet) => ({ packet, time: packet })) })],
    }),
    'the capture dropped packets': evidence({
      captures: [capture({ dropped: 50 })],
      points: [nic],
      carriers: [before(), after()],
    }),
    'two initiations: one may be lost': evidence({ points: [nic], carriers: [handshake({ packets: 2 })] }),
    'an initiation is answered': evidence({ points: [nic], carriers: [handshake({ followed: 1, lastFollowed: 10 })] }),
    'the other peer ends a handshake meanwhile': evidence({
      points: [nic],
      carriers: [handshake(), handshake({ ...other, followed: 1, lastFollowed: 12 })],
    }),
    'the other peer sends data through the tunnel': evidence({
      points: [nic],
      carriers: [handshake(), carrier({ kind: 'wireguard', ...other, first: 1, last: 14 })],
    }),
    'WireGuard does not run there: port unreachable': evidence({
      points: [nic],
      carriers: [handshake()],
      icmpErrors: [refused(1), refused(6)],
    }),
    'what leaves for the peer was seen in plain at another point': evidence({
      points: [nic, veth],
      carriers: [after(), carrier({ ...other, point: 1, packets: 20, entered: 20 })],
    }),
    'what leaves for the peer and was seen in plain is of another tunnel': evidence({
      points: [nic],
      carriers: [after(), carrier({ ...other, kind: 'wireguard', packets: 20, entered: 20 })],
    }),
    'what leaves for another peer was seen in plain': evidence({
      points: [nic],
      carriers: [after(), carrier({ ...other, destination: '192.168.34.19', packets: 20, entered: 20 })],
    }),
    'what the host sends itself: its packets were seen in plain before': evidence({
      points: [nic],
      carriers: [after({ kind: 'wireguard', ...other, entered: 20 }), carrier({ kind: 'wireguard', entered: 9 })],
    }),
    'few of the packets that leave were seen in plain: a chance': evidence({
      points: [nic],
      carriers: [
        after({ kind: 'wireguard', first: 0 }),
        carrier({ ...other, kind: 'wireguard', packets: 12, entered: 5 }),
      ],
    }),
    'another point shows the copies': evidence({ points: [nic, veth], carriers: [before({ point: 1 }), after()] }),
  },
});
