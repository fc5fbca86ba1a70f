import type { PacketLoop } from '../../../../src/flows/evidence/evidence.ts';
import { routingLoop } from '../../../../src/heuristics/rules/network-unreachable/routing-loop.ts';
import {
  arp,
  connection,
  datagram,
  echo,
  evidence,
  hostActivity,
  icmpError,
  point,
  quoted,
  ref,
  ruleTable,
} from '../../../support/evidence.ts';
import { type Traced, udpTraceroute } from '../../../support/traceroute.ts';

const ping = (sequence: number, ttl = 64) => echo({ id: 7, sequence, request: sequence, reply: null, ttl });
const expired = (sequence: number, from = '10.9.0.1') =>
  icmpError(sequence + 0.01, {
    type: 11,
    code: 0,
    from,
    quoted: quoted({ protocol: 1, source: '10.244.1.5:7', destination: '10.244.2.7:7', sequence }),
  });
const loop = (ttls: number[], rises = 0): PacketLoop => ({
  rises,
  point: 0,
  source: '10.244.1.5',
  destination: '10.244.2.7',
  protocol: 1,
  ipId: 1,
  ttls,
  packets: ttls.map((_, index) => ref(index / 1000)),
});
const sender = (...ttls: number[]) => hostActivity('10.244.1.5', { ttls: ttls.map((value) => ({ value, count: 1 })) });
const traceroute = (routers: string[]) => ({
  echoes: routers.map((_, index) => ping(index + 1, index + 1)),
  icmpErrors: routers.map((router, index) => expired(index + 1, router)),
  hosts: [sender(1, 2, 3, 4, 5, 6)],
});
const syn = { source: '10.244.1.5:4000', destination: '10.244.2.7:80' } as const;
const fromTcp = [1, 2].map((time) =>
  icmpError(time, { type: 11, code: 0, from: '10.9.0.1', quoted: quoted({ protocol: 6, ...syn }) }),
);

const silent = connection({ client: syn.source, server: syn.destination, syn: [1, 2] });
const fromRouter = (from: string, ends: { source?: string; destination?: string } = {}) =>
  icmpError(3, { type: 11, code: 0, from, quoted: quoted({ protocol: 6, ...syn, ...ends }) });

/** Odd TTLs expire at one router, even ones at another. */
const circling = (traced: Traced): Traced => ({
  ...traced,
  icmpErrors: traced.icmpErrors.map((error, index) => ({ ...error, from: `10.9.0.${1 + (index % 2)}` })),
});

ruleTable(routingLoop, {
  fires: {
    'one packet comes by again and again': {
      evidence: evidence({ echoes: [ping(1)], loops: [loop([63, 61, 59, 57])] }),
      finds: [{ passes: 4, step: 2, grade: 'confirmed', conversations: [0] }],
      says: [/its TTL falling by 2 each time/],
    },
    'one router sends it back to where it came from, seen in and out': {
      evidence: evidence({ echoes: [ping(1)], loops: [loop([64, 63, 62, 61, 60, 59])] }),
      finds: [{ passes: 6, step: 1 }],
    },
    'packets with a full TTL expire': {
      evidence: evidence({ echoes: [ping(1), ping(2)], icmpErrors: [expired(1), expired(2)], hosts: [sender(64)] }),
      finds: [{ expired: 2, grade: 'inferred', routers: ['10.9.0.1'] }],
    },
    'packets with a full TTL expire, while another host sends small ones': {
      evidence: evidence({
        connections: [connection({ client: syn.source, server: syn.destination, syn: [1, 2] })],
        icmpErrors: fromTcp,
        hosts: [sender(64), hostActivity('10.244.1.6', { ttls: [{ value: 1, count: 3 }] })],
      }),
      finds: [{ expired: 2 }],
    },
    'two neighbours send it to each other: each has its route by the other': {
      evidence: evidence({
        echoes: [ping(1)],
        loops: [loop([63, 61, 59, 57])],
        arp: [arp({ asker: '10.9.0.1', target: '10.9.0.2', answers: ['02:00:00:00:00:02'] })],
      }),
      finds: [{ members: ['10.9.0.1', '10.9.0.2'] }],
      says: [
        /"on":"10\.9\.0\.1"[^}]*"expect":"via 10\.9\.0\.2","shows":\{"has":"via 10[^0-9]+9[^0-9]+0[^0-9]+2\D/,
        /"on":"10\.9\.0\.2"[^}]*"expect":"via 10\.9\.0\.1","shows":\{"has":"via 10[^0-9]+9[^0-9]+0[^0-9]+1\D/,
      ],
    },
    'full TTLs beside a traceroute to the same place': {
      evidence: evidence({
        echoes: [ping(1), ping(2), ping(11, 1), ping(12, 2), ping(13, 3)],
        icmpErrors: [expired(1), expired(2), expired(11), expired(12, '10.9.0.2'), expired(13, '10.9.0.3')],
        hosts: [sender(64, 1, 2, 3)],
      }),
      finds: [{ expired: 2 }],
    },
    'the traceroute itself goes in a circle': {
      evidence: evidence(traceroute(['10.9.0.1', '10.9.0.2', '10.9.0.1', '10.9.0.2', '10.9.0.1'])),
      finds: [{ expired: 5, routers: ['10.9.0.1', '10.9.0.2'] }],
    },
    'a traceroute by datagrams goes in a circle': {
      evidence: evidence(circling(udpTraceroute({ sent: 3, answered: [3, 3, 3, 3, 3, 3], reached: false }))),
      finds: [{ expired: 18, routers: ['10.9.0.1', '10.9.0.2'] }],
    },
    'hop limits of IPv6 expire': {
      evidence: evidence({
        connections: [connection({ client: '[fd00::5]:4000', server: '[fd00::7]:80', ipVersion: 6, syn: [1, 2] })],
        icmpErrors: [1, 2].map((time) =>
          icmpError(time, {
            version: 6,
            type: 3,
            code: 0,
            from: 'fd00:9::1',
            quoted: quoted({ protocol: 6, source: '[fd00::5]:4000', destination: '[fd00::7]:80' }),
          }),
        ),
        hosts: [hostActivity('fd00::5', { ttls: [{ value: 64, count: 2 }] })],
      }),
      finds: [{ expired: 2, routers: ['fd00:9::1'] }],
    },
    'other senders hear more routers, and about other destinations': {
      evidence: evidence({
        connections: [silent],
        icmpErrors: [
          ...fromTcp,
          ...['10.9.0.2', '10.9.0.3'].map((from) => fromRouter(from, { source: '10.244.1.6:4000' })),
          ...['10.9.0.4', '10.9.0.5'].map((from) => fromRouter(from, { destination: '10.244.2.9:80' })),
        ],
        hosts: [sender(64)],
      }),
      finds: [{ expired: 2, routers: ['10.9.0.1'] }],
    },
    'at the second of two points': {
      evidence: evidence({
        points: [point({ name: 'a' }), point({ name: 'b' })],
        echoes: [{ ...ping(1), point: 1 }],
        loops: [{ ...loop([62, 60, 58]), point: 1 }],
      }),
      finds: [{ passes: 3 }],
    },
  },
  quiet: {
    'the TTL rises again: copies from several places': evidence({
      echoes: [ping(1)],
      loops: [loop([24, 22, 20, 18], 2)],
    }),
    'three passes with uneven steps': evidence({ echoes: [ping(1)], loops: [loop([24, 22, 21])] }),
    'captures of one path merged into one file: client, router, two nodes, pod': evidence({
      echoes: [ping(1)],
      loops: [loop([64, 63, 62, 61, 60])],
    }),
    'forwarded once, seen twice': evidence({ echoes: [ping(1)], loops: [loop([64, 63])] }),
    'a traceroute with a way': evidence(traceroute(['10.9.0.1', '10.9.0.2', '10.9.0.3', '10.9.0.4'])),
    'a traceroute by datagrams with a way': evidence(udpTraceroute({ sent: 3, answered: [3, 3, 3, 3] })),
    'a traceroute over two equal ways': evidence(traceroute(['10.9.0.1', '10.9.0.2', '10.9.0.1', '10.9.0.4'])),
    'a UDP traceroute, whose TTLs are only known of the sender': evidence({
      icmpErrors: [1, 2].map((time) =>
        icmpError(time, {
          type: 11,
          code: 0,
          from: '10.9.0.1',
          quoted: quoted({ source: '10.244.1.5:4000', destination: '10.244.2.7:33434' }),
        }),
      ),
      hosts: [sender(1, 2)],
    }),
    'the conversation is answered': evidence({
      connections: [connection({ client: syn.source, server: syn.destination }, { established: true })],
      icmpErrors: fromTcp,
      hosts: [sender(64)],
    }),
    'errors about packets that are not in the capture': evidence({ icmpErrors: fromTcp, hosts: [sender(64)] }),
    'three routers tell the sender: its TTLs rise': evidence({
      connections: [silent],
      icmpErrors: ['10.9.0.1', '10.9.0.2', '10.9.0.3'].map((from) => fromRouter(from)),
      hosts: [sender(64)],
    }),
    'the sender is heard at another point only: its TTLs here are not known': evidence({
      points: [point({ name: 'a' }), point({ name: 'b' })],
      connections: [silent],
      icmpErrors: fromTcp,
      hosts: [{ ...sender(64), point: 1 }],
    }),
    'fragments that wait in vain expire too': evidence({
      connections: [silent],
      icmpErrors: fromTcp.map((error) => ({ ...error, code: 1 })),
      hosts: [sender(64)],
    }),
    'a network is unreachable, which has the number of "time exceeded" in IPv6': evidence({
      connections: [silent],
      icmpErrors: fromTcp.map((error) => ({ ...error, type: 3 })),
      hosts: [sender(64)],
    }),
    'datagrams that are answered': evidence({
      datagrams: [datagram({ client: syn.source, server: syn.destination, sent: [1, 2], back: [1.1] })],
      icmpErrors: fromTcp.map((error) => ({ ...error, quoted: quoted({ protocol: 17, ...syn }) })),
      hosts: [sender(64)],
    }),
    'one error': evidence({ echoes: [ping(1)], icmpErrors: [expired(1)], hosts: [sender(64)] }),
  },
});
