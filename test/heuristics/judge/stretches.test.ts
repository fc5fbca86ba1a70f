import { describe, expect, test } from 'vitest';
import type { Evidence } from '../../../src/flows/evidence/evidence.ts';
import { namesOf } from '../../../src/heuristics/facts/names.ts';
import { judgeInSteps } from '../../../src/heuristics/judge/judge.ts';
import { triageOf } from '../../../src/heuristics/judge/triage.ts';
import { classesLeftOpen } from '../../../src/heuristics/judge/triage-classes.ts';
import type { Rule } from '../../../src/heuristics/rule/rule.ts';
import { catalogue } from '../../../src/heuristics/rules/catalogue.ts';
import { connection, evidence, point, tunnel } from '../../support/evidence.ts';

const CONNECTIONS = 4;

/** So many nodes; at each a few connections that began before the capture, and tunnels from and to the next node. */
function ofNodes(nodes: number, quality = {}): Evidence {
  const numbers = Array.from({ length: nodes }, (_, at) => at);
  return evidence({
    points: numbers.map((at) => point({ capture: 0, name: `node${at}`, quality })),
    connections: numbers.flatMap((at) =>
      Array.from({ length: CONNECTIONS }, (_, nth) => ({
        ...connection({ point: at, client: `10.1.0.1:${40_000 + nth}`, server: '10.2.0.1:80' }, { established: true }),
        rolesFrom: 'guess' as const,
      })),
    ),
    tunnels: numbers.map((at) =>
      tunnel({ point: at, source: `192.0.2.${at}`, destination: `192.0.2.${(at + 1) % nodes}` }),
    ),
  });
}

/** The same, which counts what is read of its lists. */
function counted(real: Evidence) {
  const reads = { items: 0 };
  const list = <T extends object>(items: readonly T[]): T[] =>
    new Proxy(items as T[], {
      get(target, key) {
        if (typeof key === 'string' && /^\d/.test(key)) reads.items++;
        return Reflect.get(target, key);
      },
    });
  const { connections, tunnels, conversations, datagrams, hosts } = real;
  const lists = { connections, tunnels, conversations, datagrams, hosts };
  const watched = Object.fromEntries(Object.entries(lists).map(([name, items]) => [name, list<object>(items)]));
  return { reads, facts: { ...real, ...watched } as Evidence };
}

/** Items read between two pauses, for each pause. */
function readsOfSteps(real: Evidence): number[] {
  const { reads, facts } = counted(real);
  const steps = judgeInSteps(facts, catalogue, namesOf(facts));
  const found: number[] = [];
  for (let done: boolean | undefined = false; !done; ) {
    reads.items = 0;
    done = steps.next().done;
    found.push(reads.items);
  }
  return found;
}

describe('the work between two looks whether the analysis is stopped', () => {
  test('of each rule grows with what was captured, not with its product with the number of points', () => {
    const [few, many] = [16, 128];
    const ofFew = readsOfSteps(ofNodes(few));
    const growth = readsOfSteps(ofNodes(many)).map((reads, step) => reads / Math.max(1, ofFew[step]));
    expect(Math.max(...growth)).toBeGreaterThan(4);
    expect(Math.max(...growth)).toBeLessThanOrEqual((2 * many) / few);
  });

  test('of the question which rules a gate kept silent is one rule', () => {
    const shut = readsOfSteps(ofNodes(16, { gapOctets: 5000, tcpOctets: 1000 }));
    expect(shut.length).toBeGreaterThan(1.8 * catalogue.length);
  });

  test('of the triage grows so too', () => {
    const readsOf = (nodes: number): number => {
      const { reads, facts } = counted(ofNodes(nodes));
      triageOf(facts, [], {});
      return reads.items;
    };
    expect(readsOf(16)).toBeGreaterThan(16);
    expect(readsOf(128)).toBeLessThanOrEqual(10 * readsOf(16));
  });
});

describe('rules that are left when it is enough', () => {
  const finished = (facts: Evidence, rules: readonly Rule[], looks: number) => {
    let left = looks;
    const steps = judgeInSteps(facts, rules, namesOf(facts), { isEnough: () => left-- <= 0 });
    for (;;) {
      const { done, value } = steps.next();
      if (done && value !== undefined) return value;
    }
  };

  test('are named, and nothing is claimed for them', () => {
    const all = finished(ofNodes(4), catalogue, 1e9);
    expect(all.leftOut).toBeUndefined();
    expect(all.ran).toHaveLength(catalogue.length);
    const cut = finished(ofNodes(4), catalogue, 10);
    expect(cut.ran).toEqual(catalogue.slice(0, 10).map(({ meta }) => meta.id));
    expect(cut.leftOut).toEqual(
      catalogue.slice(10).map(({ meta }) => ({ ruleId: meta.id, classes: classesLeftOpen(meta) })),
    );
  });

  test('are also those that nobody asked whether a gate kept them silent', () => {
    const shut = ofNodes(4, { gapOctets: 5000, tcpOctets: 1000 });
    const all = finished(shut, catalogue, 1e9);
    expect(all.leftOut).toBeUndefined();
    const { ran = [], leftOut = [] } = finished(shut, catalogue, catalogue.length + 5);
    expect(leftOut.length).toBeGreaterThan(catalogue.length / 2);
    expect(ran.length + leftOut.length).toBe(catalogue.length);
  });
});
