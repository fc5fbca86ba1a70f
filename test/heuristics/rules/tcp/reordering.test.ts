import { reordering } from '../../../../src/heuristics/rules/tcp/reordering.ts';
import { connection, evidence, point, ruleTable } from '../../../support/evidence.ts';
import { segment } from '../../../support/segment-items.ts';

const download = (toClient = {}, toServer = {}, rest = {}) =>
  connection(
    { toClient: { packets: 1010, dataSegments: 1000, ...toClient }, toServer: { packets: 500, ...toServer }, ...rest },
    { established: true },
  );
const points = [point({ name: 'client' }), point({ name: 'server' })];
/** Late segments, this many seconds apart. */
const late = (count: number, apart: number) =>
  Array.from({ length: count }, (_, nth) => segment(0.2 + nth * apart, 'outOfOrder', 1));
const often = { events: late(35, 0.01) };
const near = download({ outOfOrder: 35 }, {}, often);
const far = download({}, {}, { point: 1 });

ruleTable(reordering, {
  fires: {
    'late originals at the receiver': {
      evidence: evidence({
        connections: [near],
      }),
      finds: [{ grade: 'inferred', reach: 35, measured: { late: 35, segments: 1000 }, packetsTotal: 35 }],
      says: [/35 of 1000 segments from 10\.244\.2\.7 to 10\.244\.1\.5 come late/],
    },
    'two points say where': {
      evidence: evidence({
        points,
        connections: [near, far],
        paths: [{ of: [near, far], hops: [{ direction: 1, from: 1, to: 0, packets: 1000, reordered: 35 }] }],
      }),
      finds: [{ grade: 'confirmed', between: [1, 0] }],
    },
    'at the sender: fast retransmissions that the receiver calls needless': {
      evidence: evidence({
        connections: [download({ retransmissions: 12, fastRetransmissions: 8 }, { duplicateSacks: 12, dupAcks: 60 })],
      }),
      finds: [{ reach: 12 }],
    },
  },
  quiet: {
    'what comes late was sent again after loss': evidence({
      connections: [download({ retransmissions: 40, outOfOrder: 6 }, {}, { events: late(6, 0.01) })],
    }),
    'losses between two points outnumber it': evidence({
      points,
      connections: [near, far],
      paths: [{ of: [near, far], hops: [{ direction: 1, from: 1, to: 0, packets: 1000, lost: 90, lostData: 90 }] }],
    }),
    'the capture misses a fifth of the data': evidence({
      points: [point({ quality: { gapOctets: 20, tcpOctets: 80 } })],
      connections: [near],
    }),
    'four late ones': evidence({ connections: [download({ outOfOrder: 4 }, {}, { events: late(4, 0.01) })] }),
    'five of many': evidence({
      connections: [download({ outOfOrder: 5, dataSegments: 100_000 }, {}, { events: late(5, 0.01) })],
    }),
    'one burst: the flow was moved to another queue': evidence({
      connections: [download({ outOfOrder: 46 }, {}, { events: late(46, 0.000002) })],
    }),
    'needless repetitions by timeout': evidence({
      connections: [
        download({ retransmissions: 9, spuriousRetransmissions: 9, timeoutRetransmissions: 9 }, { duplicateSacks: 9 }),
      ],
    }),
    'acknowledgements that overtake each other between two points': evidence({
      points,
      connections: [far],
      paths: [{ of: [far], hops: [{ direction: 0, from: 0, to: 1, packets: 500, reordered: 50 }] }],
    }),
    'a point that merely copies': evidence({
      points: [point({ quality: { copies: 500 } })],
      connections: [download()],
    }),
  },
});
