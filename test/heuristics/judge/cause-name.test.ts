import { describe, expect, test } from 'vitest';
import { namedByCause } from '../../../src/heuristics/judge/cause-name.ts';
import { fingerprintOf } from '../../../src/heuristics/judge/fingerprint.ts';
import type { Alike } from '../../../src/heuristics/judge/judgement.ts';
import type { Together } from '../../../src/heuristics/judge/one-cause.ts';
import type { Found } from '../../../src/heuristics/judge/strongest-cause.ts';
import { point } from '../../support/evidence.ts';

interface Some {
  key: string;
  client?: string | null;
  server?: string | null;
  serverBeforeNat?: string;
  between?: [number, number];
  cause?: string;
  protocol?: string;
  apart?: boolean;
  rule?: string;
}
const POINTS = [point({ role: 'bridge' }), point({ role: 'node-nic' })];

const found = ({
  key,
  client = null,
  server = null,
  serverBeforeNat,
  between,
  cause,
  protocol = 'tcp',
  apart,
  rule = 'r',
}: Some) =>
  ({
    rule: { meta: { id: rule, faultClass: 'cni' }, ...(apart && { isToldApart: true }) },
    occurrence: { key, subject: { protocol, client, server, serverBeforeNat }, between, cause },
  }) as unknown as Found;
const group = (some: Some[], end: Alike['end'] | null = null): Together => {
  const members = some.map(found);
  return { found: members[0], members, alike: end === null ? null : ({ end } as Alike) };
};
const names = (...groups: Together[]) => namedByCause(groups, POINTS).map((one) => one.found.fingerprint);
const named = (cause: string, rule = 'r') => fingerprintOf(rule, 'cni', cause);

const C = { client: '10.0.0.1:4000', server: '10.0.0.9:80' };
describe('the name of one finding', () => {
  test.each<[string, Some, string]>([
    ['its key, without the client', { ...C, key: '10.0.0.1:4000>10.0.0.9:80' }, '*>10.0.0.9:80'],
    ['the address of the client alone', { ...C, key: '10.0.0.1>10.0.0.9' }, '*>10.0.0.9'],
    [
      'each of several clients',
      { ...C, client: '10.0.0.1:4000, 10.0.0.2', key: '10.0.0.1,10.0.0.2 10.0.0.9' },
      '*,* 10.0.0.9',
    ],
    [
      'the service that was asked',
      { ...C, serverBeforeNat: '10.96.0.1:80', key: '10.0.0.1>10.96.0.1:80' },
      '*>10.96.0.1:80',
    ],
    ['a key that names no server', { ...C, key: '10.0.0.1>elsewhere' }, '10.0.0.1>elsewhere'],
    [
      'a key that names a host that is both',
      { client: '10.0.0.1', server: '10.0.0.1', key: '10.0.0.1 x' },
      '10.0.0.1 x',
    ],
    ['no ends', { key: 'x y' }, 'x y'],
    ['its cause, if it has one', { ...C, key: '10.0.0.1>10.0.0.9', cause: 'z' }, 'z'],
    ['of a tunnel, both ends', { ...C, protocol: 'tunnel', key: '10.0.0.1>10.0.0.9' }, '10.0.0.1>10.0.0.9'],
    ['told apart, both ends', { ...C, apart: true, key: '10.0.0.1>10.0.0.9' }, '10.0.0.1>10.0.0.9'],
  ])('%s', (_, some, cause) => expect(names(group([some]))).toEqual([named(cause)]));
});

describe('the name of several that are one', () => {
  const to = (server: string, client = '10.0.0.1', some: Partial<Some> = {}): Some => ({
    client,
    server,
    key: `${client}>${server}`,
    ...some,
  });
  test('is that of one, where all have the same cause', () => {
    const two = [to('10.0.0.9'), to('10.0.0.9', '10.0.0.2')];
    expect(names(group(two, 'client'))).toEqual([named('*>10.0.0.9')]);
    expect(names(group(two))).toEqual([named('*>10.0.0.9')]);
  });

  test('names what they have in common, where their causes differ', () => {
    const two = [to('10.0.0.9', '10.0.0.1', { cause: 'x' }), to('10.0.0.8', '10.0.0.1', { cause: 'y' })];
    expect(names(group(two, 'client'))).toEqual([named('*>10.0.0.9')]);
    const service = two.map((one) => ({ ...one, serverBeforeNat: '10.96.0.1' }));
    expect(names(group(service, 'client'))).toEqual([named('*>10.96.0.1')]);
    expect(names(group(two, 'server'))).toEqual([named('10.0.0.1>*')]);
    const between: [number, number] = [0, 1];
    expect(
      names(
        group(
          two.map((one) => ({ ...one, between })),
          'pair',
        ),
      ),
    ).toEqual([named('*>* bridge node-nic')]);
    expect(names(group(two))).toEqual([named('x')]);
  });
});

describe('findings of one name', () => {
  const same = (key: string): Some => ({ key, cause: 'x' });
  test('are told apart by their first keys, in the order of these', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((key) => group([same(key)]));
    expect(names(a, b, c)).toEqual([named('x'), named('b'), named('c')]);
    expect(names(c, b, a)).toEqual([named('c'), named('b'), named('x')]);
    // The first key of several members, wherever it stands.
    expect(names(group([same('d'), same('a')]), b)).toEqual([named('x'), named('b')]);
    expect(names(group([same('a'), same('d')]), b)).toEqual([named('x'), named('b')]);
    expect(names(group([same('d'), same('e')]), b)).toEqual([named('d'), named('x')]);
  });

  test('with equal keys are numbered from the third on; other rules have their own', () => {
    const four = [1, 2, 3, 4].map(() => group([same('a')]));
    expect(names(...four)).toEqual([named('x'), named('a'), named('a 2'), named('a 3')]);
    expect(names(group([same('a')]), group([{ ...same('a'), rule: 'q' }]))).toEqual([named('x'), named('x', 'q')]);
  });
});
