/**
 * Metamorphic relations between sets of captures of one event: another capture of it, and other file names, tell
 * nothing that is not so, so they take away nothing that was told.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { analyze } from '../src/analyze.ts';
import { groupBy } from '../src/heuristics/words/group-by.ts';
import { hasShared, SHARED } from './support/shared-captures.ts';

interface Case {
  id: string;
  scenario: string;
  files: string[];
  accept: string[];
  between?: [string, string][];
}

interface Said {
  verdict: string;
  /** The place in words; '' when nothing is told. */
  place: string;
  /** Files between which the fault is; null when the place is not between two points. */
  between: string | null;
}

const SETS = ['lab/public', 'field/cni'].map((folder) => join(SHARED, folder));
const casesOf = (set: string): Case[] => JSON.parse(readFileSync(join(set, 'expected.json'), 'utf8')).cases;
const opaque = (_: string, at: number): string => `${String(at + 1).padStart(2, '0')}.pcap`;

const known = new Map<string, Promise<Said>>();
/** @param nameOf the name that a file is given */
function said(set: string, scenario: string, files: readonly string[], nameOf = (file: string, _at: number) => file) {
  const key = [set, scenario, ...files.map(nameOf), ...files].join(' ');
  let made = known.get(key);
  if (made === undefined) known.set(key, (made = read(set, scenario, files, nameOf)));
  return made;
}

async function read(
  set: string,
  scenario: string,
  files: readonly string[],
  nameOf: (file: string, at: number) => string,
): Promise<Said> {
  const captures = files.map((file, at) => ({
    name: nameOf(file, at),
    data: new Uint8Array(readFileSync(join(set, scenario, file))),
  }));
  const report = await analyze(captures);
  const [first] = report.findings;
  const fileOf = (point: string): string => {
    const { capture } = report.points.find(({ id }) => id === point) ?? {};
    const name = report.captures.find(({ id }) => id === capture)?.path ?? '?';
    return files[captures.findIndex((one) => one.name === name)];
  };
  return {
    verdict: report.verdict?.ruleId ?? 'none',
    place: first?.location.text ?? '',
    between: first?.location.between?.map(fileOf).join(' -> ') ?? null,
  };
}

/** Numbers that are the same in each run (Park and Miller 1988). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** Set and superset with one more file, each at random. */
function* chains(files: readonly string[], count: number, next: () => number): Generator<[string[], string[]]> {
  for (let nth = 0; nth < count; nth++) {
    const kept = files.filter(() => next() < 0.5);
    const others = files.filter((file) => !kept.includes(file));
    if (kept.length === 0 || others.length === 0) continue;
    const further = others[Math.floor(next() * others.length)];
    yield [kept, files.filter((file) => kept.includes(file) || file === further)];
  }
}

/** Chains of each scenario; the seed is fixed, and a larger number looks further. */
const CHAINS = Number(process.env.MORE_POINTS ?? 2);

describe.skipIf(!hasShared)('a further capture of the same event (needs ../shared)', () => {
  const scenarios = SETS.flatMap((set) =>
    hasShared
      ? [...groupBy(casesOf(set), ({ scenario }) => scenario)].map(([name, cases]) => ({ set, name, cases }))
      : [],
  ).map((one) => ({ ...one, files: [...new Set(one.cases.flatMap(({ files }) => files))] }));
  const several = scenarios.filter(({ files }) => files.length > 1);

  it('is there for most scenarios', () => expect(several.length).toBeGreaterThan(60));

  it.each(several.map((one) => [one.name, one] as const))(
    '%s: no verdict turns into OK, no place into none',
    async (name, one) => {
      const lost: string[] = [];
      for (const [fewer, more] of chains(one.files, CHAINS, random(name.length))) {
        const [before, after] = [await said(one.set, name, fewer), await said(one.set, name, more)];
        const text = `${fewer.join(', ')} + ${more.find((file) => !fewer.includes(file))}: ${before.verdict} -> ${after.verdict}`;
        if (before.verdict !== 'none' && after.verdict === 'none') lost.push(text);
        if (before.verdict === after.verdict && before.place !== '' && after.place === '')
          lost.push(`${text}, no place`);
      }
      expect(lost).toEqual([]);
    },
  );

  const nested = several.flatMap(({ set, name, cases }) =>
    cases.flatMap((small) =>
      cases
        .filter(
          (large) => large.files.length > small.files.length && small.files.every((file) => large.files.includes(file)),
        )
        .map((large) => ({ set, name, small, large })),
    ),
  );
  it.each(nested.map((one) => [one.small.id, one.large.id, one] as const))(
    '%s is right, and so is %s',
    async (_small, _large, { set, name, small, large }) => {
      const [fewer, more] = [await said(set, name, small.files), await said(set, name, large.files)];
      if (small.accept.includes(fewer.verdict)) expect(large.accept).toContain(more.verdict);
      if (small.between?.some((pair) => pair.join(' -> ') === fewer.between) && large.between)
        expect(large.between.map((pair) => pair.join(' -> '))).toContain(more.between);
    },
  );
});

/**
 * The next points of these hold no packet of what is lost, and their names alone say whose they are; or the place needs
 * the host, which nothing else tells.
 */
const NEEDS_NAMES = /^(?:cni-rp-filter-drop\[[01]\]|ipsec-unknown-spi-after-rotation\[3\])$/;

describe.skipIf(!hasShared)('files named 01.pcap, 02.pcap, … (needs ../shared)', () => {
  const all = SETS.flatMap((set) => (hasShared ? casesOf(set).map((one) => ({ set, ...one })) : []));
  const told = all.filter(({ id }) => !NEEDS_NAMES.test(id));
  it.each(told.map((one) => [one.id, one] as const))('%s: the same verdict and place', async (_id, one) => {
    const { verdict, between } = await said(one.set, one.scenario, one.files, opaque);
    expect(one.accept).toContain(verdict);
    if (one.between !== undefined) expect(one.between.map((pair) => pair.join(' -> '))).toContain(between);
  });
});
