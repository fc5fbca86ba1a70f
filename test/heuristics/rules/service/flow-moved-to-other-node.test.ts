import { flowMovedToOtherNode } from '../../../../src/heuristics/rules/service/flow-moved-to-other-node.ts';
import { connection, evidence, point, ref, reset, ruleTable } from '../../../support/evidence.ts';
import { pause } from '../../../support/segment-items.ts';

const SERVER = '203.0.113.50:443';
const CLIENT = (index: number) => `198.51.100.20:${50000 + index}`;
const answer = (time: number, some = {}) => reset(time, 1, { hasAck: false, seq: 5801, ...some });

/** In use since 0 s: nine requests, one each half second; the last one, at `time`, draws a reset. */
const cut = (index: number, time: number, rest = {}) =>
  connection(
    {
      client: CLIENT(index),
      server: SERVER,
      toServer: { packets: 20, dataSegments: 9, ackHigh: 5801, unackedSince: ref(time), unackedOctets: 100 },
      toClient: { packets: 10, dataSegments: 8, ackHigh: 1801 },
      resets: [answer(time + 0.001)],
      ...rest,
    },
    { established: true },
  );
const fresh = (index: number, time: number) =>
  connection({ client: CLIENT(index), server: SERVER, syn: [time], synAck: [time + 0.001] }, { established: true });
const refused = connection({ client: CLIENT(8), server: SERVER, syn: [4.2], resets: [reset(4.201, 1)] });
const silent = connection({ client: CLIENT(8), server: SERVER, syn: [4.2, 5.2, 7.2] });

/** At the node where it goes on: data from the middle, and a reset. */
const stranger = (index: number, some = {}) =>
  connection({
    point: 1,
    client: CLIENT(index),
    server: SERVER,
    toServer: { packets: 1, dataSegments: 1, first: ref(5), seqLow: 1801, seqHigh: 1901, ackHigh: 5801, ...some },
    toClient: { packets: 1 },
    resets: [answer(5.001)],
  });
/** At the node that had it. */
const running = (index: number, some = {}) =>
  connection(
    { client: CLIENT(index), server: SERVER, toServer: { seqLow: 1000, seqHigh: 1801, ...some } },
    { established: true },
  );
const nodes = [point({ name: 'w1', host: 'w1' }), point({ name: 'w2', host: 'w2' })];
const sameNode = [point({ name: 'eth0', host: 'w1' }), point({ name: 'eth1', host: 'w1' })];

ruleTable(flowMovedToOtherNode, {
  fires: {
    'two end within their rhythm, and a new one opens': {
      evidence: evidence({ connections: [cut(0, 4), cut(1, 4.4), fresh(2, 5)] }),
      finds: [{ grade: 'inferred', connections: 2, openedSince: 1, subject: { server: SERVER } }],
      says: [/2 running connections to 203\.0\.113\.50:443 are reset while in use/],
    },
    'pauses that the connections had survived before': {
      evidence: evidence({
        connections: [
          cut(0, 40, { idleGaps: [pause(5, 40), pause(5, 35)] }),
          cut(1, 44, { idleGaps: [pause(5, 44), pause(5, 39)] }),
          fresh(2, 50),
        ],
      }),
      finds: [{ connections: 2 }],
    },
    'at the node that does not know them': {
      evidence: evidence({ points: nodes, connections: [stranger(0), stranger(1), { ...fresh(2, 6), point: 1 }] }),
      finds: [{ grade: 'inferred', midStream: true }],
    },
    'both nodes were captured': {
      evidence: evidence({ points: nodes, connections: [running(0), running(1), stranger(0), stranger(1)] }),
      finds: [{ grade: 'confirmed', hosts: [0, 1], conversations: [2, 3, 0, 1] }],
      says: [/go on at \S+ instead of \S+, which had them before/],
    },
  },
  quiet: {
    'one alone': evidence({ connections: [cut(0, 4), fresh(2, 5)] }),
    'after a long pause': evidence({
      connections: [cut(0, 40, { idleGaps: [pause(30, 40)] }), cut(1, 44, { idleGaps: [pause(30, 44)] }), fresh(2, 50)],
    }),
    'a new one is refused meanwhile: the server was restarted': evidence({
      connections: [cut(0, 4), cut(1, 4.4), refused, fresh(2, 5)],
    }),
    'a new one is ignored meanwhile: the server was down': evidence({
      connections: [cut(0, 4), cut(1, 4.4), silent, fresh(2, 15)],
    }),
    'no new one opens': evidence({ connections: [cut(0, 4), cut(1, 4.4)] }),
    'one after the other': evidence({ connections: [cut(0, 4), cut(1, 40), fresh(2, 50)] }),
    'the server aborts them with ACK': evidence({
      connections: [4, 4.4]
        .map((time, index) => cut(index, time, { resets: [answer(time + 0.001, { hasAck: true })] }))
        .concat(fresh(2, 5)),
    }),
    'two points of one host': evidence({
      points: sameNode,
      connections: [running(0), running(1), stranger(0), stranger(1)],
    }),
    'the octets do not follow those of the other host': evidence({
      points: nodes,
      connections: [running(0, { seqHigh: 1700 }), running(1, { seqHigh: 1700 }), stranger(0), stranger(1)],
    }),
    'the other host has these octets as well': evidence({
      points: nodes,
      connections: [running(0, { seqHigh: 1901 }), running(1, { seqHigh: 1901 }), stranger(0), stranger(1)],
    }),
  },
});
