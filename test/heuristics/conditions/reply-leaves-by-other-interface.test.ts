import { replyLeavesByOtherInterface } from '../../../src/heuristics/rules/service/reply-leaves-by-other-interface.ts';
import { capture, connection, datagram, dns, evidence, hostActivity, point } from '../../support/evidence.ts';
import { counted } from '../../support/tunnel-items.ts';
import { verdicts } from '../../support/verdicts.ts';

const CLIENT = '10.128.5.14';
const SERVER = '10.128.5.11:31777';
const [IN, OUT, FAR] = [0, 1, 2];
const captures = [capture(), capture(), capture()];
const points = [
  point({ name: 'w1 eth0', host: 'w1', role: 'node-nic' }),
  point({ name: 'w1 eth1', host: 'w1', role: 'node-nic', capture: 1 }),
  point({ name: 'client eth0', host: 'client', role: 'host-nic', capture: 2 }),
];

type Some = NonNullable<Parameters<typeof connection>[0]>;
const asked = (some: Some = {}) =>
  connection({
    point: IN,
    client: `${CLIENT}:40000`,
    server: SERVER,
    syn: [0, 1, 3],
    ...some,
    toServer: { iss: 700, destinationMacs: counted('02:00:00:00:00:10'), ...some.toServer },
  });
const replied = (some: Some = {}) =>
  connection({
    point: OUT,
    client: `${CLIENT}:40000`,
    server: SERVER,
    synAck: [0.001, 1.001, 3.001],
    synAckAcks: 701,
    toClient: { sourceMacs: counted('02:00:00:00:00:11') },
    ...some,
  });
/** SYNs at these times come in by one device, and SYN-ACKs leave by another. */
const syns = (syn: number[], timeShift = 0) =>
  evidence({
    captures,
    points: [points[0], { ...points[1], timeShift }],
    connections: [asked({ syn }), replied()],
  });

/** One SYN; what the link of the client shows of it. */
const atClient = (leg: Some, ttls: number[], host: object = {}, far: object = {}) => {
  const [there, here, back] = [asked({ point: FAR, syn: [0], ...leg }), asked({ syn: [0] }), replied()];
  return evidence({
    captures,
    points: [points[0], points[1], { ...points[2], ...far }],
    connections: [there, here, back],
    paths: [{ of: [there, here] }],
    hosts: [hostActivity(CLIENT, { point: FAR, ttls: ttls.map((value) => ({ value, count: 3 })), ...host })],
  });
};

/** Queries by one device, answers by another; the queries were read as these. */
const lookups = (some: Parameters<typeof dns>[0]) =>
  evidence({
    captures,
    points: points.slice(0, 2),
    dns: [dns({ point: IN, client: `${CLIENT}:5353`, server: '10.128.5.11:53', queries: [0, 5, 10], ...some })],
    datagrams: [
      datagram({ point: IN, client: `${CLIENT}:5353`, server: '10.128.5.11:53', sent: [0, 5, 10] }),
      datagram({ point: OUT, client: '10.128.5.11:53', server: `${CLIENT}:5353`, sent: [0.001, 5.001, 10.001] }),
    ],
  });

verdicts(replyLeavesByOtherInterface, {
  'asked twice again': [
    syns([0, 1, 3]),
    'error',
    { askedAgain: 2, replies: 3, flows: 1, clientPoint: null, between: null },
  ],
  'asked once again': [syns([0, 1]), 'nothing'],
  'asked again too soon': [syns([0, 0.1, 0.15, 0.19]), 'nothing'],
  'asked again twice within a fifth of a second': [syns([0, 1, 1.1]), 'nothing'],
  'asked again twice, a quarter of a second apart': [syns([0, 0.25, 0.5]), 'error', { askedAgain: 2 }],
  'by the clock of the second device the replies came later': [syns([0, 1, 3], 0.9), 'nothing'],
  'by the clock of the second device they came a little later': [syns([0, 1, 3], 0.5), 'error'],
  'the link of the client shows no reply': [
    atClient({}, [64]),
    'error',
    { clientPoint: FAR, between: [OUT, FAR], askedAgain: 0 },
  ],
  'the link of the client shows a reply': [atClient({ toClient: { packets: 1 } }, [64]), 'nothing'],
  'a router lies between the client and the far point': [atClient({}, [63]), 'nothing'],
  'some packets of the client come to the far point directly': [atClient({}, [63, 64]), 'error'],
  'the client is heard elsewhere': [atClient({}, [64], { point: IN }), 'nothing'],
  'another is heard there': [atClient({}, [64], { address: '10.128.5.15' }), 'nothing'],
  'the far point is a device of the same node': [atClient({}, [64], {}, { host: 'w1' }), 'nothing'],
  'queries are asked again': [lookups({}), 'error', { askedAgain: 2 }],
  'queries of another port are asked again': [lookups({ client: `${CLIENT}:5354` }), 'nothing'],
  'queries of another client are asked again': [lookups({ client: '10.128.5.15:5353' }), 'nothing'],
  'queries at the other device are asked again': [lookups({ point: OUT }), 'nothing'],
});
