import type { TcpDirection } from '../../../../src/flows/evidence/evidence.ts';
import { peerDown } from '../../../../src/heuristics/rules/network-unreachable/peer-down.ts';
import {
  arp,
  connection,
  datagram,
  echo,
  evidence,
  hostActivity,
  point,
  ref,
  ruleTable,
  tunnel,
} from '../../../support/evidence.ts';

const SERVER = '10.244.2.7';
const OTHER = '10.244.3.9';
/** Heard until 10 s, asked until 16 s. */
const gone = (some: Parameters<typeof hostActivity>[1] = {}) =>
  hostActivity(SERVER, { lastSent: 10, lastReceived: 16, ...some });
const waiting = (port: number, toServer: Partial<TcpDirection> = {}, some: Parameters<typeof connection>[0] = {}) =>
  connection(
    {
      client: `10.244.1.5:${port}`,
      server: `${SERVER}:80`,
      ...some,
      toServer: { last: ref(16), unackedOctets: 100, ...toServer },
    },
    { established: true },
  );
const ping = (at: number, some: Parameters<typeof echo>[0] = {}) =>
  echo({ id: Math.round(at), request: at, destination: SERVER, ...some });
const inTunnel = { toServer: { last: ref(16), unackedOctets: 100, tunnels: [0] } };

/** Two connections that wait, and what is lost of each between two points that let other packets pass. */
const lossy = (lost: object) => {
  const pairs = [4000, 4001].map((port) => [waiting(port, { fins: 1 }), waiting(port, { fins: 1 }, { point: 1 })]);
  return evidence({
    points: [point({ name: 'near' }), point({ name: 'far' })],
    hosts: [gone(), hostActivity(OTHER, { firstSent: 0, lastSent: 16 })],
    connections: pairs.flat(),
    echoes: [echo({ destination: OTHER, request: 15, reply: 15.001 })],
    paths: pairs.map((of) => ({ of, hops: [{ from: 0, to: 1, packets: 9, matched: 4, lost: 5, ...lost }] })),
  });
};

/** New attempts at two ports, unanswered at the near point and answered at the far one. */
const answeredFarAway = () => {
  const pairs = [80, 81].map((port) => {
    const ends = { client: `10.244.1.5:${4000 + port}`, server: `${SERVER}:${port}`, syn: [11, 12, 14, 16] };
    return [connection(ends), connection({ ...ends, point: 1, synAck: [11.1, 12.1, 14.1], toClient: { packets: 3 } })];
  });
  return evidence({
    points: [point({ name: 'near' }), point({ name: 'far' })],
    hosts: [gone(), hostActivity(OTHER, { firstSent: 0, lastSent: 16 })],
    connections: pairs.flat(),
    paths: pairs.map((of) => ({ of })),
  });
};

ruleTable(peerDown, {
  fires: {
    'new attempts at two ports, which no point sees answered': {
      evidence: evidence({
        hosts: [gone(), hostActivity(OTHER, { firstSent: 0, lastSent: 16 })],
        connections: [80, 81].map((port) =>
          connection({ client: `10.244.1.5:${4000 + port}`, server: `${SERVER}:${port}`, syn: [11, 12, 14, 16] }),
        ),
      }),
      finds: [{ address: SERVER }],
    },
    'octets that were sent just before it fell silent': {
      evidence: evidence({
        hosts: [gone()],
        connections: [waiting(4000, { unackedSince: ref(9.9) }), waiting(4001, { unackedSince: ref(10) })],
      }),
      finds: [{ address: SERVER }],
    },
    'data is lost on the way to it': { evidence: lossy({ lostData: 5 }), finds: [{ address: SERVER }] },
    'nobody else was heard: which side failed is open': {
      evidence: evidence({ hosts: [gone()], connections: [waiting(4000), waiting(4001)] }),
      finds: [{ grade: 'inferred' }],
    },
    'two connections wait': {
      evidence: evidence({
        hosts: [gone(), hostActivity(OTHER, { firstSent: 0, lastSent: 16 })],
        connections: [waiting(4000), waiting(4001)],
        echoes: [echo({ destination: OTHER, request: 15, reply: 15.001 })],
      }),
      finds: [
        {
          address: SERVER,
          silence: 6,
          conversations: [0, 1],
          grade: 'confirmed',
          packets: [{ direction: '>', note: `last packet to ${SERVER}, unanswered` }, { direction: '>' }],
        },
      ],
      says: [/10\.244\.2\.7 goes silent 10\.000 s into the capture: 2 conversations go on for 6\.0 s/],
    },
    'one connection waits, and the link asks for the MAC of the host in vain': {
      evidence: evidence({
        hosts: [gone()],
        connections: [waiting(4000)],
        arp: [arp({ asker: '10.244.1.5', target: SERVER, requests: [12, 13, 14] })],
      }),
      finds: [{ address: SERVER, conversations: [0, 1], asked: 3 }],
      says: [/2 conversations go on for 6\.0 s without an answer, and 3 requests for its MAC are not answered/],
    },
    'one connection waits in a tunnel, and the link asks for the MAC of the node': {
      evidence: evidence({
        hosts: [gone({ address: '192.168.0.2', outer: true })],
        tunnels: [tunnel({ index: 0 })],
        connections: [waiting(4000, inTunnel.toServer)],
        arp: [arp({ asker: '192.168.0.1', target: '192.168.0.2', requests: [12, 13, 14] })],
      }),
      finds: [{ address: '192.168.0.2', conversations: [0, 1], asked: 3 }],
    },
    'pings that were answered, and a new attempt': evidence({
      hosts: [gone()],
      echoes: [ping(1), ping(11, { reply: null }), ping(12, { reply: null })],
      connections: [connection({ client: '10.244.1.6:4000', server: `${SERVER}:80`, syn: [12, 13, 15] })],
    }),
    'pings in a tunnel that were answered before': {
      evidence: evidence({
        hosts: [gone({ address: '192.168.0.2', outer: true })],
        tunnels: [tunnel({ index: 0, innerDestinations: [{ value: SERVER, count: 4 }] })],
        echoes: [1, 11, 12].map((at) => ping(at, { encapsulation: ['vxlan'], reply: at < 10 ? at + 0.001 : null })),
      }),
      finds: [{ address: '192.168.0.2', conversations: [1, 2] }],
    },
    'the node behind a tunnel explains all of its pods': {
      evidence: evidence({
        hosts: [gone(), gone({ address: '10.244.2.8' }), gone({ address: '192.168.0.2', outer: true })],
        tunnels: [tunnel({ index: 0 })],
        connections: [
          waiting(4000, inTunnel.toServer),
          waiting(4001, inTunnel.toServer),
          waiting(4002, inTunnel.toServer, { server: '10.244.2.8:80' }),
          waiting(4003, inTunnel.toServer, { server: '10.244.2.8:80' }),
        ],
      }),
      finds: [{ address: '192.168.0.2', conversations: [0, 1, 2, 3] }],
    },
    'a node and its pod, both in plain': {
      evidence: evidence({
        hosts: [
          gone({ address: '192.168.0.2', ttls: [{ value: 64, count: 9 }] }),
          gone({ lastSent: 9, ttls: [{ value: 62, count: 9 }] }),
        ],
        connections: [
          waiting(4000),
          waiting(4001),
          waiting(4002, {}, { server: '192.168.0.2:10250' }),
          waiting(4003, {}, { server: '192.168.0.2:10250' }),
        ],
        datagrams: [datagram({ client: '10.244.1.5:5000', server: `${SERVER}:7000`, sent: [12], back: [] })],
      }),
      finds: [{ address: '192.168.0.2', others: [SERVER], unanswered: 4, conversations: [0, 1, 2, 3, 4] }],
      says: [/192\.168\.0\.2 and 1 address with it go silent/],
    },
    'at the second of two points': {
      evidence: evidence({
        points: [point({ name: 'a' }), point({ name: 'b' })],
        hosts: [gone({ point: 1 })],
        connections: [waiting(4000, {}, { point: 1 }), waiting(4001, {}, { point: 1 })],
      }),
      finds: [{ point: 1 }],
    },
  },
  quiet: {
    'it ignored the same octets while it still spoke': evidence({
      hosts: [gone()],
      connections: [waiting(4000, { unackedSince: ref(2) }), waiting(4001, { unackedSince: ref(5) })],
    }),
    'another point sees its answers to what waits here': answeredFarAway(),
    'only FINs wait, and they are lost on the way': lossy({ lostData: 0, lostControl: 5 }),
    'the client closes and resets its connections itself, as HAProxy does when they are idle': evidence({
      hosts: [gone()],
      connections: [waiting(4000, { resets: 1 }), waiting(4001, { resets: 1 })],
    }),
    'several machines at once and nobody else: that is this side': evidence({
      hosts: [
        gone({ macs: [{ value: '02:00:00:00:00:07', count: 9 }] }),
        gone({ address: OTHER, macs: [{ value: '02:00:00:00:00:09', count: 9 }] }),
      ],
      connections: [
        waiting(4000),
        waiting(4001),
        waiting(4002, {}, { server: `${OTHER}:80` }),
        waiting(4003, {}, { server: `${OTHER}:80` }),
      ],
    }),
    'a filter left out pure acknowledgements': evidence({
      hosts: [gone()],
      connections: [4000, 4001].map((port) =>
        waiting(
          port,
          { packets: 21, syns: 1, dataSegments: 20 },
          { toClient: { packets: 21, syns: 1, dataSegments: 20 } },
        ),
      ),
    }),
    'a port that was silent while the host spoke': evidence({
      hosts: [gone()],
      connections: [2, 11, 12].map((at) =>
        connection({ client: `10.244.1.5:${4000 + at}`, server: `${SERVER}:9200`, syn: [at, at + 1, at + 3] }),
      ),
    }),
    'a node behind a tunnel in which every ping was answered': evidence({
      hosts: [gone({ address: '192.168.0.2', outer: true })],
      tunnels: [tunnel({ index: 0, innerDestinations: [{ value: SERVER, count: 4 }] })],
      echoes: [1, 2, 3].map((at) => ping(at, { encapsulation: ['vxlan'] })),
    }),
    'pings that were never answered while the host spoke': evidence({
      hosts: [gone()],
      echoes: [5, 8, 11, 12].map((at) => ping(at, { reply: null })),
    }),
    'it asks by ARP long after it ignored the first of them': evidence({
      hosts: [gone({ macs: [{ value: '02:00:00:00:00:07', count: 9 }] })],
      connections: [4000, 4001].map((port) =>
        connection({ client: `10.244.1.5:${port}`, server: `${SERVER}:${port}`, syn: [11, 12, 14, 16] }),
      ),
      arp: [arp({ asker: SERVER, askerMac: '02:00:00:00:00:07', target: '10.244.1.5', requests: [13] })],
    }),
    'new attempts at one port only': evidence({
      hosts: [gone()],
      connections: [4000, 4001, 4002].map((port) =>
        connection({ client: `10.244.1.5:${port}`, server: `${SERVER}:80`, syn: [11, 12, 14, 16] }),
      ),
    }),
    'one connection only': evidence({ hosts: [gone()], connections: [waiting(4000)] }),
    'the last packets close: nobody waits': evidence({
      hosts: [gone()],
      connections: [waiting(4000, { unackedOctets: 0 }), waiting(4001, { unackedOctets: 0 })],
    }),
    'half-open connections of a scan': evidence({
      hosts: [gone({ address: '10.244.1.5' })],
      connections: [4000, 4001].map((port) =>
        connection({ client: `10.244.1.5:${port}`, server: `${SERVER}:80`, syn: [0], synAck: [0.1, 1, 3, 16] }),
      ),
    }),
    'late answers to a client that has gone': evidence({
      hosts: [gone({ address: '10.244.1.5' })],
      datagrams: [5000, 5001].map((port) =>
        datagram({ client: `10.244.1.5:${port}`, server: '10.0.0.53:53', sent: [9], back: [16] }),
      ),
    }),
    'it was never heard': evidence({
      hosts: [gone({ sent: 0, lastSent: null })],
      connections: [waiting(4000), waiting(4001)],
    }),
    'the capture ends too soon': evidence({
      points: [point({ quality: { lastTime: 11 } })],
      hosts: [gone({ lastReceived: 11 })],
      connections: [waiting(4000), waiting(4001)],
    }),
    'it answers small echo requests, not large ones': evidence({
      hosts: [gone()],
      echoes: [
        ping(9),
        ping(12, { reply: null, l3Length: 1500 }),
        ping(13, { reply: null, l3Length: 1500 }),
        ping(14, { reply: null, l3Length: 1500 }),
      ],
    }),
    multicast: evidence({
      hosts: [gone({ address: '224.0.0.1' })],
      connections: [waiting(4000), waiting(4001)],
    }),
  },
});
