import { synAckUnacknowledged } from '../../../../src/heuristics/rules/port-unreachable/syn-ack-unacknowledged.ts';
import { capture, connection, evidence, point, ref, reset, ruleTable } from '../../../support/evidence.ts';
import { repeat } from '../../../support/segment-items.ts';

const SERVER = '10.244.2.7:8080';
const client = (index: number) => `10.244.1.5:${40000 + index}`;
const OFFERS = [0.001, 1.001, 3.001, 7.001];

/** SYNs and as many SYN-ACKs. */
const asked = (index: number, times: number[], some = {}) =>
  connection({
    client: client(index),
    server: SERVER,
    syn: times,
    synAck: times.map((time) => time + 0.001),
    toServer: { sackPermitted: true },
    ...some,
  });
/** One SYN at `at`, and the SYN-ACK on its timer. */
const offered = (index: number, at: number, some = {}) =>
  connection({
    client: client(index),
    server: SERVER,
    syn: [at],
    synAck: OFFERS.map((time) => at + time),
    toServer: { sackPermitted: true },
    ...some,
  });
/** The client acknowledges, and its data is sent in vain. */
const notTaken = (index: number, at: number, some = {}) =>
  connection({
    client: client(index),
    server: SERVER,
    syn: [at],
    synAck: OFFERS.map((time) => at + time),
    handshakeAck: ref(at + 0.002),
    toServer: {
      packets: 6,
      dataSegments: 4,
      ackHigh: 5001,
      repeats: [repeat({ seqStart: 1, times: [at + 0.1, at + 0.3, at + 0.7, at + 1.5] })],
    },
    toClient: { ackHigh: 1001 },
    ...some,
  });
const taken = connection({ client: client(9), server: SERVER }, { established: true });
const SYNS = [0, 1, 3];

/** What one interface of a node has of it: the SYN; the other one has SYN-ACKs. */
const synHalf = (index: number, at: number, some = {}) =>
  connection({
    client: client(index),
    server: SERVER,
    syn: [at],
    toServer: { iss: 700 + index, sackPermitted: true },
    ...some,
  });
const synAckHalf = (index: number, at: number, synAckAcks = 701 + index) =>
  connection({ point: 1, client: client(index), server: SERVER, synAck: OFFERS.map((time) => at + time), synAckAcks });
const interfaces = [point({ name: 'in' }), point({ name: 'out' })];

ruleTable(synAckUnacknowledged, {
  fires: {
    'the client repeats its SYN, and each is answered': {
      evidence: evidence({ connections: [asked(0, SYNS), asked(1, [0.5, 1.5, 3.5])] }),
      finds: [{ grade: 'inferred', measured: { connections: 2, synAcks: 3, clientRepeats: 2, acknowledged: false } }],
      says: [/get no further than the SYN-ACK: the SYN-ACK is sent 3 times over 3\.0 s, and nothing acknowledges it/],
    },
    'one connection, four times': {
      evidence: evidence({ connections: [asked(0, [0, 1, 3, 7])] }),
      finds: [{ connections: 1 }],
      says: [/1 connection between .* gets no further/],
    },
    'more SYN-ACKs than times: each repeated SYN is answered too': {
      evidence: evidence({ connections: [asked(0, [0, 1, 3, 7], { toClient: { syns: 7 } })] }),
      finds: [{ connections: 1 }],
      says: [/the SYN-ACK is sent 4 times or more over 7\.0 s/],
    },
    'three of one client that sends each SYN once': {
      evidence: evidence({ connections: [0, 1, 2].map((index) => offered(index, index)) }),
      finds: [{ asked: 3, repeating: 0 }],
      says: [/sends its SYN once only/],
    },
    'SYN-ACKs alone: the SYNs came by another way': {
      evidence: evidence({
        connections: [0, 1, 2].map((index) =>
          connection({ client: client(index), server: SERVER, synAck: OFFERS.map((time) => index + time) }),
        ),
      }),
      finds: [{ asked: 0 }],
    },
    'the halves were captured at two interfaces': {
      evidence: evidence({
        captures: [capture()],
        points: interfaces,
        connections: [0, 1, 2].flatMap((index) => [synHalf(index, index), synAckHalf(index, index)]),
      }),
      finds: [{ asked: 3, conversations: [0, 2, 4, 1, 3, 5] }],
    },
    'the client acknowledges and sends data, and nothing is taken': {
      evidence: evidence({ connections: [notTaken(0, 0), notTaken(1, 1)] }),
      finds: [{ acknowledged: true, measured: { connections: 2, synAcks: 4 } }],
      says: [/the client acknowledges and sends data/, /No connection to this port was taken/],
    },
  },
  quiet: {
    'the client resets: it did not ask for that': evidence({
      connections: [0, 1].map((index) => asked(index, SYNS, { resets: [reset(0.1, 0)] })),
    }),
    'the client resets, seen at one interface: it did not ask for that': evidence({
      captures: [capture()],
      points: interfaces,
      connections: [0, 1, 2].flatMap((index) => [
        synHalf(index, index, { resets: [reset(index + 0.1, 0)] }),
        synAckHalf(index, index),
      ]),
    }),
    'two that send each SYN once: a scan': evidence({ connections: [offered(0, 0), offered(1, 1)] }),
    'SYNs without the options of a stack: spoofed': evidence({
      connections: [0, 1, 2].map((index) => offered(index, index, { toServer: { sackPermitted: false } })),
    }),
    'at the same moment: a flood': evidence({ connections: [0, 1, 2].map((index) => offered(index, index / 1000)) }),
    'three clients': evidence({
      connections: [0, 1, 2].map((index) => offered(index, index, { client: `10.244.1.${index}:40000` })),
    }),
    'two SYN-ACKs: the next one may get through': evidence({
      connections: [asked(0, [0, 1]), asked(1, [0.5, 1.5])],
    }),
    'copies of one SYN-ACK': evidence({
      connections: [0, 1].map((index) => asked(index, SYNS, { synAck: [0.001, 0.002, 0.003, 1.001] })),
    }),
    'the listener takes another one: its queue is full': evidence({
      connections: [notTaken(0, 0), notTaken(1, 1), taken],
    }),
    'the client sends nothing: the listener waits for data': evidence({
      connections: [0, 1].map((index) => notTaken(index, index, { toServer: { packets: 2, ackHigh: 5001 } })),
    }),
    'data was acknowledged in the end': evidence({
      connections: [0, 1].map((index) => notTaken(index, index, { toClient: { ackHigh: 1101 } })),
    }),
    'the server answers in the end': evidence({
      connections: [0, 1].map((index) => notTaken(index, index, { toClient: { ackHigh: 1001, dataSegments: 1 } })),
    }),
    'another point has the acknowledgement': evidence({
      captures: [capture(), capture()],
      points: [point({ name: 'a' }), point({ name: 'b', capture: 1 })],
      connections: [0, 1, 2]
        .flatMap((index) => [
          synHalf(index, index, {
            toServer: { iss: 700 + index, packets: 3, ackHigh: 5001, dataSegments: 1 },
            handshakeAck: ref(index + 0.002),
          }),
          synAckHalf(index, index),
        ])
        .concat(
          connection({
            point: 1,
            client: client(8),
            server: SERVER,
            synAck: [1],
            toClient: { packets: 3, dataSegments: 2 },
          }),
        ),
    }),
  },
});
