import fc from 'fast-check';
import { expect, test } from 'vitest';
import { excuseBlindDirections } from '../../../../src/flows/correlate/hops/blind-direction.ts';
import { emptyHop } from '../../../../src/flows/correlate/hops/hop-count.ts';
import type { Conversation, Hop, HopReason } from '../../../../src/flows/evidence/evidence.ts';

/** Which hops of drawn conversations are excused, by the docstrings of `blind-direction.ts`. */

const REASONS: (HopReason | null)[] = [null, null, null, { code: 'acknowledged-unseen' }, { code: 'no-common-time' }];
const hop = fc.record({
  direction: fc.constantFrom<(0 | 1)[]>(0, 1),
  way: fc.constantFrom<[number, number][]>([0, 1], [1, 0], [0, 2]),
  lost: fc.nat(2),
  matched: fc.constantFrom(0, 0, 3),
  reason: fc.constantFrom(...REASONS),
});
const conversation = fc.record({
  protocol: fc.constantFrom<Conversation['protocol'][]>('tcp', 'udp', 'icmp'),
  isWithinNet: fc.boolean(),
  hops: fc.array(hop, { maxLength: 4 }),
});

test('hops of a point that is blind in one direction are excused, and no others', () => {
  fc.assert(
    fc.property(fc.array(conversation, { maxLength: 5 }), (drawn) => {
      const all = drawn.map(({ protocol, isWithinNet, hops }) => ({
        protocol,
        client: { address: '10.1.1.5', port: 1 },
        server: { address: isWithinNet ? '10.1.1.9' : '10.1.2.9', port: 2 },
        hops: hops.map(({ direction, way: [from, to], lost, matched, reason }): Hop => {
          return { ...emptyHop(direction, from, to), lost, matched, unknown: reason };
        }),
      }));
      const told = structuredClone(all) as unknown as Conversation[];
      excuseBlindDirections(told);

      // An answer that passed the second point proves that its request did.
      for (const { protocol, hops } of all)
        for (const one of hops) {
          const isAnswered = hops.some(
            (back) => back.direction === 1 && back.matched > 0 && back.from === one.to && back.to === one.from,
          );
          const isSuspect = one.direction === 0 && one.unknown === null && one.matched === 0 && one.lost > 0;
          if (protocol !== 'tcp' && isSuspect && isAnswered) one.unknown = { code: 'answered-unseen' };
        }
      const flat = all.flatMap(({ server, hops }) =>
        hops.map((one) => ({ one, way: [one.from, one.to, server.address].join() })),
      );
      const isBlind = (way: string) =>
        flat.some(
          ({ one, way: other }) =>
            other === way && (one.unknown?.code === 'acknowledged-unseen' || one.unknown?.code === 'answered-unseen'),
        ) && flat.every(({ one, way: other }) => other !== way || one.matched === 0);
      const blind = new Set(flat.map(({ way }) => way).filter(isBlind));
      for (const { one, way } of flat)
        if (one.unknown === null && blind.has(way)) one.unknown = { code: 'acknowledged-unseen' };
      expect(told.map(({ hops }) => hops.map(({ unknown }) => unknown))).toEqual(
        all.map(({ hops }) => hops.map(({ unknown }) => unknown)),
      );
    }),
    { seed: 56, numRuns: Number(process.env.FC_RUNS ?? 600) },
  );
});
