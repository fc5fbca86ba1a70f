import { describe, expect, it } from 'vitest';
import type { Hop } from '../../../src/flows/evidence/evidence.ts';
import { portCollisionCause, portCollisions } from '../../../src/heuristics/causes/port-collisions.ts';
import { attemptsOf } from '../../../src/heuristics/facts/attempts.ts';
import { connection, evidence, point } from '../../support/evidence.ts';

const NAT = '10.0.0.11';
const SERVER = '10.244.2.7:80';
interface Pair {
  /** Seconds from the SYN that passed to the one that was dropped. */
  after?: number;
  /** Port that the other one got. */
  got?: number;
  lost?: number;
  server?: string;
  otherNat?: string;
  /** Another hop, before the one where the SYN was lost. */
  before?: Partial<Hop>;
}

/** Pairs of clients: the first passes, the SYN of the second is dropped once where sources are translated. */
function judged(pairs: Pair[]) {
  const points = [point({ name: 'pods', capture: 0 }), point({ name: 'nic', capture: 1 })];
  const made = pairs.flatMap(
    ({ after = 0.0001, got, lost = 1, server = SERVER, otherNat = NAT, before }: Pair, nth) => {
      const port = 41000 + nth;
      const winner = connection({ client: `10.244.1.5:${port}`, server, syn: [nth] }, { established: true });
      const loser = connection(
        {
          client: `10.244.1.6:${port}`,
          server: SERVER,
          syn: [nth + after, nth + after + 1],
          synAck: [nth + after + 1.001],
        },
        { established: true },
      );
      return [
        { of: [winner], clientAfterNat: `${otherNat}:${got ?? port}`, hops: [{ from: 0, to: 1, packets: 4 }] },
        {
          of: [loser],
          clientAfterNat: `${NAT}:${60000 + nth}`,
          hops: [...(before ? [before] : []), { from: 0, to: 1, packets: 5, lost }],
        },
      ];
    },
  );
  const whole = evidence({ points, connections: made.flatMap(({ of }) => of), paths: made });
  return portCollisions(
    whole,
    attemptsOf(whole).filter(({ connection: { client } }) => client.address === '10.244.1.6'),
  );
}
const three = (pair: Pair) => judged([pair, pair, pair]);

describe('two clients want one translated port', () => {
  it('each dropped SYN has a sibling that took its port at the same time', () => {
    expect(three({})).toEqual({ collided: 3, wanted: `${NAT}:41000`, server: SERVER });
  });
  it.each<[string, Pair]>([
    ['the other came long before', { after: 0.5 }],
    ['the other got another port', { got: 50000 }],
    ['nothing is lost between the two points', { lost: 0 }],
    ['the other went to another server', { server: '10.244.2.8:80' }],
    ['the other is translated to another address', { otherNat: '10.0.0.12' }],
  ])('says nothing when %s', (_, pair) => {
    expect(three(pair)).toBeNull();
  });
  it('says nothing about two dropped SYNs, which are too few', () => {
    expect(judged([{}, {}])).toBeNull();
  });
  it('says nothing when half of the dropped SYNs have no sibling', () => {
    expect(judged([{}, {}, {}, { after: 0.5 }, { after: 0.5 }, { after: 0.5 }])).toBeNull();
  });
});

it('says how many, within how many milliseconds, and which port', () => {
  const found = three({});
  expect(found && portCollisionCause(found).telling?.[0]).toBe(
    `3 of the dropped SYNs came from the source port that another client got within 5 ms (${NAT}:41000 to ${SERVER})`,
  );
});

it('counts SYNs up to 5 ms apart, either one first, and nine of ten', () => {
  expect([0.005, 0.0051, -0.0049, -0.0051].map((after) => three({ after }) !== null)).toEqual([
    true,
    false,
    true,
    false,
  ]);
  const of = (many: number, others: number) =>
    judged([...Array(many).fill({}), ...Array(others).fill({ after: 0.5 })])?.collided ?? null;
  expect([of(9, 1), of(8, 1), of(3, 0), of(2, 0)]).toEqual([9, null, 3, null]);
});

it.each<[string, Pair, boolean]>([
  ['of several hops one that lost it is enough', { before: { from: 0, to: 1, packets: 5 } }, true],
  [
    'where the answers were lost it is none',
    { lost: 0, before: { direction: 1, from: 1, to: 0, packets: 5, lost: 1 } },
    false,
  ],
  [
    'where the loss is not known it is none',
    { lost: 0, before: { from: 0, to: 1, packets: 5, lost: 1, unknown: { code: 'no-common-time' } } },
    false,
  ],
])('%s', (_, pair, expected) => expect(three(pair) !== null).toBe(expected));
