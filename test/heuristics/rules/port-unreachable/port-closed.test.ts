import { portClosed } from '../../../../src/heuristics/rules/port-unreachable/port-closed.ts';
import { arp, connection, evidence, hostActivity, point, probe, reset, ruleTable } from '../../../support/evidence.ts';

/** The resets have passed two routers. */
const refused = (client: string, server: string, times = [0], ttl = 62) =>
  connection({
    client,
    server,
    syn: times,
    resets: times.map((time) => reset(time + 0.001, 1, { ttl })),
    state: 'reset',
  });
const served = (client: string, server: string, time = 0) =>
  connection({ client, server, syn: [time] }, { established: true });
const many = (count: number, make: (index: number) => ReturnType<typeof connection>) =>
  Array.from({ length: count }, (_, index) => make(index));

/** One refused connection at two points, and what became of its SYN between them. */
const between = (hop: object, behind: object[] = []) => {
  const one = refused('10.0.0.1:40000', '10.0.0.2:80', [0, 1]);
  const of = [one, ...behind.map((some) => ({ ...one, point: 1, syn: [], ...some }))];
  return evidence({
    points: [point({ name: 'cni0', host: 'n1' }), point({ name: 'nic', host: 'n1' })],
    connections: of,
    paths: [{ of, hops: [{ direction: 0, from: 0, to: 1, packets: 2, matched: 0, lost: 2, ...hop }] }],
  });
};

const stamped = connection({
  toServer: { packets: 1, syns: 1, iss: 99, tsFirst: 4711 },
  toClient: { packets: 1, resets: 1 },
}).directions;

ruleTable(portClosed, {
  fires: {
    'the SYN never reaches the next point: something between them refuses': {
      evidence: between({}),
      finds: [{ between: [0, 1] }],
      says: [/"Something before 10\.0\.0\.2 refuses/, /The SYNs pass .* and never reach /],
    },
    'the next point sees no SYN and the reset: it shows one direction, and the server may have refused': {
      evidence: between({}, [{}]),
      finds: [{ place: 'on 10.0.0.2 itself' }],
      says: [/"10\.0\.0\.2 refuses/],
    },
    'the next point proves nothing': {
      evidence: between({ unknown: { code: 'rows-not-kept' } }),
      finds: [{ place: 'on 10.0.0.2 itself' }],
      says: [/"10\.0\.0\.2 refuses/],
    },
    'refused more often than peers that try both ways are, and then connected from there': {
      evidence: evidence({
        connections: [
          ...many(3, (index) => refused(`10.0.0.1:${40000 + index}`, '10.0.0.2:179', [index])),
          served('10.0.0.2:40001', '10.0.0.1:179', 5),
        ],
      }),
      finds: [{ server: '10.0.0.2', refused: 3 }],
    },
    'resets with a TTL that no router has lowered, and nothing else of the server: any device of the link': {
      evidence: evidence({ connections: [refused('10.244.1.5:40000', '10.244.2.7:80', [0, 1], 64)] }),
      finds: [{ grade: 'inferred' }],
      says: [/its TTL does not show that the host made it/],
    },
    'the same over IPv6': {
      evidence: evidence({ connections: [refused('[fd00::5]:40000', '[fd00:2::7]:8443', [0, 1], 255)] }),
      finds: [{ grade: 'inferred' }],
    },
    'resets with the initial TTL of a neighbour that answers ARP: it made them': {
      evidence: evidence({
        connections: [refused('10.244.1.5:40000', '10.244.1.7:80', [0, 1], 64)],
        arp: [arp({ target: '10.244.1.7', answers: ['02:00:00:00:00:07'] })],
      }),
      finds: [{ grade: 'confirmed' }],
    },
    'resets with the initial TTL at a second point of the path, which is the server: it made them': {
      evidence: (() => {
        const [atClient, atServer] = [0, 1].map((at) => ({
          ...refused('10.244.1.5:40000', '10.244.1.7:80', [0, 1], 64),
          point: at,
        }));
        return evidence({
          points: [point({ name: 'veth1' }), point({ name: 'veth2' })],
          connections: [atClient, atServer],
          paths: [{ of: [atClient, atServer], hops: [] }],
        });
      })(),
      finds: [{ grade: 'confirmed' }],
    },
    'the resets have another TTL than the host: somebody on the way': {
      evidence: evidence({
        connections: [connection({ syn: [0, 0.5], resets: [0.001, 0.501].map((at) => reset(at, 1, { ttl: 61 })) })],
        hosts: [
          hostActivity('10.244.2.7', {
            ttls: [
              { value: 57, count: 9 },
              { value: 61, count: 2 },
            ],
          }),
        ],
      }),
      finds: [{ hopLimit: { reset: 61, usual: 57 }, grade: 'inferred' }],
      says: [/its resets come with TTL 61, its other packets with 57/],
    },
    'the resets have the TTL of the host': {
      evidence: evidence({
        connections: [connection({ syn: [0, 0.5], resets: [0.001, 0.501].map((at) => reset(at, 1, { ttl: 61 })) })],
        hosts: [hostActivity('10.244.2.7', { ttls: [{ value: 61, count: 9 }] })],
      }),
      finds: [{ hopLimit: { reset: 61, usual: 61 }, grade: 'confirmed' }],
      says: [/its resets have the TTL of its other packets, 61/],
    },
    'a SYN and its retry are refused': {
      evidence: evidence({ connections: [refused('10.244.1.5:40000', '10.244.2.7:80', [0, 1])] }),
      finds: [{ grade: 'confirmed', measured: { attempts: 1, served: 0 }, otherPortsAnswer: false }],
      says: [/10\.244\.2\.7 refuses connections of 10\.244\.1\.5 to port 80/, /ss -lntp/],
    },
    'several connections of one client are one finding': {
      evidence: evidence({ connections: many(3, (index) => refused(`10.244.1.5:${40000 + index}`, '10.244.2.7:80')) }),
      finds: [{ reach: 3 }],
    },
    'a node port and the pod behind it, at the NIC between: one finding, of what was asked': {
      evidence: evidence({
        connections: [
          { ...refused('10.0.0.9:40000', '10.0.0.1:30080', [0, 1]), directions: stamped },
          { ...refused('10.244.1.0:61000', '10.244.2.7:80', [0, 1]), directions: stamped },
        ],
      }),
      finds: [{ key: '10.0.0.9>10.0.0.1:30080' }],
    },
    'another port of the host is open': {
      evidence: evidence({
        connections: [
          refused('10.244.1.5:40000', '10.244.2.7:80', [0, 1]),
          served('10.244.1.5:40001', '10.244.2.7:8080'),
        ],
      }),
      finds: [{ otherPortsAnswer: true }],
      says: [/other ports of the host answer/],
    },
    'each SYN is counted: Windows tries a refused port three times': {
      evidence: evidence({
        connections: many(3, (index) => refused(`10.244.1.5:${40000 + index}`, '10.244.2.7:80', [index, index + 0.5])),
      }),
      finds: [{ measured: { attempts: 3 }, level: 'error' }],
      says: [/6 SYNs are answered by a reset/],
    },
    'a server that is not ready yet, and serves later on: a warning': {
      evidence: evidence({
        connections: [
          ...many(3, (index) => refused(`10.244.1.5:${40000 + index}`, '10.244.2.7:80', [index])),
          served('10.244.1.5:40009', '10.244.2.7:80', 9),
        ],
      }),
      finds: [{ level: 'warning' }],
      says: [/3 SYNs are answered by a reset, and then 1 connection is served/],
    },
    'it serves, and refuses after that: an error': {
      evidence: evidence({
        connections: [
          ...many(3, (index) => refused(`10.244.1.5:${40000 + index}`, '10.244.2.7:80', [index])),
          served('10.244.1.5:40009', '10.244.2.7:80', 1.5),
        ],
      }),
      finds: [{ level: 'error' }],
      says: [/3 SYNs are answered by a reset, 1 connection is served/],
    },
    'the only stranger that a port refuses, three times: a warning': {
      evidence: evidence({
        connections: many(3, (index) => refused(`198.51.100.9:${40000 + index}`, '10.244.2.7:443', [index])),
      }),
      finds: [{ level: 'warning' }],
    },
    'two public clients that want the same port: an error each': {
      evidence: evidence({
        connections: many(6, (index) => refused(`198.51.100.${index % 2}:${40000 + index}`, '10.244.2.7:443', [index])),
      }),
      finds: [{ level: 'error' }, { level: 'error' }],
    },
    'ten servers refuse one client: one warning': {
      evidence: evidence({
        connections: many(20, (index) =>
          refused(`10.244.1.5:${40000 + index}`, `198.51.100.${index % 10}:6346`, [index]),
        ),
      }),
      finds: [{ level: 'warning', servers: 10, reach: 20 }],
      says: [/10 servers refuse connections of 10\.244\.1\.5: 20 SYNs are answered by a reset/],
    },
    'nine servers refuse one client: told each': {
      evidence: evidence({
        connections: many(18, (index) =>
          refused(`10.244.1.5:${40000 + index}`, `198.51.100.${index % 9}:6346`, [index]),
        ),
      }),
      finds: Array.from({ length: 9 }, () => ({ level: 'error' as const, servers: 1 })),
    },
    'the host refuses twice, and connects to another port of its client: no peer': {
      evidence: evidence({
        connections: [
          refused('10.0.0.1:40000', '10.0.0.2:179', [0]),
          refused('10.0.0.1:40001', '10.0.0.2:179', [1]),
          served('10.0.0.2:40002', '10.0.0.1:22', 5),
        ],
      }),
      finds: [{ level: 'error' }],
    },
    'two clients that both want it are told each': {
      evidence: evidence({
        connections: [
          refused('10.244.1.5:40000', '10.244.2.7:80', [0, 1, 2]),
          refused('10.244.1.6:40000', '10.244.2.7:80', [0, 1, 2]),
        ],
      }),
      finds: [{ client: '10.244.1.5' }, { client: '10.244.1.6' }],
    },
  },
  quiet: {
    'a traceroute by SYNs to a closed port: the reset shows that it is there': evidence({
      connections: many(4, (index) => refused(`10.244.1.5:${40000 + index}`, '10.244.2.7:80', [index])),
      probes: [0, 1, 2, 3].map((index) =>
        probe(index, index + 1, { protocol: 6, source: `10.244.1.5:${40000 + index}`, destination: '10.244.2.7:80' }),
      ),
    }),
    'a reset after the handshake': evidence({
      connections: [connection({ resets: [reset(1, 1)] }, { established: true })],
    }),
    'the client resets its own attempt': evidence({
      connections: [connection({ syn: [0], resets: [reset(0.1, 0)] })],
    }),
  },
  notes: {
    'a scan of twenty ports by one client is one note': {
      evidence: evidence({
        connections: many(20, (index) => refused(`10.244.1.5:${40000 + index}`, `10.244.2.7:${index + 1}`)),
      }),
      finds: [{ reach: 20, ports: 20 }],
      says: [/it is being scanned/],
    },
    'three strangers at three ports': {
      evidence: evidence({
        connections: many(3, (index) => refused(`10.0.${index}.9:40000`, `10.244.2.7:${index + 1}`)),
      }),
      finds: [{ reach: 3, ports: 3, subject: { client: '3 clients' } }],
    },
    'a single knock of a Windows host, which repeats a SYN after its reset': evidence({
      connections: [refused('198.51.100.4:40000', '10.244.2.7:8888', [0, 0.82, 1.66])],
    }),
    'a single knock from a public address': evidence({ connections: [refused('198.51.100.4:40000', '10.244.2.7:23')] }),
    'peers that connect to each other: one is refused, the other one gets through': evidence({
      connections: [refused('10.0.0.1:40000', '10.0.0.2:179', [0, 1]), served('10.0.0.2:40001', '10.0.0.1:179', 5)],
    }),
    'a client that looks which neighbours there are': evidence({
      arp: Array.from({ length: 10 }, (_, index) => arp({ asker: '10.0.0.1', target: `10.0.0.${100 + index}` })),
      connections: [refused('10.0.0.1:40000', '10.0.0.2:80', [0, 1])],
    }),
    'a worm that is served at one port and tries three others': evidence({
      connections: [
        served('198.51.100.9:39999', '10.244.2.7:135'),
        ...many(3, (index) => refused(`198.51.100.9:${40000 + index}`, `10.244.2.7:${2745 + index}`, [0, 1, 2])),
      ],
    }),
    'a server that starts: refused twice, and its only connection is served after that': evidence({
      connections: [
        ...many(2, (index) => refused(`10.244.1.5:${40000 + index}`, '10.244.2.7:80', [index])),
        served('10.244.1.5:40009', '10.244.2.7:80', 3),
      ],
    }),
    'a server that restarts: most attempts are served': evidence({
      connections: [
        refused('10.244.1.5:40000', '10.244.2.7:80'),
        served('10.244.1.5:40001', '10.244.2.7:80'),
        served('10.244.1.5:40002', '10.244.2.7:80'),
      ],
    }),
    'localhost by the other IP version is served': evidence({
      connections: [refused('[::1]:40000', '[::1]:80'), served('127.0.0.1:40001', '127.0.0.1:80')],
    }),
  },
});
