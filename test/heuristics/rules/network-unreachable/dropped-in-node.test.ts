import type { PointRole } from '../../../../src/flows/evidence/evidence.ts';
import { droppedInNode } from '../../../../src/heuristics/rules/network-unreachable/dropped-in-node.ts';
import { connection, evidence, point, ref, ruleTable, tunnel } from '../../../support/evidence.ts';
import { vanishedRows } from '../../../support/vanished-rows.ts';

const rows = vanishedRows(['node1', 'node1']);
const requests = connection({ client: '10.244.1.5:4000', server: '10.244.2.7:80', syn: [0, 1, 3] });
const replies = connection({
  point: 1,
  client: '10.244.1.5:4000',
  server: '10.244.2.7:80',
  syn: [0, 1, 3],
  synAck: [0.1, 1.1],
});

/** A NIC, the tunnel device behind it and the bridge behind that. */
const inward = [
  point({ name: 'eth0', host: 'node1', role: 'node-nic' }),
  point({ name: 'flannel.1', host: 'node1', role: 'tunnel-device' }),
  point({ name: 'cni0', host: 'node1', role: 'bridge' }),
];
const MACS = [0, 1, 2, 3, 9].map((number) => ({ value: `02:00:00:00:00:0${number}`, count: 3 }));
const vanishes = (from: number) => ({
  from,
  to: from + 1,
  lost: 3,
  packets: 3,
  lostPackets: [ref(0), ref(1), ref(3)],
});
const carried = connection({
  client: '10.244.1.5:4000',
  server: '10.244.2.7:80',
  syn: [0, 1, 3],
  encapsulation: ['vxlan'],
  toServer: { tunnels: [0] },
});
/** At the tunnel device; `to` the MAC of that number. */
const opened = (client: string, from: number, to: number, established = true) =>
  connection(
    {
      point: 1,
      client,
      server: '10.244.2.7:80',
      syn: established ? [0] : [0, 1, 3],
      toServer: { sourceMacs: [MACS[from]], destinationMacs: [MACS[to]] },
    },
    { established },
  );

/** The SYN passes; the third ACK and one segment, sent five times, do not. */
const staged = (toServer: object = {}, hop: object = {}) => {
  const one = connection(
    {
      client: '10.244.1.5:4000',
      server: '10.244.2.7:80',
      syn: [0],
      toServer: { packets: 7, dataSegments: 5, resentSegments: 4, iss: 1000, ...toServer },
    },
    { established: false },
  );
  const passes = { packets: 7, matched: 1, lost: 6, lostData: 5, lostSinceMatch: 6 };
  return evidence({
    points: inward.slice(1),
    connections: [one],
    paths: [{ of: [one], hops: [{ ...vanishes(0), ...passes, ...hop }] }],
  });
};

/** From a device of a node to another one. */
const through = (from: PointRole, to: PointRole, passing: string | null) => {
  const points = [
    point({ name: 'first', host: 'node1', role: from }),
    point({ name: 'second', host: 'node1', role: to }),
  ];
  const other = connection({ client: passing ?? '', server: '10.244.2.7:81' }, { established: true });
  return evidence({
    points,
    connections: passing === null ? [requests] : [requests, other],
    paths: [
      { of: [requests], hops: [vanishes(0)] },
      ...(passing === null ? [] : [{ of: [other], hops: [{ from: 0, to: 1, packets: 4 }] }]),
    ],
  });
};

ruleTable(droppedInNode, {
  ...rows,
  quiet: {
    ...rows.quiet,
    'after the handshake: what was lost is acknowledged after all': staged({ firstAckedData: ref(2) }),
    'after the handshake: the sender repeats nothing': staged({ resentSegments: 0 }),
    'after the handshake: a packet with data passed': staged({}, { matchedData: 1 }),
    'after the handshake: something passes later': staged({}, { lostSinceMatch: 5 }),
    'after the handshake: two packets with data only': staged({}, { lostData: 2 }),
    'after the handshake: only packets that may be too large': staged({}, { smallestLost: 1400, largestArrived: 60 }),
    'after no handshake: a connection that was open before the capture': staged({ syns: 0, iss: null }),
  },
  fires: {
    'after the handshake: only packets without data pass, also later': {
      evidence: staged({}, { lostData: 6, lostSinceMatch: 2 }),
      finds: [{ measured: { lost: 6, staged: 1 } }],
      says: [/and no packet with data did/],
    },
    'between two NICs of a router: it may have a third': {
      evidence: through('node-nic', 'node-nic', '10.244.1.5:4001'),
      finds: [{ grade: 'inferred', mayLeaveElsewhere: true }],
      says: [/unless they leave by a device that was not captured/, /several next hops/],
    },
    'between two NICs of a machine that is no node': {
      evidence: through('host-nic', 'host-nic', '10.244.1.5:4001'),
      finds: [{ grade: 'inferred' }],
    },
    'out of a node by its NIC, where nothing else between the two leaves': {
      evidence: through('bridge', 'node-nic', '10.244.1.6:4001'),
      finds: [{ grade: 'inferred', mayLeaveElsewhere: true }],
    },
    'out of a node by its NIC, where others between the two leave': {
      evidence: through('bridge', 'node-nic', '10.244.1.5:4001'),
      finds: [{ grade: 'confirmed', mayLeaveElsewhere: false }],
    },
    'into a node, to the bridge of its pods': {
      evidence: through('node-nic', 'bridge', null),
      finds: [{ grade: 'confirmed', mayLeaveElsewhere: false }],
    },
    ...rows.fires,
    'nothing after the handshake': {
      evidence: staged(),
      finds: [{ between: [0, 1], grade: 'confirmed', measured: { lost: 6, staged: 1 } }],
      says: [/The first packets of it passed there, and no packet with data did/, /drops the rest as invalid/],
    },
    'at the device that should open the tunnel': {
      evidence: evidence({
        points: inward,
        tunnels: [tunnel({ index: 0, networkId: 7, destinationPort: 8472, source: '192.168.0.1' })],
        connections: [carried],
        paths: [{ of: [carried], hops: [vanishes(0)] }],
      }),
      finds: [{ between: [0, 1], arrival: { tunnel: { networkId: 7 }, foreignMac: null } }],
      says: [/no tunnel device of .* takes VXLAN \(UDP 8472\) VNI 7 from 192\.168\.0\.1/],
    },
    'behind the tunnel device, addressed to a MAC that nobody has there': {
      evidence: ((lost) =>
        evidence({
          points: inward,
          connections: [lost, opened('10.244.3.5:4000', 3, 2), opened('10.244.1.6:4000', 1, 2)],
          paths: [{ of: [lost], hops: [vanishes(1)] }],
        }))(opened('10.244.1.5:4000', 1, 4, false)),
      finds: [{ between: [1, 2], measured: { meantMac: '02:00:00:00:00:09', ownMac: '02:00:00:00:00:02' } }],
      says: [/a stale neighbour entry/],
    },
    'behind the tunnel device, with the MAC of all others': {
      evidence: ((lost) =>
        evidence({
          points: inward,
          connections: [lost, opened('10.244.3.5:4000', 3, 2), opened('10.244.1.6:4000', 1, 2)],
          paths: [{ of: [lost], hops: [vanishes(1)] }],
        }))(opened('10.244.1.5:4000', 1, 2, false)),
      finds: [{ between: [1, 2], arrival: { tunnel: null, foreignMac: null } }],
    },
    'replies do not take the way of their requests': {
      evidence: evidence({
        points: [point({ name: 'flannel.1', host: 'node1' }), point({ name: 'cni0', host: 'node1' })],
        connections: [requests, replies],
        paths: [
          {
            of: [requests, replies],
            hops: [
              { from: 0, to: 1, packets: 3, matched: 3 },
              { direction: 1, from: 1, to: 0, packets: 2, lost: 2, lostPackets: [ref(0.1), ref(1.1)] },
            ],
          },
        ],
      }),
      finds: [{ repliesOnly: true, grade: 'inferred', between: [1, 0] }],
      says: [/the replies leave by another device/],
    },
  },
});
