import { fragmentsLost } from '../../../../src/heuristics/rules/large-packet-loss/fragments-lost.ts';
import {
  arp,
  connection,
  datagram,
  dns,
  echo,
  evidence,
  fragmented,
  point,
  ref,
  ruleTable,
  tunnel,
} from '../../../support/evidence.ts';

const pieces = (count: number, some: Parameters<typeof fragmented>[0] = {}, from = 1) =>
  Array.from({ length: count }, (_, at) => fragmented({ ipId: from + at, first: ref(at), ...some }));
const carrier = datagram({ sent: [0, 1, 2] });
const carrierAtB = datagram({ sent: [0, 1, 2], point: 1 });
const asked = (at: number, back: number[] = []) =>
  datagram({ client: `10.244.1.5:${5000 + at}`, server: '10.244.2.7:7000', sent: [at], back });

ruleTable(fragmentsLost, {
  fires: {
    'one request of them is not answered': {
      evidence: evidence({
        fragments: pieces(3),
        datagrams: [datagram({ sent: [0, 1, 2], back: [0.1, 1.1] })],
      }),
      finds: [{ incomplete: 3 }],
    },
    'another host got the other fragments': {
      evidence: evidence({
        points: [point({ name: 'a', host: 'node1' }), point({ name: 'b', host: 'node2' })],
        fragments: [...pieces(3), ...pieces(3, { point: 1, hasFirst: false })],
        datagrams: [carrier, carrierAtB],
      }),
      finds: [{ missing: 'rest' }, { missing: 'first' }],
    },
    'first fragments are missing beside other packets of the link': {
      evidence: evidence({ fragments: pieces(3, { hasFirst: false }), connections: [connection()] }),
      finds: [{ missing: 'first' }],
    },
    'TCP whose receiver does not acknowledge them': {
      evidence: evidence({
        fragments: pieces(3, { protocol: 6, tcp: { sourcePort: 40000, destinationPort: 80, seq: 2000 } }),
        connections: [connection({ toClient: { ackHigh: 2000 } }, { established: true })],
      }),
      finds: [{ incomplete: 3 }],
    },
    'neighbour discovery shows that no filter hides the later ones': {
      evidence: evidence({
        points: [point({ quality: { arpPackets: 0 } })],
        fragments: pieces(3),
        datagrams: [carrier],
        arp: [arp({ asker: 'fd00::5', target: 'fd00::6' })],
      }),
      finds: [{ missing: 'rest' }],
    },
    'DNS answers among them are told': {
      evidence: evidence({
        fragments: [0, 1, 2].map((at) =>
          fragmented({ source: '10.96.0.10', destination: '10.244.1.5', ipId: at, first: ref(at + 0.001) }),
        ),
        dns: [0, 1, 2].map((at) => dns({ id: at, queries: [at], answered: at + 0.001, type: 16 })),
      }),
      finds: [{ dnsAnswers: 3, measured: { incomplete: 3, complete: 0, dnsAnswers: 3 } }],
      says: [/3 DNS answers among the incomplete/, /EDNS buffer size/],
    },
    'the capture ends shortly after the last datagram': {
      evidence: evidence({ points: [point({ quality: { lastTime: 3.6 } })], fragments: pieces(3) }),
      finds: [{ incomplete: 3 }],
    },
    'the first fragments arrive, the others do not': {
      evidence: evidence({ fragments: pieces(3), datagrams: [carrier] }),
      finds: [{ incomplete: 3, complete: 0, missing: 'rest', conversations: [0], grade: 'inferred' }],
      says: [/the first fragment arrives, later ones do not/],
    },
    'the first fragments are missing': {
      evidence: evidence({ fragments: pieces(3, { hasFirst: false }), echoes: [echo()] }),
      finds: [{ missing: 'first' }],
    },
    'many senders to one receiver are one finding': {
      evidence: evidence({
        fragments: [1, 2, 3, 4].flatMap((host) => pieces(3, { source: `10.3.0.${host}` }, host * 10)),
      }),
      finds: [{ incomplete: 12, others: 3, subject: { client: '4 senders' } }],
      says: [/from 10\.3\.0\.1 and 3 other senders to/],
    },
    'the outer packets of a tunnel: what travels in it and is as large': {
      evidence: evidence({
        fragments: pieces(3, { source: '192.168.0.1', destination: '192.168.0.2', outer: true }),
        tunnels: [tunnel({ index: 0 })],
        connections: [1500, 300].map((largestL3, at) =>
          connection(
            { client: `10.244.1.5:${4000 + at}`, encapsulation: ['vxlan'], toServer: { largestL3, tunnels: [0] } },
            { established: true },
          ),
        ),
      }),
      finds: [{ conversations: [0] }],
    },
    'requests in fragments are not answered, whole ones are: seen where they leave': {
      evidence: evidence({
        fragments: pieces(3, { complete: true, packets: 2 }),
        datagrams: [0, 1, 2].map((at) => asked(at)).concat(asked(4, [4.1])),
        echoes: [echo({ request: 5, reply: null }), echo({ id: 9, request: 6, reply: null })],
      }),
      finds: [{ incomplete: 3, wholeAnswered: 1, conversations: [0, 1, 2], grade: 'inferred', others: 0 }],
      says: [/3 requests .* leave in fragments and none is answered, while 1 request sent whole is/],
    },
    'at the second of two points': {
      evidence: evidence({
        points: [point({ name: 'a' }), point({ name: 'b' })],
        fragments: [...pieces(3, { complete: true, packets: 2 }), ...pieces(3, { point: 1 })],
      }),
      finds: [{ place: 'before b' }],
    },
    'whole at the point before: lost between the two': {
      evidence: evidence({
        points: [point({ name: 'a' }), point({ name: 'b' })],
        fragments: [...pieces(3, { complete: true, packets: 2 }), ...pieces(3, { point: 1 })],
        datagrams: [carrier, carrierAtB],
        paths: [{ of: [carrier, carrierAtB], hops: [{ from: 0, to: 1, direction: 0 }] }],
      }),
      finds: [{ between: [0, 1], wholeAt: 0, grade: 'confirmed' }],
      says: [/all fragments pass a/, /pass between a and b/],
    },
    'whole at the point before, and the capture of the next one dropped packets': {
      evidence: evidence({
        points: [point({ name: 'a' }), point({ name: 'b' })],
        fragments: [...pieces(3, { complete: true, packets: 2 }), ...pieces(3, { point: 1 })],
        datagrams: [carrier, carrierAtB],
        paths: [
          {
            of: [carrier, carrierAtB],
            hops: [{ from: 0, to: 1, direction: 0, unknown: { code: 'dropped', packets: 5, of: 100 } }],
          },
        ],
      }),
      finds: [{ between: null, wholeAt: null, grade: 'inferred' }],
    },
    'whole at a point that the packets pass later: the place is not between the two': {
      evidence: evidence({
        points: [point({ name: 'a' }), point({ name: 'b' })],
        fragments: [...pieces(3), ...pieces(3, { point: 1, complete: true, packets: 2 })],
        datagrams: [carrier, carrierAtB],
        paths: [
          {
            of: [carrier, carrierAtB],
            hops: [
              { from: 0, to: 1, direction: 0 },
              { from: 1, to: 0, direction: 1 },
            ],
          },
        ],
      }),
      finds: [{ between: null, wholeAt: null, grade: 'inferred' }],
    },
    'the receiver of IPv6 waits longer': {
      evidence: evidence({ fragments: pieces(3, { source: 'fd00::5', destination: 'fd00::7' }) }),
      finds: [{ incomplete: 3 }],
      says: [/waits 60 s/, /about 60 s after each datagram/],
    },
  },
  quiet: {
    'all requests that lack fragments are answered': evidence({
      fragments: pieces(3),
      datagrams: [datagram({ sent: [0, 1, 2], back: [0.1, 1.1, 2.1] })],
    }),
    'another device of the host got the other fragments': evidence({
      points: [point({ name: 'a', host: 'node1' }), point({ name: 'b', host: 'node1' })],
      fragments: [...pieces(3), ...pieces(3, { point: 1, hasFirst: false })],
      datagrams: [carrier],
    }),
    'TCP whose receiver acknowledged the segments': evidence({
      fragments: pieces(3, { protocol: 6, tcp: { sourcePort: 40000, destinationPort: 80, seq: 2000 } }),
      connections: [connection({ toClient: { ackHigh: 9000 } }, { established: true })],
    }),
    'the capture misses a tenth of all octets': evidence({
      points: [point({ quality: { gapOctets: 400, tcpOctets: 600 } })],
      fragments: pieces(3),
      datagrams: [carrier],
    }),
    'the service answers neither': evidence({
      fragments: pieces(3, { complete: true, packets: 2 }),
      datagrams: [0, 1, 2, 4].map((at) => asked(at)),
    }),
    'one in fragments is answered': evidence({
      fragments: pieces(4, { complete: true, packets: 2 }),
      datagrams: [...[0, 1, 2].map((at) => asked(at)), asked(3, [3.1]), asked(5, [5.1])],
    }),
    'two datagrams': evidence({ fragments: pieces(2) }),
    'within half a second of the end the rest may still come': evidence({
      points: [point({ quality: { lastTime: 2.4 } })],
      fragments: pieces(3),
    }),
    'the capture ended in the middle': evidence({
      points: [point({ quality: { lastTime: 1.5 } })],
      fragments: pieces(3),
    }),
    'overlapping pieces that are whole in the end': evidence({
      fragments: pieces(3, { complete: true, packets: 4, seenOctets: 2000 }),
    }),
    'loss by chance takes any piece': evidence({
      fragments: [...pieces(3), ...pieces(2, { hasFirst: false }, 10)],
    }),
    'as many are whole': evidence({ fragments: [...pieces(3), ...pieces(3, { complete: true, packets: 2 }, 10)] }),
  },
  notes: {
    'a capture of later fragments and nothing else: one device of a LAG': {
      evidence: evidence({ fragments: pieces(3, { hasFirst: false }) }),
      finds: [{ missing: 'first', filtered: true }],
      says: [/holds later fragments and nothing else/],
    },
    'a filter for one port hides the later ones': evidence({
      points: [point({ quality: { arpPackets: 0 } })],
      fragments: pieces(3),
      datagrams: [carrier],
    }),
  },
});
