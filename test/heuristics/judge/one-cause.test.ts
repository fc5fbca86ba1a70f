import { describe, expect, test } from 'vitest';
import { namesOf } from '../../../src/heuristics/facts/names.ts';
import { judge } from '../../../src/heuristics/judge/judge.ts';
import { defineRule, type Occurrence, type Rule } from '../../../src/heuristics/rule/rule.ts';
import { catalogue } from '../../../src/heuristics/rules/catalogue.ts';
import { reportOf } from '../../report/sample.ts';
import {
  arp,
  connection,
  dns,
  type EvidenceParts,
  evidence,
  hostActivity,
  point,
  ref,
  reset,
} from '../../support/evidence.ts';
import { attempt, between } from '../../support/tunnel-items.ts';

const judged = (parts: EvidenceParts, apart = false) => {
  const facts = evidence(parts);
  return judge(facts, catalogue, namesOf(facts), { apart });
};
const faults = (parts: EvidenceParts) =>
  judged(parts).findings.filter(({ level, meta }) => level !== 'note' && meta.faultClass !== 'capture');
const times = <T>(count: number, make: (nth: number) => T): T[] => Array.from({ length: count }, (_, nth) => make(nth));
const client = (nth: number) => `10.244.${1 + Math.floor(nth / 200)}.${1 + (nth % 200)}`;

const unanswered = (nth: number) => dns({ client: `${client(nth)}:40000`, id: nth, queries: [0, 5, 10] });
const silent = (nth: number) =>
  connection({ client: `${client(nth)}:40000`, server: '10.9.0.7:5000', syn: [0, 1, 3, 7] });
const refused = (nth: number) =>
  connection({
    client: `${client(nth)}:40000`,
    server: '10.9.0.7:5000',
    syn: [0, 1],
    resets: [reset(0.001, 1), reset(1.001, 1)],
  });

describe('findings of one cause become one', () => {
  test.each<[string, EvidenceParts, string]>([
    ['a dead DNS server', { dns: times(200, unanswered) }, 'dns-no-response'],
    ['a server that answers no SYN', { connections: times(200, silent) }, 'syn-no-reply'],
    ['a closed port', { connections: times(200, refused) }, 'port-closed'],
    [
      'an address that no neighbour has',
      {
        arp: times(200, (nth) => arp({ asker: client(nth), target: '10.1.0.9', requests: [0, 1, 2, 3] })),
        hosts: times(200, (nth) => hostActivity(client(nth))),
      },
      'arp-unanswered',
    ],
  ])('%s, asked by 200 clients', (_, parts, ruleId) => {
    const found = faults(parts).filter(({ meta }) => meta.id === ruleId);
    expect(found.map(({ alike, occurrence }) => [alike?.end, alike?.others, occurrence.subject.client])).toEqual([
      ['client', 199, expect.any(String)],
    ]);
    expect(found[0].occurrence.reach).toBeGreaterThanOrEqual(200);
    expect(found[0].alike?.listed).toHaveLength(50);
  });

  test('a broken tunnel end, of which the other nodes sit elsewhere', () => {
    const nodes = times(4, (nth) => point({ name: `node${nth + 1} eth0`, host: `node${nth + 1}`, role: 'node-nic' }));
    const lost = times(3, (nth) => attempt(nth, null, { client: `10.244.${nth + 1}.5:4000`, point: nth }));
    const plain = times(3, (nth) =>
      connection(
        { client: `192.168.0.${nth + 1}:4000`, server: '192.168.0.4:10250', point: nth },
        { established: true },
      ),
    );
    const found = faults({
      points: nodes,
      tunnels: times(3, (nth) => between(nth, nth + 1, 4)),
      connections: [...lost, ...plain],
      paths: [
        ...lost.map((one, nth) => ({
          of: [one],
          hops: [{ from: nth, to: 3, packets: 3, lost: 3, lostPackets: [ref(0), ref(1), ref(3)] }],
        })),
        ...plain.map((one, nth) => ({ of: [one], hops: [{ from: nth, to: 3, packets: 4 }] })),
      ],
    }).filter(({ meta }) => meta.id === 'tunnel-blocked');
    expect(found.map(({ alike }) => alike)).toEqual([expect.objectContaining({ end: 'client', others: 2, places: 3 })]);
  });

  test('the message says for whom it speaks', () => {
    const facts = evidence({ dns: times(3, unanswered) });
    const report = reportOf(facts, judge(facts, catalogue, namesOf(facts)));
    expect(report.verdict?.summary).toMatch(/; the same for 2 other clients \(3 lookups in all\)$/);
    expect(report.findings[0].alike).toEqual({
      end: 'client',
      others: 2,
      listed: [
        { name: client(1), reach: 1 },
        { name: client(2), reach: 1 },
      ],
    });
  });

  test('the name of the finding does not depend on the number of clients', () => {
    const name = (count: number) => faults({ dns: times(count, unanswered) })[0].fingerprint;
    expect(name(2)).toBe(name(40));
    expect(name(1)).toBe(name(2));
    // Another client alone meets the same fault; another server is another fault.
    expect(faults({ dns: [unanswered(7)] })[0].fingerprint).toBe(name(1));
    const other = dns({ client: '10.244.1.1:40000', server: '10.96.0.77:53', queries: [0, 5, 10] });
    expect(faults({ dns: [other] })[0].fingerprint).not.toBe(name(1));
  });

  test.each<[string, (nth: number) => EvidenceParts]>([
    ['a server that answers no SYN', (nth) => ({ connections: [silent(nth)] })],
    ['a closed port', (nth) => ({ connections: [refused(nth)] })],
    [
      'an address that no neighbour has',
      (nth) => ({
        arp: [arp({ asker: client(nth), target: '10.1.0.9', requests: [0, 1, 2, 3] })],
        hosts: [hostActivity(client(nth))],
      }),
    ],
  ])('%s: the name is the same for another client', (_, parts) => {
    const [one, other] = [3, 4].map((nth) => faults(parts(nth)));
    expect(one.length).toBeGreaterThan(0);
    expect(one.map(({ fingerprint }) => fingerprint)).toEqual(other.map(({ fingerprint }) => fingerprint));
  });

  test('asked for apart, each is a finding', () => {
    const { findings } = judged({ dns: times(20, unanswered) }, true);
    expect(findings.filter(({ meta }) => meta.id === 'dns-no-response')).toHaveLength(20);
  });
});

describe('what differs stays apart', () => {
  test('two dead servers', () => {
    const parts = {
      dns: times(6, (nth) =>
        dns({
          ...unanswered(nth),
          client: `${client(nth)}:40000`,
          server: `10.96.0.${10 + (nth % 2)}:53`,
          queries: [0, 5, 10],
        }),
      ),
    };
    expect(faults(parts).map(({ occurrence, alike }) => [occurrence.subject.server, alike?.others])).toEqual([
      ['10.96.0.10', 2],
      ['10.96.0.11', 2],
    ]);
  });

  /** One finding of each row: client, server, and what else is said. */
  const ruleOf = (rows: (Partial<Occurrence> & { of: [string, string] })[], place: 'last-seen' | 'mechanism'): Rule =>
    defineRule({
      meta: { ...catalogue[0].meta, id: 'made', faultClass: 'tcp', level: 'error', place },
      thresholds: {},
      *detect() {
        for (const [nth, { of, ...row }] of rows.entries())
          yield {
            key: `${of}`,
            grade: 'inferred',
            subject: { protocol: 'tcp', client: of[0], server: of[1] },
            conversations: [nth],
            packets: [],
            packetsTotal: 1,
            reach: 1,
            measured: {},
            ...row,
          } satisfies Occurrence;
      },
      explain: ({ measured }) => ({
        message: 'm',
        why: '',
        causes: [{ id: String(measured.cause ?? 'any'), cause: '', for: ['a fact'], against: [] }],
        confirm: [],
        fix: [],
        wireshark: '',
      }),
    });
  const count = (rows: Parameters<typeof ruleOf>[0], place: 'last-seen' | 'mechanism' = 'last-seen'): number => {
    const facts = evidence({ points: times(4, () => point()) });
    return judge(facts, [ruleOf(rows, place)], namesOf(facts)).findings.length;
  };
  const a: [string, string] = ['a', 'z'];
  const b: [string, string] = ['b', 'z'];

  test.each<[string, Parameters<typeof ruleOf>[0], number]>([
    ['two clients of one server are one', [{ of: a }, { of: b }], 1],
    ['the level', [{ of: a }, { of: b, level: 'warning' }], 2],
    ['the grade', [{ of: a }, { of: b, grade: 'confirmed' }], 2],
    ['the best explanation', [{ of: a }, { of: b, measured: { cause: 'other' } }], 2],
    [
      'the point before which packets vanish',
      [
        { of: a, between: [0, 1] },
        { of: b, between: [0, 2] },
      ],
      2,
    ],
    [
      'only the point after which they vanish',
      [
        { of: a, between: [0, 1] },
        { of: b, between: [2, 1] },
      ],
      1,
    ],
    ['three servers of one client', ['x', 'y', 'z'].map((to) => ({ of: ['a', to] })), 3],
    [
      'two pairs of ends at one place',
      [
        { of: ['a', 'x'], between: [0, 1] },
        { of: ['b', 'y'], between: [0, 1] },
      ],
      2,
    ],
    [
      'three pairs of ends at one place are one',
      [
        { of: ['a', 'x'], between: [0, 1] },
        { of: ['b', 'y'], between: [0, 1] },
        { of: ['c', 'z'], between: [0, 1] },
      ],
      1,
    ],
    [
      'three pairs of ends at different places',
      [
        { of: ['a', 'x'], between: [0, 1] },
        { of: ['b', 'y'], between: [0, 1] },
        { of: ['c', 'z'], between: [1, 2] },
      ],
      3,
    ],
    ['four servers of one client are one', ['w', 'x', 'y', 'z'].map((to) => ({ of: ['a', to] })), 1],
  ])('%s', (_, rows, findings) => expect(count(rows)).toBe(findings));

  test('a mechanism at each of many servers', () => {
    expect(
      count(
        ['v', 'w', 'x', 'y', 'z'].map((to) => ({ of: ['a', to] })),
        'mechanism',
      ),
    ).toBe(5);
  });

  test('more findings than a report can hold are counted', () => {
    const facts = evidence({});
    const rows = times(1200, (nth) => ({ of: ['a', `s${nth}`] as [string, string] }));
    const { findings, findingsLeftOut } = judge(facts, [ruleOf(rows, 'mechanism')], namesOf(facts));
    expect([findings.length, findingsLeftOut]).toEqual([500, 700]);
  });
});
