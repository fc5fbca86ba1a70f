import { describe, expect, test } from 'vitest';
import type { Evidence } from '../../../src/flows/evidence/evidence.ts';
import { gatesOf } from '../../../src/heuristics/facts/gates.ts';
import { gatedRules, notAssessable } from '../../../src/heuristics/judge/gated.ts';
import type { FaultClass, Level, Occurrence, Rule } from '../../../src/heuristics/rule/rule.ts';
import { capture, connection, evidence, hop, point } from '../../support/evidence.ts';

interface Made {
  faultClass?: FaultClass;
  level?: Level;
  acquitsNetwork?: true;
}
const occurrence = (some: Partial<Occurrence> = {}): Occurrence =>
  ({
    key: '',
    grade: 'inferred',
    subject: { protocol: 'tcp', client: null, server: null },
    conversations: [],
    packets: [],
    packetsTotal: 0,
    reach: 1,
    measured: {},
    ...some,
  }) as Occurrence;
const rule = (id: string, detect: (facts: Evidence) => Occurrence[], some: Made = {}): Rule =>
  ({ meta: { id, faultClass: 'cni', level: 'error', ...some }, detect }) as unknown as Rule;

function ask(facts: Evidence, rules: readonly Rule[], most = Infinity) {
  let asked = 0;
  const steps = gatedRules(facts, rules, () => asked++ >= most);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return { gated: value?.gated ?? [], unasked: (value?.unasked ?? []).map(({ meta }) => meta.id) };
  }
}
const idsOf = (facts: Evidence, rules: readonly Rule[]) => ask(facts, rules).gated.map(({ ruleId }) => ruleId);

const dropping = capture({ dropped: 5000 });
const anyDropped = () => evidence({ captures: [dropping] });
/** Claims at a point where it may. */
const claims = (id: string, some: Made = {}, ...found: Partial<Occurrence>[]) =>
  rule(id, (facts) => (gatesOf(facts).absence(0).ok ? (found.length > 0 ? found : [{}]).map(occurrence) : []), some);
/** Claims of each connection whose beginning could not refute it. */
const claimsOfBegun = (id: string, some: Made = { acquitsNetwork: true }) =>
  rule(
    id,
    (facts) =>
      facts.conversations.flatMap(({ index }) =>
        facts.connections.every((one) => gatesOf(facts).beginning(one).ok)
          ? [occurrence({ conversations: [index] })]
          : [],
      ),
    some,
  );
const packets = { toServer: { packets: 3 }, toClient: { packets: 3 } };
const unbegun = { rolesFrom: 'guess' as const, ...packets };

describe('rules that are gated', () => {
  test('find something only where the gates are open', () => {
    expect(idsOf(anyDropped(), [claims('a'), rule('b', () => [])])).toEqual(['a']);
    expect(idsOf(evidence(), [claims('a')])).toEqual([]);
  });

  test('those that acquit the network are asked about beginnings, too, but once', () => {
    const facts = () => evidence({ captures: [dropping], connections: [connection(unbegun)] });
    const rules = [claims('a', { acquitsNetwork: true }), claimsOfBegun('b'), claimsOfBegun('c', {})];
    const { gated } = ask(facts(), rules);
    expect(gated.map(({ ruleId, gates }) => [ruleId, gates.map(({ code }) => code)])).toEqual([
      ['a', ['dropped']],
      ['b', ['handshake-missing']],
    ]);
    expect(idsOf(evidence({ connections: [connection({ ...unbegun, rolesFrom: 'syn' })] }), rules)).toEqual([]);
  });

  test('the gate is that of the connection that did not begin', () => {
    const legs = [connection({ point: 0, rolesFrom: 'syn', ...packets }), connection({ point: 1, ...unbegun })];
    const facts = evidence({ points: [point(), point()], connections: legs, paths: [{ of: legs }] });
    expect(ask(facts, [claimsOfBegun('b')]).gated[0].gates).toEqual([
      { ok: false, code: 'handshake-missing', point: 1 },
    ]);
  });

  test('that are not asked are told', () => {
    const three = ['a', 'b', 'c'].map((id) => claims(id));
    const { gated, unasked } = ask(anyDropped(), three, 2);
    expect([gated.map(({ ruleId }) => ruleId), unasked]).toEqual([['a', 'b'], ['c']]);
    expect(ask(evidence(), three, 0).unasked).toEqual([]);
  });

  test('leave the classes of what they would have told open, and not of notes', () => {
    const two = [
      claims('a', {}, {}, { level: 'note' }),
      claims('n', { level: 'note' }),
      claims('d', { faultClass: 'dns' }),
    ];
    const { gated } = ask(anyDropped(), two);
    expect(gated.map(({ classes }) => classes)).toEqual([['cni'], [], ['dns']]);
    const open = notAssessable([...gated, { ...gated[0], ruleId: 'e' }]);
    expect(Object.entries(open).map(([name, of]) => [name, of?.map(({ ruleId }) => ruleId)])).toEqual([
      ['cni', ['a', 'e']],
      ['dns', ['d']],
    ]);
  });
});

describe('the gate that is told is the nearest closed one', () => {
  /** Captures of three points; those of 1 and 2 dropped packets. Conversation 0 passes 0 and 1, conversation 1 only 0. */
  const parts = (): Evidence => {
    const legs = [0, 1].map((at) => connection({ point: at, syn: [0] }));
    const lone = connection({ client: '10.0.0.9:1', syn: [0] });
    const unknown = { code: 'no-common-time' } as const;
    return evidence({
      captures: [capture(), dropping, dropping],
      points: [0, 1, 2].map((at) => point({ capture: at, name: `${at}` })),
      connections: [...legs, lone],
      paths: [{ of: legs, hops: [hop({ from: 0, to: 1, unknown }), hop({ from: 1, to: 0, unknown })] }],
    });
  };
  const gateOf = (some: Partial<Occurrence>): string => {
    const facts = parts();
    const { gated } = ask(facts, [rule('a', (of) => (gatesOf(of).absence(1).ok ? [occurrence(some)] : []))]);
    return gated[0].gates.map((gate) => `${gate.code} ${gate.point}`).join();
  };
  const packet = (at: number) => ({ point: at, packet: 1, time: 0, note: '' });

  test('its place, its packets, its hops, its points, all others', () => {
    expect(gateOf({ between: [1, 0], conversations: [0], packets: [packet(2)] })).toBe('hop-unknown 0');
    expect(gateOf({ between: [0, 1], conversations: [0], packets: [packet(2)] })).toBe('hop-unknown 1');
    expect(gateOf({ between: [0, 2], conversations: [0], packets: [packet(2)] })).toBe('dropped 2');
    expect(gateOf({ conversations: [0], packets: [packet(0), packet(2)] })).toBe('dropped 2');
    expect(gateOf({ conversations: [0], packets: [packet(0)] })).toBe('hop-unknown 1');
    expect(gateOf({ conversations: [1] })).toBe('dropped 1');
    expect(gateOf({})).toBe('dropped 1');
  });

  test('each is told once', () => {
    const facts = parts();
    const many = [{ packets: [packet(2)] }, { packets: [packet(2)] }, { packets: [packet(1)] }, { conversations: [0] }];
    const two = [...many, { between: [1, 0] as [number, number], conversations: [0] }].map(occurrence);
    const { gated } = ask(facts, [rule('a', (of) => (gatesOf(of).absence(1).ok ? two : []))]);
    expect(gated[0].gates.map(({ code, point: at }) => `${code} ${at}`)).toEqual([
      'dropped 2',
      'dropped 1',
      'hop-unknown 1',
      'hop-unknown 0',
    ]);
  });
});
