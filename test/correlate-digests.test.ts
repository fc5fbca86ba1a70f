/** Digests joined elsewhere give the report of their captures. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, test } from 'vitest';
import { analyze } from '../src/analyze.ts';
import type { CorrelateDigestsOptions } from '../src/analyze-options.ts';
import { correlateDigests } from '../src/correlate-digests.ts';
import { type DigestOptions, type MadeFile, makeDigest, makeRows } from '../src/make-digest.ts';
import { Redaction } from '../src/redact/redaction.ts';
import type { Report } from '../src/report/model/report.ts';
import { isLong } from './support/long-run.ts';
import { hasShared, SHARED } from './support/shared-captures.ts';

const PCAPS = fileURLToPath(new URL('./pcaps/', import.meta.url));
const filesOf = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => /\.pcap(ng)?$/.test(name))
    .sort()
    .map((name) => join(folder, name));
const stored = ({ name, octets }: MadeFile) => ({ name, read: () => octets });
const digestsOf = (paths: readonly string[], options: DigestOptions = {}): Promise<MadeFile[]> =>
  Promise.all(paths.map((path) => makeDigest(path, options)));

async function joined(made: readonly MadeFile[], options: CorrelateDigestsOptions = {}): Promise<Report> {
  return (await correlateDigests(made.map(stored), options)).report;
}

/** A digest knows the base name of its capture only. */
function withoutFolders(report: Report, folder: string): unknown {
  return JSON.parse(JSON.stringify(report).replaceAll(`${folder}/`, ''));
}

const SETS = readdirSync(PCAPS)
  .map((name) => join(PCAPS, name))
  .filter((folder) => !folder.endsWith('.md') && filesOf(folder).length > 1);

describe('the report of digests is that of the captures', () => {
  it.each(SETS.map((folder) => [basename(folder), folder]))('%s', async (_, folder) => {
    const paths = filesOf(folder);
    const made = await digestsOf(paths);
    expect(withoutFolders(await joined(made.reverse()), folder)).toEqual(withoutFolders(await analyze(paths), folder));
  });

  it.skipIf(!hasShared)(
    `every case of several files of lab and field, also in two rounds${hasShared ? '' : ' (no ../shared)'}`,
    async () => {
      for (const set of ['lab/public', 'field/cni', 'field/real', 'field/app']) {
        const { cases } = JSON.parse(readFileSync(join(SHARED, set, 'expected.json'), 'utf8'));
        for (const { id, scenario, files } of cases as { id: string; scenario: string; files: string[] }[]) {
          if (files.length < 2) continue;
          const folder = join(SHARED, set, scenario);
          const paths = files.map((file) => join(folder, file));
          const analysed = withoutFolders(await analyze(paths), folder);
          expect(withoutFolders(await joined(await digestsOf(paths)), folder), id).toEqual(analysed);
          const { second } = await inTwoRounds(paths);
          expect(withoutFolders(second.report, folder), `${id}, in two rounds`).toEqual(analysed);
        }
      }
    },
    600_000,
  );
});

const CASE_1 = filesOf(join(PCAPS, 'case-1'));

test('memory for few rows is made up by reading the digests again', async () => {
  const { verdict, findings } = await joined(await digestsOf(CASE_1), { sightings: 40 });
  const whole = await analyze(CASE_1);
  expect(verdict?.ruleId).toBe(whole.verdict?.ruleId);
  expect(findings.map(({ location }) => location)).toEqual(whole.findings.map(({ location }) => location));
});

/** Digests with few rows, and what `correlateDigests` says once its wishes were answered. */
async function inTwoRounds(paths: readonly string[], options: CorrelateDigestsOptions = {}) {
  const small = await digestsOf(paths, { rows: 30 });
  const first = await correlateDigests(small.map(stored), options);
  const rows = await Promise.all(paths.map((path) => makeRows(path, first.wanted?.captures ?? [])));
  const files = [...rows.filter((made) => made !== null), ...small].map(stored);
  return { first, files, second: await correlateDigests(files, options) };
}

describe('a second round reads the packets that small digests lack', () => {
  // CI asks for all of them.
  const some = SETS.filter((_, index) => isLong() || index % 3 === 0);
  it.each(some.map((folder) => [basename(folder), folder]))('%s: the report of the captures', async (_, folder) => {
    const paths = filesOf(folder);
    const { second } = await inTwoRounds(paths);
    expect(second.wanted).toBeNull();
    expect(withoutFolders(second.report, folder)).toEqual(withoutFolders(await analyze(paths), folder));
  });

  it('all rows have room, so all are asked for; under a limit, those of trouble', async () => {
    const paths = filesOf(join(PCAPS, 'losses-together'));
    const all = await inTwoRounds(paths);
    expect(all.first.wanted?.captures.map(({ flows }) => flows)).toEqual(['all', 'all']);
    const packets = all.first.report.captures.reduce((sum, capture) => sum + capture.packets, 0);
    const some = await inTwoRounds(paths, { sightings: packets - 1 });
    for (const { flows } of some.first.wanted?.captures ?? []) expect(flows).toEqual(expect.arrayContaining([0]));
    expect(some.second.wanted).toBeNull();
    const whole = await analyze(paths);
    expect(some.second.report.findings.map(({ message }) => message)).toEqual(
      whole.findings.map(({ message }) => message),
    );
    expect(some.second.report.paths).toEqual(whole.paths);
  });

  it('rows of all packets beyond the memory are read again where they are needed', async () => {
    const paths = filesOf(join(PCAPS, 'losses-together'));
    const { files } = await inTwoRounds(paths);
    const { report, wanted } = await correlateDigests(files, { sightings: 40 });
    const whole = await analyze(paths);
    expect(wanted).toBeNull();
    expect(report.findings.map(({ message }) => message)).toEqual(whole.findings.map(({ message }) => message));
  });

  it('a capture at a single point has nothing to compare, so nothing is asked', async () => {
    const [small] = await digestsOf([CASE_1[0]], { rows: 1 });
    expect((await correlateDigests([stored(small)])).wanted).toBeNull();
  });
});

test.skipIf(!hasShared)(
  `places that rows alone tell are asked for, though counts settle the hop${hasShared ? '' : ' (no ../shared)'}`,
  async () => {
    const { cases } = JSON.parse(readFileSync(join(SHARED, 'lab/public/expected.json'), 'utf8'));
    const told = ({ findings }: Report) =>
      findings.map(({ ruleId, level, grade, location }) => [ruleId, level, grade, location.text]);
    let asked = 0;
    for (const { id, scenario, files } of cases as { id: string; scenario: string; files: string[] }[]) {
      if (!scenario.startsWith('perf-') || files.length < 2) continue;
      const paths = files.map((file) => join(SHARED, 'lab/public', scenario, file));
      // Rows of all packets have no room, so that those of trouble are asked for.
      const { first, second } = await inTwoRounds(paths, { sightings: 1 });
      if (first.wanted !== null) asked++;
      for (const { flows } of first.wanted?.captures ?? []) expect(flows, id).not.toBe('all');
      expect(told(second.report), id).toEqual(told(await analyze(paths)));
    }
    expect(asked).toBeGreaterThan(5);
  },
);

test('a capture that changed since, and one of which nothing is wanted, give no rows', async () => {
  const [path] = CASE_1;
  expect(await makeRows(path, [{ capture: '0'.repeat(64), name: 'a.pcap', flows: [0] }])).toBeNull();
});

describe('identity', () => {
  const NODES = ['n0', 'n1'] as const;
  const pathsOf = (node: string): string[] => filesOf(join(SHARED, 'breakage/same-name', node));

  it.skipIf(!hasShared)(
    `hosts of one file name are told apart by --host${hasShared ? '' : ' (no ../shared)'}`,
    async () => {
      const made = (await Promise.all(NODES.map((host) => digestsOf(pathsOf(host), { host })))).flat();
      const report = await joined(made);
      expect([...new Set(report.points.map(({ host }) => host))].sort()).toEqual(['n0', 'n1']);
      const apart = await analyze(NODES.flatMap(pathsOf));
      expect(report.verdict?.ruleId).toBe(apart.verdict?.ruleId);
      expect(report.findings[0].location.text).toBe(apart.findings[0].location.text.replaceAll('/worker', ''));
      expect(report.unseen.join('\n')).not.toContain('--host');
    },
  );

  it.skipIf(!hasShared)(`without a host they are told apart by run, or asked about`, async () => {
    const named = (await Promise.all(NODES.map((run) => digestsOf(pathsOf(run), { run })))).flat();
    expect(new Set((await joined(named)).points.map(({ host }) => host)).size).toBe(2);
    const nameless = (await Promise.all(NODES.map((node) => digestsOf(pathsOf(node))))).flat();
    expect((await joined(nameless)).unseen.join('\n')).toMatch(/2 captures are called worker__cni0.pcap.*--host NODE/);
  });

  test('the name of a digest depends on its content alone', async () => {
    const [path] = CASE_1;
    const [once, again, other] = [await makeDigest(path), await makeDigest(path), await makeDigest(path, { run: '2' })];
    expect(again).toEqual(once);
    expect(other.name).not.toBe(once.name);
    expect(Buffer.from(once.octets).includes(PCAPS)).toBe(false);
  });

  test('a capture of octets without a name, and one from a stream, are read', async () => {
    const octets = new Uint8Array(readFileSync(CASE_1[0]));
    async function* chunks() {
      yield octets.subarray(0, 100);
      yield octets.subarray(100);
    }
    const streamed = await makeDigest({ name: 'x/a.pcap', data: chunks() });
    const [read, whole] = [await joined([streamed]), await joined([await makeDigest(octets, { name: 'a.pcap' })])];
    expect(read).toEqual(whole);
    expect(read.captures[0].path).toBe('a.pcap');
  });
});

test('a digest that was given twice is read once', async () => {
  const made = await digestsOf(CASE_1);
  expect(await joined([...made, ...made])).toEqual(await joined(made));
});

test('what was expected and is missing, empty or partial is told', async () => {
  const made = await digestsOf(CASE_1);
  const there = ['node1/flannel.1', basename(CASE_1[0]), `node1/${basename(CASE_1[0])}`];
  const { unseen } = await joined(made, { expected: [...there, 'node9', `node2/${basename(CASE_1[0])}`] });
  const told = unseen.filter((sentence) => sentence.includes('was expected'));
  expect(told).toEqual([
    'node9 was expected, and its capture is missing: what happened there, and on the hops from and to it, cannot be assessed',
    `node2/${basename(CASE_1[0])} was expected, and its capture is missing: what happened there, and on the hops from and to it, cannot be assessed`,
  ]);
});

test('a damaged digest is told with its name; the others are correlated', async () => {
  const [first, second] = await digestsOf(CASE_1);
  const broken = { name: 'broken', read: () => first.octets.slice(0, -1) };
  await expect(correlateDigests([broken])).rejects.toThrow('broken: no digest that can be used: its checksum is wrong');
  const errors: Error[] = [];
  await correlateDigests([broken, stored(second)], { onUnreadable: (error) => errors.push(error) });
  expect(errors).toHaveLength(1);
  await expect(correlateDigests([])).rejects.toThrow('no digest to correlate');
});

describe('redaction', () => {
  const key = 'a key of all nodes';

  test.each(['case-1', 'losses-together'])('%s: digests without whose they are give the same faults', async (name) => {
    const paths = filesOf(join(PCAPS, name));
    const redacted = await digestsOf(paths, { host: 'very-secret-node', redaction: new Redaction(key) });
    for (const { octets, name: file } of redacted) {
      expect(file).not.toContain('very-secret-node');
      expect(Buffer.from(octets).includes('very-secret-node')).toBe(false);
    }
    const plain = await joined(await digestsOf(paths, { host: 'very-secret-node' }));
    const report = await joined(redacted);
    const told = ({ findings }: Report) =>
      findings.map(({ ruleId, level, evidence }) => [ruleId, level, evidence.length]);
    expect(told(report)).toEqual(told(plain));
    const address = plain.findings[0].subject.client?.split(/[:,]/)[0] ?? '';
    expect(address).not.toBe('');
    expect(JSON.stringify(report)).not.toContain(address);
    expect(JSON.stringify(report)).toContain(new Redaction(key).address(address));
  });

  test('a report of plain digests is redacted as that of captures is', async () => {
    const made = await digestsOf(CASE_1);
    const report = await joined(made, { redaction: new Redaction(key) });
    const folder = dirname(CASE_1[0]);
    const analysed = withoutFolders(await analyze(CASE_1, { redaction: new Redaction(key) }), folder) as Report;
    expect(report.findings).toEqual(analysed.findings);
  });

  test('rows of a second round are redacted with the same key', async () => {
    const paths = filesOf(join(PCAPS, 'losses-together'));
    const redaction = new Redaction(key);
    const small = await digestsOf(paths, { rows: 20, redaction });
    const { wanted } = await correlateDigests(small.map(stored));
    const rows = await Promise.all(paths.map((path) => makeRows(path, wanted?.captures ?? [], { redaction })));
    const { report } = await correlateDigests([...small, ...rows.filter((made) => made !== null)].map(stored));
    expect(report.paths).toEqual((await analyze(paths)).paths);
  });

  test('a selection would ask for pseudonyms, so it is refused', async () => {
    const both = { redaction: new Redaction(key), selection: { filter: 'tcp' } };
    await expect(makeDigest(CASE_1[0], both)).rejects.toThrow('not both');
  });
});
