import { asymmetricReturn } from '../../../../src/heuristics/rules/cni/asymmetric-return.ts';
import { connection, datagram, echo, evidence, point, ruleTable } from '../../../support/evidence.ts';
import { attempt, between, pod } from '../../../support/tunnel-items.ts';

const request = attempt(0, null);
const reply = (some: Parameters<typeof connection>[0] = {}) =>
  connection({ client: `${pod(1)}:40000`, server: `${pod(2)}:80`, synAck: [0.01, 1.01, 3.01], ...some });
const asked = (sequence: number) =>
  echo({ sequence, request: sequence, reply: null, source: pod(1), destination: pod(2), encapsulation: ['vxlan'] });
const answered = (sequence: number) =>
  echo({ sequence, request: null, reply: sequence + 0.01, source: pod(1), destination: pod(2) });
const tunnels = [between(0, 1, 2)];

ruleTable(asymmetricReturn, {
  fires: {
    'SYNs come in the tunnel, SYN-ACKs leave outside it': {
      evidence: evidence({ tunnels, connections: [request, reply()] }),
      finds: [{ client: pod(1), server: pod(2), replies: 3, conversationsSplit: 1, grade: 'confirmed' }],
      says: [/3 replies leave .* outside it/],
    },
    'echo requests and replies': {
      evidence: evidence({ tunnels, echoes: [asked(1), asked(2), answered(1), answered(2)] }),
      finds: [{ replies: 2 }],
    },
    'datagrams come in the tunnel, answers leave outside it': {
      evidence: evidence({
        tunnels,
        datagrams: [0, 1].flatMap((at) => [
          datagram({
            client: `${pod(1)}:${5000 + at}`,
            server: `${pod(2)}:7000`,
            sent: [at],
            back: [],
            encapsulation: ['vxlan'],
            tunnels: [0],
          }),
          datagram({ client: `${pod(2)}:7000`, server: `${pod(1)}:${5000 + at}`, sent: [at + 0.01], back: [] }),
        ]),
      }),
      finds: [{ replies: 2, conversationsSplit: 2 }],
    },
    'the replies have the address of the node': {
      evidence: evidence({ tunnels, connections: [request, reply({ server: '192.168.0.2:31080' })] }),
      finds: [{ client: pod(1), server: pod(2), replies: 3, replySource: '192.168.0.2' }],
      says: [/carry the source 192\.168\.0\.2 instead of/, /ip\.addr==192\.168\.0\.2/],
    },
    'over IPv6': {
      evidence: evidence({
        tunnels,
        connections: [
          attempt(0, null, { client: '[fd00:1::5]:40000', server: '[fd00:2::5]:80' }),
          reply({ client: '[fd00:1::5]:40000', server: '[fd00:2::5]:80' }),
        ],
      }),
      finds: [{ client: 'fd00:1::5', server: 'fd00:2::5', replies: 3 }],
    },
    'at the second of two points': evidence({
      points: [point({ name: 'a' }), point({ name: 'b' })],
      tunnels: [{ ...tunnels[0], point: 1 }],
      connections: [
        { ...request, point: 1 },
        { ...reply(), point: 1 },
      ],
    }),
  },
  quiet: {
    'an any-capture sees both forms of both directions': evidence({
      tunnels,
      connections: [request, reply({ syn: [0.001, 1.001, 3.001] })],
    }),
    'direct return by design: the client does not repeat': evidence({
      tunnels,
      connections: [attempt(0, null, { syn: [0] }), reply({ synAck: [0.01] })],
    }),
    'one stray reply': evidence({ tunnels, connections: [request, reply({ synAck: [0.01] })] }),
    'another address acknowledges another SYN': evidence({
      tunnels,
      connections: [request, reply({ server: '192.168.0.2:31080', synAckAcks: 77 })],
    }),
    'another point': evidence({
      points: [point({ name: 'a' }), point({ name: 'b' })],
      tunnels,
      connections: [request, { ...reply(), point: 1 }],
    }),
  },
});
