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

/** A server answers with SYN-ACKs of this TTL, and nothing acknowledges them. */
const offer = (port: number, ttl = 2, some: object = {}) =>
  connection({
    client: `10.1.0.5:${port}`,
    server: '10.2.0.9:8080',
    syn: [0, 1],
    synAck: [0.1, 1.1],
    toClient: { packets: 2, ttls: [{ value: ttl, count: 2 }] },
    ...some,
  });
const offerExpired = (time: number, some: object = {}) =>
  icmpError(time, {
    type: 11,
    code: 0,
    from: '10.2.0.1',
    to: '10.2.0.9',
    quoted: quoted({ protocol: 6, source: '10.2.0.9:8080', destination: '10.1.0.5:4000' }),
    ...some,
  });

ruleTable(ttlTooSmall, {
  fires: {
    'SYN-ACKs that expire on their way to the client': {
      evidence: evidence({
        connections: [offer(4000), offer(4001), ordinary],
        icmpErrors: [offerExpired(0.2), offerExpired(1.2)],
      }),
      finds: [
        {
          source: '10.2.0.9',
          destination: '10.1.0.5',
          port: 8080,
          measured: { ttl: 2, sends: 4, expired: 2 },
          conversations: [0, 1],
          worksOtherwise: true,
        },
      ],
      says: [
        /10\.2\.0\.9 port 8080 answers 10\.1\.0\.5 with a TTL of 2: its SYN-ACKs expire at 10\.2\.0\.1/,
        /4 SYN-ACKs left/,
      ],
    },
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
    'SYN-ACKs with an ordinary TTL circle': evidence({
      connections: [offer(4000, 60), offer(4001, 60)],
      icmpErrors: [offerExpired(0.2), offerExpired(1.2)],
    }),
    'SYN-ACKs of a near client, which acknowledges them': evidence({
      connections: [offer(4000, 2, { handshakeAck: 0.2 }), offer(4001, 2, { handshakeAck: 0.2 })],
      icmpErrors: [offerExpired(0.2), offerExpired(1.2)],
    }),
    'no router says that SYN-ACKs expired': evidence({ connections: [offer(4000), offer(4001)] }),
    'one SYN-ACK expired': evidence({ connections: [offer(4000), offer(4001)], icmpErrors: [offerExpired(0.2)] }),
    'SYN-ACKs of another port expired': evidence({
      connections: [offer(4000), offer(4001)],
      icmpErrors: [0.2, 1.2].map((time) =>
        offerExpired(time, { quoted: quoted({ protocol: 6, source: '10.2.0.9:22', destination: '10.1.0.5:4000' }) }),
      ),
    }),
    'SYN-ACKs whose TTLs differ': evidence({
      connections: [offer(4000, 2), offer(4001, 3)],
      icmpErrors: [offerExpired(0.2), offerExpired(1.2)],
    }),
    'SYN-ACKs that the client itself calls expired': evidence({
      connections: [offer(4000), offer(4001)],
      icmpErrors: [offerExpired(0.2, { from: '10.1.0.5' }), offerExpired(1.2, { from: '10.1.0.5' })],
    }),
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
