import { describe, expect, test } from 'vitest';
import type { Evidence } from '../../../src/flows/evidence/evidence.ts';
import { gateOfHop, gatesOf, withBeginningsOpen, withGatesOpen } from '../../../src/heuristics/facts/gates.ts';
import { capture, connection, evidence, hop, point } from '../../support/evidence.ts';

const judged = (given: Evidence) => {
  const gates = gatesOf(given);
  return {
    absence: !gates.absence(0).ok,
    loss: !gates.loss(0).ok,
    missed: !gates.single(0).ok,
  };
};

test.each<[string, Evidence, { absence: boolean; loss: boolean; missed: boolean }]>([
  ['a clean capture', evidence(), { absence: false, loss: false, missed: false }],
  [
    'two of a hundred dropped',
    evidence({ captures: [capture({ dropped: 2 })] }),
    { absence: true, loss: true, missed: false },
  ],
  [
    'one of ten thousand dropped',
    evidence({ captures: [capture({ dropped: 1, packets: 9999 })] }),
    { absence: false, loss: false, missed: false },
  ],
  [
    'a fifth of the octets missed by the capture',
    evidence({ points: [point({ quality: { gapOctets: 20, tcpOctets: 80 } })] }),
    { absence: false, loss: true, missed: true },
  ],
  [
    'a hundredth of the octets missed by the capture',
    evidence({ points: [point({ quality: { gapOctets: 1, tcpOctets: 99 } })] }),
    { absence: false, loss: false, missed: true },
  ],
  [
    'half of the packets unreadable',
    evidence({ points: [point({ quality: { unreadable: 50 } })] }),
    { absence: true, loss: true, missed: false },
  ],
  [
    'one direction only',
    evidence({ connections: [connection({ syn: [0], toServer: { packets: 5, ackHigh: 9 } })] }),
    { absence: true, loss: true, missed: false },
  ],
  [
    'a silent server',
    evidence({ connections: [connection({ syn: [0, 1] })] }),
    { absence: false, loss: false, missed: false },
  ],
])('%s', (_, given, expected) => expect(judged(given)).toEqual(expected));

test('a point that does not exist has no gate', () => {
  expect(gatesOf(evidence()).absence(7).ok).toBe(true);
  expect(gatesOf(evidence()).single(7).ok).toBe(true);
});

describe('where a gate closes, and why', () => {
  const at = (quality: Parameters<typeof point>[0], file: Parameters<typeof capture>[0] = {}) => {
    const gates = gatesOf(
      evidence({ captures: [capture(), capture(file)], points: [point(), point({ ...quality, capture: 1 })] }),
    );
    return [gates.absence(1), gates.loss(1), gates.single(1)];
  };
  const open = { ok: true };
  const dropped = (packets: number, of: number) => ({ ok: false, code: 'dropped', point: 1, packets, of });
  const missed = (octets: number, of: number) => ({ ok: false, code: 'packets-missed', point: 1, octets, of });
  const unreadable = { ok: false, code: 'unreadable', point: 1, packets: 11, of: 100 };
  test.each<[name: string, told: unknown[], expected: unknown[]]>([
    ['one of a hundred was dropped', at({}, { dropped: 1, packets: 99 }), [dropped(1, 100), dropped(1, 100), open]],
    ['one of 101', at({}, { dropped: 1, packets: 100 }), [open, open, open]],
    ['none of none', at({}, { dropped: 0, packets: 0 }), [open, open, open]],
    ['a tenth is unreadable', at({ quality: { unreadable: 10 } }), [open, open, open]],
    ['more', at({ quality: { unreadable: 11 } }), [unreadable, unreadable, open]],
    ['no packet', at({ quality: { packets: 0, unreadable: 1 } }), [open, open, open]],
    [
      'a tenth of the octets is missed',
      at({ quality: { gapOctets: 10, tcpOctets: 90 } }),
      [open, open, missed(10, 100)],
    ],
    ['more octets', at({ quality: { gapOctets: 11, tcpOctets: 89 } }), [open, missed(11, 100), missed(11, 100)]],
    ['a thousandth of them', at({ quality: { gapOctets: 1, tcpOctets: 999 } }), [open, open, open]],
    ['more than that', at({ quality: { gapOctets: 1, tcpOctets: 998 } }), [open, open, missed(1, 999)]],
    [
      'one octet, and it is missed',
      at({ quality: { gapOctets: 1, tcpOctets: 0 } }),
      [open, missed(1, 1), missed(1, 1)],
    ],
  ])('%s', (_, told, expected) => expect(told).toEqual(expected));
  test('one direction of nineteen of twenty connections', () => {
    const half = (nth: number) =>
      connection({ client: `10.0.${nth}.1:1`, server: `10.1.${nth}.1:2`, toServer: { packets: 5, ackHigh: 9 } });
    const whole = (nth: number) =>
      connection({ client: `10.2.${nth}.1:1`, server: `10.3.${nth}.1:2` }, { established: true });
    const gate = (halves: number, wholes: number) =>
      gatesOf(
        evidence({ connections: [...Array(halves).keys()].map(half).concat([...Array(wholes).keys()].map(whole)) }),
      ).absence(0);
    expect(gate(19, 1)).toEqual({ ok: false, code: 'one-way', point: 0, connections: 19, of: 20 });
    expect(gate(18, 1)).toEqual(open);
    expect(gate(0, 1)).toEqual(open);
  });
  test('a connection that began before the capture, and a hop of which nothing is known', () => {
    const { beginning } = gatesOf(evidence());
    expect(beginning(connection({ point: 3, rolesFrom: 'guess' }))).toEqual({
      ok: false,
      code: 'handshake-missing',
      point: 3,
    });
    expect(beginning(connection({ rolesFrom: 'syn-ack' }))).toEqual(open);
    const reason = { code: 'no-common-time' as const };
    expect(gateOfHop(hop({ from: 2, to: 5, unknown: reason }))).toEqual({
      ok: false,
      code: 'hop-unknown',
      point: 5,
      from: 2,
      reason,
    });
    expect(gateOfHop(hop())).toEqual(open);
  });
});

describe('the same evidence with every gate open', () => {
  const path = (unknown: NonNullable<Parameters<typeof hop>[0]>['unknown']) => {
    const of = [connection(), connection({ point: 1 })];
    return evidence({
      points: [point(), point({ capture: 1 })],
      captures: [capture(), capture()],
      connections: of,
      paths: [{ of, hops: [{ lost: 1, unknown: unknown ?? null }] }],
    });
  };
  test('of points', () => {
    const shut = evidence({ points: [point({ quality: { gapOctets: 20, tcpOctets: 80 } })] });
    const opened = withGatesOpen(shut);
    expect(opened === null ? null : judged(opened)).toEqual({ absence: false, loss: false, missed: false });
    expect(judged(shut)).toEqual({ absence: false, loss: true, missed: true });
    expect(withGatesOpen(evidence())).toBeNull();
    expect(withGatesOpen(evidence({ points: [point({ quality: { gapOctets: 1, tcpOctets: 99 } })] }))).not.toBeNull();
  });
  test('of hops, but for those where the packets are known to have come', () => {
    const opened = withGatesOpen(path({ code: 'no-common-time' }));
    expect(opened?.conversations[0].hops[0].unknown).toBeNull();
    expect(withGatesOpen(path(null))).toBeNull();
    expect(withGatesOpen(path({ code: 'acknowledged-unseen' }))).toBeNull();
    expect(withGatesOpen(path({ code: 'answered-unseen' }))).toBeNull();
  });
  test('of connections that began before the capture', () => {
    const begun = (some: Parameters<typeof connection>[0]) => {
      const all = evidence({
        connections: [connection({ toServer: { packets: 1 }, toClient: { packets: 1 }, ...some })],
      });
      const opened = withBeginningsOpen(all);
      return opened === null ? null : gatesOf(opened).beginning(all.connections[0]).ok;
    };
    expect(begun({ rolesFrom: 'guess' })).toBe(true);
    expect(begun({ rolesFrom: 'syn' })).toBeNull();
    expect(begun({ rolesFrom: 'guess', toServer: { packets: 0 } })).toBeNull();
    expect(begun({ rolesFrom: 'guess', toClient: { packets: 0 } })).toBeNull();
  });
});
