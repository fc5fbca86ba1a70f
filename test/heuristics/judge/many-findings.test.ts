import { expect, test } from 'vitest';
import { namesOf } from '../../../src/heuristics/facts/names.ts';
import { judge } from '../../../src/heuristics/judge/judge.ts';
import type { Occurrence, Rule } from '../../../src/heuristics/rule/rule.ts';
import { connection, evidence } from '../../support/evidence.ts';

/** A rule that finds so many faults, each of its own client and server. */
function finding(id: string, count: number, some: Partial<Occurrence> = {}, explains: string[] = []): Rule {
  return {
    meta: { id, faultClass: 'cni', level: 'error', place: 'mechanism', explains },
    thresholds: {},
    *detect() {
      for (let nth = 0; nth < count; nth++)
        yield {
          key: `${id} ${String(nth).padStart(4, '0')}`,
          grade: 'confirmed',
          subject: {
            protocol: 'tcp',
            client: `10.1.${nth >> 8}.${nth % 256}:1`,
            server: `10.2.${nth >> 8}.${nth % 256}:2`,
          },
          conversations: [],
          packets: [],
          packetsTotal: 0,
          reach: 10_000 - nth,
          measured: {},
          ...some,
        };
    },
    explain: () => ({ message: id, why: '', causes: [], confirm: [], fix: [], wireshark: '' }),
  } as unknown as Rule;
}
const judged = (rules: readonly Rule[], options: Parameters<typeof judge>[3] = {}) => {
  const facts = evidence({ connections: [] });
  return judge(facts, rules, namesOf(facts), options);
};
const counts = (...given: Parameters<typeof judged>) => {
  const { findings, findingsLeftOut } = judged(...given);
  return [findings.length, findingsLeftOut];
};

test('five hundred findings are told, and the first of each rule', () => {
  expect(counts([finding('a', 500)])).toEqual([500, 0]);
  expect(counts([finding('a', 501)])).toEqual([500, 1]);
  expect(counts([finding('a', 501)], { apart: true })).toEqual([501, 0]);
  const both = judged([finding('a', 600), finding('b', 3, { level: 'warning', reach: 1 })]);
  expect(both.findings.filter(({ meta }) => meta.id === 'b')).toHaveLength(1);
  expect([both.findings.length, both.findingsLeftOut]).toEqual([501, 102]);
});

test('findings have names of their own, in the order of their keys', () => {
  const cause = { cause: 'one and the same' };
  const names = (rules: Rule[]) => judged(rules).findings.map(({ fingerprint }) => fingerprint);
  const three = names([finding('a', 3, cause)]);
  expect(new Set(three).size).toBe(3);
  // The first key has the name of the cause, also where others come and go.
  expect(names([finding('a', 1, cause)])).toEqual([three[0]]);
  expect(names([finding('a', 2, cause)])).toEqual(three.slice(0, 2));
  const turned: Rule = {
    ...finding('a', 3, cause),
    detect: () => [...finding('a', 3, cause).detect(evidence())].reverse(),
  };
  expect(names([turned])).toEqual(three);
});

test('symptoms are told by their causes, and are notes', () => {
  const shared = { conversations: [7] };
  const { findings } = judged([
    finding('cause', 1, shared, ['symptom']),
    finding('symptom', 1, shared),
    finding('other', 1),
  ]);
  const [cause, other, symptom] = findings;
  expect(findings.map(({ meta, level }) => `${meta.id} ${level}`)).toEqual([
    'cause error',
    'other error',
    'symptom note',
  ]);
  expect([cause.explains, other.explains, symptom.explains]).toEqual([[symptom.fingerprint], [], []]);
  expect([cause, other, symptom].map(({ explainedBy }) => explainedBy)).toEqual([null, null, cause.fingerprint]);
});

test('rules that were not asked are told, and prove nothing', () => {
  let asked = 0;
  const rules = [finding('a', 1), finding('b', 1), finding('c', 0)];
  const { findings, ran, leftOut } = judged(rules, { isEnough: () => asked++ >= 2 });
  expect(findings.map(({ meta }) => meta.id)).toEqual(['a', 'b']);
  expect(ran).toEqual(['a', 'b']);
  expect(leftOut?.map(({ ruleId }) => ruleId)).toEqual(['c']);
  expect(judged(rules)).not.toHaveProperty('leftOut');
  expect(judged(rules).ran).toEqual(['a', 'b', 'c']);
});

test('one fault that two points show is one, with the conversations of both', () => {
  const seen = (conversations: number[], some: Partial<Occurrence>): Occurrence => {
    const [one] = finding('a', 1, { conversations, ...some }).detect(evidence());
    return one;
  };
  const twice: Rule = {
    ...finding('a', 0),
    detect: () => [
      seen([1, 2], { packetsTotal: 3 }),
      seen([2, 3], { packetsTotal: 9 }),
      seen([4], { packetsTotal: 1 }),
    ],
  };
  const found: number[][] = [];
  const { findings } = judged([twice], { onFound: ({ occurrence }) => found.push([...occurrence.conversations]) });
  expect(findings).toHaveLength(1);
  expect(findings[0].occurrence).toMatchObject({ conversations: [2, 3, 1, 4], packetsTotal: 9 });
  expect(found).toEqual([[2, 3, 1, 4]]);
});

test('findings of one cause are one, unless each is asked for; a fault beside notes is described', () => {
  const of = (nth: number, some: Partial<Occurrence> = {}): Occurrence => {
    const subject = { protocol: 'tcp' as const, client: `10.1.0.${nth}:1`, server: '10.2.0.1:2' };
    const [one] = finding('a', 1, { key: `${nth}`, subject, ...some }).detect(evidence());
    return one;
  };
  const two: Rule = { ...finding('a', 0), detect: () => [of(1), of(2)] };
  expect([judged([two]).findings.length, judged([two], { apart: true }).findings.length]).toEqual([1, 2]);
  expect(judged([two]).findings[0].alike).toMatchObject({ end: 'client', others: 1 });

  const connections = [
    ...[1, 2, 3].map((nth) => connection({ client: `10.1.0.${nth}:1`, server: '10.2.0.9:5000', syn: [0, 1] })),
    ...[4, 5].map((nth) => connection({ client: `10.1.0.${nth}:1`, server: '10.2.0.8:80' }, { established: true })),
  ];
  const domain = (...levels: ('note' | 'error')[]) => {
    const facts = evidence({ connections });
    const rule: Rule = { ...finding('a', 0), detect: () => levels.map((level, nth) => of(nth, { level })) };
    return judge(facts, [rule], namesOf(facts), { apart: true }).failureDomain;
  };
  expect(domain('note')).toBeNull();
  expect(domain('note', 'error')).toMatch(/^fails: 3 of 3 attempts to /);
});
