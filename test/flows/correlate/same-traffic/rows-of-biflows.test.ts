import { describe, expect, test } from 'vitest';
import type { CaptureDigest, Joined } from '../../../../src/flows/capture/capture-digest.ts';
import type { Biflow } from '../../../../src/flows/correlate/same-traffic/biflow.ts';
import {
  biflowsOf,
  endsOf,
  hasIsnPair,
  mayBeSame,
  packetsOf,
  sameEnds,
  sameLayers,
  socketOf,
} from '../../../../src/flows/correlate/same-traffic/biflow.ts';
import { comparedPairs, comparedPairsWith } from '../../../../src/flows/correlate/same-traffic/compared-pairs.ts';
import { countsOf } from '../../../../src/flows/correlate/same-traffic/leg-counts.ts';
import { LinkedSets } from '../../../../src/flows/correlate/same-traffic/linked-sets.ts';
import { compareTtl, rolesOf, rowsOf, trackOf } from '../../../../src/flows/correlate/same-traffic/member-tracks.ts';
import { groupRows } from '../../../../src/flows/correlate/same-traffic/row-groups.ts';
import { captureRows, openStore } from '../../../../src/flows/correlate/same-traffic/sighting-store.ts';
import { finish } from '../../../../src/flows/correlate/steps.ts';
import { TO_CLIENT, TO_SERVER } from '../../../../src/flows/evidence/evidence.ts';
import { FlowCounts } from '../../../../src/flows/rows/flow-counts.ts';
import { MARK_COPY } from '../../../../src/flows/rows/row-marks.ts';
import { SightingTable } from '../../../../src/flows/rows/sighting-table.ts';
import { arp, capture, connection, datagram, echo, evidence, point, tunnel } from '../../../support/evidence.ts';
import { madeUpCluster } from '../made-up-cluster.ts';

/** A table of rows: flow, direction, packet, marks, tunnel. */
function table(
  rows: readonly (readonly [flow: number, direction: number, packet: number, marks?: number, tunnel?: number])[],
): SightingTable {
  const made = new SightingTable(100);
  for (const [flow, direction, packet, marks = 0, inside = 0] of rows) {
    const at = made.addRow(flow, direction);
    Object.entries({ flow, direction, packet, marks, tunnel: inside, time: packet / 10 }).forEach(([name, value]) => {
      made.columns[name as 'flow'][at] = value;
    });
  }
  return made;
}
const biflow = (some: Partial<Biflow>): Biflow =>
  ({
    id: 0,
    slot: 0,
    capture: 0,
    point: 0,
    flow: 0,
    kind: 'tcp',
    index: 0,
    protocol: 6,
    encapsulation: [],
    firstPacket: 1,
    connection: null,
    client: { address: 'a', port: 1 },
    server: { address: 'b', port: 2 },
    ...some,
  }) as Biflow;

describe('rows by biflow and direction', () => {
  test('are in the order of the capture, without copies and without flows of no biflow', () => {
    const rows = table([
      [5, 0, 1],
      [3, 0, 2],
      [5, 1, 3],
      [5, 0, 4, MARK_COPY],
      [5, 0, 5],
      [9, 0, 6],
      [4, 0, 7],
      [3, 1, 8],
    ]);
    const { order, starts } = groupRows(rows, [biflow({ slot: 0, flow: 5 }), biflow({ slot: 1, flow: 3 })]);
    expect([...starts]).toEqual([0, 2, 3, 4, 5]);
    expect([...order]).toEqual([0, 4, 2, 1, 7]);
  });

  test('of one flow number belong to the latest biflow that had begun', () => {
    const reused = [
      biflow({ slot: 0, flow: 5, firstPacket: 20 }),
      biflow({ slot: 1, flow: 5, firstPacket: 2 }),
      biflow({ slot: 2, flow: 5, firstPacket: 10 }),
    ];
    const rows = table([
      [5, 0, 1],
      [5, 0, 2],
      [5, 0, 9],
      [5, 0, 10],
      [5, 0, 19],
      [5, 0, 20],
      [5, 0, 99],
    ]);
    const { order, starts } = groupRows(rows, reused);
    const of = (slot: number) =>
      [...order.subarray(starts[2 * slot], starts[2 * slot + 1])].map((row) => rows.columns.packet[row]);
    expect([of(1), of(2), of(0)]).toEqual([
      [1, 2, 9],
      [10, 19],
      [20, 99],
    ]);
  });

  test('are none without a table', () => {
    expect(groupRows(undefined, [biflow({})])).toEqual({ order: new Uint32Array(0), starts: new Uint32Array(3) });
  });
});

describe('the store', () => {
  const biflows = [
    biflow({ flow: 5 }),
    biflow({ id: 1, capture: 1, point: 1, flow: 7 }),
    biflow({ id: 2, capture: 2, point: 2, flow: 8 }),
  ];
  const counts = new FlowCounts();
  counts.add(8, 0);
  counts.add(8, 0);
  counts.add(8, 1);
  const heads = Object.assign(
    table([
      [7, 0, 1, 0, 2],
      [7, 1, 2, 0, 0],
    ]),
    { wholeFlows: new Set([6]) },
  );
  const captures = [
    {
      sightings: table([
        [5, 0, 1, 0, 0],
        [5, 0, 2],
        [5, 1, 3, 0, 1],
      ]),
      tunnels: 3,
      hasAllConnections: true,
    },
    { sightings: heads, tunnels: 2, hasAllConnections: false },
    { sightings: undefined, counts, tunnels: 1, hasAllConnections: true },
  ];
  const store = finish(openStore(captures, biflows));
  const [a, b, c] = biflows;

  test('tells rows, and packets where these are counted in place of rows', () => {
    expect([store.rows(a, 0), store.rows(a, 1), store.rows(b, 0), store.rows(c, 0), store.rows(c, 1)]).toEqual([
      2, 1, 1, 2, 1,
    ]);
    expect([...store.track(a, 0).rows]).toEqual([0, 1]);
    expect([...store.track(c, 0).rows]).toEqual([]);
    expect([a, b, c].map((of) => store.isCounted(of))).toEqual([true, false, true]);
  });

  test('tells the tunnel of the first packet, numbered over all captures', () => {
    expect([
      store.tunnel(a, 0),
      store.tunnel(a, 1),
      store.tunnel(b, 0),
      store.tunnel(b, 1),
      store.tunnel(c, 0),
    ]).toEqual([-1, 0, 4, -1, -1]);
  });

  test('tells of what all packets have their rows', () => {
    expect([a, b, c].map((of) => store.isWhole(of))).toEqual([true, false, false]);
    expect(store.isWhole({ ...b, flow: 6 })).toBe(true);
    expect([a, b, { ...b, flow: 6 }, c].map((of) => store.isChosen(of))).toEqual([false, false, true, false]);
    expect([0, 1, 2].map((of) => store.hasHeads(of))).toEqual([true, true, false]);
    expect([0, 1, 2].map((of) => store.hasAllConnections(of))).toEqual([true, false, true]);
    const full = finish(
      openStore([{ ...captures[0], sightings: Object.assign(table([[5, 0, 1]]), { leftOut: 1 }) }], [a]),
    );
    expect([full.hasHeads(0), full.isWhole(a)]).toEqual([false, false]);
  });

  test('has other times for one comparison', () => {
    const store = finish(openStore(captures, biflows));
    expect([...store.times(0)]).toEqual([0.1, 0.2, 0.3]);
    expect(store.times(2)).toHaveLength(0);
    store.retime(0, Float64Array.from([7, 8, 9]));
    expect([...store.track(a, 0).columns.time]).toEqual([7, 8, 9]);
    expect([...(captures[0].sightings?.columns.time.subarray(0, 3) ?? [])]).toEqual([0.1, 0.2, 0.3]);
    store.retime(2, Float64Array.from([1]));
    expect(store.times(2)).toHaveLength(0);
  });

  test('knows whether all connections of a capture are in the evidence', () => {
    const digest = (kept: number, total: number, evicted: number) =>
      captureRows({
        connections: Array(kept).fill(null),
        connectionsTotal: total,
        connectionsEvicted: evicted,
        tunnels: [1, 2],
      } as unknown as CaptureDigest);
    expect([digest(2, 2, 0), digest(2, 3, 0), digest(2, 2, 1)].map((of) => of.hasAllConnections)).toEqual([
      true,
      false,
      false,
    ]);
    expect(digest(0, 0, 0).tunnels).toBe(2);
  });
});

describe('biflows', () => {
  test('are in order of capture, point, first packet and flow; exchanges of one flow are one', () => {
    const joined = evidence({
      captures: [capture(), capture()],
      points: [point(), point(), point({ capture: 1 })],
      connections: [
        connection({ point: 2, flow: 0, syn: [5] }),
        connection({ point: 1, flow: 1, syn: [9] }),
        connection({ flow: 2, syn: [9] }),
      ],
      echoes: [echo({ flow: 3 }), echo({ flow: 3 }), echo({ point: 2, flow: 3 })],
      arp: [arp({ flow: 4, requests: [2] }), arp({ flow: 4 })],
      datagrams: [
        { ...datagram({}), flow: 5, first: [null, { packet: 1, time: 0 }] },
        {
          ...datagram({}),
          flow: 6,
          first: [
            { packet: 9001, time: 9 },
            { packet: 9002, time: 9 },
          ],
        },
      ],
    }) as Joined;
    expect(
      biflowsOf(joined).map(
        ({ id, slot, capture: of, point: at, kind, index, flow, protocol }) =>
          `${id} ${slot} ${of} ${at} ${kind} ${index} ${flow} ${protocol}`,
      ),
    ).toEqual([
      '0 0 0 0 echo 0 3 1',
      '1 1 0 0 datagram 0 5 17',
      '2 2 0 0 arp 0 4 0',
      '3 3 0 0 tcp 2 2 6',
      '4 4 0 0 datagram 1 6 17',
      '5 5 0 1 tcp 1 1 6',
      '6 0 1 2 echo 2 3 1',
      '7 1 1 2 tcp 0 0 6',
    ]);
  });

  test('of one flow that two lists have are of the first one, in each capture for itself', () => {
    const joined = evidence({
      captures: [capture(), capture()],
      points: [point(), point({ capture: 1 })],
      connections: [connection({ flow: 0, syn: [1] })],
      datagrams: [
        { ...datagram({}), flow: 0 },
        { ...datagram({}), point: 1, flow: 0 },
      ],
    }) as Joined;
    expect(biflowsOf(joined).map(({ kind, capture: of }) => `${kind} ${of}`)).toEqual(['tcp 0', 'datagram 1']);
  });

  const ends = (client: [string, number], server: [string, number], some: Partial<Biflow> = {}) =>
    biflow({
      client: { address: client[0], port: client[1] },
      server: { address: server[0], port: server[1] },
      ...some,
    });

  test('have the same ends in either role', () => {
    const one = ends(['a', 1], ['b', 2]);
    expect(sameEnds(one, ends(['a', 1], ['b', 2]))).toBe(true);
    expect(sameEnds(one, ends(['b', 2], ['a', 1]))).toBe(true);
    for (const other of [
      ends(['a', 1], ['b', 3]),
      ends(['a', 3], ['b', 2]),
      ends(['c', 1], ['b', 2]),
      ends(['a', 1], ['c', 2]),
      ends(['b', 2], ['a', 3]),
      ends(['b', 3], ['a', 1]),
    ])
      expect(sameEnds(one, other)).toBe(false);
    expect(endsOf(one)).toBe(endsOf(ends(['b', 2], ['a', 1])));
    expect(endsOf(one)).not.toBe(endsOf(ends(['a', 1], ['b', 3])));
    expect([
      socketOf(ends(['a', 9], ['b', 2])),
      socketOf(ends(['a', 1], ['b', 2])),
      socketOf(ends(['a', 2], ['b', 2])),
    ]).toEqual(['a 9', 'b 2', 'b 2']);
  });

  test('are of one kind, or TCP in any form; have layers and counts', () => {
    expect(mayBeSame(biflow({}), biflow({ kind: 'datagram' }))).toBe(true);
    expect(mayBeSame(biflow({}), biflow({ kind: 'datagram', protocol: 17 }))).toBe(false);
    expect(mayBeSame(biflow({ kind: 'echo', protocol: 1 }), biflow({ kind: 'echo', protocol: 58 }))).toBe(true);
    expect(sameLayers(biflow({ encapsulation: ['vxlan'] }), biflow({ encapsulation: ['vxlan'] }))).toBe(true);
    expect(sameLayers(biflow({ encapsulation: ['vxlan'] }), biflow({ encapsulation: ['vxlan', 'ipip'] }))).toBe(false);
    expect(sameLayers(biflow({ encapsulation: ['vxlan'] }), biflow({ encapsulation: ['ipip'] }))).toBe(false);
    expect(packetsOf(biflow({ connection: connection({ toClient: { packets: 7 } }) }), TO_CLIENT)).toBe(7);
    expect(packetsOf(biflow({}), TO_CLIENT)).toBeUndefined();
    const pair = (toServer: number | null, toClient: number | null, synAckAcks: number | null) =>
      hasIsnPair({ ...connection({ toServer: { iss: toServer }, toClient: { iss: toClient } }), synAckAcks });
    expect([pair(1, 2, null), pair(null, 2, 3), pair(null, 2, null), pair(1, null, 3)]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('members', () => {
  const rows = (...ttls: number[]) => ttls.map((ttl) => ({ ttl, payloadLength: 10 }));
  const {
    evidence: joined,
    members,
    store,
  } = madeUpCluster(
    [
      { point: 0, there: rows(64, 1), back: rows(60) },
      { point: 1, there: rows(61), back: rows(63, 2, 3), flipped: true },
      { point: 1, kind: 'datagram', there: rows(9) },
      { point: 1, kind: 'echo', there: rows(9) },
    ],
    [{}, {}],
    { tunnels: [tunnel()] },
  );
  const [a, b, udp, ping] = members;

  test('have rows and roles by the conversation', () => {
    expect([
      rowsOf(store, a, TO_SERVER),
      rowsOf(store, a, TO_CLIENT),
      rowsOf(store, b, TO_SERVER),
      rowsOf(store, b, TO_CLIENT),
    ]).toEqual([2, 1, 3, 1]);
    expect(trackOf(store, b, TO_SERVER).rows).toHaveLength(3);
    expect(rolesOf(a).client.port).toBe(40000);
    expect(rolesOf(b).client.port).toBe(80);
  });

  test('are ordered by the hop limit of the first packet', () => {
    // There 64 and 63: the first one is nearer to the client. Back 60 and 61: the same.
    expect([compareTtl(a, b, store, TO_SERVER), compareTtl(b, a, store, TO_SERVER)]).toEqual([1, -1]);
    expect([compareTtl(a, b, store, TO_CLIENT), compareTtl(b, a, store, TO_CLIENT)]).toEqual([1, -1]);
    expect([
      compareTtl(a, a, store, TO_SERVER),
      compareTtl(a, udp, store, TO_CLIENT),
      compareTtl(udp, a, store, TO_CLIENT),
    ]).toEqual([0, 0, 0]);
  });

  test('are counted by their trackers, where there is one', () => {
    expect([
      countsOf(joined, a, TO_SERVER),
      countsOf(joined, b, TO_SERVER),
      countsOf(joined, udp, TO_SERVER),
      countsOf(joined, ping, TO_SERVER),
    ]).toEqual([{ packets: 2, octets: 20 }, { packets: 3, octets: 30 }, { packets: 1, octets: 10 }, null]);
  });
});

test('up to 24 are compared with each other; more with their next four and the first', () => {
  const pairs = (size: number) => [...comparedPairs(size)];
  expect(pairs(1)).toEqual([]);
  expect(pairs(3)).toEqual([
    [0, 1],
    [0, 2],
    [1, 2],
  ]);
  expect(pairs(24)).toHaveLength((24 * 23) / 2);
  // 24 with the first, and four each of the others but the last ones: 20 × 4 + 3 + 2 + 1.
  expect(pairs(25)).toHaveLength(24 + 20 * 4 + 3 + 2 + 1);
  expect(pairs(25).filter(([i]) => i === 5)).toEqual([
    [5, 6],
    [5, 7],
    [5, 8],
    [5, 9],
  ]);
  for (const size of [3, 24, 25, 40])
    for (const one of [0, 1, 4, 5, 6, size - 1].filter((at) => at < size))
      expect([...comparedPairsWith(one, size)]).toEqual(pairs(size).filter((pair) => pair.includes(one)));
});

test('linked sets: the smallest member is the root, and roles follow through all links', () => {
  const sets = new LinkedSets(6);
  sets.join(5, 4, true);
  sets.join(3, 2, false);
  sets.join(4, 3, true);
  const all = () => [0, 1, 2, 3, 4, 5].map((of) => `${sets.rootOf(of)}${sets.parityOf(of) ? '!' : ''}`);
  expect(all()).toEqual(['0', '1', '2', '2', '2!', '2']);
  // Joined already: nothing changes, whatever is said of the roles.
  sets.join(5, 2, true);
  expect(all()).toEqual(['0', '1', '2', '2', '2!', '2']);
  sets.join(5, 0, true);
  expect(all()).toEqual(['0', '1', '0!', '0!', '0', '0!']);
});
