import { describe, expect, it } from 'vitest';
import { failingBackend } from '../../../src/heuristics/causes/failing-backend.ts';
import { attemptsOf } from '../../../src/heuristics/facts/attempts.ts';
import { connection, evidence } from '../../support/evidence.ts';

const SERVICE = '10.96.0.30:80';
interface Try {
  backend: string | null;
  answered: boolean;
}
const judged = (tries: Try[]) => {
  const connections = tries.map(({ answered }, nth) =>
    connection(
      { client: `10.244.1.5:${40000 + nth}`, server: SERVICE, syn: [nth, nth + 1] },
      { established: answered },
    ),
  );
  const made = evidence({
    connections,
    paths: tries.map(({ backend }, nth) => ({
      of: [connections[nth]],
      server: backend ?? SERVICE,
      serverBeforeNat: backend === null ? null : SERVICE,
    })),
  });
  const attempts = attemptsOf(made);
  return failingBackend(
    attempts,
    attempts.filter(({ outcome }) => outcome !== 'answered'),
  );
};
const times = (count: number, one: Try): Try[] => Array.from({ length: count }, () => one);
const A = '10.244.2.7:8080';
const B = '10.244.2.8:8080';
const C = '10.244.3.9:8080';
const good = (backend: string | null) => ({ backend, answered: true });
const bad = (backend: string | null) => ({ backend, answered: false });

describe('one endpoint of a service fails', () => {
  it('three endpoints, one answers nothing', () => {
    expect(judged([...times(4, bad(B)), ...times(4, good(A)), ...times(4, good(C))])).toEqual({
      service: SERVICE,
      backend: B,
      address: '10.244.2.8',
      failed: 4,
      attempts: 12,
      backends: 3,
    });
  });
  it('counts attempts whose endpoint no point shows', () => {
    expect(judged([...times(3, bad(B)), ...times(3, good(A)), ...times(3, good(null))])).toMatchObject({
      attempts: 9,
      backends: 2,
    });
  });
  it.each([
    ['all endpoints fail', [...times(3, bad(A)), ...times(3, bad(B))]],
    ['the same endpoint answers others', [...times(3, bad(B)), good(B), ...times(3, good(A))]],
    ['twice may be chance', [...times(2, bad(B)), ...times(6, good(A))]],
    ['too few others', [...times(4, bad(B)), ...times(2, good(A))]],
    ['nobody shows where it went', [...times(4, bad(null)), ...times(4, good(A))]],
    ['there is no other endpoint', times(5, bad(B))],
  ])('is not said: %s', (_, tries) => {
    expect(judged(tries)).toBeNull();
  });
});
