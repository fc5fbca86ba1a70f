import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Hop, TO_SERVER } from '../../../../src/flows/evidence/evidence.ts';
import { lossesOf, tellingLeg } from '../../../../src/heuristics/facts/tcp/background-loss.ts';
import { connection, evidence, point } from '../../../support/evidence.ts';

const legs = [0, 3].map((resentSegments, at) =>
  connection({ point: at, toServer: { packets: 20, dataSegments: 20, resentSegments } }, { established: true }),
);
const telling = (...hops: Partial<Hop>[]): number => {
  const points = ['a', 'b'].map((name) => point({ name }));
  const all = evidence({ points, connections: legs, paths: [{ of: legs, hops }] });
  return tellingLeg(all.conversations[0], all.connections, TO_SERVER).point;
};

test('the point of the sender tells its losses where every packet came through, else the point that shows most', () => {
  const through = { from: 0, to: 1, packets: 20, matched: 20 };
  expect(telling(through)).toBe(0);
  expect(telling({ ...through, lost: 1 })).toBe(1);
  expect(telling({ ...through, direction: 1 })).toBe(1);
  expect(telling()).toBe(1);
});

/** 42 segments to the server, 20 of them sent again; `acks` pure acknowledgements come back, the SYN-ACK, a FIN and the acknowledgement of one. */
const resent = ({ acks = 37, sack = false, syn = [0], late = 0, more = {} } = {}) =>
  connection(
    {
      syn,
      synAck: [0.04],
      toServer: { dataSegments: 42, resentSegments: 20, resentLate: late, fins: 1, sackPermitted: sack },
      toClient: { packets: acks + 3, syns: 1, fins: 1, sackPermitted: true, ...more },
    },
    { established: false },
  );

describe('losses of a direction', () => {
  test.each<[string, ReturnType<typeof resent>, number]>([
    ['without SACK, an acknowledgement for nearly each: at most those without one', resent(), 5],
    ['without SACK, one acknowledgement for two segments: nothing is excluded', resent({ acks: 20 }), 20],
    ['without SACK, as many acknowledgements as segments: all arrived', resent({ acks: 44 }), 0],
    ['with SACK the receiver reports duplicates itself', resent({ sack: true }), 20],
    ['the handshake is missing: SACK may be agreed', resent({ syn: [] }), 20],
    [
      'what came late was lost before the point, which its acknowledgements do not show',
      resent({ acks: 44, late: 6 }),
      6,
    ],
    ['packets with data are no pure acknowledgements', resent({ acks: 37, more: { dataSegments: 30 } }), 20],
  ])('%s', (_, leg, lost) => {
    expect(lossesOf(leg, 0)).toBe(lost);
  });

  test('are none where nothing was sent again, whatever the receiver reports', () => {
    fc.assert(
      fc.property(fc.nat(60), fc.boolean(), fc.nat(9), fc.nat(9), (acks, sack, duplicateSacks, needlessSegments) => {
        const more = { duplicateSacks };
        const leg = resent({ acks, sack, more });
        Object.assign(leg.directions[0], { resentSegments: 0, resentLate: 0, needlessSegments });
        expect(lossesOf(leg, 0)).toBe(0);
      }),
    );
  });
});
