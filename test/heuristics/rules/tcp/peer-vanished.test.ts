import { peerVanished } from '../../../../src/heuristics/rules/tcp/peer-vanished.ts';
import {
  arp,
  connection,
  type EvidenceParts,
  echo,
  evidence,
  hostActivity,
  point,
  ref,
  reset,
  ruleTable,
} from '../../../support/evidence.ts';
import { pause, repeat, segment } from '../../../support/segment-items.ts';

/** A request in vain: the server was last heard at 0.02 s. */
const dying = (toServer = {}, toClient = {}, rest = {}) =>
  connection(
    {
      toServer: { packets: 9, repeats: [repeat()], largestAckedL3: 152, ...toServer },
      toClient: { packets: 3, ackHigh: 100, last: ref(0.02), ...toClient },
      ...rest,
    },
    { established: true },
  );
const large = { repeats: [repeat({ l3Length: 1500, smallestL3Length: 1500 })], largestAckedL3: 200 };
/** Only large segments are seen in vain, beside something that says nothing of small packets to the peer. */
const onlyLarge = (besides: Record<string, EvidenceParts>) =>
  Object.fromEntries(
    Object.entries(besides).map(([name, parts]) => [
      `only large segments are lost, beside ${name}`,
      evidence({ ...parts, connections: [dying(large), ...(parts.connections ?? [])] }),
    ]),
  );
const keepAlives = [10, 11, 12, 13].map((time) => segment(time, 'keepAlive', 0));
const points = [point({ name: 'pod' }), point({ name: 'nic' })];
const dyingAtPod = dying();

/** A pod asks a service. Its node translates the first packets; the later ones leave the NIC as `plain` says. */
const service = '10.96.0.20:80';
const nodePoints = [
  point({ name: 'veth', role: 'pod-veth', host: 'node1' }),
  point({ name: 'nic', role: 'node-nic', host: 'node1' }),
];
const translated = (plain = {}, { before = service, at = nodePoints, until = 0.5 } = {}) => {
  const legs = [
    dying({}, {}, { server: service }),
    connection(
      { point: 1, encapsulation: ['vxlan'], toServer: { packets: 4, last: ref(until) } },
      { established: true },
    ),
    connection({
      point: 1,
      server: service,
      syn: [],
      toServer: { packets: 5 },
      toClient: { packets: 0 },
      first: ref(0.7),
      ...plain,
    }),
  ];
  const path = { of: legs, server: '10.244.2.7:8080', serverBeforeNat: before };
  return evidence({ points: at, connections: legs, paths: [path] });
};
const asBefore = (plain = {}, how = {}) => ({
  evidence: translated(plain, how),
  finds: [{ ended: null, place: 'at or before 10.96.0.20, as seen from veth' }],
});

ruleTable(peerVanished, {
  fires: {
    'after a pause that another connection of the two survived': {
      evidence: evidence({
        connections: [
          dying({}, {}, { idleGaps: [pause(20, 0.1)] }),
          connection(
            {
              client: '10.244.1.5:40001',
              toServer: { last: ref(50) },
              toClient: { last: ref(50.1) },
              idleGaps: [pause(25, 26)],
            },
            { established: true },
          ),
        ],
      }),
      finds: [{ measured: { sendings: 5 } }],
    },
    'five sendings in vain': {
      evidence: evidence({ connections: [dying()] }),
      finds: [{ grade: 'inferred', measured: { sendings: 5, keepAlive: false }, otherTraffic: false, packetsTotal: 5 }],
      says: [/stops answering in the middle of a connection: 5 transmissions/],
    },
    'after a pause that was survived before': {
      evidence: evidence({ connections: [dying({}, {}, { idleGaps: [pause(60, 0.1), pause(60.2, 0.05)] })] }),
      finds: [{ measured: { sendings: 5 } }],
    },
    'after a pause that is short beside the retransmission timer': {
      evidence: evidence({ connections: [dying({}, {}, { idleGaps: [pause(1.2, 0.1)] })] }),
      finds: [{ measured: { sendings: 5 } }],
    },
    'keep-alives in vain': {
      evidence: evidence({
        connections: [
          dying({ repeats: [] }, {}, { events: keepAlives, idleGaps: [pause(10, 10, 0, { keepAlive: true })] }),
        ],
      }),
      finds: [{ measured: { sendings: 4, keepAlive: true } }],
      says: [/4 keep-alives/],
    },
    'the host goes on elsewhere': {
      evidence: evidence({ connections: [dying()], hosts: [hostActivity('10.244.2.7', { lastSent: 20 })] }),
      finds: [{ otherTraffic: true }],
      says: [/goes on in other connections/],
    },
    'another host goes on': {
      evidence: evidence({ connections: [dying()], hosts: [hostActivity('10.244.2.8', { lastSent: 20 })] }),
      finds: [{ otherTraffic: false }],
    },
    'the host went on until then': {
      evidence: evidence({ connections: [dying()], hosts: [hostActivity('10.244.2.7', { lastSent: 0.02 })] }),
      finds: [{ otherTraffic: false }],
    },
    'the host goes on at another point': {
      evidence: evidence({
        points,
        connections: [dying()],
        hosts: [hostActivity('10.244.2.7', { point: 1, lastSent: 20 })],
      }),
      finds: [{ otherTraffic: false, heardElsewhere: true }],
    },
    'the clock of the other point is ahead: it heard the host before': {
      evidence: evidence({
        points: [points[0], { ...points[1], timeShift: -30 }],
        connections: [dying()],
        hosts: [hostActivity('10.244.2.7', { point: 1, lastSent: 20 })],
      }),
      finds: [{ heardElsewhere: false }],
      says: [/nothing else of 10\.244\.2\.7 is heard afterwards/],
    },
    'large segments, and small ones fail too: an echo': {
      evidence: evidence({ connections: [dying(large)], echoes: [echo({ request: 1, reply: null })] }),
      finds: [{ measured: { sendings: 5 } }],
    },
    'large segments, and a new SYN is ignored': {
      evidence: evidence({
        connections: [dying(large), connection({ client: '10.244.1.5:40009', syn: [2, 3, 5] })],
      }),
      finds: [{ conversations: [0] }],
    },
    'large segments, and ARP is ignored': {
      evidence: evidence({ connections: [dying(large)], arp: [arp({ target: '10.244.2.7', requests: [2, 3] })] }),
      finds: [{ conversations: [0] }],
    },
    'large segments where as large ones were acknowledged': {
      evidence: evidence({ connections: [dying({ ...large, largestAckedL3: 1500 })] }),
      finds: [{ conversations: [0] }],
    },
    'the node translates the connection no more': {
      evidence: translated(),
      finds: [
        {
          between: null,
          place: 'at the node that translates 10.96.0.20, before nic',
          otherClasses: ['service'],
          ended: { point: 1, packets: 5, service, backend: '10.244.2.7:8080' },
        },
      ],
      says: [
        /5 later packets leave .* with the address 10\.96\.0\.20:80, earlier ones were translated to 10\.244\.2\.7:8080/,
        /^(?!.*(?:ping -c|ss -tno)).*conntrack -L -p tcp --orig-src 10\.244\.1\.5.*grep -w 10\.244\.2\.7/,
        /"the pod 10\.244\.2\.7 behind 10\.96\.0\.20 is gone, or its node"/,
      ],
    },
    'the service address at the NIC, answered': asBefore({ toClient: { packets: 3 } }),
    'the service address at the NIC, from the SYN on': asBefore({ syn: [0] }),
    'the service address at the NIC, and translated packets after it': asBefore({}, { until: 0.9 }),
    'the service address at the NIC, encapsulated': asBefore({ encapsulation: ['vxlan'] }),
    'the service address at the NIC of another node': asBefore(
      {},
      { at: [nodePoints[0], point({ name: 'nic', role: 'node-nic', host: 'node2' })] },
    ),
    'the service address at a NIC that the packets pass before they are translated': {
      evidence: translated({}, { at: [point({ name: 'veth', role: 'node-nic', host: 'node1' }), nodePoints[1]] }),
      finds: [{ ended: null }],
    },
    'two points: what is sent dies between them': {
      evidence: evidence({
        points,
        connections: [dyingAtPod],
        paths: [{ of: [dyingAtPod], hops: [{ from: 0, to: 1, packets: 9, lost: 5 }] }],
      }),
      finds: [{ between: [0, 1] }],
    },
  },
  quiet: {
    ...onlyLarge({
      'a ping to another host': { echoes: [echo({ destination: '10.244.2.8', request: 1, reply: null })] },
      'an answered ping': { echoes: [echo({ request: 1, reply: 1.1 })] },
      'a ping of before': { echoes: [echo({ request: 0, reply: null })] },
      'a ping at another point': { points, echoes: [echo({ point: 1, request: 1, reply: null })] },
      'a question for another neighbour': { arp: [arp({ target: '10.244.2.8', requests: [1] })] },
      'an answered question for it': {
        arp: [arp({ target: '10.244.2.7', requests: [1], answers: ['02:00:00:00:00:07'] })],
      },
      'a question for it of before': { arp: [arp({ target: '10.244.2.7', requests: [0] })] },
      'a question for it at another point': { points, arp: [arp({ point: 1, target: '10.244.2.7', requests: [1] })] },
      'a SYN to another host': { connections: [connection({ server: '10.244.2.8:80', syn: [1, 2] })] },
      'a SYN of before': { connections: [connection({ client: '10.244.1.5:40001', syn: [0, 2] })] },
      'a SYN at another point': {
        points,
        connections: [connection({ client: '10.244.1.5:40001', point: 1, syn: [1, 2] })],
      },
      'a SYN that is answered': {
        connections: [connection({ client: '10.244.1.5:40001', syn: [1] }, { established: true })],
      },
      'a ping in vain, and the host is heard': {
        echoes: [echo({ request: 1, reply: null })],
        hosts: [hostActivity('10.244.2.7', { lastSent: 20 })],
      },
    }),
    'another point shows that the peer acknowledged': (() => {
      const legs = [dying(), dying({ repeats: [repeat({ ackedTime: 30 })] }, {}, { point: 1 })];
      return evidence({ points, connections: legs, paths: [{ of: legs }] });
    })(),
    'large segments only, after small ones were acknowledged': evidence({ connections: [dying(large)] }),
    'large segments, and a small echo is answered': evidence({
      connections: [dying(large)],
      echoes: [echo({ request: 1 })],
    }),
    'the peer had closed': evidence({ connections: [dying({}, { fins: 1 })] }),
    'the peer had reset': evidence({ connections: [dying({}, {}, { resets: [reset(0.05, 1)] })] }),
    'a reset comes at last': evidence({ connections: [dying({}, {}, { resets: [reset(5, 1)] })] }),
    'the peer is heard meanwhile': evidence({ connections: [dying({}, { last: ref(0.5) })] }),
    'less than a second': evidence({ connections: [dying({ repeats: [repeat({ times: [0.1, 0.3, 0.7] })] })] }),
    'two sendings': evidence({ connections: [dying({ repeats: [repeat({ times: [0.1, 3.1] })] })] }),
    'acknowledged at last': evidence({ connections: [dying({ repeats: [repeat({ ackedTime: 4 })] })] }),
    'after a pause: a timeout of state in between': evidence({
      connections: [dying({}, {}, { idleGaps: [pause(30, 0.1)] })],
    }),
    'the peer’s packets are not in the capture': evidence({
      connections: [dying({}, { gapOctets: 5000, payloadOctets: 100 })],
    }),
  },
});
