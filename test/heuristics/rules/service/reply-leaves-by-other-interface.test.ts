import { replyLeavesByOtherInterface } from '../../../../src/heuristics/rules/service/reply-leaves-by-other-interface.ts';
import {
  capture,
  connection,
  datagram,
  dns,
  echo,
  evidence,
  hostActivity,
  point,
  ref,
  ruleTable,
} from '../../../support/evidence.ts';
import { counted } from '../../../support/tunnel-items.ts';

const CLIENT = '10.128.5.14';
const SERVER = '10.128.5.11:31777';
const [eth0, eth1, faraway] = [0, 1, 2];
const captures = [capture(), capture(), capture()];
const points = [
  point({ name: 'w1 eth0', host: 'w1', role: 'node-nic' }),
  point({ name: 'w1 eth1', host: 'w1', role: 'node-nic', capture: 1 }),
  point({ name: 'client eth0', host: 'client', role: 'host-nic', capture: 2 }),
];
const two = points.slice(0, 2);

/** The client's packets at its own link. */
const fresh = hostActivity(CLIENT, { point: faraway, sent: 3, ttls: [{ value: 64, count: 3 }] });
const routed = hostActivity(CLIENT, { point: faraway, sent: 3, ttls: [{ value: 63, count: 3 }] });

type Some = Parameters<typeof connection>[0];
const asked = (nth: number, some: Some = {}) =>
  connection({
    point: eth0,
    client: `${CLIENT}:${40000 + nth}`,
    server: SERVER,
    syn: [0, 1, 3],
    ...some,
    toServer: { iss: 700 + nth, destinationMacs: counted('02:00:00:00:00:10'), ...some?.toServer },
  });
const replied = (nth: number, some: Some = {}) =>
  connection({
    point: eth1,
    client: `${CLIENT}:${40000 + nth}`,
    server: SERVER,
    synAck: [0.001, 1.001, 3.001],
    synAckAcks: 701 + nth,
    toClient: { sourceMacs: counted('02:00:00:00:00:11') },
    ...some,
  });
const atClient = (nth: number, some: Some = {}) => asked(nth, { point: faraway, ...some });

const query = (some: Parameters<typeof dns>[0] = {}) =>
  dns({ point: eth0, client: `${CLIENT}:5353`, server: '10.128.5.11:53', queries: [0, 5, 10], ...some });
const answer = (some: Parameters<typeof datagram>[0] = {}) =>
  datagram({
    point: eth1,
    client: '10.128.5.11:53',
    server: `${CLIENT}:5353`,
    sent: [0.001, 5.001, 10.001],
    back: [],
    ...some,
  });
const ping = (sequence: number, at: number) =>
  echo({
    point: at,
    source: CLIENT,
    destination: '10.128.5.11',
    sequence,
    request: sequence,
    reply: null,
  });
const pong = (sequence: number) =>
  echo({
    point: eth1,
    source: CLIENT,
    destination: '10.128.5.11',
    sequence,
    request: null,
    reply: sequence + 0.001,
  });

ruleTable(replyLeavesByOtherInterface, {
  fires: {
    'SYNs come in by eth0, SYN-ACKs leave by eth1, the client asks again': {
      evidence: evidence({ captures, points: two, connections: [asked(0), replied(0)] }),
      finds: [{ inPoint: eth0, outPoint: eth1, between: null, askedAgain: 2, replies: 3, conversations: [0, 1] }],
      says: [/come in by w1 eth0, their replies leave by w1 eth1, and the client asks again/],
    },
    'the client was captured too: nothing arrives': {
      evidence: (() => {
        const [far, near] = [atClient(0), asked(0)];
        const connections = [far, near, replied(0)];
        return evidence({ captures, points, hosts: [fresh], connections, paths: [{ of: [far, near] }] });
      })(),
      finds: [{ clientPoint: faraway, between: [eth1, faraway] }],
      says: [/none arrives at client eth0/],
    },
    'the SYN-ACK has another source: it was not translated back either': {
      evidence: evidence({
        captures,
        points: two,
        connections: [asked(0), asked(1), replied(0, { server: '10.128.9.90:8080' }), replied(1)],
      }),
      finds: [{ flows: 2, askedAgain: 4 }],
      says: [/the reply is from 10\.128\.9\.90/],
    },
    'over IPv6': {
      evidence: evidence({
        captures,
        points: two,
        connections: [
          asked(0, { client: '[fd00::14]:40000', server: '[fd00::11]:31777' }),
          replied(0, { client: '[fd00::14]:40000', server: '[fd00::11]:31777' }),
        ],
      }),
      finds: [{ client: 'fd00::14', server: '[fd00::11]:31777' }],
    },
    'two interfaces of one capture file': {
      evidence: evidence({
        points: [point({ name: 'interface 0', fileInterface: 0 }), point({ name: 'interface 1', fileInterface: 1 })],
        connections: [asked(0), replied(0)],
      }),
      finds: [{ flows: 1 }],
    },
    'files without a host: both interfaces have one neighbour': {
      evidence: evidence({
        captures,
        points: two.map((one) => ({ ...one, host: null })),
        connections: [
          asked(0, { toServer: { iss: 700, sourceMacs: counted('02:00:00:00:00:14') } }),
          replied(0, { toClient: { destinationMacs: counted('02:00:00:00:00:14') } }),
        ],
      }),
      finds: [{ flows: 1, askedAgain: 2 }],
    },
    'lookups are asked again, and the answers left': {
      evidence: evidence({ captures, points: two, dns: [query()], datagrams: [answer()] }),
      finds: [{ askedAgain: 2, subject: { protocol: 'udp', server: '10.128.5.11:53' } }],
    },
    'the same, and the answers alone tell the client by its port': {
      evidence: evidence({
        captures,
        points: two,
        dns: [query()],
        datagrams: [
          answer({ client: `${CLIENT}:5353`, server: '10.128.5.11:53', sent: [], back: [0.001, 5.001, 10.001] }),
        ],
      }),
      finds: [{ askedAgain: 2, subject: { protocol: 'udp', server: '10.128.5.11:53' } }],
    },
    'echo replies do not arrive at the client': {
      evidence: (() => {
        const far = [1, 2, 3].map((sequence) => ping(sequence, faraway));
        const near = [1, 2, 3].map((sequence) => ping(sequence, eth0));
        return evidence({
          captures,
          points,
          hosts: [fresh],
          echoes: [...far, ...near, ...[1, 2, 3].map(pong)],
          paths: [{ of: [far[0], near[0]] }],
        });
      })(),
      finds: [{ clientPoint: faraway, between: [eth1, faraway], replies: 3 }],
    },
  },
  quiet: {
    'asymmetric routing that works: the client acknowledges': evidence({
      captures,
      points: two,
      connections: [
        asked(0, { handshakeAck: ref(3.002), toServer: { iss: 700, packets: 5, ackHigh: 5001, dataSegments: 1 } }),
        replied(0),
      ],
    }),
    'another connection of the client works that way': evidence({
      captures,
      points: two,
      connections: [
        asked(0),
        replied(0),
        asked(1, { handshakeAck: ref(3.002), toServer: { iss: 701, packets: 5, ackHigh: 5001, dataSegments: 1 } }),
        replied(1),
      ],
    }),
    'two interfaces of a bond': evidence({
      captures,
      points: two,
      connections: [asked(0), replied(0, { toClient: { sourceMacs: counted('02:00:00:00:00:10') } })],
    }),
    'one SYN again: one reply may be lost': evidence({
      captures,
      points: two,
      connections: [asked(0, { syn: [0, 1] }), replied(0, { synAck: [0.001, 1.001] })],
    }),
    'copies of the SYN': evidence({
      captures,
      points: two,
      connections: [asked(0, { syn: [0, 0.002, 0.004, 1] }), replied(0, { synAck: [0.001] })],
    }),
    'another host': evidence({
      captures,
      points: [points[0], { ...points[1], host: 'w2' }],
      connections: [asked(0), replied(0)],
    }),
    'files without a host, and no common neighbour': evidence({
      captures,
      points: two.map((one) => ({ ...one, host: null })),
      connections: [asked(0), replied(0)],
    }),
    'replies leave by the interface of the request too': evidence({
      captures,
      points: two,
      connections: [asked(0, { synAck: [0.001] }), replied(0)],
    }),
    'the same interface: no detour': evidence({
      captures,
      points: two,
      connections: [asked(0, { encapsulation: ['vxlan'] }), replied(0, { point: eth0 })],
    }),
    'the SYN-ACK acknowledges another SYN': evidence({
      captures,
      points: two,
      connections: [asked(0), replied(0, { synAckAcks: 9 })],
    }),
    'a veth that has seen one direction': evidence({
      captures,
      points: [points[0], { ...points[1], role: 'pod-veth' }],
      connections: [asked(0), replied(0)],
    }),
    'inside the tunnel at the NIC, plain at its device': evidence({
      captures,
      points: [points[0], { ...points[1], role: 'tunnel-device' }],
      connections: [asked(0, { encapsulation: ['vxlan'] }), replied(0)],
    }),
    'lookups are asked once: nothing tells that the answer is lost': evidence({
      captures,
      points: two,
      dns: [query({ queries: [0] })],
      datagrams: [answer({ sent: [0.001] })],
    }),
    'a point on the way shows no replies: they may pass elsewhere': (() => {
      const far = [1, 2, 3].map((sequence) => ping(sequence, faraway));
      const near = [1, 2, 3].map((sequence) => ping(sequence, eth0));
      return evidence({
        captures,
        points,
        hosts: [routed],
        echoes: [...far, ...near, ...[1, 2, 3].map(pong)],
        paths: [{ of: [far[0], near[0]] }],
      });
    })(),
    'the client was captured and gets the echo replies': (() => {
      const far = [1, 2].map((sequence) => ({ ...ping(sequence, faraway), reply: ref(sequence + 0.002) }));
      const near = [1, 2].map((sequence) => ping(sequence, eth0));
      return evidence({
        captures,
        points,
        hosts: [fresh],
        echoes: [...far, ...near, ...[1, 2].map(pong)],
        paths: [{ of: [far[0], near[0]] }],
      });
    })(),
  },
});
