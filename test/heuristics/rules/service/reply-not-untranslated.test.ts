import { replyNotUntranslated } from '../../../../src/heuristics/rules/service/reply-not-untranslated.ts';
import { arp, connection, evidence, point, reset, ruleTable } from '../../../support/evidence.ts';

const client = '10.244.1.5:40000';
const asked = (some: object = {}) => connection({ client, server: '10.96.0.20:80', syn: [0, 1], ...some });
const answered = (some: object = {}) =>
  connection({
    client,
    server: '10.244.1.9:80',
    synAck: [0.001, 1.001],
    resets: [reset(0.002, 0), reset(1.002, 0)],
    ...some,
  });
const [atClient, atNic] = [asked(), asked({ point: 1 })];
const atPod = answered({ point: 2, syn: [0, 1], resets: [] });

ruleTable(replyNotUntranslated, {
  fires: {
    'SYN-ACK from the pod, reset by the client': {
      evidence: evidence({ connections: [asked(), answered()] }),
      finds: [
        { service: '10.96.0.20:80', answerer: '10.244.1.9:80', resets: 2, conversations: [0, 1], grade: 'confirmed' },
      ],
      says: [/10\.244\.1\.9 answers with its own address/],
    },
    'on the bridge, where the translated SYN is seen too': {
      evidence: evidence({ connections: [asked(), answered({ syn: [0, 1] })] }),
      finds: [{ attempts: 1 }],
    },
    'another port behind the service': {
      evidence: evidence({ connections: [asked(), answered({ server: '10.244.1.9:8080' })] }),
      finds: [{ answerer: '10.244.1.9:8080' }],
    },
    'pod veth and NIC: between them the reply is not translated back': {
      evidence: evidence({
        points: [point({ name: 'client eth0' }), point({ name: 'node eth0' }), point({ name: 'node veth' })],
        connections: [atClient, answered(), atNic, atPod],
        paths: [{ of: [atClient, atNic, atPod] }],
      }),
      finds: [{ between: [2, 1] }],
    },
    'the next hop answers with its own address': {
      evidence: evidence({
        connections: [asked({ toServer: { destinationMacs: [{ value: '02:00:00:00:00:01', count: 2 }] } }), answered()],
        arp: [arp({ asker: '10.244.1.9', askerMac: '02:00:00:00:00:01', target: '10.244.1.5', requests: [0] })],
      }),
      finds: [{ byNextHop: true }],
      says: [/gives its own address to replies that pass it/],
    },
    'the sequence number wraps': evidence({
      connections: [asked({ toServer: { iss: 0xffffffff } }), answered({ synAckAcks: 0 })],
    }),
  },
  quiet: {
    'a bridge shows both, before and after translation': evidence({
      connections: [asked({ synAck: [0.002] }), answered({ syn: [0] })],
    }),
    'the client accepts it: direct server return': evidence({ connections: [asked(), answered({ resets: [] })] }),
    'the port was used again for another connection': evidence({
      connections: [asked(), answered({ synAckAcks: 777 })],
    }),
    'nobody answers': evidence({ connections: [asked()] }),
  },
});
