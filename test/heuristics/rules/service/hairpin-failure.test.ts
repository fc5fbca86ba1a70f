import { hairpinFailure } from '../../../../src/heuristics/rules/service/hairpin-failure.ts';
import { arp, connection, evidence, hop, point, ruleTable } from '../../../support/evidence.ts';

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
