import { dhcpUnanswered } from '../../../../src/heuristics/rules/network-unreachable/dhcp-unanswered.ts';
import { connection, dhcpClient, evidence, point, ref, ruleTable } from '../../../support/evidence.ts';

const OTHER = '02:42:ac:11:00:06';
const served = dhcpClient({ mac: OTHER, asks: [], requests: 1, acks: 1, servers: ['10.0.0.1'] });
/** An address that the other client got at this time. */
const lease = (time: number, some: object = {}) => ({
  ...ref(time),
  point: 0,
  mac: OTHER,
  address: '10.0.0.9',
  server: '10.0.0.1',
  ...some,
});
const points = [point({ name: 'pod' }), point({ name: 'nic' })];

ruleTable(dhcpUnanswered, {
  fires: {
    'four DISCOVERs, and nothing else': {
      evidence: evidence({ dhcpClients: [dhcpClient()] }),
      finds: [{ grade: 'inferred', measured: { discovers: 4, clients: 1, offers: 0, othersServed: 0 } }],
      says: [
        /02:42:ac:11:00:05 asks 4 times for an address, and no server offers one/,
        /"no DHCP server answers anybody in the capture"/,
      ],
    },
    'another client is served: the server declines': {
      evidence: evidence({ dhcpClients: [dhcpClient(), served], leases: [lease(8)] }),
      finds: [{ grade: 'confirmed', measured: { othersServed: 1 } }],
      says: [/"telling":\["10\.0\.0\.1 serves 1 other client meanwhile"\]/],
    },
    'another client was served before it asked, and after': {
      evidence: evidence({ dhcpClients: [dhcpClient({ asks: [10, 14, 22] }), served], leases: [lease(8), lease(23)] }),
      finds: [{ grade: 'inferred', server: '10.0.0.1', measured: { othersServed: 0 } }],
      says: [/^(?!.*other client)/s],
    },
    'another client is served elsewhere': {
      evidence: evidence({ points, dhcpClients: [dhcpClient(), served], leases: [lease(8, { point: 1 })] }),
      finds: [{ grade: 'inferred', measured: { othersServed: 0 } }],
    },
    'the one that is served at last is this one': {
      evidence: evidence({ dhcpClients: [dhcpClient()], leases: [lease(8, { mac: dhcpClient().mac })] }),
      finds: [{ grade: 'inferred', measured: { othersServed: 0 } }],
    },
    'two clients in vain': {
      evidence: evidence({ dhcpClients: [dhcpClient(), dhcpClient({ mac: OTHER })] }),
      finds: [{ measured: { discovers: 8, clients: 2 }, key: 'no-offer' }],
      says: [/2 clients, 02:42:ac:11:00:05 among them, ask 8 times/],
    },
    'OFFERs come, and are not taken up': {
      evidence: evidence({ dhcpClients: [dhcpClient({ offers: 4, servers: ['10.0.0.1'] })] }),
      finds: [{ grade: 'confirmed', offeredAt: null, measured: { offers: 4 } }],
      says: [/4 OFFERs are not taken up/],
    },
    'another point shows OFFERs': {
      evidence: evidence({
        points,
        dhcpClients: [dhcpClient(), dhcpClient({ point: 1, asks: [0, 4, 12], offers: 3 })],
      }),
      finds: [{ between: [1, 0], offeredAt: 1 }],
      says: [/the OFFERs that nic shows do not get back to pod/],
    },
    'the same at two points': {
      evidence: evidence({ points, dhcpClients: [dhcpClient({ asks: [0, 4] }), dhcpClient({ point: 1 })] }),
      finds: [{ point: 1, measured: { clients: 1, discovers: 4 } }],
    },
    'others are answered where its broadcasts are seen: a warning': {
      evidence: evidence({ dhcpClients: [dhcpClient()], connections: [connection({}, { established: true })] }),
      finds: [{ level: 'warning' }],
    },
    'others are answered at the device of the pod, too': {
      evidence: evidence({
        points: [point({ role: 'pod-veth' })],
        dhcpClients: [dhcpClient()],
        connections: [connection({}, { established: true })],
      }),
      finds: [{ conversations: [], measured: { discovers: 4 } }],
    },
    'it had an address before': {
      evidence: evidence({ dhcpClients: [dhcpClient({ requests: 1, acks: 1, servers: ['10.0.0.1'] })] }),
      finds: [{ grade: 'inferred', server: '10.0.0.1', measured: { discovers: 4, othersServed: 0 } }],
      says: [/^(?!.*(?:other client|answers anybody))/s],
    },
    'OFFERs to two clients': {
      evidence: evidence({ dhcpClients: [dhcpClient({ offers: 4 }), dhcpClient({ mac: OTHER, offers: 3 })] }),
      finds: [{ measured: { clients: 2, offers: 7 } }],
      says: [/7 OFFERs are not taken up/],
    },
    'OFFERs to two clients, of which one sees its own': {
      evidence: evidence({
        points,
        dhcpClients: [
          dhcpClient(),
          dhcpClient({ point: 1, asks: [0, 4, 12], offers: 3 }),
          dhcpClient({ mac: OTHER, offers: 4 }),
        ],
      }),
      finds: [{ offeredAt: 1 }, { offeredAt: null, measured: { clients: 1, offers: 4 } }],
    },
  },
  quiet: {
    'the capture missed a tenth of the octets: an OFFER may be among them': evidence({
      points: [point({ quality: { gapOctets: 3e5, tcpOctets: 1e6 } })],
      dhcpClients: [dhcpClient()],
    }),
    'a client that goes on with a REQUEST': evidence({ dhcpClients: [dhcpClient({ asks: [], requests: 1 })] }),
    'goes on at another point': evidence({
      points,
      dhcpClients: [dhcpClient(), dhcpClient({ point: 1, asks: [], requests: 1 })],
    }),
    'two DISCOVERs': evidence({ dhcpClients: [dhcpClient({ asks: [0, 4] })] }),
    'the third right before the end': evidence({ dhcpClients: [dhcpClient({ asks: [0, 4, 99.5] })] }),
    'one OFFER right before the end': evidence({ dhcpClients: [dhcpClient({ offers: 1 })] }),
    'messages of which the type is cut off': evidence({ dhcpClients: [] }),
  },
});
