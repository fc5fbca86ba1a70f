import { droppedInNode } from '../../../src/heuristics/network-unreachable/dropped-in-node.ts';
import { connection, evidence, heuristicTable, point, ref } from '../../support/evidence.ts';
import { vanishedRows } from './vanished-rows.ts';

const rows = vanishedRows(['node1', 'node1']);
const requests = connection({ client: '10.244.1.5:4000', server: '10.244.2.7:80', syn: [0, 1, 3] });
const replies = connection({
  point: 1,
  client: '10.244.1.5:4000',
  server: '10.244.2.7:80',
  syn: [0, 1, 3],
  synAck: [0.1, 1.1],
});

heuristicTable(droppedInNode, {
  ...rows,
  fires: {
    ...rows.fires,
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
