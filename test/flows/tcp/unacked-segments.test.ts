import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NONE } from '../../../src/flows/tcp/unacked-marks.ts';
import { UnackedSegments } from '../../../src/flows/tcp/unacked-segments.ts';

const LISTS = 3;
const action = fc.record({ list: fc.nat(LISTS - 1), drop: fc.nat(6) });

test('lists keep the order of sending, for any appends and removals', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 400 }), fc.constantFrom(5, 1000), (actions, most) => {
      const unacked = new UnackedSegments(most);
      const tails = Array.from({ length: LISTS }, () => NONE);
      const model: number[][] = Array.from({ length: LISTS }, () => []);
      const listed = (tail: number): number[] => {
        const packets = [];
        for (let slot = unacked.first(tail); slot !== NONE; slot = unacked.after(slot, tail))
          packets.push(unacked.packet(slot));
        return packets;
      };
      for (const [number, { list, drop }] of actions.entries()) {
        if (drop < 4) {
          const slot = unacked.append(tails[list]);
          expect(slot === NONE).toBe(model.flat().length === most);
          if (slot === NONE) continue;
          unacked.setPacket(slot, number);
          tails[list] = slot;
          model[list].push(number);
        } else if (model[list].length > 0) {
          const count = Math.min(drop - 3, model[list].length);
          let newest = unacked.first(tails[list]);
          for (let step = 1; step < count; step++) newest = unacked.after(newest, tails[list]);
          tails[list] = unacked.dropThrough(newest, tails[list]);
          model[list].splice(0, count);
        }
        expect(tails.map(listed)).toEqual(model);
      }
    }),
    { numRuns: 200 },
  );
});
