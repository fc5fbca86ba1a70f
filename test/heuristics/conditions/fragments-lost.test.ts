import { fragmentsLost } from '../../../src/heuristics/rules/large-packet-loss/fragments-lost.ts';
import { connection, datagram, echo, evidence, fragmented, point, ref, tunnel } from '../../support/evidence.ts';
import { verdicts } from '../../support/verdicts.ts';

const [CLIENT, SERVER] = ['10.244.1.5', '10.244.2.7'];
const POINTS = [point({ name: 'a' }), point({ name: 'b' })];
type Parts = Parameters<typeof fragmented>[0];
/** Incomplete datagrams, one a second from 0 on. */
const pieces = (count: number, some: Parts = {}, from = 0) =>
  Array.from({ length: count }, (_, at) => fragmented({ ipId: 1 + from + at, first: ref(from + at), ...some }));
/** Other packets of the link show that no filter hides fragments. */
const row = (fragments: ReturnType<typeof pieces>, some: object = {}) =>
  evidence({
    points: POINTS,
    fragments,
    connections: [connection({ client: '10.9.0.1:1', server: '10.9.0.2:2' })],
    ...some,
  });
const rests = (count: number, from: number) => pieces(count, { hasFirst: false }, from);
const senders = (...of: string[]) => row(of.flatMap((source) => pieces(3, { source })));
const sides = (some: Parameters<typeof datagram>[0]) =>
  row(pieces(3), { connections: [], datagrams: [datagram(some)] });

const [NODE, PEER] = ['192.168.0.1', '192.168.0.2'];
/** 1,480 octets of each tunnel packet were seen; at most 34 of them are the headers of the tunnel. */
const outer = (leg: object, flow: Parameters<typeof tunnel>[0] = {}) =>
  row(pieces(3, { source: NODE, destination: PEER, outer: true }), {
    tunnels: [
      tunnel({ index: 0, source: NODE, destination: PEER, ...flow }),
      tunnel({ index: 1, source: PEER, destination: NODE }),
    ],
    connections: [],
    ...leg,
  });
const carried = (to: object, back: object = {}) => ({ connections: [connection({ toServer: to, toClient: back })] });
const [ONE, NONE] = [{ conversations: [0] }, { conversations: [] }];

verdicts(fragmentsLost, {
  'three incomplete datagrams': [
    row(pieces(3)),
    'error',
    { incomplete: 3, complete: 0, missing: 'rest', others: 0, reach: 3, key: `${CLIENT}>${SERVER}`, between: null },
  ],
  'two incomplete datagrams': [row(pieces(2)), 'nothing'],
  'two that arrived, and three that did not': [
    row([...pieces(3), ...pieces(2, { complete: true }, 3)]),
    'error',
    { incomplete: 3, complete: 2 },
  ],
  'three that arrived, and three that did not': [row([...pieces(3), ...pieces(3, { complete: true }, 3)]), 'nothing'],
  'three of four lack the rest': [row([...pieces(3), ...rests(1, 3)]), 'error', { missing: 'rest' }],
  'three of four lack the first': [row([...pieces(1), ...rests(3, 1)]), 'error', { missing: 'first' }],
  'three of five lack the rest': [row([...pieces(3), ...rests(2, 3)]), 'nothing'],
  'half a second is left behind the third': [
    row(pieces(3), { points: [point({ quality: { lastTime: 2.5 } })] }),
    'error',
  ],
  'less than half a second is left behind the third': [
    row(pieces(3), { points: [point({ quality: { lastTime: 2.499 } })] }),
    'nothing',
  ],
  'the third is of another sender': [row([...pieces(2), ...pieces(1, { source: '10.244.1.6' }, 2)]), 'nothing'],
  'the third is for another receiver': [row([...pieces(2), ...pieces(1, { destination: '10.244.2.8' }, 2)]), 'nothing'],
  'the third is at another point': [row([...pieces(2), ...pieces(1, { point: 1 }, 2)]), 'nothing'],
  'three senders': [senders('10.244.1.5', '10.244.1.6', '10.244.1.7'), '3 errors', { others: 0, incomplete: 3 }],
  'four senders': [
    senders('10.244.1.5', '10.244.1.6', '10.244.1.7', '10.244.1.8'),
    'error',
    { others: 3, incomplete: 12, key: `>${SERVER}`, subject: { protocol: 'ip', client: '4 senders', server: SERVER } },
  ],
  'four senders, at two points': [
    row([1, 2, 3, 4].flatMap((nth) => pieces(3, { source: `10.244.1.${nth}`, point: nth === 4 ? 1 : 0 }))),
    '4 errors',
  ],
  'four senders to two receivers': [
    row([1, 2, 3, 4].flatMap((nth) => pieces(3, { source: `10.244.1.${nth}`, destination: `10.244.2.${nth % 2}` }))),
    '4 errors',
  ],
  'a conversation of the two': [sides({ client: `${CLIENT}:1`, server: `${SERVER}:2` }), 'error', ONE],
  'a conversation that the receiver began': [sides({ client: `${SERVER}:1`, server: `${CLIENT}:2` }), 'error', ONE],
  'another client of the receiver': [sides({ client: '10.244.1.6:1', server: `${SERVER}:2` }), 'error', NONE],
  'another server of the sender': [sides({ client: `${CLIENT}:1`, server: '10.244.2.8:2' }), 'error', NONE],
  'the receiver asks another': [sides({ client: `${SERVER}:1`, server: '10.244.2.8:2' }), 'error', NONE],
  'another asks the sender': [sides({ client: '10.244.2.8:1', server: `${CLIENT}:2` }), 'error', NONE],
  'a conversation of the two at another point': [
    sides({ client: `${CLIENT}:1`, server: `${SERVER}:2`, point: 1 }),
    'error',
    NONE,
  ],
  'TCP in the tunnel, as large as what was seen': [outer(carried({ largestL3: 1446, tunnels: [0] })), 'error', ONE],
  'TCP in the tunnel, smaller than what was seen': [outer(carried({ largestL3: 1445, tunnels: [0] })), 'error', NONE],
  'large answers in the tunnel': [outer(carried({}, { largestL3: 1500, tunnels: [0] })), 'error', ONE],
  'TCP in a second tunnel, too': [outer(carried({ largestL3: 1500, tunnels: [1, 0] })), 'error', ONE],
  'TCP in another tunnel': [outer(carried({ largestL3: 1500, tunnels: [1] })), 'error', NONE],
  'TCP in a tunnel at another point': [outer(carried({ largestL3: 1500, tunnels: [0] }), { point: 1 }), 'error', NONE],
  'TCP in a tunnel of another node': [
    outer(carried({ largestL3: 1500, tunnels: [0] }), { source: PEER }),
    'error',
    NONE,
  ],
  'TCP in a tunnel to another node': [
    outer(carried({ largestL3: 1500, tunnels: [0] }), { destination: '192.168.0.3' }),
    'error',
    NONE,
  ],
  'datagrams in the tunnel': [outer({ datagrams: [datagram({ largestL3: [1446, 70], tunnels: [0] })] }), 'error', ONE],
  'large answers to datagrams': [
    outer({ datagrams: [datagram({ largestL3: [70, 1446], tunnels: [0] })] }),
    'error',
    ONE,
  ],
  'small datagrams in the tunnel': [
    outer({ datagrams: [datagram({ largestL3: [1445, 70], tunnels: [0] })] }),
    'error',
    NONE,
  ],
  'datagrams in another tunnel': [
    outer({ datagrams: [datagram({ largestL3: [1500, 70], tunnels: [1] })] }),
    'error',
    NONE,
  ],
  'an echo says nothing of its tunnel': [outer({ echoes: [echo({ l3Length: 1500 })] }), 'error', NONE],
  'the smallest of the datagrams counts': [
    row(
      [...pieces(2), ...pieces(1, { seenOctets: 734 }, 2)].map((one) => ({
        ...one,
        source: NODE,
        destination: PEER,
        outer: true,
      })),
      {
        tunnels: [tunnel({ index: 0, source: NODE, destination: PEER })],
        ...carried({ largestL3: 700, tunnels: [0] }),
      },
    ),
    'error',
    ONE,
  ],
});
