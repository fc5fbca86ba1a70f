import fc from 'fast-check';
import { expect, test } from 'vitest';
import { wantedFlows } from '../../../../src/flows/correlate/conversations/wanted-flows.ts';
import { capture, connection, evidence, point } from '../../../support/evidence.ts';

/** Which flows are read again, and in which pass: first fit, by lists. */

const drawnConversation = fc.record({
  /** Packets at each of the three captures; null: not seen there. */
  packets: fc.tuple(...([0, 1, 2] as const).map(() => fc.option(fc.integer({ min: 2, max: 40 }), { freq: 3 }))),
  state: fc.constantFrom<('open' | 'lost' | 'ordinary')[]>('open', 'open', 'lost', 'ordinary'),
});
const rooms = fc.record({
  ofReading: fc.integer({ min: 10, max: 90 }),
  ofOneConversation: fc.integer({ min: 10, max: 90 }),
});

test('conversations in trouble share passes as they fit, those with an unknown loss first', () => {
  fc.assert(
    fc.property(
      fc.array(drawnConversation, { maxLength: 14 }),
      rooms,
      fc.subarray([0, 1, 2]),
      (drawn, room, lacking) => {
        const seen = drawn
          .map(({ packets, state }, nth) => ({
            nth,
            state,
            legs: packets.flatMap((count, at) => (count === null ? [] : [{ at, count }])),
          }))
          .filter(({ legs }) => legs.length > 0);
        const connections = seen.map(({ nth, legs }) =>
          legs.map(({ at, count }) =>
            connection(
              {
                client: `10.0.0.1:${1000 + nth}`,
                point: at,
                toServer: { packets: count - 1 },
                toClient: { packets: 1 },
              },
              { established: true },
            ),
          ),
        );
        const all = evidence({
          captures: [capture({ path: 'a' }), capture({ path: 'b' }), capture({ path: 'c' })],
          points: [0, 1, 2].map((at) => point({ capture: at })),
          connections: connections.flat(),
          paths: seen.map(({ state, legs }, nth) => ({
            of: connections[nth],
            hops: [
              {
                from: legs[0].at,
                to: legs[legs.length - 1].at,
                lost: state === 'lost' ? 1 : 0,
                unknown: state === 'open' ? { code: 'rows-not-kept' } : null,
              },
            ],
          })),
        });
        const told = wantedFlows(all, room, new Set(lacking));

        const passes: { most: number; rows: number[]; flows: Set<number>[] }[] = [];
        const states = all.conversations.map((conversation) => ({
          conversation,
          state: stateOf(conversation.hops[0]),
        }));
        const inTurn = [
          ...states.filter(({ state }) => state === 'open'),
          ...states.filter(({ state }) => state === 'lost'),
        ];
        for (const { conversation, state } of inTurn) {
          const legs = conversation.legs.map(({ point: at, index, flow }) => {
            const [there, back] = all.connections[index].directions;
            return { at, flow, count: there.packets + back.packets };
          });
          const wanted = legs.filter(({ at }) => lacking.includes(at));
          if (wanted.length === 0) continue;
          const largest = Math.max(...wanted.map(({ count }) => count));
          let pass = passes.find(({ most, rows }) => wanted.every(({ at, count }) => rows[at] + count <= most));
          const mayBegin = passes.length === 0 || (state === 'open' && passes.length < 8);
          if (pass === undefined && mayBegin && largest <= Math.max(room.ofOneConversation, room.ofReading)) {
            pass = {
              most: Math.max(room.ofReading, largest),
              rows: [0, 0, 0],
              flows: [new Set(), new Set(), new Set()],
            };
            passes.push(pass);
          }
          if (pass === undefined) continue;
          for (const { at, count } of wanted) pass.rows[at] += count;
          for (const { at, flow } of legs) pass.flows[at].add(flow);
        }
        expect(told).toEqual(
          passes.map(({ rows, flows }) => rows.map((count, at) => ({ rows: count, flows: flows[at] }))),
        );
      },
    ),
    { seed: 58, numRuns: Number(process.env.FC_RUNS ?? 250) },
  );
});

const stateOf = ({ lost, unknown }: { lost: number; unknown: object | null }): 'open' | 'lost' | 'ordinary' =>
  unknown !== null ? 'open' : lost > 0 ? 'lost' : 'ordinary';
