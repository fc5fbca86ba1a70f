import { tunnelBlocked } from '../../../../src/heuristics/rules/cni/tunnel-blocked.ts';
import { connection, evidence, type Path, point, ref, ruleTable } from '../../../support/evidence.ts';
import { attempt, between, node } from '../../../support/tunnel-items.ts';

const points = [
  point({ name: 'node1 eth0', host: 'node1', role: 'node-nic' }),
  point({ name: 'node2 eth0', host: 'node2', role: 'node-nic', capture: 0 }),
];
const carried = attempt(0, null);
const plain = connection({ client: `${node(1)}:4000`, server: `${node(2)}:10250` }, { established: true });
const gone = { from: 0, to: 1, packets: 3, lost: 3, lostPackets: [ref(0), ref(1), ref(3)] };
const passes = { of: [plain], hops: [{ from: 0, to: 1, packets: 4 }] };
const rows = (hop: NonNullable<Path['hops']>[number], more: Path[], tunnels = [between(0, 1, 2)]) =>
  evidence({ points, tunnels, connections: [carried, plain], paths: [{ of: [carried], hops: [hop] }, ...more] });

ruleTable(tunnelBlocked, {
  fires: {
    'the tunnel is gone, plain packets pass': {
      evidence: rows(gone, [passes]),
      finds: [{ between: [0, 1], lost: 3, plainPasses: 1, conversations: [0], grade: 'confirmed' }],
      says: [
        /VXLAN \(UDP 8472\) packets from 192\.168\.0\.1 to 192\.168\.0\.2 leave node1 eth0 and never reach node2 eth0/,
      ],
    },
    'large ones are lost, and others as large pass': {
      evidence: rows({ ...gone, smallestLost: 1428, largestLost: 1428 }, [
        { of: [plain], hops: [{ from: 0, to: 1, packets: 4, largestArrived: 1500 }] },
      ]),
      finds: [{ between: [0, 1] }],
    },
    'IPIP is named by its protocol': {
      evidence: rows(gone, [passes], [between(0, 1, 2, { kind: 'ipip', destinationPort: 0 })]),
      says: [/IPIP \(IP protocol 4\)/, /ip proto 4/, /ip\.proto==4/],
      finds: [{}],
    },
  },
  quiet: {
    'nothing at all passes between the nodes': rows(gone, []),
    'small ones pass: the size is the reason': rows({ ...gone, packets: 6, matched: 3 }, [passes]),
    'only large ones were sent, and nothing as large passes: it may be their size': rows(
      { ...gone, smallestLost: 1428, largestLost: 1428 },
      [{ of: [plain], hops: [{ from: 0, to: 1, packets: 4, largestArrived: 245 }] }],
    ),
    'not assessable': rows({ ...gone, unknown: { code: 'no-common-time' } }, [passes]),
    'inside one node': evidence({
      points: points.map((one) => ({ ...one, host: 'node1' })),
      tunnels: [between(0, 1, 2)],
      connections: [carried, plain],
      paths: [{ of: [carried], hops: [gone] }, passes],
    }),
  },
});
