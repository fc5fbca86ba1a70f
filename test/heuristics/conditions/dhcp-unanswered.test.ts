import { dhcpUnanswered } from '../../../src/heuristics/rules/network-unreachable/dhcp-unanswered.ts';
import { connection, datagram, dhcpClient, evidence, point, ref } from '../../support/evidence.ts';
import { verdicts } from '../../support/verdicts.ts';

const MAC = '02:42:ac:11:00:05';
const [SECOND, THIRD] = ['02:42:ac:11:00:06', '02:42:ac:11:00:07'];
const POINTS = [point({ name: 'a' }), point({ name: 'b' })];
/** Asks at 10, 14 and 22 s. */
const client = (some: Parameters<typeof dhcpClient>[0] = {}) => dhcpClient({ asks: [10, 14, 22], ...some });
const served = (some: Parameters<typeof dhcpClient>[0] = {}) =>
  dhcpClient({ mac: SECOND, asks: [], requests: 1, acks: 1, servers: ['10.0.0.1'], ...some });
const row = (some: object = {}, ...others: ReturnType<typeof dhcpClient>[]) =>
  evidence({ points: POINTS, dhcpClients: [client(), ...others], ...some });
const asking = (some: Parameters<typeof dhcpClient>[0]) => evidence({ points: POINTS, dhcpClients: [client(some)] });
const lasting = (lastTime: number) => row({ points: [point({ quality: { lastTime } })] });
const lease = (time: number, some: object = {}) => ({
  ...ref(time),
  point: 0,
  mac: SECOND,
  address: '10.0.0.9',
  server: '10.0.0.2',
  ...some,
});
const leased = (...leases: ReturnType<typeof lease>[]) => row({ leases });
const serving = (othersServed: number, server: string | null = '10.0.0.2') => ({
  othersServed,
  server,
  grade: othersServed > 0 ? 'confirmed' : 'inferred',
});
const talk = (there: number, back: number, some: object = {}) =>
  row({ connections: [connection({ toServer: { packets: there }, toClient: { packets: back }, ...some })] });
const flow = (sent: number[], back: number[], some: object = {}) =>
  row({ datagrams: [datagram({ sent, back, ...some })] });

verdicts(dhcpUnanswered, {
  'three DISCOVERs': [
    row(),
    'error',
    {
      discovers: 3,
      clients: 1,
      offers: 0,
      offeredAt: null,
      server: null,
      isServerHeard: false,
      key: `${MAC} no-offer`,
    },
  ],
  'two DISCOVERs': [asking({ asks: [10, 14] }), 'nothing'],
  'a second is left behind the third': [lasting(23), 'error'],
  'less than a second is left behind the third': [lasting(22.999), 'nothing'],
  'one OFFER': [asking({ offers: 1 }), 'nothing'],
  'two OFFERs': [
    asking({ offers: 2 }),
    'error',
    { offers: 2, offeredAt: null, grade: 'confirmed', key: `${MAC} offered` },
  ],
  'two OFFERs, seen at another point only': [
    row({}, client({ point: 1, asks: [10], offers: 2 })),
    'error',
    { offers: 0, offeredAt: 1, between: [1, 0], point: 0 },
  ],
  'one OFFER, seen at another point only': [row({}, client({ point: 1, asks: [10], offers: 1 })), 'nothing'],
  'OFFERs at both points, more at the other': [
    evidence({
      points: POINTS,
      dhcpClients: [client({ offers: 1 }), client({ point: 1, asks: [10], offers: 3 })],
    }),
    'error',
    { offers: 1, offeredAt: null, between: null },
  ],
  'the point that saw more DISCOVERs is told': [
    row({}, dhcpClient({ point: 1, asks: [10, 14, 22, 38] })),
    'error',
    { point: 1, discovers: 4 },
  ],
  'of points that saw as many the first is told': [row({}, client({ point: 1 })), 'error', { point: 0 }],
  'the client renews its lease at another point': [row({}, client({ point: 1, asks: [], requests: 1 })), 'nothing'],
  'the client is served at another point, where it did not ask': [
    row({}, client({ point: 1, asks: [], acks: 1 })),
    'nothing',
  ],
  'another point saw nothing of the client but a NAK': [row({}, client({ point: 1, asks: [], naks: 1 })), 'error'],
  'the client asked and was served at another point': [
    row({}, client({ point: 1, asks: [10], requests: 1, acks: 1 })),
    'error',
  ],
  'two clients at one point': [
    row({}, client({ mac: SECOND, discoversTotal: 9 })),
    'error',
    { discovers: 12, clients: 2, reach: 2, key: 'no-offer' },
  ],
  'two clients at two points': [row({}, client({ mac: SECOND, point: 1 })), '2 errors', { clients: 1 }],
  'two clients, of which one gets OFFERs': [row({}, client({ mac: SECOND, offers: 2 })), '2 errors', { clients: 1 }],
  'the OFFERs of two clients': [
    evidence({ dhcpClients: [client({ offers: 2 }), client({ mac: SECOND, offers: 3 })] }),
    'error',
    { offers: 5, key: 'offered' },
  ],
  'a lease between the first and the last': [leased(lease(15)), 'error', serving(1)],
  'a lease at the first': [leased(lease(10)), 'error', serving(1)],
  'a lease at the last': [leased(lease(22)), 'error', serving(1)],
  'a lease before the first': [leased(lease(9.999)), 'error', serving(0, null)],
  'a lease after the last': [leased(lease(22.001)), 'error', serving(0, null)],
  'a lease at another point': [leased(lease(15, { point: 1 })), 'error', serving(0, null)],
  'a lease of the client itself': [leased(lease(15, { mac: MAC })), 'error', serving(0, null)],
  'two leases of one client': [leased(lease(15), lease(16)), 'error', serving(1)],
  'leases of two clients': [leased(lease(15, { mac: THIRD }), lease(16)), 'error', serving(2)],
  'a lease while the second of two clients asks': [
    evidence({
      dhcpClients: [client(), client({ mac: THIRD, asks: [1, 2, 3] })],
      leases: [lease(2)],
    }),
    'error',
    serving(1),
  ],
  'a client that is served, without a lease': [
    row({}, served()),
    'error',
    { ...serving(0, '10.0.0.1'), isServerHeard: true },
  ],
  'a server that is heard and serves nobody': [
    row({}, served({ acks: 0, naks: 1 })),
    'error',
    { server: null, isServerHeard: true },
  ],
  'packets both ways beside it': [talk(1, 1), 'warning'],
  'packets to a server beside it': [talk(1, 0), 'error'],
  'packets of a server beside it': [talk(0, 1), 'error'],
  'packets both ways at another point': [talk(1, 1, { point: 1 }), 'error'],
  'datagrams both ways beside it': [flow([1], [2]), 'warning'],
  'datagrams to a server beside it': [flow([1], []), 'error'],
  'datagrams of a server beside it': [flow([], [2]), 'error'],
  'datagrams both ways at another point': [flow([1], [2], { point: 1 }), 'error'],
  'packets both ways at the device of a pod': [
    row({ points: [point({ role: 'pod-veth' })], datagrams: [datagram({ sent: [1], back: [2] })] }),
    'error',
  ],
});
