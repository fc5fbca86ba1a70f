import type { PacketLoop } from '../../../src/flows/evidence/evidence.ts';
import { routingLoop } from '../../../src/heuristics/rules/network-unreachable/routing-loop.ts';
import {
  connection,
  datagram,
  echo,
  evidence,
  hostActivity,
  icmpError,
  point,
  probe,
  quoted,
  ref,
} from '../../support/evidence.ts';
import { verdicts } from '../../support/verdicts.ts';

const CLIENT = '10.244.1.5';
const SERVER = '10.244.2.7';
const [FROM, TO] = [`${CLIENT}:4000`, `${SERVER}:80`];
const POINTS = [point({ name: 'a' }), point({ name: 'b' })];

const error = (time: number, some: object = {}, packet: object = {}) =>
  icmpError(time, {
    type: 11,
    code: 0,
    from: '10.9.0.1',
    quoted: quoted({ protocol: 6, source: FROM, destination: TO, ...packet }),
    ...some,
  });
const ttls = (...values: number[]) => values.map((value) => ({ value, count: 1 }));
/** SYNs of an ordinary TTL, and what routers say of them. */
const attempt = (some: object = {}, there: object = {}) =>
  connection({ client: FROM, server: TO, syn: [1, 2], toServer: { ttls: ttls(64), ...there }, ...some });
const row = (some: object = {}) =>
  evidence({ points: POINTS, connections: [attempt()], icmpErrors: [error(1.1), error(2.1)], ...some });
const secondError = (some: object, packet: object = {}) => row({ icmpErrors: [error(1.1), error(2.1, some, packet)] });
const ofTtls = (...values: number[]) => row({ connections: [attempt({}, { ttls: ttls(...values) })] });

/** The TTLs of the SYNs are known of their sender only. */
const hosts = (...some: ReturnType<typeof hostActivity>[]) =>
  row({ connections: [attempt({}, { ttls: [] })], hosts: some });
const sender = (values: number[], some: object = {}) => hostActivity(CLIENT, { ttls: ttls(...values), ...some });
const routers = (extra: ReturnType<typeof error>) =>
  row({
    connections: [attempt({}, { ttls: [] })],
    hosts: [sender([64])],
    icmpErrors: [error(1.1), error(2.1), error(2.2, { from: '10.9.0.2' }), extra],
  });

const ping = (sequence: number, ttl: number, some: object = {}) =>
  echo({ id: 7, sequence, request: sequence, reply: null, ttl, ...some });
const ofPing = (sequence: number, from: string) =>
  error(sequence + 0.1, { from }, { protocol: 1, source: `${CLIENT}:7`, destination: `${SERVER}:7`, sequence });
/** A traceroute: the router at each TTL, from 1. */
const traced = (...names: string[]) => ({
  echoes: names.map((_, at) => ping(at + 1, at + 1)),
  icmpErrors: names.map((name, at) => ofPing(at + 1, `10.9.0.${name}`)),
});

const udp = (time: number, ttl: number, some: object = {}) => ({
  ...probe(time, ttl, { source: FROM, destination: TO }),
  protocol: 17,
  ...some,
});
const ofUdp = (time: number) => error(time, {}, { protocol: 17 });
const datagrams = (...probes: ReturnType<typeof udp>[]) =>
  row({
    connections: [],
    datagrams: [datagram({ client: FROM, server: TO, sent: [1, 2] })],
    icmpErrors: [ofUdp(1.1), ofUdp(2.1)],
    probes,
  });

const loop = (values: number[], some: Partial<PacketLoop> = {}): PacketLoop => ({
  rises: 0,
  point: 0,
  source: CLIENT,
  destination: SERVER,
  protocol: 1,
  ipId: 1,
  ttls: values,
  packets: values.map((_, at) => ref(at / 1000)),
  ...some,
});

verdicts(routingLoop, {
  'two errors about packets of TTL 64': [
    row(),
    'error',
    { expired: 2, passes: 0, step: 0, members: [], routers: ['10.9.0.1'], conversations: [0], reach: 1 },
  ],
  'routers are told in order': [
    row({ icmpErrors: [error(1.1, { from: '10.9.0.2' }), error(2.1)] }),
    'error',
    { routers: ['10.9.0.1', '10.9.0.2'] },
  ],
  'the second error is of fragments': [secondError({ code: 1 }), 'nothing'],
  'the second error is of another type': [secondError({ type: 3 }), 'nothing'],
  'the second error has the type of IPv6': [secondError({ type: 3, version: 6 }), 'error'],
  'the second error has another type of IPv6': [secondError({ type: 4, version: 6 }), 'nothing'],
  'the second error quotes nothing': [secondError({ quoted: null }), 'nothing'],
  'the second error is of another destination': [secondError({}, { destination: '10.244.2.8:80' }), 'nothing'],
  'the second error is about another socket': [secondError({}, { source: `${CLIENT}:4001` }), 'nothing'],
  'a SYN-ACK came': [row({ connections: [attempt({ synAck: [1.5] })] }), 'nothing'],
  'TTLs of 31': [ofTtls(31), 'error'],
  'TTLs of 30': [ofTtls(30), 'nothing'],
  'a small TTL beside an ordinary one': [ofTtls(64, 3), 'nothing'],
  'the sender has an ordinary TTL': [hosts(sender([64])), 'error'],
  'the sender has TTL 31': [hosts(sender([31])), 'error'],
  'the sender has TTL 30': [hosts(sender([30])), 'nothing'],
  'the sender has a small TTL, too': [hosts(sender([64, 3])), 'nothing'],
  'nothing is known of the TTLs': [hosts(), 'nothing'],
  'the sender is heard elsewhere': [hosts(sender([64], { point: 1 })), 'nothing'],
  'another sender has a small TTL': [hosts(sender([64]), hostActivity('10.244.1.6', { ttls: ttls(3) })), 'error'],
  'the sender has a small TTL elsewhere': [hosts(sender([64]), sender([3], { point: 1 })), 'error'],
  'two routers, and one tells of another sender': [
    routers(error(2.3, { from: '10.9.0.3' }, { source: '10.244.1.6:4000' })),
    'error',
    { expired: 3 },
  ],
  'two routers, and one tells of another destination': [
    routers(error(2.3, { from: '10.9.0.3' }, { destination: '10.244.2.8:80' })),
    'error',
    { expired: 3 },
  ],
  'two routers, and one tells of fragments': [
    routers(error(2.3, { from: '10.9.0.3', code: 1 })),
    'error',
    { expired: 3 },
  ],
  'two routers, and one that quotes nothing': [
    routers(error(2.3, { from: '10.9.0.3', quoted: null })),
    'error',
    { expired: 3 },
  ],
  'three routers': [routers(error(2.3, { from: '10.9.0.3' })), 'nothing'],
  'pings of TTL 64': [
    evidence({ echoes: [ping(1, 64), ping(2, 64)], icmpErrors: [ofPing(1, '10.9.0.1'), ofPing(2, '10.9.0.1')] }),
    'error',
  ],
  'one ping of TTL 64, one of TTL 3': [
    evidence({ echoes: [ping(1, 64), ping(2, 3)], icmpErrors: [ofPing(1, '10.9.0.1'), ofPing(2, '10.9.0.1')] }),
    'nothing',
  ],
  'two ways that meet: two returns': [evidence(traced('1', '2', '1', '2')), 'nothing'],
  'three returns': [evidence(traced('1', '2', '1', '2', '1')), 'error', { expired: 5 }],
  'one router tells of each TTL': [evidence(traced('1', '1', '1', '1', '1', '1')), 'nothing'],
  'three returns, met in another order': [
    evidence({
      echoes: traced('1', '2', '1', '2', '1').echoes,
      icmpErrors: traced('1', '2', '1', '2', '1').icmpErrors.reverse(),
    }),
    'error',
  ],
  'five routers, told from the end': [
    evidence({ echoes: traced('1', '2', '3').echoes, icmpErrors: traced('1', '2', '3').icmpErrors.reverse() }),
    'nothing',
  ],
  'datagrams of TTL 64': [datagrams(udp(1, 64), udp(2, 64)), 'error'],
  'datagrams of TTL 3': [datagrams(udp(1, 3), udp(2, 3)), 'nothing'],
  'TTL 64 of TCP says nothing of datagrams': [datagrams(udp(1, 64, { protocol: 6 })), 'nothing'],
  'datagrams that are answered': [
    row({
      connections: [],
      datagrams: [datagram({ client: FROM, server: TO, sent: [1, 2], back: [1.5] })],
      icmpErrors: [ofUdp(1.1), ofUdp(2.1)],
      probes: [udp(1, 64)],
    }),
    'nothing',
  ],
  'the longest of two loops is told': [
    evidence({
      points: POINTS,
      echoes: [ping(1, 64)],
      loops: [loop([63, 61, 59]), loop([63, 60, 57, 54], { point: 1 }), loop([62, 58, 54])],
    }),
    'error',
    { passes: 4, step: 3, reach: 3, grade: 'confirmed', measured: { passes: 4, timeExceeded: 0 } },
  ],
  'of loops of equal length the first is told': [
    evidence({ echoes: [ping(1, 64)], loops: [loop([63, 61, 59]), loop([63, 60, 57])] }),
    'error',
    { step: 2, reach: 2 },
  ],
  'loops to two destinations': [
    evidence({ echoes: [ping(1, 64)], loops: [loop([63, 61, 59]), loop([63, 60, 57], { destination: '10.244.2.8' })] }),
    '2 errors',
    { destination: SERVER, step: 2, reach: 1, conversations: [0] },
  ],
  'a loop and one error': [
    row({ loops: [loop([63, 61, 59])], icmpErrors: [error(1.1)] }),
    'error',
    { expired: 1, passes: 3, packetsTotal: 4 },
  ],
  'twelve errors, of which ten are shown': [
    row({ icmpErrors: Array.from({ length: 12 }, (_, at) => error(1 + at / 10)) }),
    'error',
    { expired: 12, packetsTotal: 10 },
  ],
});
