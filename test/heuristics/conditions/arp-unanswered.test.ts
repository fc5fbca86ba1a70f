import { arpUnanswered } from '../../../src/heuristics/rules/network-unreachable/arp-unanswered.ts';
import { arp, connection, datagram, echo, evidence, hostActivity, point } from '../../support/evidence.ts';
import { verdicts } from '../../support/verdicts.ts';

const ASKER = '10.1.0.5';
const TARGET = '10.1.0.9';
const MAC = '02:00:00:00:00:02';
const asking = (some: Parameters<typeof arp>[0] = {}) =>
  arp({ asker: ASKER, target: TARGET, requests: [0, 1, 2], ...some });
const asker = hostActivity(ASKER);
/** The asker sends and receives here, so that its silence is seen. */
const row = (some: object = {}, parts: object = {}) => evidence({ arp: [asking(some)], hosts: [asker], ...parts });
const lasting = (lastTime: number) => ({ points: [point({ quality: { lastTime } })] });
const POINTS = [point({ name: 'a' }), point({ name: 'b' })];

/** The asker is not seen to send or receive; another one asks, too. */
const apart = (requests: number[], role: 'unknown' | 'node-nic' | 'bridge' | 'pod-veth', parts: object = {}) =>
  evidence({
    points: [point({ role, quality: { lastTime: 200 } })],
    arp: [asking({ requests }), arp({ asker: '10.1.0.8', target: '10.1.0.1', requests: [2] })],
    ...parts,
  });
const LADDERS = [0, 1, 2, 30, 31, 32];

/** A node asks for its neighbour at its NIC. Its tunnel device, the device of a pod and another node were captured. */
const [NIC, TUNNEL, POD, OTHER] = [0, 1, 2, 3];
const DEVICES = [
  point({ name: 'nic', role: 'node-nic', host: 'node1' }),
  point({ name: 'tunnel', role: 'tunnel-device', host: 'node1' }),
  point({ name: 'pod', role: 'pod-veth', host: 'node1' }),
  point({ name: 'other', role: 'node-nic', host: 'node2' }),
];
const stuck = (parts: object, devices = DEVICES) =>
  evidence({ points: devices, arp: [asking()], hosts: [asker], ...parts });
const syns = (at: number, some: object = {}) => connection({ point: at, syn: [0, 1], ...some });
/** The second conversation is that of ARP. */
const [WITH_IT, ALONE] = [{ conversations: [0, 1] }, { conversations: [1] }];
const legs = (...at: number[]) => {
  const connections = at.map((one) => syns(one));
  return stuck({ connections, paths: [{ of: connections, hops: [] }] });
};
const withoutTunnel = DEVICES.map((one, at) => (at === TUNNEL ? { ...one, role: 'bridge' as const } : one));
const tunnelOfOther = withoutTunnel.map((one, at) => (at === OTHER ? { ...one, role: 'tunnel-device' as const } : one));
const nicAs = (some: object) => DEVICES.map((one, at) => (at === NIC ? { ...one, ...some } : one));

verdicts(arpUnanswered, {
  'three requests': [row(), 'error', { requests: 3, reach: 1, measured: { requests: 3, seconds: 2 } }],
  'two requests that are kept, of three': [row({ requests: [0, 1], requestsTotal: 3 }), 'nothing'],
  'three requests that are kept, of two': [row({ requestsTotal: 2 }), 'nothing'],
  'three that are kept, of nine': [row({ requestsTotal: 9 }), 'error', { requests: 9 }],
  'two exchanges are summed up': [
    evidence({ arp: [asking(), asking({ requests: [20, 21, 22, 23] })], hosts: [asker] }),
    'error',
    { requests: 7, measured: { requests: 7, seconds: 23 } },
  ],
  'a second behind the third request': [row({}, lasting(3)), 'error'],
  'less than a second behind the third request': [row({}, lasting(2.999)), 'nothing'],
  'an announcement': [row({ gratuitous: true }), 'nothing'],
  'an address that asks for itself': [row({ target: ASKER }), 'nothing'],
  'no address asks': [row({ asker: '0.0.0.0' }, { hosts: [hostActivity('0.0.0.0')] }), 'nothing'],
  'a link-local address asks by ARP': [
    row({ asker: '169.254.0.9' }, { hosts: [hostActivity('169.254.0.9')] }),
    'nothing',
  ],
  'a group is asked for': [row({ target: '224.0.0.5' }), 'nothing'],
  'a link-local target, and the asker sends elsewhere only': [
    row(
      { target: '169.254.1.1' },
      { points: POINTS, hosts: [hostActivity(ASKER, { sent: 0 }), { ...asker, point: 1 }] },
    ),
    'error',
  ],
  'the target sends here': [row({}, { hosts: [asker, hostActivity(TARGET)] }), 'nothing'],
  'the target sends elsewhere': [
    row({}, { points: POINTS, hosts: [asker, { ...hostActivity(TARGET), point: 1 }] }),
    'error',
  ],
  'the asker receives elsewhere only': [
    row({}, { points: POINTS, hosts: [{ ...asker, point: 1 }, hostActivity('10.1.0.77')] }),
    'nothing',
  ],
  'the asker is itself asked for, and answers': [
    evidence({
      arp: [asking(), arp({ asker: '10.1.0.8', target: ASKER, answers: [MAC] })],
      hosts: [hostActivity('10.1.0.8')],
    }),
    'error',
  ],
  'nine silent targets': [
    evidence({ arp: [1, 2, 3, 4, 5, 6, 7, 8, 9].map((nth) => asking({ target: `10.1.0.10${nth}` })), hosts: [asker] }),
    '9 errors',
    { others: 0 },
  ],
  'eleven silent targets': [
    evidence({
      arp: Array.from({ length: 11 }, (_, nth) => asking({ target: `10.1.0.${100 + nth}` })),
      hosts: [asker],
    }),
    'note',
    { others: 10, inTurn: null },
  ],
  'one ladder after the other, at a point of which no more is known': [apart(LADDERS, 'unknown'), 'error'],
  'one ladder after the other, at a NIC': [apart(LADDERS, 'node-nic'), 'nothing'],
  'one ladder': [apart([0, 1, 2], 'unknown'), 'nothing'],
  'one ladder after the other, and another machine sends': [
    apart(LADDERS, 'unknown', { hosts: [hostActivity('10.1.0.8')] }),
    'nothing',
  ],
  'one ladder at a bridge': [apart([0, 1, 2], 'bridge'), 'error', { atPod: false }],
  'one ladder at a pod': [apart([0, 1, 2], 'pod-veth'), 'error', { atPod: true }],
  'one ladder at a bridge, and the asker sends': [
    apart([0, 1, 2], 'bridge', { hosts: [hostActivity(ASKER, { received: 0 })] }),
    'nothing',
  ],
  'one ladder at a bridge, and another sends': [
    apart([0, 1, 2], 'bridge', { hosts: [hostActivity('10.1.0.8', { received: 0 })] }),
    'error',
  ],
  'three requests at no rhythm, at a bridge': [apart([0, 1, 9], 'bridge'), 'nothing'],
  'a conversation to the target': [
    row({}, { connections: [connection({ server: `${TARGET}:80`, syn: [0] })] }),
    'error',
    WITH_IT,
  ],
  'a conversation of the target': [
    row({}, { connections: [connection({ client: `${TARGET}:4000`, syn: [0] })] }),
    'error',
    WITH_IT,
  ],
  'a conversation of others': [row({}, { connections: [connection({ syn: [0] })] }), 'error', ALONE],
  'stuck at the tunnel device': [legs(TUNNEL), 'error', WITH_IT],
  'stuck at the tunnel device, behind the pod': [legs(POD, TUNNEL), 'error', WITH_IT],
  'stuck at the pod, before the tunnel device': [legs(POD), 'error', ALONE],
  'stuck at the pod of a node without a tunnel device': [
    stuck({ connections: [syns(POD)] }, withoutTunnel),
    'error',
    WITH_IT,
  ],
  'stuck at the pod, and another node has a tunnel device': [
    stuck({ connections: [syns(POD)] }, tunnelOfOther),
    'error',
    WITH_IT,
  ],
  'seen at the NIC': [legs(TUNNEL, NIC), 'error', ALONE],
  'seen at another node': [legs(TUNNEL, OTHER), 'error', ALONE],
  'stuck at another node': [legs(OTHER), 'error', ALONE],
  'the asker asks at a device that is no NIC': [
    stuck({ connections: [syns(TUNNEL)] }, nicAs({ role: 'bridge' })),
    'error',
    ALONE,
  ],
  'the node of the NIC is not known': [
    stuck(
      { connections: [syns(TUNNEL)] },
      DEVICES.map((one) => ({ ...one, host: null })),
    ),
    'error',
    ALONE,
  ],
  'a packet came back': [stuck({ connections: [syns(TUNNEL, { toClient: { packets: 1 } })] }), 'error', ALONE],
  'datagrams in vain': [stuck({ datagrams: [datagram({ point: TUNNEL })] }), 'error', WITH_IT],
  'a datagram came back': [stuck({ datagrams: [datagram({ point: TUNNEL, back: [0.1] })] }), 'error', ALONE],
  'a ping in vain': [stuck({ echoes: [echo({ point: TUNNEL, reply: null })] }), 'error', WITH_IT],
  'a ping is answered': [stuck({ echoes: [echo({ point: TUNNEL })] }), 'error', ALONE],
  'a ping of another is answered': [
    stuck({ echoes: [echo({ point: TUNNEL, reply: null, flow: 7 }), echo({ point: OTHER, id: 2, flow: 7 })] }),
    'error',
    { conversations: [0, 2] },
  ],
  'another ping of the same flow is answered': [
    stuck({ echoes: [echo({ point: TUNNEL, reply: null }), echo({ point: TUNNEL, sequence: 2 })] }),
    'error',
    ALONE,
  ],
});
