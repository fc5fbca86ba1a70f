import { hairpinFailure } from '../../../../src/heuristics/rules/service/hairpin-failure.ts';
import { arp, connection, evidence, hop, point, ruleTable } from '../../../support/evidence.ts';
import { verdicts } from '../../../support/verdicts.ts';

const pod = '10.244.1.5';
const serving = () => connection({ client: '10.244.1.9:50000', server: `${pod}:8080` }, { established: true });
const toItself = (some: object = {}) =>
  connection({ client: `${pod}:41000`, server: '10.96.0.150:8080', syn: [5, 6, 8], ...some });
const points = [point({ name: 'veth', host: 'n1' }), point({ name: 'flannel.1', host: 'n1' })];
const bridged = connection({ client: '10.244.1.9:50000', server: `${pod}:8080`, syn: [0] });
const answeredAtVeth = connection(
  { point: 1, client: '10.244.1.9:50000', server: `${pod}:8080` },
  { established: true },
);
const atVeth = toItself();
const translated = toItself({ point: 1, server: '10.244.2.7:8080' });
const returned = toItself({ point: 1, server: `${pod}:8080` });
const device = [
  point({ name: 'veth', host: 'n1', role: 'pod-veth' }),
  point({ name: 'cni0', host: 'n1', role: 'bridge' }),
];
const unseen = hop({ from: 0, to: 1, packets: 3, lost: 3 });
const asked = toItself({ server: '10.177.3.150:8080' });
const beside = toItself({ server: '10.244.1.77:8080' });

ruleTable(hairpinFailure, {
  fires: {
    'the pod serves the port and its own service is silent': {
      evidence: evidence({ connections: [serving(), toItself()] }),
      finds: [{ grade: 'inferred', pod, syns: 3, servesOthers: 1, subject: { server: pod } }],
      says: [/cannot reach itself through 10\.96\.0\.150:8080/, /hairpin_mode/],
    },
    'packets from the pod to itself': {
      evidence: evidence({ connections: [toItself({ server: `${pod}:8080` })] }),
      finds: [{ grade: 'confirmed', seenReturning: true }],
      says: [/no masquerade/],
    },
    'translated to itself at a further point': {
      evidence: evidence({
        points,
        connections: [atVeth, returned],
        paths: [{ of: [atVeth, returned], serverBeforeNat: '10.96.0.150:8080' }],
      }),
      finds: [{ grade: 'confirmed' }],
    },
    'the bridge sees only the SYN of those that it serves': {
      evidence: evidence({
        points,
        connections: [bridged, answeredAtVeth, { ...toItself(), point: 1 }],
        paths: [{ of: [bridged, answeredAtVeth] }],
      }),
      finds: [{ servesOthers: 1 }],
    },
    'one point shows the SYNs before and after their translation: one finding, of the service': {
      evidence: evidence({
        connections: [
          serving(),
          toItself({ toServer: { iss: 77 } }),
          toItself({ server: `${pod}:8080`, toServer: { iss: 77 } }),
        ],
      }),
      finds: [{ service: '10.96.0.150:8080', seenReturning: true, conversations: [2, 1] }],
    },
    'an address of no known range, and the bridge never sees what it has to pass': {
      evidence: evidence({ points: device, connections: [serving(), asked], paths: [{ of: [asked], hops: [unseen] }] }),
      finds: [{ grade: 'inferred', service: '10.177.3.150:8080' }],
    },
    'others reach another service only': {
      evidence: evidence({
        connections: [
          serving(),
          toItself(),
          connection({ client: '10.244.1.9:50001', server: '10.96.0.151:8080' }, { established: true }),
        ],
      }),
      finds: [{ othersReachService: false }],
    },
    'others reach the same service': {
      evidence: evidence({
        connections: [
          serving(),
          toItself(),
          connection({ client: '10.244.1.9:50001', server: '10.96.0.150:8080' }, { established: true }),
        ],
      }),
      finds: [{ othersReachService: true }],
    },
  },
  quiet: {
    'services on other ports are silent too: wider trouble': evidence({
      connections: [serving(), toItself(), toItself({ client: `${pod}:41001`, server: '10.96.0.160:9090' })],
    }),
    'the service is silent for another client too': evidence({
      connections: [serving(), toItself(), toItself({ client: '10.244.1.9:41000' })],
    }),
    'another address on the same port is silent too': evidence({
      connections: [serving(), toItself(), toItself({ client: `${pod}:41001`, server: '10.96.0.160:8080' })],
    }),
    loopback: evidence({ connections: [toItself({ client: '127.0.0.1:41000', server: '127.0.0.1:8080' })] }),
    'a further point shows another pod': evidence({
      points,
      connections: [serving(), atVeth, translated],
      paths: [{ of: [atVeth, translated], serverBeforeNat: '10.96.0.150:8080' }],
    }),
    'the pod serves nobody': evidence({ connections: [toItself()] }),
    'the capture ends within 1 s': evidence({
      points: [point({ quality: { lastTime: 5.5 } })],
      connections: [serving(), toItself({ syn: [5, 5.4] })],
    }),
    'the silent address is no service': evidence({
      connections: [serving(), toItself({ server: '192.168.0.7:8080' })],
    }),
    'the bridge has it: it goes on': evidence({
      points: device,
      connections: [serving(), asked],
      paths: [{ of: [asked], hops: [hop({ from: 0, to: 1, packets: 3, lost: 1 })] }],
    }),
    'an address of the own net, to which no packet passes the bridge itself': evidence({
      points: device,
      connections: [serving(), beside],
      paths: [{ of: [beside], hops: [unseen] }],
    }),
    'an address of no known range that resolves by ARP': evidence({
      points: device,
      connections: [serving(), asked],
      arp: [arp({ target: '10.177.3.150' })],
      paths: [{ of: [asked], hops: [unseen] }],
    }),
    'the service answers': evidence({ connections: [serving(), toItself({ syn: [5], synAck: [5.001] })] }),
  },
});

const service = '10.96.0.150:8080';
const row = (...connections: ReturnType<typeof connection>[]) => evidence({ connections });
const lasting = (lastTime: number) =>
  evidence({ points: [point({ quality: { lastTime } })], connections: [serving(), toItself()] });
const servedBy = (client: string, server: string) => connection({ client, server }, { established: true });
const silent = (client: string, server: string) => connection({ client, server, syn: [5, 6, 8] });
/** Of an address that is of no known range; the bridge sees less than the pod sends. */
const bridge = (some: object, at: object[] = [{}, {}], to = asked) =>
  evidence({
    points: device.map((one, nth) => ({ ...one, ...at[nth] })),
    connections: [serving(), to],
    paths: [{ of: [to], hops: [{ ...unseen, ...some }] }],
  });

verdicts(hairpinFailure, {
  'its own service is silent': [row(serving(), toItself()), 'error', { syns: 3, reach: 1, othersReachService: false }],
  'one SYN': [row(serving(), toItself({ syn: [5] })), 'nothing'],
  'a second is left behind the first SYN': [lasting(6), 'error'],
  'less than a second is left': [lasting(5.999), 'nothing'],
  'it serves another port': [row(servedBy('10.244.1.9:50000', `${pod}:8081`), toItself()), 'nothing'],
  'another pod serves the port': [row(servedBy('10.244.1.9:50000', '10.244.1.6:8080'), toItself()), 'nothing'],
  'it serves itself only': [row(servedBy(`${pod}:50000`, `${pod}:8080`), toItself()), 'nothing'],
  'its link-local address': [
    row(servedBy('10.244.1.9:50000', '169.254.7.7:8080'), silent('169.254.7.7:41000', '10.96.0.150:8080')),
    'nothing',
  ],
  'two attempts': [
    row(serving(), toItself(), toItself({ client: `${pod}:41001` })),
    'error',
    { reach: 2, syns: 6, measured: { connections: 2, syns: 6, servesOthers: 1 } },
  ],
  'another service is silent, too': [row(serving(), toItself(), silent(`${pod}:41001`, '10.96.0.151:8080')), 'nothing'],
  'the service is silent for another, too': [
    row(serving(), toItself(), silent('10.244.1.8:41001', service)),
    'nothing',
  ],
  'another service is silent for another': [
    row(serving(), toItself(), silent('10.244.1.8:41001', '10.96.0.151:8080')),
    'error',
  ],
  'another reaches the service': [
    row(serving(), toItself(), servedBy('10.244.1.9:50001', service)),
    'error',
    { othersReachService: true },
  ],
  'another reaches another service': [
    row(serving(), toItself(), servedBy('10.244.1.9:50001', '10.96.0.151:8080')),
    'error',
    { othersReachService: false },
  ],
  'the bridge sees nothing of it': [bridge({}), 'error'],
  'the bridge sees one of its packets': [bridge({ packets: 4 }), 'nothing'],
  'the bridge lacks nothing': [bridge({ lost: 0, packets: 0 }), 'nothing'],
  'what the bridge lacks is not known': [bridge({ unknown: { code: 'clock-unrelated', between: [0, 1] } }), 'nothing'],
  'the first point is no device of a pod': [bridge({}, [{ role: 'node-nic' }, {}]), 'nothing'],
  'the second point is no bridge': [bridge({}, [{}, { role: 'node-nic' }]), 'nothing'],
  'the bridge is of another node': [bridge({}, [{}, { host: 'n2' }]), 'nothing'],
  'a neighbour of the pod': [bridge({}, [{}, {}], beside), 'nothing'],
  'a public address': [bridge({}, [{}, {}], toItself({ server: '203.0.113.9:8080' })), 'nothing'],
});
