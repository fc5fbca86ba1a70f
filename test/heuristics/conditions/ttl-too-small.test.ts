import { ttlTooSmall } from '../../../src/heuristics/rules/network-unreachable/ttl-too-small.ts';
import { connection, datagram, echo, evidence, icmpError, point, probe, quoted } from '../../support/evidence.ts';
import { verdicts } from '../../support/verdicts.ts';

const CLIENT = '10.1.0.5';
const SERVER = '10.2.0.9';
const POINTS = [point({ name: 'a' }), point({ name: 'b' })];

/** Two SYNs of one program with TTL 1, and what a router says of each. */
const send = (time: number, some: object = {}) => ({
  ...probe(time, 1, { source: `${CLIENT}:4000`, destination: `${SERVER}:179` }),
  protocol: 6,
  ...some,
});
const expired = (time: number, some: object = {}, packet: object = {}) =>
  icmpError(time, {
    type: 11,
    code: 0,
    from: '10.1.0.1',
    to: CLIENT,
    quoted: quoted({ protocol: 6, source: `${CLIENT}:4000`, destination: `${SERVER}:179`, ...packet }),
    ...some,
  });
const SENDS = [send(0), send(1)];
const ERRORS = [expired(0.01), expired(1.01)];
const attempt = (some: object = {}) =>
  connection({ client: `${CLIENT}:4000`, server: `${SERVER}:179`, syn: [0, 1], ...some });
const small = (some: object) => evidence({ points: POINTS, probes: SENDS, icmpErrors: ERRORS, ...some });

/** Two errors of which the second is otherwise: one alone is not enough. */
const secondError = (some: object, packet: object = {}) =>
  small({ icmpErrors: [expired(0.01), expired(1.01, some, packet)] });

/** What else the two machines say to each other. */
const ordinary = (some: object = {}, there: object = {}, back: object = {}) =>
  connection(
    {
      client: `${CLIENT}:4001`,
      server: `${SERVER}:22`,
      toServer: { packets: 5, ttls: [{ value: 64, count: 5 }], ...there },
      toClient: { packets: 2, ...back },
      ...some,
    },
    { established: true },
  );
const beside = (some: object, there: object = {}, back: object = {}) =>
  small({ connections: [attempt(), ordinary(some, there, back)] });
const pinged = (some: object = {}) =>
  small({ connections: [attempt()], echoes: [echo({ source: CLIENT, destination: SERVER, ...some })] });
const [WORKS, NOTHING_ELSE] = [{ worksOtherwise: true }, { worksOtherwise: false }];

/** Datagrams to a port, as a program or a traceroute sends them. */
const datagrams = (port: number) =>
  small({
    probes: [0, 1].map((time) => send(time, { protocol: 17, destination: { address: SERVER, port } })),
    icmpErrors: [0.01, 1.01].map((time) => expired(time, {}, { protocol: 17, destination: `${SERVER}:${port}` })),
  });

/** SYN-ACKs with TTL 2 that nothing acknowledges. */
const offer = (port: number, some: object = {}, there: object = {}, back: object = {}) =>
  connection({
    client: `${CLIENT}:${port}`,
    server: `${SERVER}:8080`,
    syn: [0, 1],
    synAck: [0.1, 1.1],
    toServer: there,
    toClient: { packets: 2, ttls: [{ value: 2, count: 2 }], ...back },
    ...some,
  });
const offerExpired = (time: number, some: object = {}) =>
  expired(time, { from: '10.2.0.1', ...some }, { source: `${SERVER}:8080`, destination: `${CLIENT}:4000` });
const OFFER_ERRORS = [offerExpired(0.2), offerExpired(1.2)];
const offers = (one: object, errors = OFFER_ERRORS) =>
  evidence({ points: POINTS, connections: [offer(4000, one)], icmpErrors: errors });

verdicts(ttlTooSmall, {
  'two packets of TTL 1': [small({}), 'error', { ...NOTHING_ELSE, subject: { protocol: 'tcp', client: CLIENT } }],
  'TTL 5': [small({ probes: SENDS.map((one) => ({ ...one, ttl: 5 })) }), 'error', { ttl: 5 }],
  'TTL 6': [small({ probes: SENDS.map((one) => ({ ...one, ttl: 6 })) }), 'nothing'],
  'one packet': [small({ probes: [send(0)] }), 'nothing'],
  'the second error came by elsewhere': [secondError({ point: 1 }), 'nothing'],
  'the second error is of fragments': [secondError({ code: 1 }), 'nothing'],
  'the second error is of another type': [secondError({ type: 3 }), 'nothing'],
  'the second error has the type of IPv6': [secondError({ type: 3, version: 6 }), 'error'],
  'the second error has another type of IPv6': [secondError({ type: 2, version: 6 }), 'nothing'],
  'the second error quotes nothing': [secondError({ quoted: null }), 'nothing'],
  'the second error is of the peer itself': [secondError({ from: SERVER }), 'nothing'],
  'the second error quotes another protocol': [secondError({}, { protocol: 17 }), 'nothing'],
  'the second error quotes another sender': [secondError({}, { source: '10.1.0.6:4000' }), 'nothing'],
  'the second error quotes another peer': [secondError({}, { destination: '10.2.0.8:179' }), 'nothing'],
  'the second error quotes another port': [secondError({}, { destination: `${SERVER}:180` }), 'nothing'],
  'datagrams to the port before those of traceroute': [datagrams(33_433), 'error', { subject: { protocol: 'udp' } }],
  'datagrams to the first port of traceroute': [datagrams(33_434), 'nothing'],
  'datagrams to the last port of traceroute': [datagrams(33_534), 'nothing'],
  'datagrams to the port behind those of traceroute': [datagrams(33_535), 'error'],
  'one packet of the server': [small({ connections: [attempt({ toClient: { packets: 1 } })] }), 'nothing'],
  'one datagram of the server': [
    small({
      probes: SENDS.map((one) => ({ ...one, protocol: 17 })),
      icmpErrors: [0.01, 1.01].map((time) => expired(time, {}, { protocol: 17 })),
      datagrams: [datagram({ client: `${CLIENT}:4000`, server: `${SERVER}:179`, sent: [0, 1], back: [1.1] })],
    }),
    'nothing',
  ],
  'datagrams in vain': [
    small({
      probes: SENDS.map((one) => ({ ...one, protocol: 17 })),
      icmpErrors: [0.01, 1.01].map((time) => expired(time, {}, { protocol: 17 })),
      datagrams: [datagram({ client: `${CLIENT}:4000`, server: `${SERVER}:179`, sent: [0, 1] })],
    }),
    'error',
    { conversations: [0] },
  ],
  'of two sockets, the port of which more expired': [
    small({
      probes: [...SENDS, ...[2, 3, 4].map((time) => send(time, { source: { address: CLIENT, port: 4001 } }))],
      icmpErrors: [...ERRORS, expired(2.01)],
    }),
    'error',
    { sends: 5, expired: 3 },
  ],
  'both talk otherwise': [beside({}), 'error', WORKS],
  'both talk otherwise, with the least usual TTL': [beside({}, { ttls: [{ value: 32, count: 5 }] }), 'error', WORKS],
  'both talk otherwise, with a small TTL': [beside({}, { ttls: [{ value: 31, count: 5 }] }), 'error', NOTHING_ELSE],
  'both talk otherwise, with two TTLs': [
    beside({}, { ttls: [64, 1].map((value) => ({ value, count: 1 })) }),
    'error',
    WORKS,
  ],
  'both talk at another point': [beside({ point: 1 }), 'error', NOTHING_ELSE],
  'another client talks to the server': [beside({ client: '10.1.0.6:4001' }), 'error', NOTHING_ELSE],
  'the client talks to another server': [beside({ server: '10.2.0.8:22' }), 'error', NOTHING_ELSE],
  'the server resets only': [beside({}, {}, { packets: 2, resets: 2 }), 'error', NOTHING_ELSE],
  'the server resets at last': [beside({}, {}, { packets: 2, resets: 1 }), 'error', WORKS],
  'a ping is answered': [pinged(), 'error', WORKS],
  'a ping with the least usual TTL is answered': [pinged({ ttl: 32 }), 'error', WORKS],
  'a ping with a small TTL is answered': [pinged({ ttl: 31 }), 'error', NOTHING_ELSE],
  'a ping is answered elsewhere': [pinged({ point: 1 }), 'error', NOTHING_ELSE],
  'a ping of another is answered': [pinged({ source: '10.1.0.6' }), 'error', NOTHING_ELSE],
  'a ping to another is answered': [pinged({ destination: '10.2.0.8' }), 'error', NOTHING_ELSE],
  'a ping in vain': [pinged({ reply: null }), 'error', NOTHING_ELSE],
  'two SYN-ACKs of TTL 2': [
    offers({}),
    'error',
    { answers: true, reach: 1, measured: { ttl: 2, sends: 2, expired: 2 }, packetsTotal: 4 },
  ],
  'SYN-ACKs of TTL 5': [
    evidence({
      connections: [offer(4000, {}, {}, { ttls: [{ value: 5, count: 2 }] })],
      icmpErrors: OFFER_ERRORS,
    }),
    'error',
  ],
  'SYN-ACKs of TTL 6': [
    evidence({ connections: [offer(4000, {}, {}, { ttls: [{ value: 6, count: 2 }] })], icmpErrors: OFFER_ERRORS }),
    'nothing',
  ],
  'one SYN-ACK': [offers({ synAck: [0.1] }), 'nothing'],
  'SYN-ACKs with two TTLs': [
    evidence({
      connections: [offer(4000, {}, {}, { ttls: [2, 60].map((value) => ({ value, count: 1 })) })],
      icmpErrors: OFFER_ERRORS,
    }),
    'nothing',
  ],
  'no SYN-ACK, and other packets of TTL 2': [offers({ synAck: [], resets: [] }), 'nothing'],
  'the handshake was over': [offers({ handshakeAck: 1.2 }), 'nothing'],
  'the client acknowledged something': [
    evidence({ connections: [offer(4000, {}, { ackHigh: 5001 })], icmpErrors: OFFER_ERRORS }),
    'nothing',
  ],
  'an error about SYN-ACKs came by elsewhere': [
    offers({}, [offerExpired(0.2), offerExpired(1.2, { point: 1 })]),
    'nothing',
  ],
});
