import { describe, expect, test } from 'vitest';
import type { RttSummary } from '../../../../src/flows/evidence/evidence.ts';
import {
  isTurned,
  knowsRoles,
  roundTripBetween,
  roundTripOf,
} from '../../../../src/heuristics/facts/tcp/beginnings.ts';
import { clientWentOn, isReplyHalf, octetsBetween, viewsOf } from '../../../../src/heuristics/facts/tcp/halves.ts';
import { roundTrips } from '../../../support/ending-items.ts';
import { capture, connection, evidence, point, ref } from '../../../support/evidence.ts';

type Parts = NonNullable<Parameters<typeof connection>[0]>;
const guess = (client: string, server: string, some: Parts = {}) =>
  connection({ client, server, rolesFrom: 'guess', ...some });
const opened = (client: string, server: string) => connection({ client, server, syn: [0] });
const [A, B, C] = ['10.0.0.1:50000', '10.0.0.2:50001', '10.0.0.3:50002'];

describe('who is the client', () => {
  type Role = [
    name: string,
    judged: ReturnType<typeof connection>,
    others: ReturnType<typeof connection>[],
    knows: boolean,
    turned: boolean,
  ];
  test.each<Role>([
    ['a SYN', connection({ client: A, server: B, rolesFrom: 'syn' }), [], true, false],
    ['a SYN-ACK', connection({ client: A, server: B, rolesFrom: 'syn-ack' }), [], true, false],
    ['nothing', guess(A, B), [], false, false],
    ['the ports', guess(A, '10.0.0.2:80'), [], true, false],
    ['two ports of servers', guess('10.0.0.1:81', '10.0.0.2:80'), [], false, false],
    ['the least port of a client', guess('10.0.0.1:32768', '10.0.0.2:32767'), [], true, false],
    ['less than that', guess('10.0.0.1:32767', '10.0.0.2:80'), [], false, false],
    ['ports the other way', guess('10.0.0.2:80', A), [], false, false],
    ['another one was opened to the same socket', guess(A, B), [opened(C, B)], true, false],
    ['another one was opened to its client', guess(A, B), [opened(C, A)], false, true],
    ['both', guess(A, B), [opened(C, A), opened(C, B)], false, false],
    ['several share the socket', guess(A, B), [guess(C, B)], true, false],
    ['one of them once more', guess(A, B), [guess(A, B)], false, false],
    ['several share the socket of its client', guess(A, '10.0.0.2:80'), [guess(B, A), guess(C, A)], false, false],
  ])('%s', (_, judged, others, knows, turned) => {
    const all = evidence({ connections: [judged, ...others] });
    expect(knowsRoles(all, all.connections[0])).toBe(knows);
    expect(isTurned(all, all.connections[0])).toBe(turned);
  });
  test('the roles of a SYN are never turned', () => {
    const all = evidence({ connections: [opened(A, B), opened(C, A)] });
    expect(isTurned(all, all.connections[0])).toBe(false);
  });
});

describe('a round trip', () => {
  const rtt = (to: number | null, back: number | null): [RttSummary | null, RttSummary | null] => [
    roundTrips(to),
    roundTrips(back),
  ];
  const sides = (there: number | null, back: number | null): Parts => ({
    handshakeServerSide: there,
    handshakeClientSide: back,
  });
  test('of one connection', () => {
    const of = (some: Parts) => roundTripOf(connection(some));
    expect(of({ rolesFrom: 'syn', ...sides(1, 2), rtt: rtt(8, 16) })).toBe(3);
    expect(of({ rolesFrom: 'syn', ...sides(1, null) })).toBe(1);
    expect(of({ rolesFrom: 'syn', ...sides(null, 2) })).toBe(2);
    expect(of({ rolesFrom: 'syn-ack', ...sides(1, 2), rtt: rtt(8, 16) })).toBe(24);
    expect(of({ rolesFrom: 'guess', rtt: rtt(8, null) })).toBe(8);
    expect(of({ rolesFrom: 'guess', rtt: rtt(null, 16) })).toBe(16);
    expect(of({ rolesFrom: 'guess' })).toBe(0);
  });
  const between = (legs: ReturnType<typeof connection>[], others: ReturnType<typeof connection>[] = []) => {
    const { least, most } = roundTripBetween(
      evidence({ points: [point(), point()], connections: [...others, ...legs] }),
      legs,
    );
    return [least, most];
  };
  const begun = (some: Parts = {}) => guess(A, '10.0.0.2:80', some);
  const other = (some: Parts = {}) => connection({ client: '10.0.0.1:7', server: '10.0.0.2:9', syn: [0], ...some });
  test.each<
    [name: string, legs: ReturnType<typeof connection>[], others: ReturnType<typeof connection>[], expected: number[]]
  >([
    ['its own handshake', [begun(sides(1, 2))], [], [3, 3]],
    ['that of the last point', [begun(sides(1, 2)), begun(sides(4, 8))], [], [12, 12]],
    ['that of another connection of the two', [begun()], [other(sides(1, 2))], [3, 3]],
    ['the shortest of several', [begun()], [other(sides(4, 8)), other(sides(1, 2)), other(sides(2, 2))], [3, 3]],
    ['one side of a handshake is none', [begun()], [other(sides(1, null)), other(sides(null, 1))], [0, Infinity]],
    ['not that of other machines', [begun()], [other({ ...sides(1, 2), client: '10.0.0.9:7' })], [0, Infinity]],
    ['not that of another point', [begun()], [other({ ...sides(1, 2), point: 1 })], [0, Infinity]],
    ['half a handshake of its own', [connection({ client: A, syn: [0], ...sides(1, null) })], [], [1, 1]],
    ['data of both sides, at most', [begun({ rtt: rtt(4, 8) })], [], [0, 12]],
    ['data of one side', [begun({ rtt: rtt(4, null) })], [], [0, Infinity]],
    ['data of the other side', [begun({ rtt: rtt(null, 8) })], [], [0, Infinity]],
    ['between two points at least', [begun({ rtt: rtt(9, 2) }), begun({ rtt: rtt(4, 5) })], [], [3, 9]],
    ['the lesser of both ways', [begun({ rtt: rtt(6, 2) }), begun({ rtt: rtt(4, 7) })], [], [2, 8]],
    ['points in another order', [begun({ rtt: rtt(4, 5) }), begun({ rtt: rtt(9, 2) })], [], [0, 9]],
  ])('between two ends: %s', (_, legs, others, expected) => expect(between(legs, others)).toEqual(expected));
});

describe('a connection in two halves', () => {
  const asked = (some: Parts = {}) => connection({ client: A, server: '10.0.0.2:80', syn: [0], ...some });
  const replies = (some: Parts = {}) =>
    connection({ client: A, server: '10.0.0.2:80', point: 1, synAck: [1], synAckAcks: 1001, ...some });
  const judged = (...connections: ReturnType<typeof connection>[]) => {
    const all = evidence({ points: [point(), point({ capture: 1 })], captures: [capture(), capture()], connections });
    return all.conversations.map((one) => [viewsOf(all, one).map(({ point: at }) => at), isReplyHalf(all, one)]);
  };
  const apart = [
    [[0], false],
    [[1], false],
  ];
  test('that were captured apart', () => {
    expect(judged(asked(), replies())).toEqual([
      [[0, 1], false],
      [[1, 0], true],
    ]);
    expect(judged(asked({ toServer: { iss: 2 ** 32 - 1 } }), replies({ synAckAcks: 0 }))).toEqual([
      [[0, 1], false],
      [[1, 0], true],
    ]);
  });
  test.each<[name: string, asked: Parts, replies: Parts]>([
    ['another number', {}, { synAckAcks: 1002 }],
    ['what is acknowledged is unknown', {}, { synAckAcks: null }],
    ['the number of the SYN is unknown', { toServer: { iss: null } }, {}],
    ['both directions at the first point', { toClient: { packets: 1 } }, {}],
    ['both directions at the second point', {}, { toServer: { packets: 1 } }],
    ['another client', { client: B }, {}],
    ['another port of the server', { server: '10.0.0.2:81' }, {}],
  ])('or not: %s', (_, one, other) => expect(judged(asked(one), replies(other))).toEqual(apart));
  test('whether the client sent more than SYNs and resets', () => {
    const went = (some: Parts) => clientWentOn(connection({ syn: [0], ...some }));
    const more = { packets: 2, ackHigh: 5 };
    expect(went({})).toBe(false);
    expect(went({ handshakeAck: ref(1) })).toBe(true);
    expect(went({ toServer: more })).toBe(true);
    expect(went({ toServer: { ...more, packets: 1 } })).toBe(false);
    expect(went({ toServer: { ...more, resets: 1 } })).toBe(false);
    expect(went({ toServer: { ...more, ackHigh: null } })).toBe(false);
    const begun = (toClient: object) => went({ syn: [], rolesFrom: 'guess', toServer: more, toClient });
    expect(begun({})).toBe(false);
    expect(begun({ packets: 1 })).toBe(true);
    expect(begun({ packets: 1, resets: 1 })).toBe(false);
    expect(begun({ packets: 2, resets: 1 })).toBe(true);
  });
  test('octets from one number to another', () => {
    expect(octetsBetween(5, 9)).toBe(4);
    expect(octetsBetween(9, 5)).toBe(-4);
    expect(octetsBetween(2 ** 32 - 1, 3)).toBe(4);
    expect(octetsBetween(3, 2 ** 32 - 1)).toBe(-4);
  });
});
