import { describe, expect, test } from 'vitest';
import { DelayFloor } from '../../../../src/flows/correlate/hosts-and-clocks/clock-fit.ts';
import type { Comparison } from '../../../../src/flows/correlate/hosts-and-clocks/comparison.ts';
import { guessHosts } from '../../../../src/flows/correlate/hosts-and-clocks/guess-hosts.ts';
import type { CapturePoint } from '../../../../src/flows/evidence/evidence.ts';
import { type EvidenceParts, hostActivity, tunnel } from '../../../support/evidence.ts';
import { type MadeUpLeg, madeUpCluster } from '../made-up-cluster.ts';

const [POD_A, POD_B] = ['10.244.1.5', '10.244.2.7'];
const [NODE_A, NODE_B] = ['192.168.0.1', '192.168.0.2'];
const fresh = [{ value: 64, count: 1 }];
const US = 1e-6;

interface Delays {
  forth?: number;
  back?: number;
  unordered?: number;
  nearer?: Record<string, number>;
}
type Pair = [a: number, b: number, delays: Delays];

/** Hosts of points after the guess, with what packets showed of each pair of clocks. Each point has a clock. */
function guess(
  points: Partial<Omit<CapturePoint, 'quality'>>[],
  pairs: Pair[],
  {
    legs = [],
    clocks = points.map((_, index) => index),
    ...parts
  }: Omit<EvidenceParts, 'clocks'> & { legs?: MadeUpLeg[][]; clocks?: number[] } = {},
) {
  const { evidence, members, store } = madeUpCluster(legs.flat(), points, parts);
  let at = 0;
  const groups = legs.map((group) => members.slice(at, (at += group.length)));
  const floor = (delay: number | undefined) => {
    const made = new DelayFloor(0, 1);
    if (delay !== undefined) made.add(0, delay);
    return made;
  };
  const comparisons = pairs.map(
    ([a, b, { forth, back, unordered, nearer = {} }]): Comparison => ({
      clocks: [a, b],
      forth: floor(forth),
      back: floor(back),
      unordered: floor(unordered),
      nearer: new Map(Object.entries(nearer)),
    }),
  );
  guessHosts({ evidence, groups, store, clocks, comparisons });
  return { hosts: evidence.points.map(({ host }) => host), notes: evidence.notes, points: evidence.points };
}
const [BRIDGE, DEVICE, NIC] = [{ role: 'bridge' }, { role: 'tunnel-device' }, { role: 'node-nic' }] as const;
const hostsOf = (...given: Parameters<typeof guess>) => guess(...given).hosts;
const near: Delays = { forth: 20 * US, back: 10 * US };
const ONE = ['host 1', 'host 1'];
const NONE = [null, null];

describe('two devices of a node', () => {
  test('are of one host where packets pass them within a millisecond, and a note says so', () => {
    const { hosts, notes, points } = guess([BRIDGE, DEVICE], [[0, 1, near]]);
    expect(hosts).toEqual(ONE);
    expect(notes).toEqual([{ code: 'host-guessed', points: [0, 1], host: 'host 1' }]);
    expect(points.map(({ namedBy }) => namedBy)).toEqual(['traffic', 'traffic']);
    expect(hostsOf([BRIDGE, DEVICE], [[0, 1, { forth: 0.001, back: 0 }]])).toEqual(ONE);
    expect(hostsOf([BRIDGE, DEVICE], [[0, 1, { forth: 0.0011, back: 0 }]])).toEqual(NONE);
    // The direction with the larger delay counts, whatever its sign; without known ones, what has no direction.
    expect(hostsOf([BRIDGE, DEVICE], [[0, 1, { forth: 0, back: 0.0011 }]])).toEqual(NONE);
    expect(hostsOf([BRIDGE, DEVICE], [[0, 1, { unordered: 0.0009 }]])).toEqual(ONE);
    expect(hostsOf([BRIDGE, DEVICE], [[0, 1, { unordered: -0.0011 }]])).toEqual(NONE);
    expect(hostsOf([BRIDGE, DEVICE], [[0, 1, { ...near, unordered: 0.5 }]])).toEqual(ONE);
  });

  test('are not where packets arrive before they left by more than 20 µs', () => {
    expect(hostsOf([BRIDGE, DEVICE], [[0, 1, { forth: -19 * US, back: 0 }]])).toEqual(ONE);
    expect(hostsOf([BRIDGE, DEVICE], [[0, 1, { forth: -21 * US, back: 0 }]])).toEqual(NONE);
    expect(hostsOf([BRIDGE, DEVICE], [[0, 1, { forth: 0, back: -21 * US }]])).toEqual(NONE);
    expect(hostsOf([BRIDGE, DEVICE], [[0, 1, { back: -21 * US }]])).toEqual(NONE);
  });

  test('are not of one kind, of an unknown one, or without packets in common', () => {
    expect(hostsOf([BRIDGE, BRIDGE], [[0, 1, near]])).toEqual(NONE);
    expect(hostsOf([DEVICE, DEVICE], [[0, 1, near]])).toEqual(NONE);
    expect(hostsOf([BRIDGE, {}], [[0, 1, near]])).toEqual(NONE);
    expect(hostsOf([BRIDGE, DEVICE], [])).toEqual(NONE);
  });

  test('keep a name that one of them has; two names stay apart', () => {
    expect(hostsOf([{ ...BRIDGE, host: 'w1' }, DEVICE], [[0, 1, near]])).toEqual(['w1', 'w1']);
    expect(hostsOf([BRIDGE, { ...DEVICE, host: 'w1' }], [[0, 1, near]])).toEqual(['w1', 'w1']);
    const { notes, hosts } = guess([{ ...BRIDGE, host: 'w1' }, { ...DEVICE, host: 'w2' }, {}], [[0, 1, near]]);
    expect([hosts, notes]).toEqual([['w1', 'w2', null], []]);
    const named = guess(
      [
        { ...BRIDGE, host: 'w1', namedBy: 'name' },
        { ...DEVICE, namedBy: 'name' },
      ],
      [[0, 1, near]],
    );
    expect(named.points.map(({ namedBy }) => namedBy)).toEqual(['name', 'name']);
  });

  test('in one capture have its host', () => {
    const one = [
      { ...BRIDGE, capture: 0 },
      { ...DEVICE, capture: 0 },
    ];
    expect(hostsOf(one, [[0, 1, near]])).toEqual(NONE);
  });
});

describe('hop limits', () => {
  const leg = (point: number, ttl: number): MadeUpLeg => ({ point, there: [{ ttl }] });

  test('one less between two devices is one host, two less are two', () => {
    const fall = (a: number, b: number) =>
      hostsOf([BRIDGE, DEVICE], [[0, 1, near]], { legs: [[leg(0, a), leg(1, b)]] });
    expect(fall(64, 63)).toEqual(ONE);
    expect(fall(64, 62)).toEqual(NONE);
    expect(fall(62, 64)).toEqual(NONE);
  });

  test('of a conversation that passed one of them twice: the least difference counts', () => {
    expect(hostsOf([BRIDGE, DEVICE], [[0, 1, near]], { legs: [[leg(0, 64), leg(0, 63), leg(1, 62)]] })).toEqual(ONE);
    expect(hostsOf([BRIDGE, DEVICE], [[0, 1, near]], { legs: [[leg(0, 64), leg(1, 62), leg(0, 63)]] })).toEqual(ONE);
    // But each conversation for itself.
    const both = [
      [leg(0, 64), leg(1, 63)],
      [leg(0, 64), leg(1, 62)],
    ];
    expect(hostsOf([BRIDGE, DEVICE], [[0, 1, near]], { legs: both })).toEqual(NONE);
  });

  test('the direction with the smaller difference counts; without packets in common nothing is told', () => {
    const legs = (back: number | null): MadeUpLeg[][] => [
      [
        { point: 0, there: [{ ttl: 64 }], back: [{ ttl: 60 }] },
        { point: 1, there: [{ ttl: 62 }], back: back === null ? [] : [{ ttl: back }] },
      ],
    ];
    expect(hostsOf([BRIDGE, DEVICE], [[0, 1, near]], { legs: legs(61) })).toEqual(ONE);
    expect(hostsOf([BRIDGE, DEVICE], [[0, 1, near]], { legs: legs(62) })).toEqual(NONE);
    expect(hostsOf([BRIDGE, DEVICE], [[0, 1, near]], { legs: legs(null) })).toEqual(NONE);
    const apart: MadeUpLeg[][] = [
      [
        { point: 0, there: [{ ttl: 64 }] },
        { point: 1, back: [{ ttl: 1 }] },
      ],
    ];
    expect(hostsOf([BRIDGE, DEVICE], [[0, 1, near]], { legs: apart })).toEqual(ONE);
  });
});

describe('several nodes', () => {
  test('the nearest devices belong together, and each device to one', () => {
    const all = [BRIDGE, DEVICE, DEVICE];
    const by = (one: number, other: number): Pair[] => [
      [0, 1, { forth: one * US }],
      [0, 2, { forth: other * US }],
    ];
    expect(hostsOf(all, by(20, 30))).toEqual(['host 1', 'host 1', null]);
    expect(hostsOf(all, by(30, 20))).toEqual(['host 1', null, 'host 1']);
    expect(hostsOf(all, by(20, 20))).toEqual(['host 1', 'host 1', null]);
    expect(hostsOf(all, by(20, 20).reverse())).toEqual(['host 1', 'host 1', null]);
    expect(
      hostsOf(
        [DEVICE, BRIDGE, BRIDGE, DEVICE],
        [
          [0, 1, near],
          [2, 3, near],
        ],
      ),
    ).toEqual(['host 1', 'host 1', 'host 2', 'host 2']);
  });

  test('pod sides with one link address are on one bridge', () => {
    const macs = [{ value: '02:00:00:00:00:11', count: 1 }];
    const at = (point: number) => hostActivity('10.244.1.9', { point, macs });
    const all = [BRIDGE, { role: 'pod-veth' }, BRIDGE] as const;
    expect(hostsOf([...all], [], { hosts: [at(0), at(1)] })).toEqual(['host 1', 'host 1', null]);
    expect(hostsOf([...all], [], { hosts: [at(0), at(1), at(2)] })).toEqual(['host 1', 'host 1', 'host 1']);
    // A tunnel device with it is none of them.
    expect(hostsOf([BRIDGE, DEVICE], [], { hosts: [at(0), at(1)] })).toEqual(NONE);
  });
});

describe('a NIC', () => {
  /** Point 0 is a NIC with the tunnels of node A; POD_A is behind node A and POD_B behind node B. */
  const tunnels = (point = 0) => [
    tunnel({ point, source: NODE_A, destination: NODE_B, ttls: fresh, innerSources: [{ value: POD_A, count: 9 }] }),
    tunnel({ point, source: NODE_B, destination: NODE_A, innerSources: [{ value: POD_B, count: 9 }] }),
  ];
  const hosts = (point = 0) => [NODE_A, NODE_B].map((address) => hostActivity(address, { point, outer: true }));
  const guessed = (votes: Record<string, number>) =>
    hostsOf([NIC, DEVICE], [[0, 1, { ...near, nearer: votes }]], { tunnels: tunnels(), hosts: hosts() });
  const guessedTurned = (votes: Record<string, number>) =>
    hostsOf([DEVICE, NIC], [[0, 1, { ...near, nearer: votes }]], { tunnels: tunnels(1), hosts: hosts(1) });

  test('is of the node of a device that plain packets pass on the near side', () => {
    // Below 0: the device (clock 1) is nearer to the client, POD_A, of node A.
    expect(guessed({ [`${POD_A} ${POD_B}`]: -3 })).toEqual([NODE_A, NODE_A]);
    expect(guessed({ [`${POD_A} ${POD_B}`]: 3 })).toEqual(NONE);
    expect(guessed({ [`${POD_B} ${POD_A}`]: 3 })).toEqual([NODE_A, NODE_A]);
    expect(guessedTurned({ [`${POD_A} ${POD_B}`]: 3 })).toEqual([NODE_A, NODE_A]);
    expect(guessedTurned({ [`${POD_A} ${POD_B}`]: -3 })).toEqual(NONE);
  });

  test('is of the node for which most votes are; without votes its own single address is enough', () => {
    expect(guessed({})).toEqual([NODE_A, NODE_A]);
    expect(guessed({ [`${POD_A} ${POD_B}`]: 0 })).toEqual([NODE_A, NODE_A]);
    expect(guessed({ [`${POD_A} 10.9.9.9`]: -3, [`${POD_B} 10.9.9.9`]: -2 })).toEqual([NODE_A, NODE_A]);
    expect(guessed({ [`${POD_A} 10.9.9.9`]: -2, [`${POD_B} 10.9.9.9`]: -3 })).toEqual(NONE);
    // Both of one pod add up; with as many votes the smaller address is taken.
    const [first, second] = [`${POD_A} 10.9.9.9`, `${POD_A} 10.9.9.8`];
    expect(guessed({ [first]: -2, [`${POD_B} 10.9.9.9`]: -3, [second]: -2 })).toEqual([NODE_A, NODE_A]);
    expect(guessed({ [`${POD_B} 10.9.9.9`]: -3, [first]: -3 })).toEqual([NODE_A, NODE_A]);
  });

  test('with two possible addresses needs the NIC of the other end', () => {
    const open = [tunnel({ source: NODE_A, destination: NODE_B, ttls: fresh })];
    expect(hostsOf([NIC, DEVICE], [[0, 1, near]], { tunnels: open, hosts: hosts() })).toEqual(NONE);
    const both = [...open, tunnel({ point: 2, source: NODE_A, destination: NODE_B, ttls: fresh })];
    expect(hostsOf([NIC, DEVICE, NIC], [[0, 1, near]], { tunnels: both, hosts: [...hosts(), ...hosts(2)] })).toEqual([
      'host 1',
      'host 1',
      null,
    ]);
  });

  test('of another node than the pods is apart', () => {
    // The bridge shows a fresh packet of POD_B, of node B; the NIC is that of node A.
    const pod = (address: string) => hostActivity(address, { point: 1, ttls: fresh });
    const together = (address: string) =>
      hostsOf([NIC, BRIDGE], [[0, 1, near]], { tunnels: tunnels(), hosts: [...hosts(), pod(address)] });
    expect(together(POD_B)).toEqual(NONE);
    expect(together(POD_A)).toEqual([NODE_A, NODE_A]);
  });

  test('gives its address as the name, unless another host has it', () => {
    const named = (name: string) =>
      hostsOf([NIC, DEVICE, { host: name }], [[0, 1, near]], { tunnels: tunnels(), hosts: hosts() });
    expect(named(NODE_A)).toEqual(['host 1', 'host 1', NODE_A]);
    expect(named(NODE_B)).toEqual([NODE_A, NODE_A, NODE_B]);
    // Two that claim one address: the first has it.
    const pairs: Pair[] = [
      [0, 1, near],
      [2, 3, near],
    ];
    const parts = { tunnels: [...tunnels(0), ...tunnels(2)], hosts: [...hosts(0), ...hosts(2)] };
    expect(hostsOf([NIC, DEVICE, NIC, DEVICE], pairs, parts)).toEqual([NODE_A, NODE_A, 'host 2', 'host 2']);
  });

  test('with two possible addresses gets the one that no other host needs', () => {
    const open = (point: number) => [tunnel({ point, source: NODE_A, destination: NODE_B, ttls: fresh })];
    const pairs: Pair[] = [
      [0, 1, near],
      [2, 3, near],
    ];
    const all = hostsOf([NIC, DEVICE, NIC, DEVICE], pairs, {
      tunnels: [...tunnels(0), ...open(2)],
      hosts: [...hosts(), ...hosts(2)],
    });
    expect(all).toEqual([NODE_A, NODE_A, NODE_B, NODE_B]);
  });
});

describe('captures of which nothing is known', () => {
  const routed = (a: number, b: number, fall = 1): MadeUpLeg[] => [
    { point: a, there: [{ ttl: 63 }] },
    { point: b, there: [{ ttl: 63 - fall }] },
  ];
  const pair: Pair[] = [[0, 1, near]];

  test('are the two sides of a router where packets were routed once between them', () => {
    expect(hostsOf([{}, {}], pair, { legs: [routed(0, 1)] })).toEqual(ONE);
    expect(hostsOf([{}, {}], pair, { legs: [routed(0, 1, 0)] })).toEqual(NONE);
    expect(hostsOf([{}, {}], pair)).toEqual(NONE);
    expect(hostsOf([{}, {}], [[0, 1, { forth: 0.001 }]], { legs: [routed(0, 1)] })).toEqual(ONE);
    expect(hostsOf([{}, {}], [[0, 1, { forth: 0.0011 }]], { legs: [routed(0, 1)] })).toEqual(NONE);
    expect(hostsOf([{}, {}], [[0, 1, { forth: -21 * US }]], { legs: [routed(0, 1)] })).toEqual(NONE);
  });

  test('each is taken once, the nearest first', () => {
    const legs = [routed(0, 1), routed(1, 2)];
    const by = (one: number, other: number) =>
      hostsOf(
        [{}, {}, {}],
        [
          [0, 1, { forth: one * US }],
          [1, 2, { forth: other * US }],
        ],
        { legs },
      );
    expect(by(20, 30)).toEqual(['host 1', 'host 1', null]);
    expect(by(30, 20)).toEqual([null, 'host 1', 'host 1']);
    expect(by(20, 20)).toEqual(['host 1', 'host 1', null]);
  });

  test('are not with a host, with two points, or two NICs; two pod sides may be', () => {
    const legs = [routed(0, 1)];
    expect(hostsOf([{ host: 'a' }, {}], pair, { legs })).toEqual(['a', null]);
    expect(hostsOf([{}, { host: 'a' }], pair, { legs })).toEqual([null, 'a']);
    const two = [{ capture: 0 }, { capture: 1 }, { capture: 1 }];
    expect(hostsOf(two, pair, { legs, clocks: [0, 1, 1] })).toEqual([null, null, null]);
    expect(hostsOf([BRIDGE, BRIDGE], pair, { legs })).toEqual(ONE);
    const wires = [0, 1].map((point) => tunnel({ point, source: NODE_A, destination: NODE_B, ttls: fresh }));
    expect(hostsOf([NIC, NIC], pair, { legs, tunnels: wires })).toEqual(NONE);
    expect(hostsOf([DEVICE, DEVICE], pair, { legs })).toEqual(NONE);
    expect(hostsOf([NIC, {}], pair, { legs, tunnels: [wires[0]] })).toEqual(ONE);
  });
});

test('of two devices that turn out to be of one host, the one that packets to the pod pass first is its bridge', () => {
  const ownMacs = [{ value: '02:00:00:00:00:01', count: 1 }];
  const of = (firstReceived: number) => (point: number) =>
    hostActivity(POD_A, {
      point,
      ttls: fresh,
      macs: ownMacs,
      firstReceived: point === 0 ? 1 : firstReceived,
      firstSent: 2,
    });
  const rolesAfter = (firstReceived: number) =>
    guess([{ role: 'pod-veth' }, { role: 'pod-veth' }], [[0, 1, near]], { hosts: [0, 1].map(of(firstReceived)) });
  expect(rolesAfter(1.0001).hosts).toEqual(ONE);
  expect(rolesAfter(1.0001).points.map(({ role }) => role)).toEqual(['bridge', 'pod-veth']);
  expect(rolesAfter(0.9999).points.map(({ role }) => role)).toEqual(['pod-veth', 'bridge']);
  // Captures of no known host are not compared.
  expect(
    guess([{ role: 'pod-veth' }, { role: 'pod-veth' }], [[0, 1, { forth: -1 }]], {
      hosts: [hostActivity(POD_A, { point: 0, ttls: fresh }), hostActivity(POD_B, { point: 1, ttls: fresh })],
    }).points.map(({ role }) => role),
  ).toEqual(['pod-veth', 'pod-veth']);
});
