import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatMac } from '../../../src/flows/compact/link-address.ts';
import type { Connection } from '../../../src/flows/evidence/evidence.ts';
import { CompactConnection } from '../../../src/flows/tcp/compact-connection.ts';
import { isLong } from '../../support/long-run.ts';
import { type Drawn, drawn, drawnAgain, drawnCalm, drawnTransfer, play, segmentsOf } from './drawn-segments.ts';
import { ReferenceConnection } from './reference-connection.ts';
import { newTracker } from './segment-trace.ts';

const plain = (value: object): unknown => JSON.parse(JSON.stringify(value));

/** The reference sums in another order. */
function nearly(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? value : expect.closeTo(value, 7);
  if (Array.isArray(value)) return value.map(nearly);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, nearly(one)]));
}

function both(draw: Drawn): [unknown, unknown] {
  const segments = segmentsOf(draw);
  const reference = new ReferenceConnection();
  const tracker = newTracker({ formatMac });
  const kinds = play(segments, tracker);
  const told = segments.map((one) => reference.take(one));
  const { connections } = tracker.finish(10);
  const [compact] = tracker.finishCompact(10, 0).connections;
  const isCompact = compact instanceof CompactConnection;
  if (isCompact) expect(compact.toObject(0)).toEqual(connections[0]);
  const { index: _, point: __, flow: ___, client: ____, server: _____, ...rest } = connections[0];
  const counted = tracker.superSegments.get(0) ?? 0;
  const expected = { ...reference.evidence(), ipVersion: 4, encapsulation: [] };
  const larger = reference.sides[0].superSegments + reference.sides[1].superSegments;
  return [
    plain({ kinds, connections: connections.length, counted, isCompact, ...rest }),
    nearly(
      plain({
        kinds: told,
        connections: 1,
        counted: larger,
        isCompact: isOrdinary(reference, expected),
        ...expected,
      }),
    ),
  ];
}

/** Seen in both directions, with nothing unusual but pauses, nothing pending, and open or closed by both ends. */
function isOrdinary(
  { sides, all }: ReferenceConnection,
  told: Pick<
    Connection,
    'directions' | 'slowTurns' | 'syn' | 'synAck' | 'end' | 'stalls' | 'transfer' | 'handshakeAck'
  >,
): boolean {
  const { directions, slowTurns, syn, synAck, end, stalls, transfer, handshakeAck } = told;
  const isCalm = sides.every(({ count }) => Object.values(count).every((times) => times === 0));
  const isPlain = directions.every(
    ({ packets, ttls, sourceMacs, tunnels, unackedOctets, unackedSince, resets }) =>
      packets > 0 &&
      resets === 0 &&
      ttls.length === 1 &&
      sourceMacs.length === 1 &&
      tunnels.length <= 1 &&
      unackedOctets === 0 &&
      unackedSince === null,
  );
  // Always in the tunnel of the first packet.
  const isInOneWay = sides.every(({ packets }) =>
    packets.every(({ tunnel }) => tunnel < 0 || tunnel === packets[0].tunnel),
  );
  const isWithoutSack = all.every(({ sack, ack }) => sack.length === 0 || ack === null);
  const fins = directions.filter((direction) => direction.fins > 0).length;
  const isOpen = handshakeAck !== null || directions.some(({ dataSegments }) => dataSegments > 0);
  return (
    isCalm &&
    isPlain &&
    isInOneWay &&
    isWithoutSack &&
    syn.length <= 1 &&
    synAck.length <= 1 &&
    slowTurns.length === 0 &&
    !(end?.openRequest || end?.crossed) &&
    stalls[0] + stalls[1] === 0 &&
    transfer === null &&
    (fins === 2 || (fins === 0 && isOpen))
  );
}

const runs = (few: number) => (isLong() ? 3 * few : few);

describe('a connection is what a naive reading of its segments says', () => {
  test.each([
    ['any segments', drawn, runs(400)],
    ['requests and answers', drawnCalm, runs(300)],
    ['a large transfer', drawnTransfer, runs(100)],
    ['the same again and again', drawnAgain, runs(60)],
  ] as const)('%s', (_, draws, numRuns) => {
    fc.assert(
      fc.property(draws, (draw) => {
        const [told, expected] = both(draw);
        expect(told).toEqual(expected);
      }),
      { seed: 41, numRuns: Number(process.env.FC_RUNS ?? numRuns) },
    );
  });
});
