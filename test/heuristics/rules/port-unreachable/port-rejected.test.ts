import { expect, it } from 'vitest';
import { portRejected } from '../../../../src/heuristics/rules/port-unreachable/port-rejected.ts';
import { connection, datagram, evidence, icmpError, probe, quoted, ruleTable } from '../../../support/evidence.ts';

const rejected = (source: string, destination: string, protocol = 17, time = 0.001, more = {}) =>
  icmpError(time, { quoted: quoted({ protocol, source, destination }), ...more });

ruleTable(portRejected, {
  fires: {
    'three datagrams of a public address: somebody wants an answer': {
      evidence: evidence({
        icmpErrors: [0, 5, 10].map((time) => rejected('198.51.100.4:4000', '10.244.2.7:2055', 17, time)),
      }),
      finds: [{ errors: 3, level: 'warning' }],
    },
    'public addresses, and the capture holds the rejected SYN': {
      evidence: evidence({
        connections: [connection({ client: '203.0.113.9:41218', server: '198.51.100.7:80', syn: [0] })],
        icmpErrors: [rejected('203.0.113.9:41218', '198.51.100.7:80', 6, 0.001, { from: '198.51.100.7' })],
      }),
      finds: [{ subject: { protocol: 'tcp' } }],
    },
    'only one side talks afterwards': {
      evidence: evidence({
        icmpErrors: [rejected('10.244.1.5:40000', '10.244.2.7:80', 6), rejected('10.244.1.5:40000', '10.244.2.7:3784')],
        datagrams: [datagram({ server: '10.244.2.7:3784', sent: [0, 1] })],
      }),
      finds: [{ subject: { protocol: 'tcp' } }, { errors: 1, level: 'warning' }],
    },
    'a SYN meets a reject rule': {
      evidence: evidence({
        connections: [connection({ syn: [0] })],
        icmpErrors: [rejected('10.244.1.5:40000', '10.244.2.7:80', 6)],
      }),
      finds: [{ grade: 'confirmed', conversations: [0], subject: { protocol: 'tcp', server: '10.244.2.7:80' } }],
      says: [/port unreachable/, /reject rule/],
    },
    IPv6: {
      evidence: evidence({
        icmpErrors: [
          rejected('[fd00::1]:40000', '[fd00::2]:80', 6, 0, { version: 6, type: 1, code: 4, from: 'fd00::2' }),
        ],
      }),
      finds: [{ subject: { server: '[fd00::2]:80' } }],
    },
    'a SYN rejected and a datagram too: the datagram is a warning': {
      evidence: evidence({
        icmpErrors: [rejected('10.244.1.5:40000', '10.244.2.7:80', 6), rejected('10.244.1.5:40000', '10.244.2.7:5000')],
      }),
      finds: [{ subject: { protocol: 'tcp' } }, { level: 'warning', subject: { protocol: 'udp' } }],
    },
  },
  quiet: {
    'traceroute to other ports than the classic ones': evidence({
      probes: [1, 2, 3].map((ttl) =>
        probe(ttl, ttl, { protocol: 17, source: '10.244.1.5:5000', destination: `10.244.2.7:${700 + ttl}` }),
      ),
      datagrams: [1, 2, 3].map((ttl) =>
        datagram({ client: '10.244.1.5:5000', server: `10.244.2.7:${700 + ttl}`, sent: [ttl] }),
      ),
      icmpErrors: [rejected('10.244.1.5:5000', '10.244.2.7:703', 17, 3.01)],
    }),
    'a late answer meets the closed socket that asked': evidence({
      datagrams: [datagram({ client: '10.244.2.7:20000', server: '10.244.1.5:5000', sent: [0], back: [4] })],
      icmpErrors: [rejected('10.244.1.5:5000', '10.244.2.7:20000', 17, 4)],
    }),
    'an answer whose question is not in the capture': evidence({
      icmpErrors: [rejected('10.244.1.5:1194', '10.244.2.7:40000')],
    }),
    'the quoted ports were cut away': evidence({
      icmpErrors: [0, 1, 2].map((time) => rejected('10.244.1.5:0', '10.244.2.7:0', 17, time)),
    }),
    'DNS has its own rule': evidence({ icmpErrors: [rejected('10.244.1.5:40000', '10.244.2.7:53')] }),
    'traceroute wants this answer': evidence({ icmpErrors: [rejected('10.244.1.5:40000', '10.244.2.7:33435')] }),
    'a rejected tunnel packet is another rule’s': evidence({
      icmpErrors: [
        icmpError(0, {
          quoted: quoted({ source: '192.168.0.1:40000', destination: '192.168.0.2:8472', tunnel: 'vxlan' }),
        }),
      ],
    }),
    'host unreachable is another rule’s': evidence({
      icmpErrors: [rejected('10.244.1.5:40000', '10.244.2.7:80', 6, 0, { code: 1 })],
    }),
  },
  notes: {
    'a receiver that started late: the two talk afterwards': evidence({
      icmpErrors: [rejected('10.244.1.5:40000', '10.244.2.7:3784')],
      datagrams: [
        datagram({ server: '10.244.2.7:3784', sent: [0, 1] }),
        datagram({ client: '10.244.2.7:49152', server: '10.244.1.5:3784', sent: [0.5, 1.5] }),
      ],
    }),
    'a receiver that starts 3 s late: all errors before its first answer': evidence({
      icmpErrors: [0, 1, 2].map((time) => rejected('10.244.1.5:40000', '10.244.2.7:3784', 17, time)),
      datagrams: [
        datagram({ server: '10.244.2.7:3784', sent: [0, 1, 2, 3, 4, 5, 6] }),
        datagram({ client: '10.244.2.7:49152', server: '10.244.1.5:3784', sent: [2.5, 3.5, 4.5] }),
      ],
    }),
    'syslog to a receiver that starts late: the errors stop, the datagrams go on': evidence({
      icmpErrors: [0, 1].map((time) => rejected('10.244.1.5:40000', '10.244.2.7:514', 17, time)),
      datagrams: [datagram({ server: '10.244.2.7:514', sent: [0, 1, 2, 3, 4, 5, 6, 7] })],
    }),
    'a service without endpoints at first: rejected once, and served then': evidence({
      icmpErrors: [rejected('10.244.1.5:40000', '10.96.0.9:80', 6, 0)],
      connections: [
        connection({ client: '10.244.1.5:40000', server: '10.96.0.9:80', syn: [0] }),
        connection({ client: '10.244.1.5:40001', server: '10.96.0.9:80', syn: [2], synAck: [2.001] }),
      ],
    }),
    'the single datagram of a public address that nobody talks with': evidence({
      icmpErrors: [rejected('198.51.100.4:4000', '10.244.2.7:3702')],
    }),
    'two datagrams of a public address that nobody talks with': evidence({
      icmpErrors: [0, 600].map((time) => rejected('198.51.100.4:4000', '10.244.2.7:1026', 17, time)),
    }),
    'backscatter: public addresses about packets that the capture does not hold': evidence({
      datagrams: [datagram({ client: '198.51.100.7:161', server: '10.244.2.7:4000', sent: [0] })],
      icmpErrors: [
        rejected('203.0.113.9:41218', '198.51.100.7:62443', 6, 0, { from: '198.51.100.7' }),
        ...[0, 1, 2].map((time) =>
          rejected('203.0.113.9:41218', '198.51.100.7:161', 17, time, { from: '198.51.100.7' }),
        ),
      ],
    }),
    'single datagrams of strangers to three ports': evidence({
      icmpErrors: [161, 123, 5060].map((port, index) => rejected(`198.51.100.${index}:4000`, `10.244.2.7:${port}`)),
    }),
  },
});

it('the single datagram of a public address that is served on another port is a warning', () => {
  const found = [
    ...portRejected.detect(
      evidence({
        datagrams: [datagram({ client: '198.51.100.4:4001', server: '10.244.2.7:500', sent: [0], back: [0.01] })],
        icmpErrors: [rejected('198.51.100.4:4000', '10.244.2.7:3702')],
      }),
    ),
  ];
  expect(found.map(({ level }) => level)).toEqual(['warning']);
});

it.each<[string, Parameters<typeof evidence>[0]]>([
  [
    'one of several endpoints rejects: errors between answers',
    {
      icmpErrors: [1, 3, 5].map((time) => rejected('10.244.1.5:40000', '10.244.2.7:3784', 17, time)),
      datagrams: [
        datagram({ server: '10.244.2.7:3784', sent: [0, 1, 2, 3, 4, 5, 6], back: [0.001, 2.001, 4.001, 6.001] }),
      ],
    },
  ],
  [
    'the errors go on to the end',
    {
      icmpErrors: [0, 2, 4].map((time) => rejected('10.244.1.5:40000', '10.244.2.7:514', 17, time)),
      datagrams: [datagram({ server: '10.244.2.7:514', sent: [0, 1, 2, 3, 4, 5] })],
    },
  ],
  [
    'the datagrams end 2 s after the last error: its limit may hold others back',
    {
      icmpErrors: [0, 1].map((time) => rejected('10.244.1.5:40000', '10.244.2.7:514', 17, time)),
      datagrams: [datagram({ server: '10.244.2.7:514', sent: [0, 1, 1.5, 2, 2.5, 3] })],
    },
  ],
  [
    'it answers at last, after most datagrams were rejected',
    {
      icmpErrors: [0, 1, 2, 3, 4].map((time) => rejected('10.244.1.5:40000', '10.244.2.7:3784', 17, time)),
      datagrams: [datagram({ server: '10.244.2.7:3784', sent: [0, 1, 2, 3, 4, 5], back: [5.001] })],
    },
  ],
])('no late start, a warning: %s', (_, parts) => {
  const found = [...portRejected.detect(evidence(parts))];
  expect(found.map(({ level }) => level)).toEqual(['warning']);
});
