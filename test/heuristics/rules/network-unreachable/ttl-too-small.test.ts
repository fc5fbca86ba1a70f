import type { Probe } from '../../../../src/flows/evidence/evidence.ts';
import { ttlTooSmall } from '../../../../src/heuristics/rules/network-unreachable/ttl-too-small.ts';
import { connection, echo, evidence, icmpError, probe, quoted, ruleTable } from '../../../support/evidence.ts';

const PEER = '10.2.0.9:179';
const syn = (time: number, ttl = 1, some: Partial<Probe> = {}) => {
  const made = probe(time, ttl, { source: '10.1.0.5:4000', destination: PEER });
  return { ...made, protocol: 6, ...some };
};
const expired = (time: number, from = '10.1.0.1', destination = PEER, protocol = 6) =>
  icmpError(time, {
    type: 11,
    code: 0,
    from,
    to: '10.1.0.5',
    quoted: quoted({ protocol, source: '10.1.0.5:4000', destination }),
  });
const attempt = (some: object = {}) =>
  connection({
    client: '10.1.0.5:4000',
    server: PEER,
    syn: [0, 1],
    toServer: { ttls: [{ value: 1, count: 2 }] },
    ...some,
  });
const ordinary = connection(
  { client: '10.1.0.5:4001', server: '10.2.0.9:22', toServer: { packets: 5, ttls: [{ value: 64, count: 5 }] } },
  { established: true },
);

ruleTable(ttlTooSmall, {
  fires: {
    'eBGP with TTL 1 to a peer behind a router': {
      evidence: evidence({
        connections: [attempt(), ordinary],
        probes: [syn(0), syn(1)],
        icmpErrors: [expired(0.01), expired(1.01)],
      }),
      finds: [{ ttl: 1, sends: 2, expired: 2, routers: ['10.1.0.1'], worksOtherwise: true, port: 179 }],
      says: [/with a TTL of 1: its packets expire at 10\.1\.0\.1/, /the path is sound/, /no neighbour/],
    },
    'nothing else was captured of the two': {
      evidence: evidence({
        connections: [attempt()],
        probes: [syn(0, 3), syn(1, 3)],
        icmpErrors: [expired(0.01), expired(1.01)],
      }),
      finds: [{ ttl: 3, worksOtherwise: false }],
    },
    'datagrams of a program': {
      evidence: evidence({
        probes: [0, 1, 2].map((time) => ({
          ...syn(time),
          protocol: 17,
          destination: { address: '10.2.0.9', port: 4789 },
        })),
        icmpErrors: [expired(0.01, '10.1.0.1', '10.2.0.9:4789', 17), expired(1.01, '10.1.0.1', '10.2.0.9:4789', 17)],
      }),
      finds: [{ port: 4789, protocol: 17, sends: 3 }],
    },
  },
  quiet: {
    'a traceroute by TCP: the TTLs rise': evidence({
      connections: [attempt()],
      probes: [syn(0, 1), syn(1, 2), syn(2, 2)],
      icmpErrors: [expired(0.01), expired(1.01), expired(2.01, '10.9.0.1')],
    }),
    'a traceroute by UDP that looks at the first hop only': evidence({
      probes: [0, 1].map((time) => ({
        ...syn(time),
        protocol: 17,
        destination: { address: '10.2.0.9', port: 33_440 },
      })),
      icmpErrors: [expired(0.01, '10.1.0.1', '10.2.0.9:33440', 17), expired(1.01, '10.1.0.1', '10.2.0.9:33440', 17)],
    }),
    'echo requests with TTL 1': evidence({
      echoes: [echo({ request: 0, reply: null }), echo({ request: 1, reply: null, sequence: 2 })],
      probes: [probe(0, 1), probe(1, 1)],
      icmpErrors: [expired(0.01, '10.1.0.1', '10.244.2.7:1', 1), expired(1.01, '10.1.0.1', '10.244.2.7:1', 1)],
    }),
    'the peer answers': evidence({
      connections: [attempt({ synAck: [0.5] })],
      probes: [syn(0, 1, { flow: 0 }), syn(1, 1, { flow: 0 })],
      icmpErrors: [expired(0.01), expired(1.01)],
    }),
    'one time exceeded': evidence({ connections: [attempt()], probes: [syn(0), syn(1)], icmpErrors: [expired(0.01)] }),
    'an ordinary TTL: the packets circle': evidence({
      connections: [attempt()],
      probes: [syn(0, 29), syn(1, 29)],
      icmpErrors: [expired(0.01), expired(1.01)],
    }),
    'the errors are about another port': evidence({
      connections: [attempt()],
      probes: [syn(0), syn(1)],
      icmpErrors: [expired(0.01, '10.1.0.1', '10.2.0.9:80'), expired(1.01, '10.1.0.1', '10.2.0.9:80')],
    }),
  },
});
