import { expect, test } from 'vitest';
import type { CaptureDigest } from '../../../src/flows/capture/capture-digest.ts';
import { compareTexts, inContentOrder } from '../../../src/flows/digest/content-order.ts';
import { SightingTable } from '../../../src/flows/rows/sighting-table.ts';

interface Told {
  path: string;
  parts?: string[];
  packets?: number;
  baseSeconds?: number;
  baseNanoseconds?: number;
  duration?: number;
  problems?: { kind: string; offset: number; message: string }[];
  format?: string;
}

const digestOf = (capture: Told, others: Partial<Record<string, unknown>> = {}): CaptureDigest =>
  ({
    capture: { packets: 5, baseSeconds: 100, baseNanoseconds: 7, duration: 3, problems: [], ...capture },
    ...{ points: [{ name: capture.path, index: 0, role: 'pod' }], connections: [], dns: [], datagrams: [] },
    ...others,
  }) as unknown as CaptureDigest;

/** The names in order, from both orders of the arguments. */
function orderOf(...digests: CaptureDigest[]): string[] {
  const inOrder = inContentOrder(digests.map((digest) => ({ digest }))).map(({ digest }) => digest.capture.path);
  const turned = inContentOrder(digests.toReversed().map((digest) => ({ digest })));
  expect(turned.map(({ digest }) => digest.capture.path)).toEqual(inOrder);
  return inOrder;
}

/** Each against the ones behind it: what is compared next would turn them round. */
test.each<[string, Told, Told]>([
  ['without packets comes last', { path: 'b' }, { path: 'a', packets: 0, baseSeconds: 1 }],
  ['the earlier second', { path: 'b', baseSeconds: 99, baseNanoseconds: 9 }, { path: 'a' }],
  ['the earlier nanosecond', { path: 'b', baseNanoseconds: 6, packets: 4 }, { path: 'a' }],
  ['more packets', { path: 'b', packets: 6, duration: 1 }, { path: 'a' }],
  ['longer', { path: 'b', duration: 4 }, { path: 'a' }],
  ['of equal content, the file name', { path: '/z/a' }, { path: '/a/b' }],
  ['in a folder of Windows too', { path: 'z\\a' }, { path: 'a/b' }],
  ['then the path', { path: 'a/same' }, { path: 'b/same' }],
  ['then the parts', { path: 'same', parts: ['a', 'z'] }, { path: 'same', parts: ['b'] }],
  ['no parts first', { path: 'same' }, { path: 'same', parts: ['b'] }],
])('%s', (_, first, second) => {
  const [one, other] = [digestOf(first), digestOf(second)];
  expect(orderOf(one, other)).toEqual([first.path, second.path]);
  const sorted = inContentOrder([{ digest: other }, { digest: one }]);
  expect(sorted[0].digest).toBe(one);
});

test('names and messages are no content; everything else is', () => {
  const rows = (packet: number): SightingTable => {
    const table = new SightingTable(10);
    for (const column of Object.values(table.columns)) column[0] = packet;
    table.length = 1;
    return table;
  };
  const damage = { kind: 'cut', offset: 9, message: 'x: cut' };
  const changed: [Told, Partial<Record<string, unknown>>][] = [
    [{ path: 'a', format: 'pcapng' }, {}],
    [{ path: 'a', problems: [damage] }, {}],
    [{ path: 'a', problems: [{ ...damage, offset: 10 }] }, {}],
    [{ path: 'a', problems: [{ ...damage, kind: 'time' }] }, {}],
    [{ path: 'a' }, { points: [{ name: 'a', index: 0, role: 'node' }] }],
    [{ path: 'a' }, { hosts: [1] }],
    [{ path: 'a' }, { connections: [{ index: 0 }] }],
    [{ path: 'a' }, { connections: [{ index: 1 }] }],
    [{ path: 'a' }, { dns: [{ index: 0, name: 'a' }] }],
    [{ path: 'a' }, { datagrams: [{ index: 0, protocol: 17 }] }],
    [{ path: 'a' }, { sightings: rows(3) }],
    [{ path: 'a' }, { sightings: rows(4) }],
  ];
  /** Equal content is ordered by its names alone: both ways, as no hash comes before them. */
  const areEqual = (one: (path: string) => CaptureDigest, other: (path: string) => CaptureDigest): boolean =>
    orderOf(one('a'), other('b'))[0] === 'a' && orderOf(one('b'), other('a'))[0] === 'a';
  const of = (told: Told, others: Partial<Record<string, unknown>>) => (path: string) =>
    digestOf({ ...told, path }, others);
  const plain = of({ path: 'a' }, {});
  for (const [nth, [told, others]] of changed.entries()) {
    expect([nth, areEqual(of(told, others), of(told, others))]).toEqual([nth, true]);
    for (const [told2, others2] of [[{ path: 'a' }, {}] as [Told, object], ...changed.slice(nth + 1)])
      expect([nth, areEqual(of(told, others), of(told2, others2))]).toEqual([nth, false]);
  }
  expect(areEqual(plain, of({ path: 'a', parts: ['1', '2'] }, {}))).toBe(true);
  expect(areEqual(plain, of({ path: 'a' }, { points: [{ name: 'other', index: 0, role: 'pod' }] }))).toBe(true);
  const told = (message: string) => of({ path: 'a', problems: [{ ...damage, message }] }, {});
  expect(areEqual(told('x: cut'), told('y: cut'))).toBe(true);
});

test('texts are compared by code units', () => {
  expect([compareTexts('a', 'b'), compareTexts('b', 'a'), compareTexts('a', 'a'), compareTexts('Z', 'a')]).toEqual([
    -1, 1, 0, -1,
  ]);
});
