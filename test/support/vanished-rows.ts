import { connection, datagram, echo, evidence, type Path, point, ref } from './evidence.ts';

/** Rows of both rules: the same packets vanish, inside a node or between two. */
export function vanishedRows(hosts: [string, string]) {
  const points = [
    point({ name: 'first', host: hosts[0], role: 'node-nic', capture: 0 }),
    point({ name: 'second', host: hosts[1], role: 'bridge', capture: 1 }),
  ];
  const make = (item: ReturnType<typeof connection>, hop: NonNullable<Path['hops']>[number], more: Path[] = []) =>
    evidence({
      points,
      connections: [item, ...more.flatMap((path) => path.of as (typeof item)[])],
      paths: [{ of: [item], hops: [hop] }, ...more],
    });
  const syns = connection({ client: '10.244.1.5:4000', server: '10.244.2.7:80', syn: [0, 1, 3] });
  const gone = { from: 0, to: 1, lost: 3, packets: 3, lostPackets: [ref(0), ref(1), ref(3)] };
  const refused = connection({
    client: '10.244.1.5:4000',
    server: '10.244.2.7:80',
    syn: [0, 1, 3],
    toClient: { packets: 3, resets: 3 },
  });
  const resetsPass = {
    ...refused,
    point: 1,
    syn: [],
    directions: connection({ toClient: { packets: 3, resets: 3 } }).directions,
  };
  const answers = connection({
    client: '10.244.1.9:4000',
    server: '10.244.2.9:80',
    point: 1,
    toClient: { packets: 5, ackHigh: 900 },
  });
  const passing = connection({ client: '10.244.1.6:4000', server: '10.244.2.8:80' }, { established: true });
  const far = connection({ client: '10.244.1.5:4000', server: '10.244.2.7:80', syn: [0, 1, 3], point: 2 });
  const pings = [1, 2, 3].map((id) => echo({ id, request: id, reply: null }));
  const mdns = datagram({ client: '10.244.1.5:5353', server: '224.0.0.251:5353', sent: [0, 1, 2] });
  const acknowledged = connection({ syn: [0, 1], synAck: [0.1], toClient: { largestAckedL3: 100 } });
  const middle = connection({ toServer: { packets: 3 }, toClient: { packets: 3 } });
  const talking = { client: '10.244.1.5:655', sent: [0], back: [0.01] };
  const probing = datagram({ client: '10.244.1.5:655', server: '10.244.2.7:655', sent: [0, 1, 3] });
  const toPod = datagram({ client: '10.244.1.5:40000', server: '10.244.2.7:53', sent: [0, 1, 3] });
  const fromService = datagram({ client: '10.244.1.5:40000', server: '10.96.0.10:53', sent: [], back: [0.01] });
  const single = { from: 0, to: 1, lost: 1, packets: 1, lostPackets: [ref(1)] };
  return {
    fires: {
      'all SYNs are gone': {
        evidence: make(syns, gone),
        finds: [{ between: [0, 1], lost: 3, conversationsLost: 1, conversationsPassing: 0, grade: 'confirmed' }],
      },
      'other conversations pass': {
        evidence: make(syns, gone, [{ of: [passing], hops: [{ from: 0, to: 1, packets: 4 }] }]),
        finds: [{ conversationsPassing: 1 }],
      },
      'only large ones are lost: it may be their size': {
        evidence: make(syns, { ...gone, smallestLost: 1428, largestLost: 1428 }, [
          { of: [passing], hops: [{ from: 0, to: 1, packets: 4, largestArrived: 245 }] },
        ]),
        finds: [{ largeFrom: 1428 }],
        says: [/the smallest that is lost has 1428 octets, and none as large passes/],
      },
      'resets answer the SYNs, and the second point sees none of both': {
        evidence: make(refused, gone),
        finds: [{ between: [0, 1], lost: 3 }],
      },
      'pings of which each is a conversation count together': {
        evidence: evidence({
          points,
          echoes: pings,
          paths: pings.map((ping) => ({ of: [ping], hops: [single] })),
        }),
        finds: [{ lost: 3, conversationsLost: 3 }],
      },
    },
    quiet: {
      'the second capture did not run': make(syns, { ...gone, unknown: { code: 'no-common-time' } }),
      'some packets pass: loss, not the end of the way': make(syns, { ...gone, packets: 5, matched: 2 }),
      'the second point sees only what comes back between these nets': evidence({
        points,
        connections: [syns, answers],
        paths: [{ of: [syns], hops: [gone] }],
      }),
      'the second point sees the resets that answer, and nothing of the requests': evidence({
        points,
        connections: [refused, resetsPass],
        paths: [{ of: [refused, resetsPass], hops: [gone] }],
      }),
      'multicast ends at its link': evidence({
        points,
        datagrams: [mdns],
        paths: [{ of: [mdns], hops: [gone] }],
      }),
      'the sender has an answer: they took another way': make(passing, gone),
      'the far end has the packets': evidence({
        points: [...points, point({ name: 'third', host: hosts[1], capture: 2 })],
        connections: [syns, far],
        paths: [{ of: [syns, far], hops: [gone] }],
      }),
      'one ping of many is lost': evidence({
        points,
        echoes: pings,
        paths: pings.map((ping, index) => ({
          of: [ping],
          hops: [index === 0 ? single : { from: 0, to: 1, packets: 1, matched: 1 }],
        })),
      }),
      'replies that the client acknowledged: the second point sees one direction': evidence({
        points,
        connections: [acknowledged],
        paths: [{ of: [acknowledged], hops: [{ ...gone, direction: 1 }] }],
      }),
      'the middle of a connection that goes on': evidence({
        points,
        connections: [middle],
        paths: [{ of: [middle], hops: [{ ...gone, direction: 1 }] }],
      }),
      'a peer that talks on another port': evidence({
        points,
        datagrams: [probing, datagram({ ...talking, server: '10.244.2.7:9693' })],
        paths: [{ of: [probing], hops: [gone] }],
      }),
      'a bridge shows the way to the pod, and the way back from its service': evidence({
        points,
        datagrams: [toPod, fromService],
        paths: [{ of: [toPod], hops: [gone] }],
      }),
      'one packet only': evidence({ points, echoes: [pings[0]], paths: [{ of: [pings[0]], hops: [single] }] }),
    },
  };
}
