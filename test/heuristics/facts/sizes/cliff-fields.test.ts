import { describe, expect, test } from 'vitest';
import type { Direction, TcpDirection } from '../../../../src/flows/evidence/evidence.ts';
import { isTooBig } from '../../../../src/heuristics/facts/sizes/cliff.ts';
import { cliffsOf } from '../../../../src/heuristics/facts/sizes/size-cliff.ts';
import {
  capture,
  connection,
  type EvidenceParts,
  evidence,
  icmpError,
  point,
  quoted,
  ref,
} from '../../../support/evidence.ts';
import { repeat } from '../../../support/segment-items.ts';

type Side = Partial<TcpDirection>;
const [CLIENT, SERVER] = ['10.244.1.5', '10.244.2.7'];
const two: EvidenceParts = { points: [point(), point({ capture: 1 })], captures: [capture(), capture()] };
const stuck = (some: Parameters<typeof repeat>[0] = {}) =>
  repeat({ times: [1, 2, 4], l3Length: 1500, smallestL3Length: 1500, ...some });
const half = (direction: Direction, sender: Side = {}, some: Parameters<typeof connection>[0] = {}) => {
  const there: Side = {
    largestAckedL3: 186,
    unackedOctets: 1448,
    unackedSince: ref(1),
    last: ref(4),
    repeats: [stuck()],
    ...sender,
  };
  const back: Side = { last: ref(3) };
  return connection(
    { ...some, toServer: direction === 0 ? there : back, toClient: direction === 0 ? back : there },
    { established: true },
  );
};

test.each<[version: 4 | 6, type: number, code: number, expected: boolean]>([
  [4, 3, 4, true],
  [4, 3, 3, false],
  [4, 2, 4, false],
  [6, 2, 0, true],
  [6, 2, 4, true],
  [6, 3, 4, false],
])('ICMP of version %s, type %s and code %s says that a packet is too big: %s', (version, type, code, expected) =>
  expect(isTooBig(icmpError(1, { version, type, code }))).toBe(expected),
);

describe.each([0, 1] as const)('all that is told of a size that never passes, direction %s', (direction) => {
  const [sender, receiver] = direction === 0 ? [CLIENT, SERVER] : [SERVER, CLIENT];
  const arrow = direction === 0 ? '>' : '<';
  const whole = (all: ReturnType<typeof evidence>) => ({
    conversations: [all.conversations[0]],
    direction,
    sender,
    receiver,
    largestPassed: 186,
    smallestLost: 1500,
    sendings: 3,
    dontFragment: true,
    icmp: 'none',
    icmpMtu: 0,
    icmpFrom: null,
    errors: [],
    confirmed: false,
    packets: [1, 2, 4].map((time) => ({
      ...ref(time),
      point: 0,
      direction: arrow,
      note: `101:201 length 1500${time === 1 ? '' : ` again after ${(time - 1).toFixed(2)} s`}`,
    })),
  });
  test('by one point', () => {
    const all = evidence({ connections: [half(direction)] });
    expect(cliffsOf(all)).toEqual([whole(all)]);
    const may = evidence({ connections: [half(direction, { repeats: [stuck({ dontFragment: false })] })] });
    expect(cliffsOf(may)).toMatchObject([{ dontFragment: false }]);
  });
  test('by two points', () => {
    const of = [half(direction, { repeats: [], dontFragment: false }), half(direction, { repeats: [] }, { point: 1 })];
    const lossy = {
      direction,
      from: direction,
      to: 1 - direction,
      packets: 9,
      lost: 4,
      lostData: 3,
      largestArrived: 1400,
      smallestLost: 1480,
      lostPackets: [ref(7)],
    };
    const all = evidence({ ...two, connections: of, paths: [{ of, hops: [lossy] }] });
    const { dontFragment } = of[direction].directions[direction];
    expect(cliffsOf(all)).toEqual([
      {
        ...whole(all),
        largestPassed: 1400,
        smallestLost: 1480,
        sendings: 4,
        dontFragment,
        confirmed: true,
        packets: [{ ...ref(7), point: direction, direction: arrow, note: 'seen here, not at the next point' }],
      },
    ]);
  });
  test('several connections of the two are one', () => {
    const about = (port: number, some = {}) => {
      const [client, server] = [`${CLIENT}:${port}`, `${SERVER}:80`];
      const ends = direction === 0 ? { source: client, destination: server } : { source: server, destination: client };
      return icmpError(3, {
        code: 4,
        mtu: 1400,
        from: '10.9.9.9',
        to: sender,
        quoted: quoted({ protocol: 6, ...ends }),
        ...some,
      });
    };
    const all = evidence({
      ...two,
      connections: [
        half(direction, { largestAckedL3: 900 }, { client: `${CLIENT}:1` }),
        half(direction, { repeats: [stuck({ l3Length: 1480, smallestL3Length: 1480 })] }, { client: `${CLIENT}:2` }),
      ],
    });
    const [cliff] = cliffsOf(all);
    expect(cliff).toMatchObject({
      smallestLost: 1480,
      largestPassed: 900,
      sendings: 6,
      confirmed: false,
      icmp: 'none',
    });
    expect(cliff.conversations).toEqual(all.conversations);
    expect(cliff.packets).toHaveLength(6);
    const said = cliffsOf({ ...all, icmpErrors: [about(1), about(1, { point: 1 })] });
    expect(said).toMatchObject([{ icmp: 'ignored', icmpMtu: 1400, icmpFrom: '10.9.9.9', confirmed: true }]);
    expect(said[0].errors).toHaveLength(2);
    expect(cliffsOf({ ...all, icmpErrors: [about(1, { to: '10.244.9.9' })] })).toMatchObject([{ icmp: 'lost' }]);
  });
});
