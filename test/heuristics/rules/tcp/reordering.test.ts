import { reordering } from '../../../../src/heuristics/rules/tcp/reordering.ts';
import { connection, evidence, point, ruleTable } from '../../../support/evidence.ts';
import { segment } from '../../../support/segment-items.ts';
import { verdicts } from '../../../support/verdicts.ts';

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

const one = (toClient: object, rest: object = {}, toServer: object = {}) =>
  evidence({ connections: [download(toClient, toServer, rest)] });
const five = (some: object) => one({ outOfOrder: 5, ...some }, { events: late(5, 0.01) });
/** Four late segments, and another event. */
const withFourth = (event: ReturnType<typeof segment>, more: object = {}) =>
  one({ outOfOrder: 5 }, { events: [...late(4, 0.01), event], ...more });
/** 35 late segments, and what is known between points. */
const hops = (...some: object[]) =>
  evidence({
    points: [...points, point({ name: 'far' })],
    connections: [near, far],
    paths: [{ of: [near, far], hops: some.map((hop) => ({ direction: 1, from: 1, to: 0, packets: 1000, ...hop })) }],
  });
/** Repetitions that the receiver calls needless. */
const needless = (some: object, duplicateSacks = 12) =>
  one({ retransmissions: 12, fastRetransmissions: 8, resentSegments: 0, ...some }, {}, { duplicateSacks });

verdicts(reordering, {
  'five of a thousand': [five({}), 'warning', { late: 5, segments: 1000, reach: 5 }],
  'five of 1,001': [five({ dataSegments: 1001 }), 'nothing'],
  'four episodes, the last of two segments': [withFourth(segment(0.231, 'outOfOrder', 1)), 'nothing'],
  'five episodes': [withFourth(segment(0.24, 'outOfOrder', 1)), 'warning', { packetsTotal: 5 }],
  'the fifth is of the other direction': [withFourth(segment(0.24, 'outOfOrder', 0)), 'nothing'],
  'the fifth was sent again': [withFourth(segment(0.24, 'retransmission', 1)), 'nothing'],
  'not all events were kept': [one({ outOfOrder: 5 }, { events: late(4, 0.01), eventsTotal: 5 }), 'warning'],
  'all of four events were kept': [one({ outOfOrder: 5 }, { events: late(4, 0.01), eventsTotal: 4 }), 'nothing'],
  'fewer were sent again than come late': [one({ outOfOrder: 35, resentSegments: 34 }, often), 'warning'],
  'as many were sent again as come late': [one({ outOfOrder: 35, resentSegments: 35 }, often), 'nothing'],
  'fewer are lost than come late': [hops({ lost: 34, lostData: 34 }), 'warning', { between: null, grade: 'inferred' }],
  'as many are lost as come late': [hops({ lost: 35, lostData: 35 }), 'nothing'],
  'as many are lost on the way back': [hops({ direction: 0, lost: 35, lostData: 35 }), 'warning'],
  'what is lost at a hop is not known': [
    hops({ lost: 35, lostData: 35, unknown: { code: 'clock-unrelated', between: [0, 1] } }),
    'warning',
  ],
  'the hop that changes most is told': [
    hops({ reordered: 3 }, { reordered: 9, from: 2 }, { reordered: 50, direction: 0, from: 0, to: 2 }),
    'warning',
    { between: [2, 0], grade: 'confirmed' },
  ],
  'only the way back is changed': [hops({ reordered: 50, direction: 0 }), 'warning', { between: null }],
  'needless repetitions': [needless({}), 'warning', { late: 12 }],
  'fewer duplicates are told': [needless({}, 7), 'warning', { late: 7 }],
  'no fast repetition': [needless({ fastRetransmissions: 0 }), 'nothing'],
  'five that no timeout sent': [needless({ timeoutRetransmissions: 7 }), 'warning', { late: 5 }],
  'four that no timeout sent': [needless({ timeoutRetransmissions: 8 }), 'nothing'],
  'as many are sent again besides': [needless({ resentSegments: 24 }), 'nothing'],
  'fewer are sent again besides': [needless({ resentSegments: 23 }), 'warning'],
  'what the client sends': [
    evidence({
      connections: [
        connection(
          {
            toServer: { packets: 1010, dataSegments: 1000, outOfOrder: 35 },
            toClient: { packets: 500 },
            events: late(35, 0.01).map((event) => ({ ...event, direction: 0 as const })),
          },
          { established: true },
        ),
      ],
    }),
    'warning',
    { sender: '10.244.1.5', receiver: '10.244.2.7', packetsTotal: 35 },
  ],
});
