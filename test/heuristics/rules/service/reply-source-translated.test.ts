import { replySourceTranslated } from '../../../../src/heuristics/rules/service/reply-source-translated.ts';
import { connection, evidence, point, reset, ruleTable } from '../../../support/evidence.ts';

const client = '192.168.77.14:43350';
const pod = '10.0.3.45:80';
const node = '192.168.77.11:80';
const veth = point({ name: 'k8s1 lxc77', host: 'k8s1', role: 'pod-veth' });
const nic = point({ name: 'k8s1 enp1s0', host: 'k8s1', role: 'node-nic' });
const points = [nic, veth];

const asked = (some: object = {}) => connection({ client, server: pod, syn: [0, 1], toServer: { iss: 700 }, ...some });
const stranger = (some: object = {}) =>
  connection({ client, server: node, synAck: [0.002, 1.002], synAckAcks: 701, resets: [reset(0.003, 0)], ...some });
const inside = (some: object = {}) =>
  connection({
    point: 1,
    client,
    server: pod,
    syn: [0, 1],
    synAck: [0.001, 1.001],
    synAckAcks: 701,
    toServer: { iss: 700 },
    handshakeAck: null,
    ...some,
  });
/** One connection, as NIC and veth show it. */
const seen = (at: ReturnType<typeof connection>[]) => evidence({ points, connections: at, paths: [{ of: at }] });

ruleTable(replySourceTranslated, {
  fires: {
    'the SYN-ACK leaves the pod with its address, and the NIC with that of the node': {
      evidence: seen([stranger(), asked(), inside()]),
      finds: [{ asked: '10.0.3.45', became: '192.168.77.11', between: [1, 0], resets: 1, grade: 'confirmed' }],
      says: [/its replies leave k8s1 enp1s0 as 192\.168\.77\.11/],
    },
    'the client sends no reset: its firewall drops the stranger': {
      evidence: seen([stranger({ resets: [] }), asked(), inside()]),
      finds: [{ resets: 0 }],
    },
  },
  quiet: {
    'the request was translated to the pod: the translation back is lacking': seen([
      asked({ server: '10.96.0.20:80' }),
      stranger({ server: pod }),
      inside(),
    ]),
    'it is translated back later: the handshake ends': seen([
      stranger(),
      asked(),
      inside({ handshakeAck: { packet: 9, time: 0.005 } }),
    ]),
    'a bridge shows both forms': seen([stranger(), asked({ synAck: [0.002] }), inside()]),
    'the port was used again: another SYN is acknowledged': seen([stranger({ synAckAcks: 9_000 }), asked(), inside()]),
    'the pod does not answer': seen([stranger(), asked(), inside({ synAck: [], synAckAcks: null })]),
  },
});
