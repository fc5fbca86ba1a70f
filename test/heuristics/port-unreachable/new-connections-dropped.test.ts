import { newConnectionsDropped } from '../../../src/heuristics/port-unreachable/new-connections-dropped.ts';
import { connection, evidence, heuristicTable, point } from '../../support/evidence.ts';

const SERVER = '10.244.2.7:80';
/** Open and in use until `lastHeard`. */
const open = (index: number, lastHeard: number) =>
  connection(
    {
      client: `10.244.1.5:${40000 + index}`,
      server: SERVER,
      toClient: { last: { packet: 900 + index, time: lastHeard }, packets: 20 },
    },
    { established: true },
  );
const dropped = (index: number, at = 10) =>
  connection({ client: `10.244.1.5:${41000 + index}`, server: SERVER, syn: [at, at + 1, at + 3] });
const four = [0, 1, 2, 3];

const droppedAtPod = four.map((index) => dropped(index));

heuristicTable(newConnectionsDropped, {
  fires: {
    'all attempts from one moment on, while an old one goes on': {
      evidence: evidence({ connections: [open(0, 30), open(1, 5), ...four.map((index) => dropped(index))] }),
      finds: [{ grade: 'inferred', measured: { dropped: 4, alive: 1 } }],
      says: [/4 in a row/, /nf_conntrack_count/],
    },
    'two points say where': {
      evidence: evidence({
        points: [point({ name: 'nic', host: 'node1' }), point({ name: 'bridge', host: 'node1' })],
        connections: [open(0, 30), ...droppedAtPod],
        paths: droppedAtPod.map((one) => ({ of: [one], hops: [{ from: 0, to: 1, lost: 3, packets: 3 }] })),
      }),
      finds: [{ grade: 'confirmed', between: [0, 1] }],
      says: [/node1/],
    },
  },
  quiet: {
    'existing connections stop too: the server is down': evidence({
      connections: [open(0, 5), open(1, 6), ...four.map((index) => dropped(index))],
    }),
    'a later attempt succeeds: a full queue': evidence({
      connections: [
        open(0, 30),
        ...four.map((index) => dropped(index)),
        connection({ client: '10.244.1.5:49000', server: SERVER, syn: [20], synAck: [20.1] }),
      ],
    }),
    'a rule for the port drops the first attempt already': evidence({
      connections: four.map((index) => dropped(index, index)),
    }),
    'two are too few': evidence({ connections: [open(0, 30), dropped(0), dropped(1)] }),
    'the capture ends right after': evidence({
      points: [point({ quality: { lastTime: 11 } })],
      connections: [
        open(0, 11),
        ...four.map((index) => connection({ client: `10.244.1.5:${41000 + index}`, server: SERVER, syn: [10] })),
      ],
    }),
  },
});
