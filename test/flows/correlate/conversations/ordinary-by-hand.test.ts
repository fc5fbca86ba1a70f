import { describe, expect, test } from 'vitest';
import type { Joined } from '../../../../src/flows/capture/capture-digest.ts';
import { conversationProtocol } from '../../../../src/flows/correlate/conversations/conversation-leg.ts';
import { dropOrdinary, flowKey, withObjects } from '../../../../src/flows/correlate/conversations/drop-ordinary.ts';
import { wantedFlows } from '../../../../src/flows/correlate/conversations/wanted-flows.ts';
import type { Biflow } from '../../../../src/flows/correlate/same-traffic/biflow.ts';
import { joinByPayload } from '../../../../src/flows/correlate/same-traffic/join-by-payload.ts';
import { LinkedSets } from '../../../../src/flows/correlate/same-traffic/linked-sets.ts';
import { finish } from '../../../../src/flows/correlate/steps.ts';
import {
  arp,
  capture,
  connection,
  datagram,
  dns,
  type EvidenceParts,
  echo,
  evidence,
  hop,
  point,
  reset,
} from '../../../support/evidence.ts';
import { type MadeUpLeg, madeUpCluster } from '../made-up-cluster.ts';

type Connection = ReturnType<typeof connection>;

describe('an ordinary connection', () => {
  /** Whether a connection is dropped beyond none that are kept. */
  const isDropped = (some: Parameters<typeof connection>[0] = {}, more: Partial<Connection> = {}) => {
    const one = { ...connection(some, { established: true }), ...more };
    return dropOrdinary(evidence({ connections: [one] }), 0).conversations.length === 0;
  };

  test('opened once, is open or closed, and has nothing odd', () => {
    expect(isDropped()).toBe(true);
    expect(isDropped({ state: 'closed' })).toBe(true);
    for (const state of ['syn-sent', 'syn-received', 'reset'] as const)
      expect(isDropped({ state: state as 'closed' })).toBe(false);
    expect([isDropped({ syn: [0, 1] }), isDropped({ synAck: [0, 1] })]).toEqual([false, false]);
    expect(isDropped({ eventsTotal: 1 })).toBe(false);
    expect(isDropped({ resets: [reset(1, 0)] })).toBe(false);
    expect(isDropped({ stalls: [1, 0] })).toBe(false);
    expect(isDropped({ stalls: [0, 1] })).toBe(false);
    expect(isDropped({}, { slowTurns: [{}] as never })).toBe(false);
    expect(isDropped({}, { application: {} as never })).toBe(false);
    expect(isDropped({}, { transfer: {} as never })).toBe(false);
    expect(isDropped({}, { end: { openRequest: true, crossed: false } as never })).toBe(false);
    expect(isDropped({}, { end: { openRequest: false, crossed: true } as never })).toBe(false);
    expect(isDropped({}, { end: { openRequest: false, crossed: false } as never })).toBe(true);
    for (const side of ['toServer', 'toClient'] as const)
      for (const some of [{ packets: 0 }, { packets: 3, unackedOctets: 1 }, { packets: 3, holesTotal: 1 }])
        expect(isDropped({ [side]: some })).toBe(false);
  });
});

describe('an ordinary conversation', () => {
  const two = [point({ name: 'a' }), point({ name: 'b' })];
  const complete = (at: number, some: Parameters<typeof connection>[0] = {}) =>
    connection({ point: at, ...some }, { established: true });
  const kept = (parts: EvidenceParts, most = 0) =>
    dropOrdinary(evidence({ points: two, ...parts }), most).conversations.length;

  test('is complete on every leg, and lost nothing between them', () => {
    const of = [complete(0), complete(1)];
    const over = (some: Parameters<typeof hop>[0]) => kept({ connections: of, paths: [{ of, hops: [hop(some)] }] });
    expect([over({}), over({ lost: 1 }), over({ unknown: { code: 'order-unknown' } })]).toEqual([0, 1, 1]);
    const odd = [complete(0), complete(1, { eventsTotal: 1 })];
    expect(kept({ connections: odd, paths: [{ of: odd, hops: [hop()] }] })).toBe(1);
  });

  test('is of TCP, or of datagrams with an answer; pings and ARP are kept', () => {
    expect(kept({ datagrams: [datagram({ back: [1] })] })).toBe(0);
    expect(kept({ datagrams: [datagram({})] })).toBe(1);
    expect(kept({ echoes: [echo()] })).toBe(1);
    expect(kept({ arp: [arp()] })).toBe(1);
  });

  test('the first ones stay; the packets of hops that are left out are counted, for TCP', () => {
    const pairs = [1, 2, 3].map((nth) => [
      complete(0, { client: `10.0.0.1:${nth}` }),
      complete(1, { client: `10.0.0.1:${nth}` }),
    ]);
    const all = evidence({
      points: two,
      connections: pairs.flat(),
      paths: pairs.map((of, nth) => ({
        of,
        hops: [hop({ from: 0, to: 1, packets: 10 + nth }), hop({ from: 1, to: 0, direction: 1, packets: 5 })],
      })),
    });
    expect(dropOrdinary(all, 1).hopsLeftOut).toEqual([
      { from: 0, to: 1, packets: 23 },
      { from: 1, to: 0, packets: 10 },
    ]);
    expect(dropOrdinary(all, 1).connections.map(({ client, index }) => [client.port, index])).toEqual([
      [1, 0],
      [1, 1],
    ]);
    expect(dropOrdinary(all, 3).connections).toHaveLength(6);
    expect(
      dropOrdinary(all, 2).conversations.map(({ index, legs }) => [index, ...legs.map((leg) => leg.index)]),
    ).toEqual([
      [0, 0, 1],
      [1, 2, 3],
    ]);
    const of = [datagram({ back: [1] }), datagram({ point: 1, back: [1] })];
    expect(
      dropOrdinary(evidence({ points: two, datagrams: of, paths: [{ of, hops: [hop()] }] }), 0).hopsLeftOut,
    ).toEqual([]);
    expect(dropOrdinary(all, 1).datagramsLeftOut).toEqual([]);
  });

  test('packets of datagrams that are left out are counted by hop, direction and ends', () => {
    const pairs = ['10.0.0.1:1', '10.0.0.1:2', '10.0.0.3:1'].map((client) => [
      datagram({ client, server: '10.0.0.9:53', back: [1] }),
      datagram({ client, server: '10.0.0.9:53', back: [1], point: 1 }),
    ]);
    const all = evidence({
      points: two,
      datagrams: pairs.flat(),
      paths: pairs.map((of, nth) => ({
        of,
        hops: [hop({ from: 0, to: 1, packets: 2 + nth }), hop({ from: 1, to: 0, direction: 1, packets: 1 })],
      })),
    });
    const there = { from: 0, to: 1, direction: 0, client: '10.0.0.1', server: '10.0.0.9' };
    const back = { ...there, from: 1, to: 0, direction: 1 };
    expect(dropOrdinary(all, 0).datagramsLeftOut).toEqual([
      { ...there, packets: 5, conversations: 2 },
      { ...back, packets: 2, conversations: 2 },
      { ...there, client: '10.0.0.3', packets: 4, conversations: 1 },
      { ...back, client: '10.0.0.3', packets: 1, conversations: 1 },
    ]);
    expect(dropOrdinary(all, 2).datagramsLeftOut).toHaveLength(2);
  });

  test('answered datagrams and lookups that are left out are counted by point', () => {
    const lookups = [0, 1].map((at) => dns({ point: at, answered: 0.001, client: `10.0.0.1:${at + 1}` }));
    const flows = [
      datagram({ point: 1, back: [1], client: '10.0.0.9:9', protocol: 17 }),
      datagram({ point: 1, back: [1], client: '10.0.0.9:8', protocol: 132 }),
    ];
    const found = dropOrdinary(evidence({ points: two, dns: lookups, datagrams: flows }), 0);
    expect(found.answeredLeftOut).toEqual([
      { point: 1, udp: 2, lookups: 1 },
      { point: 0, udp: 1, lookups: 1 },
    ]);
    expect([found.dns, found.datagrams]).toEqual([[], []]);
  });

  test('keys of flows do not meet', () => {
    expect([flowKey(0, 2 ** 32 - 1), flowKey(1, 0), flowKey(3, 7)]).toEqual([2 ** 32 - 1, 2 ** 32, 3 * 2 ** 32 + 7]);
  });

  test('numbers of items are those of their lists', () => {
    const all = evidence({ connections: [complete(0)] });
    const moved = { ...all, connections: [{ ...all.connections[0], index: 9 }] };
    expect(withObjects(moved as Joined).connections[0].index).toBe(0);
    expect(withObjects(all as Joined).connections[0]).toBe(all.connections[0]);
  });
});

describe('the protocol of a conversation', () => {
  const of = (...kinds: [kind: Biflow['kind'], protocol: number][]) =>
    conversationProtocol(kinds.map(([kind, protocol]) => ({ kind, protocol }) as Biflow));
  test('is that of its first biflow; TCP needs one with whole headers', () => {
    expect([
      of(['arp', 0]),
      of(['tcp', 6]),
      of(['datagram', 17]),
      of(['echo', 1]),
      of(['echo', 58]),
      of(['datagram', 132]),
    ]).toEqual(['arp', 'tcp', 'udp', 'icmp', 'icmp', 'other']);
    expect([of(['datagram', 6]), of(['datagram', 6], ['tcp', 6]), of(['datagram', 6], ['datagram', 6])]).toEqual([
      'other',
      'tcp',
      'other',
    ]);
  });
});

describe('flows that are read again', () => {
  test('count their packets; a ping or ARP counts as 64', () => {
    const tcp = connection({ syn: [0, 1, 3], toClient: { packets: 4 } });
    const udp = datagram({ there: [1, 2], client: '10.0.0.9:1' } as Parameters<typeof datagram>[0]);
    const rows = (parts: EvidenceParts) =>
      wantedFlows(
        evidence({ captures: [capture()], ...parts }) as Joined,
        { ofReading: 1000, ofOneConversation: 1000 },
        new Set([0]),
      )[0]?.[0].rows;
    expect(rows({ connections: [tcp] })).toBe(7);
    expect(rows({ datagrams: [udp] })).toBe(udp.packets[0] + udp.packets[1]);
    expect(rows({ echoes: [echo()] })).toBe(64);
    expect(rows({ arp: [arp()] })).toBe(64);
    expect(
      wantedFlows(evidence({ connections: [tcp] }) as Joined, { ofReading: 1000, ofOneConversation: 1000 }, new Set()),
    ).toEqual([]);
  });
});

describe('datagrams with their payload alone in common', () => {
  const [A, B] = ['10.0.0.1:4000', '10.0.0.9:1194'];
  const [C, D] = ['192.0.2.1:4009', '10.19.0.5:1194'];
  const rows = (hashes: number[], by = 0, id = 0) =>
    hashes.map((hash, nth) => ({ payloadHash: 70_000 + hash, payloadLength: 100, ipId: id + nth + 1, time: nth + by }));
  interface Flow extends Partial<MadeUpLeg> {
    at: number;
  }
  /** Points of the sets after the join, "!" behind those with turned roles. */
  const joined = (flows: Flow[], points: Parameters<typeof madeUpCluster>[1] = [{}, {}]) => {
    const {
      evidence: all,
      members,
      store,
    } = madeUpCluster(
      flows.map(({ at, ...some }) => ({ point: at, kind: 'datagram' as const, ...some })),
      points,
    );
    const biflows = members.map(({ biflow }) => biflow).sort((a, b) => a.id - b.id);
    const sets = new LinkedSets(biflows.length);
    finish(joinByPayload(all, biflows, store, sets));
    return biflows.map(({ id }) => `${sets.rootOf(id)}${sets.parityOf(id) ? '!' : ''}`).join(' ');
  };
  const near = (some: Partial<MadeUpLeg> = {}, hashes = [1, 2, 3]): Flow => ({
    at: 0,
    client: A,
    server: B,
    there: rows(hashes),
    ...some,
  });
  const far = (some: Partial<MadeUpLeg> = {}, hashes = [1, 2, 3], by = 0.1): Flow => ({
    at: 1,
    client: C,
    server: D,
    there: rows(hashes, by, 500),
    ...some,
  });

  test('are joined by three, of one direction and with about the same delay', () => {
    expect(joined([near(), far()])).toBe('0 0');
    expect(joined([near(), far({}, [1, 2, 4])])).toBe('0 1');
    expect(joined([near(), far({ there: [], back: rows([1, 2, 3], 0.1, 500) })])).toBe('0 0!');
    const mixed = rows([1, 2, 3, 4], 0.1, 500);
    expect(joined([near({}, [1, 2, 3, 4]), far({ there: mixed.slice(0, 3), back: mixed.slice(3) })])).toBe('0 1');
    const late = (by: number) =>
      joined([
        near(),
        far({
          there: rows([1, 2, 3], 0.1, 500).map((row, nth) => ({ ...row, time: row.time + (nth === 2 ? by : 0) })),
        }),
      ]);
    expect([late(1.99), late(2.01)]).toEqual(['0 0', '0 1']);
  });

  test('are those of datagrams and pings, not of TCP, and not of points that cut', () => {
    expect(joined([near({ kind: 'echo' }), far({ kind: 'echo' })])).toBe('0 0');
    expect(joined([near({ kind: 'tcp' }), far({ kind: 'tcp' })])).toBe('0 1');
    expect(joined([near(), far()], [{}, { quality: { cut: 1 } }])).toBe('0 1');
  });

  test('each flow has one partner at a point: that with most packets', () => {
    const five = [1, 2, 3, 4, 5];
    const other = { client: '192.0.2.2:1', server: '10.19.0.6:1' };
    // The second flow of point 1 shares five, the first one three others.
    const first = far({}, [6, 7, 8]);
    expect(joined([near({}, [...five, 6, 7, 8]), first, far(other, five)])).toBe('0 1 0');
    expect(joined([near({}, [...five, 6, 7, 8, 9, 10, 11]), far({}, [6, 7, 8, 9, 10, 11]), far(other, five)])).toBe(
      '0 0 2',
    );
    expect(joined([near({}, [1, 2, 3, 6, 7, 8]), far({}, [6, 7, 8]), far(other, [1, 2, 3])])).toBe('0 0 2');
  });

  test('fewer than three, where others showed both translations', () => {
    const short = (some: Partial<MadeUpLeg> = {}): Flow[] => [
      near({ client: '10.0.0.1:4001' }, [7]),
      far({ client: '192.0.2.1:4010', ...some }, [7]),
    ];
    expect(joined([near(), ...short(), far()].sort((a, b) => a.at - b.at))).toBe('0 1 1 0');
    expect(joined([near(), ...short({ client: '192.0.2.3:4010' }), far()].sort((a, b) => a.at - b.at))).toBe('0 1 2 0');
    expect(joined([near(), ...short({ server: '10.19.0.6:1194' }), far()].sort((a, b) => a.at - b.at))).toBe('0 1 2 0');
    expect(joined(short())).toBe('0 1');
    // In the other direction the roles are turned.
    const back = short({ client: D, server: '192.0.2.1:4010', there: [], back: rows([7], 0.1, 500) });
    expect(joined([near(), ...back, far()].sort((a, b) => a.at - b.at))).toBe('0 1 1! 0');
  });
});
