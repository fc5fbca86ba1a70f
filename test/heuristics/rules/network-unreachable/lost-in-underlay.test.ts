import { lostInUnderlay } from '../../../../src/heuristics/rules/network-unreachable/lost-in-underlay.ts';
import {
  connection,
  datagram,
  echo,
  evidence,
  type Path,
  point,
  ref,
  ruleTable,
  tunnel,
} from '../../../support/evidence.ts';
import { vanishedRows } from '../../../support/vanished-rows.ts';
import { verdicts } from '../../../support/verdicts.ts';

const { fires, quiet } = vanishedRows(['node1', 'node2']);

/** Captures of two NICs that share no packet. */
const points = ['node1', 'node2'].map((host, capture) => point({ name: host, host, role: 'node-nic', capture }));
const gone: NonNullable<Path['hops']>[number] = {
  from: 0,
  to: 1,
  lost: 3,
  packets: 3,
  lostPackets: [ref(0), ref(1), ref(3)],
  byWallClock: true,
};
const syns = connection({ client: '10.9.0.5:4000', server: '10.9.0.7:6443', syn: [0, 1, 3] });
const logs = datagram({ client: '10.9.0.5:4000', server: '10.9.0.7:514', sent: [0, 1, 3] });

/** Tunnel devices of two nodes, and a NIC whose packets were cut within their headers. */
const seenAtTunnels = [
  ...['node1', 'node2'].map((host, capture) => point({ name: host, host, role: 'tunnel-device', capture })),
  point({ name: 'node1 eth0', host: 'node1', role: 'node-nic', capture: 2, quality: { unreadable: 40 } }),
];
const { byWallClock: _, ...goneBetween } = gone;

ruleTable(lostInUnderlay, {
  fires: {
    ...fires,
    'the NIC shows too little of each packet': {
      evidence: evidence({
        points: seenAtTunnels,
        connections: [syns],
        paths: [{ of: [syns], hops: [goneBetween] }],
      }),
      finds: [{ between: [0, 1], wires: 'cut' }],
    },
    'the NICs were not captured': {
      evidence: evidence({
        points: seenAtTunnels.slice(0, 2),
        connections: [syns],
        paths: [{ of: [syns], hops: [goneBetween] }],
      }),
      finds: [{ between: [0, 1], wires: 'none' }],
      says: [/The NICs were not captured/],
    },
    'both NICs were captured and show nothing that can be compared': {
      evidence: evidence({
        points: [...seenAtTunnels.slice(0, 2), ...['node1', 'node2'].map((host) => point({ host, role: 'node-nic' }))],
        connections: [syns],
        paths: [{ of: [syns], hops: [goneBetween] }],
      }),
      finds: [{ between: [0, 1], wires: 'unread' }],
      says: [/The NICs were captured, and what they show of these packets cannot be compared/],
    },
    'one of the two NICs was captured': {
      evidence: evidence({
        points: [...seenAtTunnels.slice(0, 2), point({ host: 'node1', role: 'node-nic' })],
        connections: [syns],
        paths: [{ of: [syns], hops: [goneBetween] }],
      }),
      finds: [{ between: [0, 1], wires: 'some' }],
      says: [/Not both NICs were captured/],
    },
    'a tunnel that cannot be read vanishes, and what is silent inside it with it': (() => {
      const outer = datagram({ client: '192.168.0.1:51820', server: '192.168.0.2:51820', sent: [0, 1, 3] });
      const inside = { client: '10.9.0.5:4001', server: '10.9.0.7:80', point: 2 };
      return {
        evidence: evidence({
          points: [...points, point({ host: 'node1', role: 'tunnel-device' })],
          datagrams: [outer, datagram({ ...inside, client: '10.9.0.5:4002', back: [0.1] })],
          connections: [
            connection({ ...inside, syn: [0, 1, 3] }),
            connection({ ...inside, client: '10.9.0.5:4003' }, { established: true }),
          ],
          paths: [{ of: [outer], hops: [goneBetween] }],
        }),
        finds: [{ conversations: [0, 1] }],
      };
    })(),
    'nothing is shared: by wall clocks, inferred': {
      evidence: evidence({ points, connections: [syns], paths: [{ of: [syns], hops: [gone] }] }),
      finds: [{ between: [0, 1], lost: 3, grade: 'inferred', wires: 'seen' }],
    },
  },
  quiet: {
    ...quiet,
    'nothing is shared, and datagrams need no answer': evidence({
      points,
      datagrams: [logs],
      paths: [{ of: [logs], hops: [gone] }],
    }),
  },
});

/** A tunnel that cannot be read vanishes between two NICs; inside it, the first node has something at its tunnel device. */
const opaque = (parts: Parameters<typeof evidence>[0], device: Parameters<typeof point>[0] = {}) => {
  const outer = datagram({ client: '192.168.0.1:51820', server: '192.168.0.2:51820', sent: [0, 1, 3] });
  return evidence({
    points: [...points, point({ host: 'node1', role: 'tunnel-device', ...device })],
    ...parts,
    datagrams: [outer, ...(parts?.datagrams ?? [])],
    paths: [{ of: [outer], hops: [gone] }],
  });
};
const inner = { client: '10.9.0.5:4001', server: '10.9.0.7:80', point: 2 };
const tcp = (some: object = {}) => ({ connections: [connection({ ...inner, syn: [0, 1], ...some })] });
const udp = (back: number[]) => ({ datagrams: [datagram({ ...inner, back })] });
const ping = (reply: number | null) => ({ echoes: [echo({ point: 2, reply })] });
const inTunnelAt = (at: number) => ({ ...tcp(), tunnels: [tunnel({ index: 0, point: at })] });
const WITH_IT = { conversations: [0, 1] };

verdicts(lostInUnderlay, {
  'a connection waits inside': [opaque(tcp()), 'error', WITH_IT],
  'a connection is answered inside': [opaque(tcp({ toClient: { packets: 1 } })), 'nothing'],
  'datagrams wait inside': [opaque(udp([])), 'error', WITH_IT],
  'datagrams are answered inside': [opaque(udp([0.1])), 'nothing'],
  'a ping waits inside': [opaque(ping(null)), 'error', WITH_IT],
  'a ping is answered inside': [opaque(ping(0.1)), 'nothing'],
  'what waits is at another device': [opaque(tcp(), { role: 'bridge' }), 'nothing'],
  'what waits is at another node': [opaque(tcp(), { host: 'node3' }), 'nothing'],
  'the first NIC shows a tunnel that can be read': [opaque(inTunnelAt(0)), 'nothing'],
  'the second NIC shows a tunnel that can be read': [opaque(inTunnelAt(1)), 'error', WITH_IT],
});
