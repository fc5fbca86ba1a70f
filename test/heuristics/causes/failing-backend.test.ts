import { describe, expect, it } from 'vitest';
import {
  failingBackend,
  failingBackendCause,
  measuredBackend,
} from '../../../src/heuristics/causes/failing-backend.ts';
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

it('nineteen of twenty attempts to the others have to be answered, three at least', () => {
  const others = (answered: number, failed: number) => {
    const tries = [...times(3, bad(B)), ...times(answered, good(A)), ...times(failed, bad(A))];
    const connections = tries.map(({ answered: established }, nth) =>
      connection({ client: `10.244.1.5:${40000 + nth}`, server: SERVICE, syn: [nth, nth + 1] }, { established }),
    );
    const made = evidence({
      connections,
      paths: tries.map(({ backend }, nth) => ({
        of: [connections[nth]],
        server: backend ?? SERVICE,
        serverBeforeNat: SERVICE,
      })),
    });
    const all = attemptsOf(made);
    const ofB = all.filter(({ conversation }) => conversation.server.address === '10.244.2.8');
    return failingBackend(all, ofB) !== null;
  };
  expect([others(19, 1), others(18, 1), others(3, 0), others(2, 0)]).toEqual([true, false, true, false]);
});

it('is of one service: others that failed elsewhere speak against it', () => {
  const to = (service: string, backend: string, nth: number) => {
    const one = connection({ client: `10.244.1.5:${nth}`, server: service, syn: [nth, nth + 1] });
    return { one, path: { of: [one], server: backend, serverBeforeNat: service } };
  };
  const well = (nth: number) => {
    const one = connection({ client: `10.244.1.5:${nth}`, server: SERVICE, syn: [nth] }, { established: true });
    return { one, path: { of: [one], server: A, serverBeforeNat: SERVICE } };
  };
  const found = (services: string[]) => {
    const tries = [...services.map((service, nth) => to(service, B, 100 + nth)), well(1), well(2), well(3)];
    const made = evidence({ connections: tries.map(({ one }) => one), paths: tries.map(({ path }) => path) });
    const all = attemptsOf(made);
    return failingBackend(
      all,
      all.filter(({ outcome }) => outcome !== 'answered'),
    );
  };
  expect(found([SERVICE, SERVICE, SERVICE])).not.toBeNull();
  expect(found([SERVICE, SERVICE, '10.96.0.31:80'])).toBeNull();
});

it('says how many answer, and measures them', () => {
  const made = (backends: number) => ({
    service: SERVICE,
    backend: B,
    address: '10.244.2.8',
    failed: 4,
    attempts: 12,
    backends,
  });
  expect(failingBackendCause(made(2)).telling).toEqual([
    `all of these were sent to ${B}, one of 2 endpoints seen (4 of 12 attempts to the service)`,
    'the other endpoint answers',
  ]);
  expect(failingBackendCause(made(3)).telling?.[1]).toBe('the other 2 endpoints answer');
  expect(measuredBackend(made(3))).toEqual({ failingBackend: B, backends: 3, attemptsToService: 12 });
  expect(measuredBackend(null)).toEqual({});
});
