import { asymmetricReturn } from '../../../../src/heuristics/rules/cni/asymmetric-return.ts';
import { connection, datagram, echo, evidence, point, ruleTable } from '../../../support/evidence.ts';
import { attempt, between, pod } from '../../../support/tunnel-items.ts';
import { verdicts } from '../../../support/verdicts.ts';

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

const tcp = (requests: Parameters<typeof connection>[0], replies: Parameters<typeof connection>[0]) =>
  evidence({ tunnels, connections: [attempt(0, null, requests), reply(replies)] });
/** Two pings; of the second, request and reply are as said. */
const pings = (requests: Parameters<typeof echo>[0], replies: Parameters<typeof echo>[0]) =>
  evidence({
    points: [point({ name: 'a' }), point({ name: 'b' })],
    tunnels,
    echoes: [asked(1), answered(1), { ...asked(2), ...echoWith(requests) }, { ...answered(2), ...echoWith(replies) }],
  });
const echoWith = (some: Parameters<typeof echo>[0] = {}) =>
  Object.fromEntries(Object.keys(some).map((key) => [key, echo(some)[key as keyof ReturnType<typeof echo>]]));
/** Two flows of datagrams in the tunnel, and what leaves in plain. */
const flows = (requests: Parameters<typeof datagram>[0], replies: (at: number) => Parameters<typeof datagram>[0]) =>
  evidence({
    tunnels,
    datagrams: [0, 1].flatMap((at) => [
      datagram({
        client: { address: pod(1), port: 7000 + 10 * at },
        server: `${pod(2)}:7000`,
        sent: [at],
        encapsulation: ['vxlan'],
        tunnels: [0],
        ...requests,
      }),
      datagram(replies(at)),
    ]),
  });
const swapped = (at: number) => ({
  client: `${pod(2)}:7000`,
  server: { address: pod(1), port: 7000 + 10 * at },
  sent: [at + 0.01],
});
const alike = (at: number) => ({
  client: { address: pod(1), port: 7000 + 10 * at },
  server: `${pod(2)}:7000`,
  sent: [],
  back: [at + 0.01],
});

verdicts(asymmetricReturn, {
  'one SYN': [tcp({ syn: [0] }, {}), 'nothing'],
  'two SYNs': [tcp({ syn: [0, 1] }, {}), 'error'],
  'one SYN-ACK': [tcp({}, { synAck: [0.01] }), 'nothing'],
  'two SYN-ACKs': [tcp({}, { synAck: [0.01, 1.01] }), 'error', { replies: 2, packetsTotal: 5 }],
  'a reply comes in the tunnel, too': [tcp({ toClient: { packets: 1 } }, {}), 'error'],
  'a packet goes to the server in plain': [tcp({}, { toServer: { packets: 1 } }), 'nothing'],
  'replies that are no SYN-ACKs': [
    tcp({}, { synAck: [], toClient: { packets: 5, first: { packet: 7, time: 1 }, last: { packet: 9, time: 2 } } }),
    'error',
    { replies: 2 },
  ],
  'two pings': [pings({}, {}), 'error', { replies: 2, replySource: pod(2), conversationsSplit: 2 }],
  'the second ping is answered in the tunnel, too': [pings({ reply: 2.01 }, {}), 'nothing'],
  'the second ping comes in plain': [pings({ encapsulation: [] }, {}), 'nothing'],
  'the second reply leaves in the tunnel': [pings({}, { encapsulation: ['vxlan'] }), 'nothing'],
  'the second reply has its request in plain': [pings({}, { request: 2, reply: 2.01 }), 'nothing'],
  'the second ping is not answered': [pings({}, { reply: null }), 'nothing'],
  'the second reply is of another point': [pings({}, { point: 1 }), 'nothing'],
  'the second reply is for another': [pings({}, { source: pod(3) }), 'nothing'],
  'the second reply is of another': [pings({}, { destination: pod(3) }), 'nothing'],
  'the second reply is of another ping': [pings({}, { id: 9 }), 'nothing'],
  'the second reply is of another number': [pings({}, { sequence: 3 }), 'nothing'],
  'datagrams whose answers begin a flow of their own': [
    flows({}, swapped),
    'error',
    { replies: 2, replySource: pod(2) },
  ],
  'datagrams whose answers are told the same way round': [
    flows({}, alike),
    'error',
    { replies: 2, replySource: pod(2) },
  ],
  'datagrams that are answered in the tunnel, too': [flows({ back: [2] }, swapped), 'nothing'],
  'datagrams that go in plain, too': [flows({}, (at) => ({ ...alike(at), sent: [at] })), 'nothing'],
  'datagrams whose answers are asked in plain': [flows({}, (at) => ({ ...swapped(at), back: [at] })), 'nothing'],
  'datagrams in plain without an answer': [flows({}, (at) => ({ ...alike(at), back: [] })), 'nothing'],
});
