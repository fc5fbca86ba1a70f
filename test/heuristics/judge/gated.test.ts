import { describe, expect, test } from 'vitest';
import type { Evidence } from '../../../src/flows/evidence/evidence.ts';
import { gatesOf, withGatesOpen } from '../../../src/heuristics/facts/gates.ts';
import { namesOf } from '../../../src/heuristics/facts/names.ts';
import { judge } from '../../../src/heuristics/judge/judge.ts';
import type { Level, Rule } from '../../../src/heuristics/rule/rule.ts';
import { catalogue } from '../../../src/heuristics/rules/catalogue.ts';
import { reportOf } from '../../report/sample.ts';
import { capture, connection, type EvidenceParts, evidence, type hop, point, ref } from '../../support/evidence.ts';

const LADDER = [0, 1, 3, 7];
const silent = (at = 0, client = '10.244.1.5:40000') =>
  connection({ client, server: '10.244.2.7:5000', syn: LADDER, point: at });
const answered = (at = 0) =>
  connection({ client: '10.244.1.6:40000', server: '10.244.2.7:5000', point: at }, { established: true });
const dropping = capture({ dropped: 5000 });

const judgedBy = (rules: readonly Rule[], facts: Evidence) => judge(facts, rules, namesOf(facts));
const judged = (parts: EvidenceParts) => judgedBy(catalogue, evidence(parts));
const gatedIds = (parts: EvidenceParts) => judged(parts).gated?.map(({ ruleId }) => ruleId);

describe('rules that gates keep from an answer', () => {
  test('four unanswered SYNs in a capture that dropped packets', () => {
    const { findings, gated } = judged({ captures: [dropping], connections: [silent()] });
    expect(findings.map(({ meta }) => meta.id)).not.toContain('syn-no-reply');
    expect(gated).toContainEqual({
      ruleId: 'syn-no-reply',
      gates: [{ ok: false, code: 'dropped', point: 0, packets: 5000, of: 5100 }],
      classes: ['port-unreachable'],
    });
  });

  test.each<[string, EvidenceParts, string]>([
    ['dropped', { captures: [dropping], connections: [silent()] }, 'dropped'],
    ['cut too short', { points: [point({ quality: { unreadable: 50 } })], connections: [silent()] }, 'unreadable'],
    [
      'one direction only',
      {
        connections: [
          silent(),
          connection({ client: '10.9.0.1:1', server: '10.9.0.2:2', syn: [0], toServer: { packets: 5, ackHigh: 9 } }),
        ],
      },
      'one-way',
    ],
  ])('say why: %s', (_, parts, code) => {
    const rule = judged(parts).gated?.find(({ ruleId }) => ruleId === 'syn-no-reply');
    expect(rule?.gates.map((gate) => gate.code)).toEqual([code]);
  });

  test.each<[string, EvidenceParts]>([
    ['all gates are open', { connections: [silent()] }],
    ['there is nothing to look at', { captures: [dropping], connections: [answered()] }],
    [
      'another point, whose gate is open, shows the fault',
      {
        captures: [dropping, capture()],
        points: [point({ capture: 0 }), point({ capture: 1, name: 'other' })],
        connections: [silent(0), silent(1, '10.244.1.7:40000')],
      },
    ],
  ])('none when %s', (_, parts) => expect(gatedIds(parts)).not.toContain('syn-no-reply'));

  test('a gate at the one point that has the question is told, though the other point is sound', () => {
    const parts = {
      captures: [dropping, capture()],
      points: [point({ capture: 0 }), point({ capture: 1, name: 'other' })],
      connections: [silent(0), answered(1)],
    };
    expect(judged(parts).gated?.find(({ ruleId }) => ruleId === 'syn-no-reply')?.gates).toMatchObject([{ point: 0 }]);
  });
});

describe('hops whose losses may not be claimed', () => {
  const lost = { from: 0, to: 1, lost: 4, packets: 4, lostPackets: [ref(0), ref(1), ref(3), ref(7)] };
  const across = (unknown: ReturnType<typeof hop>['unknown']): EvidenceParts => {
    const asked = silent();
    return {
      captures: [capture(), capture()],
      points: [
        point({ name: 'first', host: 'node1', role: 'node-nic', capture: 0 }),
        point({ name: 'second', host: 'node2', role: 'node-nic', capture: 1 }),
      ],
      connections: [asked],
      paths: [{ of: [asked], hops: [{ ...lost, unknown }] }],
    };
  };

  test('gate the rules that would name the place', () => {
    const reason = { code: 'clock-unrelated', between: [0, 1] } satisfies ReturnType<typeof hop>['unknown'];
    const found = judged(across(reason)).gated?.find(({ ruleId }) => ruleId === 'lost-in-underlay');
    expect(found?.gates).toEqual([{ ok: false, code: 'hop-unknown', point: 1, from: 0, reason }]);
  });

  test('do not when the packets are proved to have arrived by another way', () =>
    expect(gatedIds(across({ code: 'acknowledged-unseen' }))).not.toContain('lost-in-underlay'));

  test('do not when the loss can be claimed', () => {
    const { findings, gated } = judged(across(null));
    expect(findings.map(({ meta }) => meta.id)).toContain('lost-in-underlay');
    expect(gated).toEqual([]);
  });
});

describe('a rule that asks a gate', () => {
  /** Claims that nothing came back at every point, if it may. */
  const asking = (level: Level): Rule => ({
    ...catalogue[0],
    meta: { ...catalogue[0].meta, id: 'made-up', faultClass: 'dns', level },
    *detect(facts) {
      for (const { index } of facts.points)
        if (gatesOf(facts).absence(index).ok)
          yield {
            key: `${index}`,
            grade: 'inferred',
            subject: { protocol: 'dns', client: null, server: null },
            conversations: [],
            packets: [{ point: index, packet: 1, time: 0, note: '' }],
            packetsTotal: 1,
            reach: 1,
            measured: {},
          };
    },
  });
  const facts = () => evidence({ captures: [dropping] });

  test('is told with its class, which is open then', () => {
    const judgement = judgedBy([asking('error')], facts());
    expect(judgement.gated?.map(({ ruleId }) => ruleId)).toEqual(['made-up']);
    expect(judgement.notAssessable).toEqual({ dns: judgement.gated });
  });

  test('leaves no class open when it would have noted something only', () => {
    const judgement = judgedBy([asking('note')], facts());
    expect(judgement.gated).toMatchObject([{ ruleId: 'made-up', classes: [] }]);
    expect(judgement.notAssessable).toEqual({});
  });

  test('answers the same for frozen evidence, asked twice', () => {
    const frozen = Object.freeze(facts());
    const first = judgedBy([asking('error')], frozen);
    expect(judgedBy([asking('error')], frozen)).toEqual(first);
    expect(gatesOf(frozen).absence(0).ok).toBe(false);
  });

  test('is asked once when no gate is closed', () => expect(withGatesOpen(evidence())).toBeNull());
});

describe('the report of gated rules', () => {
  const report = (parts: EvidenceParts) => {
    const facts = evidence(parts);
    return reportOf(facts, judgedBy(catalogue, facts));
  };
  const triage = (parts: EvidenceParts, name: string) => report(parts).triage.find((row) => row.class === name);

  test('says the reason in rules, triage and what was not seen', () => {
    const parts = { captures: [dropping], connections: [silent()] };
    const because = '5,000 packets dropped while point was captured, 100 captured';
    expect(report(parts).rules).toContainEqual({ ruleId: 'syn-no-reply', status: 'gated', because, code: 'dropped' });
    expect(triage(parts, 'port-unreachable')).toEqual({
      class: 'port-unreachable',
      verdict: 'not-assessable',
      because: `syn-no-reply cannot be judged: ${because}`,
      code: 'gated',
      ruleId: null,
    });
    expect(report(parts).unseen).toContainEqual(expect.stringMatching(/^not judged: .*syn-no-reply.*5,000 packets/));
  });

  test('a class in which other things work is not ok while a rule of it is gated', () => {
    const row = triage({ captures: [dropping], connections: [silent(), answered()] }, 'port-unreachable');
    expect(row).toMatchObject({ verdict: 'not-assessable', code: 'gated' });
    expect(row?.because).toMatch(/^1 connection opened, but syn-no-reply cannot be judged: 5,000 packets/);
  });

  test('attempts without a SYN-ACK are told as such, with the drops', () => {
    const once = connection({ server: '10.244.2.7:5000', syn: [0] });
    const words = '1 attempt to open a TCP connection was captured, but no SYN-ACK';
    expect(triage({ connections: [once] }, 'port-unreachable')).toMatchObject({ code: 'no-syn-ack', because: words });
    expect(triage({ connections: [once], captures: [dropping] }, 'port-unreachable')?.because).toBe(
      `${words}: 5,000 packets dropped while point was captured, 100 captured`,
    );
  });
});
