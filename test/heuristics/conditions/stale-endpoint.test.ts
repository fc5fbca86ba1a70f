import { staleEndpoint } from '../../../src/heuristics/rules/service/stale-endpoint.ts';
import { arp, connection, evidence, hostActivity, icmpError, quoted } from '../../support/evidence.ts';
import { verdicts } from '../../support/verdicts.ts';

const SERVICE = '10.96.0.20:80';
const [CLIENT, DEAD, ALIVE] = ['10.244.1.5', '10.244.2.66', '10.244.2.7'];
const dead = (port = 41_000, some: object = {}) =>
  connection({ client: `${CLIENT}:${port}`, server: `${DEAD}:8080`, syn: [0, 1, 3], ...some });
const alive = (address = ALIVE, port = 42_000) =>
  connection({ client: `${CLIENT}:${port}`, server: `${address}:8080` }, { established: true });
const silence = arp({ asker: '10.244.2.1', target: DEAD, requests: [0, 1, 2] });
/** Connections to the service that were sent to endpoints of it, and whether ARP for the dead one is in vain. */
const row = (
  connections: ReturnType<typeof connection>[],
  some: object = { arp: [silence] },
  services: readonly string[] = [],
) =>
  evidence({
    connections,
    paths: connections.map((one, at) => ({ of: [one], serverBeforeNat: services[at] ?? SERVICE })),
    ...some,
  });
const pair = (some?: object) => row([dead(), alive()], some);
const listed = (...endpoints: string[]) => pair({ known: { endpoints } });
const unreachable = (some: object = {}) =>
  icmpError(3.5, {
    code: 1,
    from: '10.244.2.1',
    to: CLIENT,
    quoted: quoted({ protocol: 6, source: `${CLIENT}:41000`, destination: `${DEAD}:8080` }),
    ...some,
  });
const withError = (some: object = {}) => pair({ icmpErrors: [unreachable(some)] });

/** A SYN that never leaves the node; the error tells of the service. */
const held = connection({ client: `${CLIENT}:41000`, server: SERVICE, syn: [0, 1] });
const waiting = (from: string, connections: ReturnType<typeof connection>[], some: object = {}) =>
  evidence({
    connections: [held, ...connections],
    paths: connections.map((one) => ({ of: [one], serverBeforeNat: SERVICE })),
    icmpErrors: [
      icmpError(3.07, {
        code: 1,
        from,
        quoted: quoted({ protocol: 6, source: `${CLIENT}:41000`, destination: SERVICE }),
        ...some,
      }),
    ],
  });

verdicts(staleEndpoint, {
  'nobody has the address, and another endpoint answers': [
    pair(),
    'error',
    {
      grade: 'confirmed',
      attempts: 1,
      othersAnswer: 1,
      notListed: false,
      noAddress: true,
      otherEndpoints: [`${ALIVE}:8080`],
      conversations: [0, 2],
      measured: { attempts: 1, otherEndpointsAnswer: 1, notListed: false, noAddress: true },
    },
  ],
  'nobody has the address, and no other endpoint was tried': [
    row([dead()]),
    'error',
    { grade: 'inferred', othersAnswer: 0 },
  ],
  'silence alone': [pair({}), 'nothing'],
  'ARP for another address is in vain': [pair({ arp: [{ ...silence, target: '10.244.2.67' }] }), 'nothing'],
  'the endpoint is not listed': [listed(ALIVE), 'error', { notListed: true, noAddress: false, grade: 'inferred' }],
  'the endpoint is listed': [listed(ALIVE, DEAD), 'nothing'],
  'the endpoint sends something': [pair({ arp: [silence], hosts: [hostActivity(DEAD, { sent: 1 })] }), 'nothing'],
  'the endpoint sends nothing': [pair({ arp: [silence], hosts: [hostActivity(DEAD, { sent: 0 })] }), 'error'],
  'the other endpoint sends something': [pair({ arp: [silence], hosts: [hostActivity(ALIVE)] }), 'error'],
  'two attempts in vain': [
    row([dead(), dead(41_001), alive()]),
    'error',
    { attempts: 2, reach: 2, conversations: [0, 1, 3] },
  ],
  'one of two attempts is answered': [
    row([
      dead(),
      dead(41_001, { synAck: [0.1], toClient: { packets: 3 }, state: 'established', handshakeAck: 0.2 }),
      alive(),
    ]),
    'nothing',
  ],
  'the other endpoint is of another service': [
    row([dead(), alive()], undefined, [SERVICE, '10.96.0.21:80']),
    'error',
    { othersAnswer: 0, otherEndpoints: [], grade: 'inferred' },
  ],
  'of four other endpoints three are told, in order': [
    row([dead(), ...[9, 8, 7, 6].map((host, at) => alive(`10.244.3.${host}`, 42_000 + at))]),
    'error',
    { othersAnswer: 4, otherEndpoints: ['10.244.3.6:8080', '10.244.3.7:8080', '10.244.3.8:8080'] },
  ],
  'one endpoint that answers twice is told once': [
    row([dead(), alive(), alive(ALIVE, 42_001)]),
    'error',
    { othersAnswer: 2, otherEndpoints: [`${ALIVE}:8080`] },
  ],
  'two dead endpoints': [
    row([dead(), dead(41_001, { server: '10.244.2.67:8080' }), alive()], {
      arp: [silence, { ...silence, target: '10.244.2.67' }],
    }),
    '2 errors',
    { endpoint: `${DEAD}:8080`, attempts: 1 },
  ],
  'a router says that the host is unreachable': [withError(), 'error', { noAddress: true, grade: 'confirmed' }],
  'a router says that the network is unreachable': [withError({ code: 0 }), 'nothing'],
  'a router says something else': [withError({ type: 11 }), 'nothing'],
  'type and code of IPv6 in IPv4': [withError({ type: 1, code: 3 }), 'nothing'],
  'a router of IPv6 says that the host is unreachable': [withError({ version: 6, type: 1, code: 3 }), 'error'],
  'a router of IPv6 says something else': [withError({ version: 6, type: 1, code: 1 }), 'nothing'],
  'another type of IPv6': [withError({ version: 6, type: 3, code: 3 }), 'nothing'],
  'a router says so, and no other endpoint was tried': [row([dead()], { icmpErrors: [unreachable()] }), 'nothing'],
  'a SYN that waited at the node of the client': [
    waiting('10.96.0.20', [alive()]),
    'error',
    { endpoint: null, endpointAddress: null, noAddress: true, othersAnswer: 1, grade: 'inferred' },
  ],
  'a SYN that another says to have waited': [waiting('10.244.1.1', [alive()]), 'nothing'],
  'a SYN that waited, and none is served': [waiting('10.96.0.20', []), 'nothing'],
  'a SYN that waited, another of the service failed': [waiting('10.96.0.20', [dead(41_005)]), 'nothing'],
  'a SYN that did not wait for a host': [waiting('10.96.0.20', [alive()], { code: 0 }), 'nothing'],
});
