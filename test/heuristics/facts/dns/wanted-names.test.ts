import { describe, expect, test } from 'vitest';
import { isPartnerMissed, resolvedNames, wasResolved } from '../../../../src/heuristics/facts/dns/resolved-names.ts';
import { namesWithoutAnswer, nearestName } from '../../../../src/heuristics/facts/dns/wanted-names.ts';
import { type Lookup, lookupsOf } from '../../../../src/heuristics/facts/dns-lookups.ts';
import { capture, dns, type EvidenceParts, evidence, point } from '../../../support/evidence.ts';

type Parts = NonNullable<Parameters<typeof dns>[0]>;
const known = (...names: string[]) => evidence({ dns: names.map((name) => dns({ name, answered: 0.01 })) });
let port = 1;
const asks = (name: string, at: number, some: Parts = {}) =>
  dns({ client: `10.244.1.5:${port++}`, name, queries: [at], answered: at + 0.1, rcode: 3, ...some });
const apart = (shift: number): EvidenceParts => ({
  points: [point(), point({ capture: 1, timeShift: shift })],
  captures: [capture(), capture()],
});

describe('names that nobody has', () => {
  const told = (exchanges: ReturnType<typeof dns>[], parts: EvidenceParts = {}) =>
    namesWithoutAnswer(evidence({ dns: exchanges, ...parts })).map(
      ({ client, name, lookups, tried, rounds }) =>
        `${client} ${name}: ${lookups.map(({ exchange }) => `${exchange.name}@${exchange.queries[0].time}`).join(' ')}, ${tried}, ${rounds} rounds`,
    );
  const found = ['10.244.1.5 web: web@1, web, 1 rounds'];
  test.each<[name: string, exchanges: ReturnType<typeof dns>[], expected: string[]]>([
    ['one', [asks('web', 1)], found],
    ['of IPv6', [asks('web', 1, { type: 28 })], found],
    ['of another type', [asks('web', 1, { type: 16 })], []],
    ['not answered', [asks('web', 1, { answered: null })], []],
    ['a failure', [asks('web', 1, { rcode: 2 })], []],
    ['it exists', [asks('web', 1, { rcode: 0 })], []],
    [
      'with suffixes',
      [asks('web.b.test', 1), asks('web.a.test', 2), asks('web', 3)],
      ['10.244.1.5 web: web.b.test@1 web.a.test@2 web@3, web,web.a.test,web.b.test, 1 rounds'],
    ],
    ['with one suffix it exists', [asks('web', 1), asks('web.a.test', 2, { rcode: 0 })], []],
    [
      'with one suffix it exists for another client',
      [asks('web', 1), asks('web.a.test', 2, { rcode: 0, client: '10.244.1.6:1' })],
      [],
    ],
    [
      'with one suffix it exists with another type',
      [asks('web', 1), asks('web.a.test', 2, { rcode: 0, type: 16, addresses: [] })],
      [],
    ],
    ['it exists for another client', [asks('web', 1), asks('WEB', 2, { rcode: 0, client: '10.244.1.6:1' })], []],
    ['another name exists', [asks('web', 1), asks('web2', 2, { rcode: 0 })], found],
    ['two names', [asks('web', 1), asks('web2', 2)], [...found, '10.244.1.5 web2: web2@2, web2, 1 rounds']],
    ['in other letters', [asks('web', 1), asks('WEB', 2)], ['10.244.1.5 web: web@1 WEB@2, web, 2 rounds']],
    [
      'of two clients',
      [asks('web', 1), asks('web', 2, { client: '10.244.1.6:1' })],
      [...found, '10.244.1.6 web: web@2, web, 1 rounds'],
    ],
    ['a service', [asks('_http._tcp.web', 1)], []],
    ['a service of a name', [asks('web._tcp.test', 1)], []],
    ['a reverse name', [asks('5.1.244.10.in-addr.arpa', 1)], []],
    ['the root', [asks('.', 1), asks('', 2)], []],
    [
      'the shortest is wanted',
      [asks('a.web', 1), asks('web', 2)],
      ['10.244.1.5 web: web@2, web, 1 rounds', '10.244.1.5 a.web: a.web@1, a.web, 1 rounds'],
    ],
  ])('%s', (_, exchanges, expected) => expect(told(exchanges)).toEqual(expected));
  test('rounds are counted by the name that is tried first, and the type that is asked most', () => {
    const round = (at: number) => [
      asks('web.a.test', at),
      asks('web.a.test', at + 0.1, { type: 28 }),
      asks('web', at + 0.2),
      asks('web', at + 0.3),
    ];
    expect(told([...round(1), ...round(5)])[0]).toMatch(/, 2 rounds$/);
    expect(told([...round(1), ...round(5), asks('web.a.test', 9, { type: 28 })])[0]).toMatch(/, 3 rounds$/);
  });
  test('by the common clock', () => {
    const two = (shift: number) => told([asks('web', 5), asks('web.a.test', 1, { point: 1 })], apart(shift))[0];
    expect(two(3)).toMatch(/: web.a.test@1 web@5,/);
    expect(two(5)).toMatch(/: web@5 web.a.test@1,/);
  });
});

describe('a name that exists and is like it', () => {
  test.each<[name: string, names: string[], wanted: string, expected: ReturnType<typeof nearestName>]>([
    [
      'written almost alike',
      ['orders.shop.svc', 'db.other.example'],
      'order.shop.svc',
      { name: 'orders.shop.svc', isNear: true },
    ],
    [
      'beside it',
      ['db.other.example', 'payments.shop.svc'],
      'web.shop.svc',
      { name: 'payments.shop.svc', isNear: false },
    ],
    ['neither', ['db.other.example'], 'web.shop.svc', null],
    ['a single label has none beside it', ['db.other.example'], 'frontend', null],
    [
      'by its first labels',
      ['orders.shop.svc.cluster.local'],
      'order.shop',
      { name: 'orders.shop.svc.cluster.local', isNear: true },
    ],
    ['the same is not near', ['web.a.test'], 'web', null],
    ['one letter of a short name', ['wab'], 'web', { name: 'wab', isNear: true }],
    ['two letters of a short name', ['wxy'], 'web', null],
    ['two of eight letters', ['abcdefxy'], 'abcdefgh', { name: 'abcdefxy', isNear: true }],
    ['two of seven letters', ['abcdexy'], 'abcdefg', null],
    ['letters that are missing', ['abcdef'], 'abcdefgh', { name: 'abcdef', isNear: true }],
    ['letters that are more', ['abcdefghij'], 'abcdefgh', { name: 'abcdefghij', isNear: true }],
    ['letters that are more in front', ['xyabcdefgh'], 'abcdefgh', { name: 'xyabcdefgh', isNear: true }],
    ['the nearest of several', ['abcdefxy', 'abcdefgx', 'abcdefzz'], 'abcdefgh', { name: 'abcdefgx', isNear: true }],
    [
      'the first of those beside it',
      ['payments.shop.svc', 'ledger.shop.svc'],
      'web.shop.svc',
      { name: 'payments.shop.svc', isNear: false },
    ],
    ['the rest differs in length', ['payments.shop'], 'web.shop.svc', null],
  ])('%s', (_, names, wanted, expected) => expect(nearestName(known(...names), wanted)).toEqual(expected));
});

describe('names that were resolved in another way', () => {
  const MISSING = { points: [point({ quality: { gapOctets: 20, tcpOctets: 80 } })] };
  const soon = (exchanges: ReturnType<typeof dns>[], parts: EvidenceParts = {}, seconds = 5) => {
    const all = evidence({ dns: exchanges, ...parts });
    const lookups = lookupsOf(all);
    return wasResolved(all, resolvedNames(all, lookups), lookups[0], seconds);
  };
  const failed = asks('web', 10, { rcode: 2 });
  const answered = (name: string, at: number, some: Parts = {}) => asks(name, at, { answered: at, rcode: 0, ...some });
  test.each<[name: string, told: boolean, expected: boolean]>([
    ['within five seconds after', soon([failed, answered('web', 15)]), true],
    ['later', soon([failed, answered('web', 15.1)]), false],
    ['within five seconds before', soon([failed, answered('web', 5)]), true],
    ['earlier', soon([failed, answered('web', 4.9)]), false],
    ['with a suffix', soon([failed, answered('WEB.a.test', 11)]), true],
    ['without the suffix', soon([asks('web.a.test', 10, { rcode: 2 }), answered('web', 11)]), true],
    ['another name', soon([failed, answered('web2', 11)]), false],
    ['another name of the same length', soon([failed, answered('wab', 11)]), false],
    ['for another client', soon([failed, answered('web', 11, { client: '10.244.1.6:1' })]), false],
    ['by the common clock', soon([failed, answered('web', 1, { point: 1 })], apart(14)), true],
    ['by the common clock, later', soon([failed, answered('web', 1, { point: 1 })], apart(14.1)), false],
    ['its answer may be missed', soon([failed, asks('web', 11, { type: 28, answered: null })], MISSING), true],
    ['its answer is missing', soon([failed, asks('web', 11, { type: 28, answered: null })]), false],
  ])('%s', (_, told, expected) => expect(told).toBe(expected));
  test('where only IPv6 is asked for, the capture may miss the rest', () => {
    const missed = (exchanges: ReturnType<typeof dns>[], parts: EvidenceParts = MISSING) => {
      const all = evidence({ dns: exchanges, ...parts });
      const lookups: Lookup[] = lookupsOf(all);
      return isPartnerMissed(all, lookups, lookups[0]);
    };
    const v6 = asks('web', 1, { type: 28 });
    expect(missed([v6])).toBe(true);
    expect(missed([v6], {})).toBe(false);
    expect(missed([asks('web', 1)])).toBe(false);
    expect(missed([v6, asks('web', 1)])).toBe(false);
    expect(missed([v6, asks('web2', 1)])).toBe(true);
    expect(missed([v6, asks('web', 1, { type: 16 })])).toBe(true);
    expect(missed([v6, asks('web', 1, { client: '10.244.1.6:1' })])).toBe(true);
  });
});
