import { noReply } from '../../../src/heuristics/rules/network-unreachable/no-reply.ts';
import { connection, datagram, echo, evidence, hostActivity, point, ref } from '../../support/evidence.ts';
import { verdicts } from '../../support/verdicts.ts';

const [CLIENT, SERVER] = ['10.244.1.5', '10.244.2.7'];
const POINTS = [point({ name: 'a' }), point({ name: 'b' })];
const ping = (at: number, some: Parameters<typeof echo>[0] = {}) =>
  echo({ id: Math.round(at) + 1, request: at, reply: null, ...some });
const PINGS = [ping(0), ping(1), ping(2)];
const row = (some: object = {}) => evidence({ points: POINTS, echoes: PINGS, ...some });
const lasting = (lastTime: number) => row({ points: [point({ quality: { lastTime } })] });
const pings = (some: Parameters<typeof echo>[0]) => row({ echoes: [ping(0, some), ping(1, some), ping(2, some)] });
const heard = (some: Partial<Parameters<typeof hostActivity>[1]>, address = SERVER) =>
  row({ hosts: [hostActivity(address, some)] });

/** Datagrams in vain to a port that another server answers at. */
const asked = (some: Parameters<typeof datagram>[0] = {}) =>
  datagram({ client: `${CLIENT}:5100`, server: `${SERVER}:7000`, sent: [0, 1, 3], ...some });
const other = (some: Parameters<typeof datagram>[0] = {}) =>
  datagram({ client: '10.244.1.6:5100', server: '10.244.2.8:7000', sent: [0], back: [0.01], ...some });
const udp = (one: Parameters<typeof datagram>[0] = {}, answered: Parameters<typeof datagram>[0] = {}) =>
  evidence({ datagrams: [other(answered), asked(one)] });

/** Attempts of the same two over TCP. */
const attempts = (...some: Parameters<typeof connection>[0][]) =>
  row({
    connections: some.map((one, at) => connection({ client: `${CLIENT}:${900 + at}`, server: `${SERVER}:80`, ...one })),
  });
const THREE = { syn: [0, 1, 3] };

verdicts(noReply, {
  'three pings': [
    row(),
    'error',
    { requests: 3, answered: 0, port: 0, reach: 3, serverSpeaks: false, heardBefore: false, measured: { requests: 3 } },
  ],
  'two pings': [row({ echoes: PINGS.slice(1) }), 'nothing'],
  'three pings, two of them a second before the end': [lasting(2), 'error'],
  'three pings, one of them a second before the end': [lasting(1.999), 'nothing'],
  'pings to a group': [pings({ destination: '224.0.0.5' }), 'nothing'],
  'pings from no address': [pings({ source: '0.0.0.0' }), 'nothing'],
  'the third ping is of another client': [
    row({ echoes: [ping(0), ping(1), ping(2, { source: '10.244.1.6' })] }),
    'nothing',
  ],
  'the third ping is to another server': [
    row({ echoes: [ping(0), ping(1), ping(2, { destination: '10.244.2.8' })] }),
    'nothing',
  ],
  'two clients': [
    row({ echoes: [...PINGS, ...[3, 4, 5].map((at) => ping(at, { source: '10.244.1.6' }))] }),
    '2 errors',
    { client: CLIENT, requests: 3 },
  ],
  'the smallest of the pings is told': [
    row({ echoes: [ping(0, { l3Length: 1400 }), ping(1, { l3Length: 1300 }), ping(2, { l3Length: 1350 })] }),
    'error',
    { smallest: 1300 },
  ],
  'the server speaks later': [heard({ lastSent: 0.001 }), 'error', { serverSpeaks: true, heardBefore: false }],
  'the server speaks at the first ping': [heard({ lastSent: 0 }), 'error', { serverSpeaks: false, heardBefore: true }],
  'the server speaks before, at another point': [heard({ lastSent: 0, point: 1 }), 'error', { serverSpeaks: true }],
  'the server sends nothing': [heard({ sent: 0 }), 'error', { serverSpeaks: false, heardBefore: false }],
  'another server speaks': [heard({}, '10.244.2.8'), 'error', { serverSpeaks: false, heardBefore: false }],
  'another was answered by the server': [
    row({ echoes: [...PINGS, echo({ source: '10.244.1.9', id: 99 })] }),
    'error',
    { serverSpeaks: false, heardBefore: true },
  ],
  'another was answered by another server': [
    row({ echoes: [...PINGS, echo({ source: '10.244.1.9', destination: '10.244.2.8', id: 99 })] }),
    'error',
    { heardBefore: false },
  ],
  'three SYNs of the same two, too': [attempts(THREE), 'note'],
  'two SYNs of the same two': [attempts({ syn: [0, 1] }), 'error'],
  'three SYNs of another client': [attempts({ ...THREE, client: '10.244.1.6:900' }), 'error'],
  'three SYNs to another server': [attempts({ ...THREE, server: '10.244.2.8:80' }), 'error'],
  'two attempts, one of them with three SYNs': [attempts(THREE, { syn: [0, 1] }), 'note'],
  'two attempts, one of them answered': [attempts(THREE, { syn: [0], synAck: [0.1] }), 'error'],
  'datagrams to a port that answers elsewhere': [
    udp(),
    'error',
    { kind: 'udp', port: 7000, requests: 3, smallest: 0, subject: { protocol: 'udp', server: `${SERVER}:7000` } },
  ],
  'datagrams to a port that answers nowhere': [udp({}, { server: '10.244.2.8:7001' }), 'nothing'],
  'datagrams to a port that is asked in vain elsewhere': [udp({}, { back: [] }), 'nothing'],
  'datagrams to a port that only talks elsewhere': [udp({}, { sent: [] }), 'nothing'],
  'two datagrams': [udp({ sent: [0, 1] }), 'nothing'],
  'datagrams to a group': [udp({ server: '224.0.0.5:7000', toGroup: [true, false] }), 'nothing'],
  'datagrams of which one is answered at last': [udp({ back: [3.1] }), 'nothing'],
  'the last datagram a second before the end': [
    evidence({ points: [point({ quality: { lastTime: 4 } })], datagrams: [other(), asked()] }),
    'error',
  ],
  'the last datagram less than a second before the end': [
    evidence({ points: [point({ quality: { lastTime: 3.999 } })], datagrams: [other(), asked()] }),
    'nothing',
  ],
  'datagrams of which none was kept': [udp({ samples: [[], []], last: [ref(3), null] }), 'nothing'],
  'segments with cut headers that do not come as SYNs do': [
    evidence({ datagrams: [asked({ protocol: 6, sent: [0, 0.01, 0.02, 0.03] })] }),
    'nothing',
  ],
  'a flow that is not answered any more': [
    evidence({ datagrams: [asked({ sent: [0, 1, 2, 3], back: [0.01] })] }),
    'error',
    { requests: 3, answered: 1, measured: { requests: 3, answered: 1 }, heardBefore: true },
  ],
  'a flow of DNS that is not answered any more': [
    evidence({ datagrams: [asked({ server: `${SERVER}:53`, sent: [0, 1, 2, 3], back: [0.01] })] }),
    'nothing',
  ],
  'a flow that lacks two answers': [evidence({ datagrams: [asked({ sent: [0, 1, 2], back: [0.01] })] }), 'nothing'],
});
