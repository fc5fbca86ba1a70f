import { portRejected } from '../../../src/heuristics/rules/port-unreachable/port-rejected.ts';
import { connection, datagram, evidence, icmpError, quoted } from '../../support/evidence.ts';
import { verdicts } from '../../support/verdicts.ts';

const [CLIENT, SERVER] = ['10.244.1.5', '10.244.2.7'];
const PUBLIC = '198.51.100.4';
type Parts = { source?: string; destination?: string; protocol?: number; tunnel?: 'vxlan' | null };
const error = (packet: Parts = {}, some: object = {}, time = 0.001) =>
  icmpError(time, {
    quoted: quoted({ protocol: 17, source: `${CLIENT}:40000`, destination: `${SERVER}:5000`, ...packet }),
    ...some,
  });
const one = (packet: Parts = {}, some: object = {}) => evidence({ icmpErrors: [error(packet, some)] });
const tcp = (some: object = {}) => one({ protocol: 6, destination: `${SERVER}:80` }, some);
const to = (port: number) => one({ destination: `${SERVER}:${port}` });

/** Datagrams of a public address to `count` ports, each rejected so often. */
const ofStranger = (times: number, parts: object = {}, protocol = 17) =>
  evidence({
    icmpErrors: Array.from({ length: times }, (_, at) =>
      error({ source: `${PUBLIC}:4000`, destination: `${SERVER}:2055`, protocol }, {}, at),
    ),
    ...parts,
  });
const served = (some: Parameters<typeof connection>[0]) => ({
  connections: [connection({ server: `${SERVER}:80`, ...some })],
});
/** `count` destinations that got one datagram each. */
const strays = (count: number, twice = false) =>
  evidence({
    icmpErrors: Array.from({ length: count }, (_, at) => at).flatMap((at) =>
      [0, 1]
        .slice(0, twice && at === 0 ? 2 : 1)
        .map((again) =>
          error({ destination: `10.244.2.${10 + at}:5000` }, { from: `10.244.2.${10 + at}` }, at + again / 10),
        ),
    ),
  });
const asked = (server: string, client: string) =>
  evidence({ icmpErrors: [error()], datagrams: [datagram({ server, client, sent: [0] })] });

verdicts(portRejected, {
  'a datagram': [to(5000), 'warning', { subject: { protocol: 'udp', server: `${SERVER}:5000` } }],
  'a SYN': [tcp(), 'error'],
  'another protocol': [one({ protocol: 132 }), 'nothing'],
  'another type': [one({}, { type: 11 }), 'nothing'],
  'another code': [one({}, { code: 1 }), 'nothing'],
  'type and code of IPv6 in IPv4': [one({}, { type: 1, code: 4 }), 'nothing'],
  'type and code of IPv6': [one({}, { version: 6, type: 1, code: 4 }), 'warning'],
  'another type of IPv6': [one({}, { version: 6, type: 3, code: 4 }), 'nothing'],
  'another code of IPv6': [one({}, { version: 6, type: 1, code: 3 }), 'nothing'],
  'nothing is quoted': [one({}, { quoted: null }), 'nothing'],
  'a tunnel packet': [one({ tunnel: 'vxlan' }), 'nothing'],
  'a query of DNS': [to(53), 'nothing'],
  'an answer of DNS': [one({ source: `${CLIENT}:53`, destination: `${SERVER}:5000` }), 'nothing'],
  'a SYN to the port of DNS': [one({ protocol: 6, destination: `${SERVER}:53` }), 'error'],
  'the destination port was cut': [one({ destination: SERVER }), 'nothing'],
  'the source port was cut': [one({ source: CLIENT }), 'nothing'],
  'the port before those of traceroute': [
    one({ destination: `${SERVER}:33433`, source: `${CLIENT}:50000` }),
    'warning',
  ],
  'the first port of traceroute': [one({ destination: `${SERVER}:33434`, source: `${CLIENT}:50000` }), 'nothing'],
  'the last port of traceroute': [one({ destination: `${SERVER}:33534`, source: `${CLIENT}:50000` }), 'nothing'],
  'the port behind those of traceroute': [
    one({ destination: `${SERVER}:33535`, source: `${CLIENT}:50000` }),
    'warning',
  ],
  'from a served port to a port of clients': [
    one({ source: `${CLIENT}:32767`, destination: `${SERVER}:32768` }),
    'nothing',
  ],
  'between two ports of clients': [one({ source: `${CLIENT}:32768`, destination: `${SERVER}:32768` }), 'warning'],
  'between two served ports': [one({ source: `${CLIENT}:32767`, destination: `${SERVER}:32767` }), 'warning'],
  'a SYN from a served port to a port of clients': [
    one({ protocol: 6, source: `${CLIENT}:1194`, destination: `${SERVER}:40000` }),
    'error',
  ],
  'the destination had asked the source': [asked(`${CLIENT}:40000`, `${SERVER}:5000`), 'nothing'],
  'another had asked the source': [asked(`${CLIENT}:40000`, '10.244.2.8:5000'), 'warning'],
  'the destination had asked from another port': [asked(`${CLIENT}:40000`, `${SERVER}:5001`), 'warning'],
  'the destination had asked another': [asked('10.244.1.6:40000', `${SERVER}:5000`), 'warning'],
  'one datagram each to two destinations': [strays(2), '2 warnings'],
  'one datagram each to three destinations': [strays(3), '3 notes'],
  'three destinations, one of them twice': [strays(3, true), '3 warnings'],
  'four destinations, one of them twice': [strays(4, true), 'warning and 3 notes'],
  'two datagrams of a stranger': [ofStranger(2), 'note'],
  'three datagrams of a stranger': [ofStranger(3), 'warning'],
  'two SYNs of a stranger': [ofStranger(2, {}, 6), 'error'],
  'a stranger that is accepted elsewhere': [
    ofStranger(2, served({ client: `${PUBLIC}:999`, syn: [0], synAck: [0.1] })),
    'warning',
  ],
  'a stranger that is not answered elsewhere': [ofStranger(2, served({ client: `${PUBLIC}:999`, syn: [0] })), 'note'],
  'another one that is accepted': [
    ofStranger(2, served({ client: '198.51.100.5:999', syn: [0], synAck: [0.1] })),
    'note',
  ],
  'a stranger whose running connection has data both ways': [
    ofStranger(2, served({ client: `${PUBLIC}:999`, toServer: { payloadOctets: 1 }, toClient: { payloadOctets: 1 } })),
    'warning',
  ],
  'a stranger that sends data': [
    ofStranger(2, served({ client: `${PUBLIC}:999`, toServer: { payloadOctets: 1 } })),
    'note',
  ],
  'a stranger that gets data': [
    ofStranger(2, served({ client: `${PUBLIC}:999`, toClient: { payloadOctets: 1 } })),
    'note',
  ],
  'a stranger that is answered a datagram': [
    ofStranger(2, { datagrams: [datagram({ client: `${PUBLIC}:999`, server: `${SERVER}:123`, back: [0.1] })] }),
    'warning',
  ],
  'a stranger that answers a datagram': [
    ofStranger(2, { datagrams: [datagram({ server: `${PUBLIC}:123`, back: [0.1] })] }),
    'warning',
  ],
  'a stranger that gets no answer': [
    ofStranger(2, { datagrams: [datagram({ client: `${PUBLIC}:999`, server: `${SERVER}:123` })] }),
    'note',
  ],
  'a stranger that is told something': [
    ofStranger(2, { datagrams: [datagram({ client: `${PUBLIC}:999`, server: `${SERVER}:123`, sent: [], back: [1] })] }),
    'note',
  ],
  'a SYN between public addresses that is not in the capture': [
    one({ protocol: 6, source: `${PUBLIC}:4000`, destination: '203.0.113.7:80' }, { from: '203.0.113.7' }),
    'note',
  ],
  'a SYN of a public address to a private one': [one({ protocol: 6, source: `${PUBLIC}:4000` }), 'error'],
  'a SYN of a private address to a public one': [
    one({ protocol: 6, destination: '203.0.113.7:80' }, { from: '203.0.113.7' }),
    'error',
  ],
  'a SYN between public addresses that is in the capture': [
    evidence({
      connections: [connection({ client: `${PUBLIC}:4000`, server: '203.0.113.7:80', syn: [0] })],
      icmpErrors: [
        error({ protocol: 6, source: `${PUBLIC}:4000`, destination: '203.0.113.7:80' }, { from: '203.0.113.7' }),
      ],
    }),
    'error',
    { conversations: [0] },
  ],
});
