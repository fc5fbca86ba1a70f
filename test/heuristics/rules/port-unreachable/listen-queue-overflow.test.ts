import type { Turn } from '../../../../src/flows/evidence/evidence.ts';
import { listenQueueOverflow } from '../../../../src/heuristics/rules/port-unreachable/listen-queue-overflow.ts';
import {
  connection,
  endpoint,
  evidence,
  icmpError,
  point,
  quoted,
  reset,
  ruleTable,
} from '../../../support/evidence.ts';
import { turn } from '../../../support/segment-items.ts';
import { verdicts } from '../../../support/verdicts.ts';

const SERVER = '10.244.2.7:80';
const late = (index: number, times = [0, 1.02], answered = times[times.length - 1] + 0.001) =>
  connection({ client: `10.244.1.5:${41000 + index}`, server: SERVER, syn: times, synAck: [answered] });
const never = (index: number, at = 0) =>
  connection({ client: `10.244.1.5:${42000 + index}`, server: SERVER, syn: [at, at + 1, at + 3, at + 7] });
/** Open and answered until `lastHeard`. */
const spoken = (index: number, lastHeard: number) =>
  connection(
    {
      client: `10.244.1.5:${45000 + index}`,
      server: SERVER,
      toClient: { last: { packet: 900 + index, time: lastHeard } },
    },
    { established: true },
  );
/** In the accept queue: its request is acknowledged and not answered. */
const waiting = (index: number) =>
  connection(
    {
      client: `10.244.1.5:${46000 + index}`,
      server: SERVER,
      toServer: { largestAckedL3: 60 },
      toClient: { dataSegments: 0, payloadOctets: 0, last: { packet: 950 + index, time: 9 } },
    },
    { established: true },
  );
/** Open, and nobody has said a word; the TTL of the server’s packets as told, that of the client’s after a router. */
const held = (index: number, ttl: number) =>
  connection(
    {
      client: `10.244.1.5:${47000 + index}`,
      server: SERVER,
      toServer: { dataSegments: 0, payloadOctets: 0, ttls: [{ value: 62, count: 3 }] },
      toClient: { dataSegments: 0, payloadOctets: 0, ttls: [{ value: ttl, count: 3 }], last: { packet: 960, time: 9 } },
    },
    { established: true },
  );
const served = (index: number) =>
  connection({ client: `10.244.1.5:${43000 + index}`, server: SERVER }, { established: true });
const notAccepted = (index: number) =>
  connection(
    {
      client: `10.244.1.5:${44000 + index}`,
      server: SERVER,
      synAck: [0.001, 1.001, 3.001],
      toClient: { packets: 3, dataSegments: 0 },
    },
    { established: true },
  );
const list = (count: number, make: (index: number) => ReturnType<typeof connection>) =>
  Array.from({ length: count }, (_, index) => make(index));

const talking = (index: number, slowTurns: Turn[]) =>
  connection(
    { client: `10.244.1.5:${48000 + index}`, server: SERVER, turns: slowTurns.length, slowTurns },
    { established: true },
  );
const lostSyns = list(4, late);

ruleTable(listenQueueOverflow, {
  fires: {
    'SYNs of a burst are ignored, served on the retry, and others at once': {
      evidence: evidence({ connections: [...list(4, late), ...list(2, served)] }),
      finds: [
        {
          measured: { ignored: 4, notAccepted: 0, served: 2, recovered: 4 },
          reach: 4,
          conversations: [0, 1, 2, 3, 4, 5],
        },
      ],
      says: [/ignores 4 connection attempts of a burst and serves 2 others/, /ListenOverflows/],
    },
    'final ACKs are not taken': {
      evidence: evidence({ connections: [...list(3, notAccepted), served(0)] }),
      finds: [{ measured: { notAccepted: 3 } }],
      says: [/3 final ACKs were not taken/],
    },
    'the application accepts no more: others wait in the queue, acknowledged and not answered': {
      evidence: evidence({ connections: [spoken(0, 30), waiting(1), ...list(4, (index) => never(index, 5))] }),
      finds: [{ measured: { ignored: 4, served: 2, recovered: 0 } }],
      says: [/handshakes that the application never takes/],
    },
    'nobody asks anything, and the SYNs are seen at the interface of the server': {
      evidence: evidence({ connections: [held(0, 64), held(1, 64), ...list(3, (index) => never(index, 5))] }),
      finds: [{ measured: { ignored: 3 } }],
    },
  },
  quiet: {
    'a listener that waits for data repeats its SYN-ACK once, the clients send nothing': evidence({
      connections: [
        ...list(4, (index) =>
          connection(
            {
              client: `10.244.1.5:${44000 + index}`,
              server: SERVER,
              synAck: [0.001, 1.001],
              toServer: { dataSegments: 0 },
              toClient: { packets: 2, dataSegments: 0 },
            },
            { established: true },
          ),
        ),
        served(0),
      ],
    }),
    'two late answers are random loss': evidence({ connections: [...list(2, late), ...list(5, served)] }),
    'late answers far apart are random loss': evidence({
      connections: [...list(4, (index) => late(index, [index * 15, index * 15 + 1])), served(0)],
    }),
    'a few ignored among many that are served meanwhile: SYNs lost at random': evidence({
      connections: [...list(4, late), ...list(30, served)],
    }),
    'the same, where those served meanwhile are only counted': evidence({
      connections: [...list(4, late), served(0)],
      connectionsTotal: 35,
      openedLeftOut: [{ point: 0, server: endpoint(SERVER), times: Array<number>(30).fill(0) }],
    }),
    'a filtered port serves nobody': evidence({ connections: list(5, never) }),
    'new ones are dropped for good': evidence({ connections: [served(0), ...list(5, never)] }),
    'all who got in are served, none waits: a limit on the way': evidence({
      connections: [spoken(0, 30), ...list(4, (index) => never(index, 5))],
    }),
    'nobody asks anything, and a router is between this point and the server': evidence({
      connections: [held(0, 63), held(1, 63), ...list(3, (index) => never(index, 5))],
    }),
    'a retry gets in when an old connection ends, and none that got in had to wait': evidence({
      connections: [talking(0, [turn(0.1, 0.01)]), ...list(3, (index) => late(index, [5, 6.02]))],
    }),
    'the SYNs vanish between two points': evidence({
      points: [point({ name: 'client' }), point({ name: 'server' })],
      connections: [...list(2, served), ...lostSyns],
      paths: lostSyns.map((one) => ({ of: [one], hops: [{ from: 0, to: 1, lost: 1, packets: 2 }] })),
    }),
    'a router says that the host is unreachable: a service with an endpoint that is gone': evidence({
      connections: [...list(4, late), ...list(2, served)],
      icmpErrors: [
        icmpError(3, { code: 1, quoted: quoted({ protocol: 6, source: '10.244.1.5:41000', destination: SERVER }) }),
      ],
    }),
    'copies of SYNs': evidence({
      connections: [...list(4, (index) => late(index, [0, 0.0001], 0.01)), served(0)],
    }),
    'refused after the retry': evidence({
      connections: [
        served(0),
        ...list(4, (index) =>
          connection({ client: `10.244.1.5:${41000 + index}`, server: SERVER, syn: [0, 1], resets: [reset(1.01, 1)] }),
        ),
      ],
    }),
  },
});

/** Attempts that are served on the retry, from these times on, beside others that are served at once. */
const begun = (times: readonly number[], others: readonly number[] = [0]) =>
  evidence({
    connections: [
      ...times.map((time, at) => late(at, [time, time + 1.02])),
      ...others.map((time, at) =>
        connection({ client: `10.244.1.5:${43_000 + at}`, server: SERVER, syn: [time], synAck: [time + 0.001] }),
      ),
    ],
  });
const times = (count: number, time: number) => Array.from({ length: count }, () => time);

verdicts(listenQueueOverflow, {
  'three in ten seconds': [begun([0, 5, 10]), 'error', { reach: 3, ignored: 3, recovered: 3, served: 1 }],
  'three in more than ten seconds': [begun([0, 5, 10.1]), 'nothing'],
  'three in ten seconds, told in another order': [begun([10, 0, 5]), 'error', { reach: 3 }],
  'two, and later three': [begun([0, 1, 30, 31, 32]), 'error', { reach: 3, conversations: [2, 3, 4, 0, 5, 1] }],
  'three, and later two': [begun([0, 1, 2, 30, 31]), 'error', { reach: 3, conversations: [0, 1, 2, 5, 3, 4] }],
  two: [begun([0, 1]), 'nothing'],
  'none is served at once': [begun([0, 1, 2], []), 'nothing'],
  'a fifth of those of that time': [begun(times(3, 5), times(12, 5)), 'error', { served: 12 }],
  'less than a fifth of those of that time': [begun(times(3, 5), times(13, 5)), 'nothing'],
  'many are served before that time': [begun(times(3, 5), times(13, 4)), 'error'],
  'many are served after that time': [begun(times(3, 5), times(13, 6)), 'error'],
});
