import { localOutage } from '../../../../src/heuristics/rules/network-unreachable/local-outage.ts';
import { capture, connection, echo, evidence, hostActivity, point, ref, ruleTable } from '../../../support/evidence.ts';

const [A, B] = ['192.168.0.2', '192.168.0.3'];
const [MAC_A, MAC_B] = ['02:00:00:00:00:0a', '02:00:00:00:00:0b'];
/** Heard until 10 s, asked until 16 s. */
const gone = (address: string, mac: string, some: Parameters<typeof hostActivity>[1] = {}) =>
  hostActivity(address, { lastSent: 10, lastReceived: 16, macs: [{ value: mac, count: 9 }], ...some });
const waiting = (port: number, server: string) =>
  connection(
    {
      client: `192.168.0.1:${port}`,
      server: `${server}:80`,
      toServer: { last: ref(16), unackedOctets: 100 },
      toClient: { last: ref(10) },
    },
    { established: true },
  );
const both = [waiting(4000, A), waiting(4001, A), waiting(4002, B), waiting(4003, B)];
const far = (ttl: number) => ({ ttls: [{ value: ttl, count: 9 }] });
const asker = hostActivity('192.168.0.1', { firstSent: 0, lastSent: 16 });

ruleTable(localOutage, {
  fires: {
    'two machines fall silent in one second, and nobody else is heard': {
      evidence: evidence({ hosts: [asker, gone(A, MAC_A), gone(B, MAC_B, { lastSent: 10.5 })], connections: both }),
      finds: [{ addresses: [A, B], waiting: 4, conversations: [0, 1, 2, 3], grade: 'confirmed' }],
      says: [/2 remote addresses fall silent at once 10\.500 s into the capture/],
    },
    'two nets of the Internet behind one gateway': {
      evidence: evidence({
        hosts: [gone('198.51.100.7', MAC_A, far(57)), gone('203.0.113.9', MAC_A, far(51))],
        connections: [
          waiting(4000, '198.51.100.7'),
          waiting(4001, '198.51.100.7'),
          waiting(4002, '203.0.113.9'),
          waiting(4003, '203.0.113.9'),
        ],
      }),
      finds: [{ addresses: ['198.51.100.7', '203.0.113.9'] }],
    },
  },
  quiet: {
    'a third machine goes on: those two are down': evidence({
      hosts: [asker, gone(A, MAC_A), gone(B, MAC_B), hostActivity('192.168.0.4', { firstSent: 0, lastSent: 15 })],
      connections: both,
      echoes: [echo({ source: '192.168.0.1', destination: '192.168.0.4', request: 15, reply: 15.001 })],
    }),
    'one machine: the side cannot be told': evidence({
      hosts: [asker, gone(A, MAC_A)],
      connections: [waiting(4000, A), waiting(4001, A)],
    }),
    'a node and its pods have one MAC': evidence({
      hosts: [asker, gone(A, MAC_A), gone(B, MAC_A)],
      connections: both,
    }),
    'a node and its pod with global addresses, a hop apart': evidence({
      hosts: [gone('2001:db8:1::2', MAC_A, far(64)), gone('2001:db8:2::3', MAC_A, far(63))],
      connections: [
        waiting(4000, '[2001:db8:1::2]'),
        waiting(4001, '[2001:db8:1::2]'),
        waiting(4002, '[2001:db8:2::3]'),
        waiting(4003, '[2001:db8:2::3]'),
      ],
    }),
    'one machine that sends from two MACs': evidence({
      hosts: [
        asker,
        gone(A, MAC_A, {
          macs: [
            { value: MAC_A, count: 9 },
            { value: MAC_B, count: 3 },
          ],
        }),
      ],
      connections: [waiting(4000, A), waiting(4001, A)],
    }),
    'one falls silent three seconds after the other': evidence({
      hosts: [asker, gone(A, MAC_A, { lastSent: 7 }), gone(B, MAC_B)],
      connections: both,
    }),
    'the capture dropped packets': evidence({
      captures: [capture({ packets: 1000, dropped: 500 })],
      points: [point()],
      hosts: [asker, gone(A, MAC_A), gone(B, MAC_B)],
      connections: both,
    }),
  },
});
