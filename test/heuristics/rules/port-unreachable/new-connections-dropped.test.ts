import { newConnectionsDropped } from '../../../../src/heuristics/rules/port-unreachable/new-connections-dropped.ts';
import { connection, evidence, point, ref, ruleTable } from '../../../support/evidence.ts';
import { turn } from '../../../support/segment-items.ts';

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

const retried = (index: number, at = 10) =>
  connection({ client: `10.244.1.5:${42000 + index}`, server: SERVER, syn: [at, at + 1], synAck: [at + 1.001] });
const openAtPod = [0, 1, 2].map((index) => open(index, 30));
const retriedAtPod = four.map((index) => retried(index));
const served = (index: number, at: number) =>
  connection({ client: `10.244.1.5:${43000 + index}`, server: SERVER, syn: [at], synAck: [at + 0.001] });
/** Its request is acknowledged and nobody reads it. */
const waiting = connection(
  {
    client: '10.244.1.5:44000',
    server: SERVER,
    toServer: { largestAckedL3: 60 },
    toClient: { dataSegments: 0, payloadOctets: 0 },
  },
  { established: true },
);
const asked = connection(
  { client: '10.244.1.5:45000', server: SERVER, turns: 1, slowTurns: [turn(0.1, 0.01)] },
  { established: true },
);
const droppedAtPod = four.map((index) => dropped(index));

ruleTable(newConnectionsDropped, {
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
      says: [/the machine where nic was captured/],
    },
    'retries get in when old ones end, and no queue was full': {
      evidence: evidence({
        connections: [open(0, 30), asked, ...four.map((index) => retried(index, 10 + index)), served(7, 11.5)],
      }),
      finds: [{ grade: 'inferred', measured: { dropped: 4 }, of: 5 }],
      says: [/are dropped \(4 of 5\) while 1 existing one goes on/],
    },
    'retries get in, and two points show that SYNs vanish': {
      evidence: evidence({
        points: [point({ name: 'nic', host: 'node1' }), point({ name: 'bridge', host: 'node1' })],
        connections: [open(0, 30), ...retriedAtPod],
        paths: retriedAtPod.map((one) => ({
          of: [one],
          hops: [{ from: 0, to: 1, lost: 1, lostControl: 1, packets: 2, matched: 1 }],
        })),
      }),
      finds: [{ grade: 'confirmed', between: [0, 1] }],
    },
  },
  quiet: {
    'most of what comes meanwhile gets in: SYNs lost at random': evidence({
      connections: [
        open(0, 30),
        ...four.map((index) => retried(index, 10 + index)),
        ...Array.from({ length: 12 }, (_, index) => served(index, 10 + index / 4)),
      ],
    }),
    'what is open loses as much between the same points': evidence({
      points: [point({ name: 'nic', host: 'node1' }), point({ name: 'bridge', host: 'node1' })],
      connections: [...openAtPod, ...retriedAtPod],
      paths: [
        ...openAtPod.map((one) => ({
          of: [one],
          hops: [{ from: 0, to: 1, packets: 100, matched: 70, lost: 30, largestArrived: 1500 }],
        })),
        ...retriedAtPod.map((one) => ({
          of: [one],
          hops: [{ from: 0, to: 1, lost: 1, lostControl: 1, packets: 2, matched: 1 }],
        })),
      ],
    }),
    'one waits in the queue of the listener': evidence({
      connections: [open(0, 30), waiting, ...four.map((index) => dropped(index))],
    }),
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
    'those that go on have opened after the first was dropped': evidence({
      connections: [
        served(0, 1),
        ...four.map((index) => dropped(index)),
        served(1, 10.5),
        { ...open(2, 30), handshakeAck: ref(11) },
      ],
    }),
    'good and bad alternate, and none was open before: it depends on the source': evidence({
      connections: [
        asked,
        ...four.flatMap((index) => [
          connection(
            {
              client: `10.244.1.5:${46000 + index}`,
              server: SERVER,
              syn: [11 + index],
              synAck: [11.001 + index],
              turns: 1,
            },
            { established: true },
          ),
          dropped(index, 10.5 + index),
        ]),
      ],
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
