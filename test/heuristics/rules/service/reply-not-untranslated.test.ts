import { expect, test } from 'vitest';
import { replyNotUntranslated } from '../../../../src/heuristics/rules/service/reply-not-untranslated.ts';
import {
  arp,
  connection,
  datagram,
  evidence,
  icmpError,
  point,
  quoted,
  ref,
  reset,
  ruleTable,
} from '../../../support/evidence.ts';

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

const socket = '10.244.1.5:40000';
const requests = (some: object = {}) =>
  datagram({ client: socket, server: '192.168.9.5:9999', sent: [0, 1, 2], ...some });
const answers = (some: object = {}) =>
  datagram({ client: '192.168.9.6:9999', server: socket, sent: [0.001, 1.001, 2.001], ...some });
const rejections = [0, 1, 2].map((at) =>
  icmpError(at + 0.0011, { from: '10.244.1.5', quoted: quoted({ source: '192.168.9.6:9999', destination: socket }) }),
);
const both = [requests(), answers()];

const claim = (address: string) => {
  const [first, last] = [ref(0), ref(0)];
  return { point: 0, address, mac: '02:00:00:00:00:77', claims: 1, first, last, gratuitous: 0 };
};

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
    'UDP: another address answers, and the client rejects it': {
      evidence: evidence({ datagrams: both, icmpErrors: rejections }),
      finds: [
        {
          service: '192.168.9.5:9999',
          answerer: '192.168.9.6:9999',
          resets: 3,
          grade: 'confirmed',
          conversations: [0, 1],
        },
      ],
      says: [
        /asks 192\.168\.9\.5:9999, and 192\.168\.9\.6 answers with its own address/,
        /errors come back about 3 of the answers/,
      ],
    },
    'UDP, one answer that is rejected': evidence({
      datagrams: [requests({ sent: [0] }), answers({ sent: [0.001] })],
      icmpErrors: rejections.slice(0, 1),
    }),
    'UDP, one MAC speaks for both addresses: those of one server': {
      evidence: evidence({
        datagrams: both,
        icmpErrors: rejections,
        claims: ['192.168.9.5', '192.168.9.6'].map(claim),
      }),
      finds: [{ own: { askedIsMachine: true, sharedMac: '02:00:00:00:00:77' } }],
      says: [/addresses of one server/],
    },
    'UDP with a new socket for each request': {
      evidence: evidence({
        datagrams: [0, 1, 2].flatMap((at) => [
          requests({ client: `10.244.1.5:${41000 + at}`, sent: [at] }),
          answers({ server: `10.244.1.5:${41000 + at}`, sent: [at + 0.001] }),
        ]),
        icmpErrors: [
          icmpError(0.0011, {
            from: '10.244.1.5',
            quoted: quoted({ source: '192.168.9.6:9999', destination: '10.244.1.5:41000' }),
          }),
        ],
      }),
      finds: [{ attempts: 3, resets: 1 }],
    },
    'the sequence number wraps': evidence({
      connections: [asked({ toServer: { iss: 0xffffffff } }), answered({ synAckAcks: 0 })],
    }),
  },
  quiet: {
    'UDP: two answers, and the client rejects none': evidence({
      datagrams: [requests({ sent: [0, 1] }), answers({ sent: [0.001, 1.001] })],
    }),
    'UDP: the address that was asked answers as well': evidence({
      datagrams: [requests({ back: [0.002] }), answers()],
      icmpErrors: rejections,
    }),
    'UDP: the client talks with the other address as well': evidence({
      datagrams: [requests(), answers({ back: [0.5] })],
    }),
    'UDP: several answer, the request was meant for many': evidence({
      datagrams: [...both, answers({ client: '192.168.9.7:9999' })],
    }),
    'UDP to a multicast address': evidence({ datagrams: [requests({ server: '239.1.2.3:9999' }), answers()] }),
    'UDP of peers with one port at both ends': evidence({
      datagrams: [
        datagram({ client: '10.244.1.5:5060', server: '192.168.9.5:5060', sent: [0, 1, 2] }),
        datagram({ client: '192.168.9.6:5060', server: '10.244.1.5:5060', sent: [0.001, 1.001, 2.001] }),
      ],
    }),
    'UDP: what comes is no answer, it begins before the request': evidence({
      datagrams: [requests({ sent: [1, 2, 3] }), answers({ sent: [0.5, 1.5, 2.5] })],
    }),
    'UDP: what comes is no answer, nothing was asked for long': evidence({
      datagrams: [requests({ sent: [0] }), answers({ sent: [0.5, 5, 10] })],
    }),
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

test('UDP answers from elsewhere that the client does not reject are a warning', () => {
  const found = [...replyNotUntranslated.detect(evidence({ datagrams: both }))];
  expect(found).toMatchObject([{ level: 'warning', grade: 'inferred', reach: 1 }]);
});
