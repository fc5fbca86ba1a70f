import { describe, expect, test } from 'vitest';
import type { Evidence } from '../../../src/flows/evidence/evidence.ts';
import { namesOf } from '../../../src/heuristics/facts/names.ts';
import { judge } from '../../../src/heuristics/judge/judge.ts';
import { catalogue } from '../../../src/heuristics/rules/catalogue.ts';
import { networkProofWords } from '../../../src/report/sections/network-proof.ts';
import { each, endedConnection, ending } from '../../support/ending-items.ts';
import { connection, evidence } from '../../support/evidence.ts';
import { turn } from '../../support/segment-items.ts';

const proofOf = (facts: Evidence) => judge(facts, catalogue, namesOf(facts)).networkProof ?? null;

const slow = (some: Parameters<typeof connection>[0] = {}) =>
  connection({ turns: 2, slowTurns: [turn(1, 2), turn(5, 2.5)], ...some }, { established: true });
const silent = each(2, (at, client) =>
  endedConnection(at * 9, ending(at * 9 + 3.1, { direction: 0, openRequest: true, waitedSeconds: 3 }), {
    client,
    toServer: { dataSegments: 4, payloadOctets: 400 },
  }),
);

describe('what acquits the network', () => {
  test('round trip, losses of how many, acknowledgement, and the silence of whom', () => {
    const proof = proofOf(evidence({ connections: [slow()] }));
    expect(proof).toMatchObject({ dataSegments: 2, resent: 0, silence: { server: '10.244.2.7:80', seconds: 2.5 } });
    expect(networkProofWords(proof!)).toBe(
      'Not the network: a round trip takes 2.0 ms, none of 2 data segments was lost, the request is acknowledged after 1.0 ms; then 10.244.2.7:80 is silent for 2.50 s',
    );
  });

  test('the silence of the one that is blamed, not of those that wait for it', () => {
    const outer = [0, 1].map((at) =>
      connection(
        {
          client: `10.244.1.5:${40_000 + at}`,
          server: '10.244.3.3:80',
          turns: 1,
          slowTurns: [turn(1, 1.5 + 1.5 * at)],
        },
        { established: true },
      ),
    );
    const inner = connection(
      { client: '10.244.3.3:41000', server: '10.244.2.2:5432', turns: 2, slowTurns: [turn(1, 1.5), turn(2.5, 1.5)] },
      { established: true },
    );
    expect(proofOf(evidence({ connections: [...outer, inner] }))).toMatchObject({
      silence: { server: '10.244.2.2:5432', seconds: 1.5 },
    });
  });

  test('a server that never answers', () => {
    expect(networkProofWords(proofOf(evidence({ connections: silent }))!)).toMatch(
      /then 10\.244\.2\.7:80 is silent for 3\.00 s and never answers$/,
    );
  });

  test('nobody waits where the server ends it', () => {
    const closed = each(2, (at, client) =>
      endedConnection(at * 5, ending(at * 5 + 0.1, { openRequest: true, waitedSeconds: 0.02 }), { client }),
    );
    expect(proofOf(evidence({ connections: closed }))).toMatchObject({ silence: null });
  });

  test('is not given where segments were lost', () => {
    expect(
      proofOf(evidence({ connections: [slow({ toServer: { dataSegments: 10, resentSegments: 1 } })] })),
    ).toBeNull();
  });

  test('is not given where the verdict is about the network', () => {
    const refused = connection({ server: '10.244.2.9:80', syn: [0, 1, 3, 7] });
    expect(proofOf(evidence({ connections: [refused] }))).toBeNull();
  });

  test('is not given where a fault of the network stands beside it', () => {
    const unanswered = each(3, (_, client) => connection({ client, server: '10.244.9.9:443', syn: [0, 1, 3, 7, 15] }));
    expect(proofOf(evidence({ connections: [slow(), ...unanswered] }))).toBeNull();
  });

  test('is not given where nothing is wrong', () => {
    expect(proofOf(evidence({ connections: [connection({ turns: 2 }, { established: true })] }))).toBeNull();
  });
});
