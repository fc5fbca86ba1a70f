import { synNoReply } from '../../../../src/heuristics/rules/port-unreachable/syn-no-reply.ts';
import { connection, evidence, icmpError, point, quoted, ref, reset, ruleTable } from '../../../support/evidence.ts';

const LADDER = [0, 1, 3, 7];
const silent = (client: string, server: string, syn = LADDER, at = 0) => connection({ client, server, syn, point: at });
const many = (count: number, make: (index: number) => ReturnType<typeof connection>) =>
  Array.from({ length: count }, (_, index) => make(index));

/** The ACK of an older connection answers each SYN, and the client resets its number. */
const stale = (seq: number) =>
  connection({
    syn: LADDER,
    resets: LADDER.map((at) => reset(at + 0.002, 0, { seq, hasAck: false })),
    toClient: { packets: 4, first: ref(0.001) },
  });

const atPod = silent('10.244.1.5:40000', '10.244.2.7:5000', LADDER, 0);
const atNic = silent('10.244.1.5:40000', '10.244.2.7:5000', LADDER, 1);

/** Attempts of one client to one port, each from a port of its own. The capture goes on. */
const once = (count: number, gap: number) =>
  many(count, (nth) => silent(`10.0.0.1:${40000 + nth}`, '10.96.0.1:443', [nth * gap]));
const goesOn = (one: ReturnType<typeof connection>) => {
  const [there, back] = one.directions;
  return { ...one, directions: [{ ...there, packets: 3 }, back] as typeof one.directions };
};
const other = connection({ client: '10.0.0.1:50000', server: '10.0.0.9:80' }, { established: true });

ruleTable(synNoReply, {
  fires: {
    'a ladder of SYNs and nothing back': {
      evidence: evidence({ connections: [silent('10.244.1.5:40000', '10.244.2.7:5000')] }),
      finds: [{ grade: 'inferred', measured: { attempts: 1, syns: 4, servers: 1 }, otherPortsAnswer: false }],
      says: [/10\.244\.1\.5 cannot reach 10\.244\.2\.7 port 5000/, /nothing of 10\.244\.2\.7 was seen to answer/],
    },
    'each SYN is answered by the ACK of an older connection': {
      evidence: evidence({ connections: [stale(888_000)] }),
      finds: [{ stale: 4, measured: { syns: 4, staleAnswers: 4 } }],
      says: [/answered by the ACK of an older connection \(4 times\), never by a SYN-ACK/],
    },
    'the same as the server sees it, whom no reset of the client reaches': {
      evidence: evidence({
        connections: [connection({ syn: LADDER, toClient: { packets: 4, first: ref(0.001), ackHigh: 888_000 } })],
      }),
      finds: [{ stale: 4, refused: 0 }],
      says: [/no reset comes by here/],
    },
    'thirty attempts from distinct ports, none sent twice: a client that gives up before': {
      evidence: evidence({ connections: [...once(30, 0.1), other] }),
      finds: [{ reach: 30, measured: { attempts: 30, syns: 30, servers: 1 } }],
      says: [/10\.96\.0\.1 port 443: 30 SYNs without a reply/],
    },
    'the first address of a range at port 443, at the NIC: perhaps a Service that the node does not translate': {
      evidence: evidence({
        points: [point({ name: 'node1 eth0', role: 'node-nic' })],
        connections: [silent('10.0.0.46:40000', '172.16.0.1:443')],
      }),
      finds: [{ service: { nic: 0 } }],
      says: [/172\.16\.0\.1 is the address of a Service, and the node of 10\.0\.0\.46 does not translate it/],
    },
    'the same over IPv6': {
      evidence: evidence({
        points: [point({ name: 'node1 eth0', role: 'host-nic' })],
        connections: [silent('[fd00::46]:40000', '[fd00:77::1]:443')],
      }),
      finds: [{ service: { nic: 0 } }],
      says: [/ip6tables-save -t nat \| grep -F fd00:77::1/],
    },
    'the first address of a net that holds machines: a gateway': {
      evidence: evidence({
        points: [point({ name: 'node1 eth0', role: 'node-nic' })],
        connections: [silent('10.0.7.46:40000', '10.0.0.1:443')],
      }),
      finds: [{ service: null }],
    },
    'the first address of a range at another port than that of the API': {
      evidence: evidence({ connections: [silent('10.0.0.46:40000', '172.16.0.1:8443')] }),
      finds: [{ service: null }],
    },
    'the last SYN is the last packet of the capture, the earlier ones had time': {
      evidence: evidence({
        points: [point({ quality: { lastTime: 7 } })],
        connections: [silent('10.244.1.5:40000', '10.244.2.7:5000')],
      }),
      finds: [{ measured: { syns: 4 } }],
    },
    'other connections to the port are answered': {
      evidence: evidence({
        connections: [
          connection({ client: '10.244.1.5:40001', server: '10.244.2.7:5000', syn: [0, 1, 3, 7] }),
          connection({ client: '10.244.1.5:40002', server: '10.244.2.7:5000', syn: [2], synAck: [2.001] }),
        ],
      }),
      finds: [{ answered: 1 }],
      says: [
        /4 SYNs of 10\.244\.1\.5 to 10\.244\.2\.7 port 5000 get no reply, and 1 other connection to it is answered/,
        /other connections to this port are answered/,
      ],
    },
    'another port of the host answers: a filter for the port': {
      evidence: evidence({
        connections: [
          silent('10.244.1.5:40000', '10.244.2.7:5000'),
          connection({ client: '10.244.1.5:40001', server: '10.244.2.7:80' }, { established: true }),
        ],
      }),
      finds: [{ otherPortsAnswer: true }],
      says: [/other ports of 10\.244\.2\.7 answer/],
    },
    'two points: the SYNs die between them': {
      evidence: evidence({
        points: [point({ name: 'pod' }), point({ name: 'nic', capture: 0 })],
        connections: [atPod],
        paths: [{ of: [atPod], hops: [{ from: 0, to: 1, lost: 4, packets: 4 }] }],
      }),
      finds: [{ grade: 'confirmed', between: [0, 1] }],
    },
    'two points: the SYNs reach the last one': {
      evidence: evidence({
        points: [point({ name: 'pod' }), point({ name: 'nic' })],
        connections: [atPod, atNic],
        paths: [{ of: [atPod, atNic], hops: [{ from: 0, to: 1, packets: 4, matched: 4 }] }],
      }),
      finds: [{ grade: 'inferred', between: null, reachedLastPoint: true, lastPoint: 1 }],
      says: [/iptables-save/],
    },
    'the other half of a neighbour stands beside it, untranslated': {
      evidence: evidence({
        connections: [
          silent('10.244.1.5:40000', '10.96.0.9:80'),
          connection({
            client: '10.244.1.5:40001',
            server: '10.96.0.9:80',
            syn: [20],
            toServer: { packets: 9, ackHigh: 900 },
          }),
          connection({
            client: '10.244.1.5:40001',
            server: '10.244.2.7:8080',
            synAck: [20.1],
            toClient: { packets: 9, ackHigh: 900 },
          }),
        ],
      }),
      finds: [{ server: '10.96.0.9' }],
    },
    'several attempts to one listener are one finding': {
      evidence: evidence({
        connections: many(3, (index) => silent(`10.244.1.5:${40000 + index}`, '10.244.2.7:5000')),
      }),
      finds: [{ reach: 3, measured: { attempts: 3, syns: 12 } }],
    },
    'nothing answers a client at all: twenty servers are one finding': {
      evidence: evidence({
        connections: many(20, (index) => silent(`10.244.1.5:${40000 + index}`, `10.244.2.${index + 1}:5000`)),
      }),
      finds: [{ reach: 20, servers: 20, subject: { server: '20 servers' } }],
      says: [/20 servers do not answer/],
    },
  },
  quiet: {
    'the SYN-ACK was not captured, the acknowledgements of its data were': evidence({
      connections: [
        connection({
          syn: LADDER,
          toServer: { dataSegments: 1 },
          toClient: { packets: 4, first: ref(0.001), ackHigh: 1500 },
        }),
      ],
    }),
    'the client resets its own attempts: their SYN-ACKs were not captured': evidence({ connections: [stale(1001)] }),
    'attempts that were not repeated, after which the client goes on: it was answered elsewhere': evidence({
      connections: [...once(10, 0.5).map((one) => goesOn(one)), other],
    }),
    'two attempts that were not repeated': evidence({ connections: [...once(2, 1), other] }),
    'a burst of attempts, as a scan sends them': evidence({ connections: [...once(30, 0.01), other] }),
    'attempts that were not repeated, of which one was answered': evidence({
      connections: [
        ...once(10, 0.5),
        connection({ client: '10.0.0.1:45000', server: '10.96.0.1:443' }, { established: true }),
      ],
    }),
    'attempts that were not repeated, in the last second of the capture': evidence({
      points: [point({ quality: { lastTime: 1.2 } })],
      connections: [...once(8, 0.15), other],
    }),
    'one SYN is no retry': evidence({ connections: [connection({ syn: [0] })] }),
    'the capture ends within a second of the retry': evidence({
      points: [point({ quality: { lastTime: 1.9 } })],
      connections: [connection({ syn: [0, 1] })],
    }),
    'copies of one SYN': evidence({ connections: [connection({ syn: [0, 0.0001, 0.0002] })] }),
    'a SYN-ACK came at last': evidence({ connections: [connection({ syn: LADDER, synAck: [7.1] })] }),
    'an ICMP error rejects it': evidence({
      connections: [silent('10.244.1.5:40000', '10.244.2.7:5000')],
      icmpErrors: [
        icmpError(0.1, { quoted: quoted({ protocol: 6, source: '10.244.1.5:40000', destination: '10.244.2.7:5000' }) }),
      ],
    }),
    'the packets of that server are not in the capture': evidence({
      connections: [
        silent('10.244.1.5:40000', '10.244.2.7:22'),
        connection({
          client: '10.244.1.5:40001',
          server: '10.244.2.7:22',
          syn: [20],
          toServer: { packets: 9, ackHigh: 900 },
        }),
        connection({ client: '10.244.1.5:40002', server: '10.244.2.8:22' }, { established: true }),
      ],
    }),
    'answers to that client travel another way': evidence({
      connections: [
        silent('10.244.1.5:40000', '10.244.2.9:22'),
        connection({
          client: '10.244.1.5:40001',
          server: '10.244.2.7:22',
          syn: [20],
          toServer: { packets: 9, ackHigh: 900 },
        }),
        connection({ client: '10.244.1.6:40002', server: '10.244.2.8:22' }, { established: true }),
      ],
    }),
    'one direction of all traffic is missing': evidence({
      connections: [
        silent('10.244.1.5:40000', '10.244.2.9:22'),
        connection({
          client: '10.244.1.5:40001',
          server: '10.244.2.7:22',
          syn: [20],
          toServer: { packets: 9, ackHigh: 900 },
        }),
      ],
    }),
  },
  notes: {
    'a client that tries twenty ports': evidence({
      connections: many(20, (index) => silent(`10.244.1.5:${40000 + index}`, `10.244.2.7:${5000 + index}`)),
    }),
    'a host at which twenty ports are tried by as many clients': evidence({
      connections: many(20, (index) => silent(`198.51.100.${index + 1}:40000`, `10.244.2.7:${5000 + index}`)),
    }),
  },
});
