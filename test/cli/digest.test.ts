import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { main } from '../../src/cli/main.ts';

const NODES = [1, 2].map((nth) => `test/pcaps/losses-together/node${nth}__eno1.pcap`);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'digests-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  process.exitCode = undefined;
});

interface Ran {
  out: string;
  told: string;
  status: number;
}

async function run(...argv: string[]): Promise<Ran> {
  const [out, told]: string[][] = [[], []];
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean(out.push(String(text)))),
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => Boolean(told.push(String(text)))),
  ];
  process.exitCode = undefined;
  try {
    await main(argv);
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return { out: out.join(''), told: told.join(''), status: Number(process.exitCode ?? 0) };
}

const at = (name: string): string => join(folder, name);

test('digests of captures are written for their owner only, and a repeated job changes nothing', async () => {
  const made = await run('digest', '-o', at('digests'), '--host', 'node1', NODES[0]);
  expect(made.status).toBe(0);
  const [path] = made.out.trim().split('\n');
  expect(basename(path)).toMatch(/^node1__node1__eno1\.pcap\.[0-9a-f]{16}\.pcapdiag-digest$/);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const { mtimeMs, ino } = statSync(path);
  expect(await run('digest', '-o', at('digests'), '--host', 'node1', NODES[0])).toEqual(made);
  expect(statSync(path)).toMatchObject({ mtimeMs, ino });
  expect(readdirSync(at('digests'))).toHaveLength(1);
});

test('correlate gives the report of analyze', async () => {
  await run('digest', '-o', at('digests'), ...NODES);
  const analysed = JSON.parse((await run('analyze', '-f', 'json', '--fail-on', 'warning', ...NODES)).out);
  const correlated = await run('correlate', '-f', 'json', '--fail-on', 'warning', at('digests'));
  for (const capture of analysed.captures) capture.path = basename(capture.path);
  expect(JSON.parse(correlated.out)).toEqual(analysed);
  expect(correlated.status).toBe(1);
});

test('the second round: correlate asks, rows answers, correlate is content', async () => {
  await run('digest', '-o', at('digests'), '--rows', '20', ...NODES);
  const asking = await run('correlate', '--wanted', at('wanted.json'), at('digests'));
  expect(asking.told).toContain(`2 captures have packets that would tell more: ${at('wanted.json')} says which`);
  expect((await run('rows', '--wanted', at('wanted.json'), '-o', at('digests'), ...NODES)).status).toBe(0);
  const content = await run('correlate', at('digests'));
  expect(content.told).toBe('');
  expect(content.out).toContain('16 of 1221 packets (1.31 %) are lost between node1 eno1 and node2 eno1');
});

test('what should be there is compared with what is', async () => {
  await run('digest', '-o', at('digests'), ...NODES);
  writeFileSync(at('nodes.txt'), '# the cluster\nnode1/eno1\nnode3   # gone\n');
  const { out } = await run('correlate', '-v', '--expect', at('nodes.txt'), at('digests'));
  expect(out.replace(/\s+/g, ' ')).toContain('node3 was expected, and its capture is missing');
});

test('host and run come from the environment of a pod', async () => {
  vi.stubEnv('NODE_NAME', 'worker-7');
  vi.stubEnv('PCAPDIAG_RUN', 'run 9');
  try {
    const { out } = await run('digest', '-o', folder, NODES[0]);
    expect(basename(out)).toMatch(/^worker-7__/);
  } finally {
    vi.unstubAllEnvs();
  }
});

test.each([
  [['digest', '--name', 'x', ...NODES], '--name is the name of one capture'],
  [['digest', '-o', 'package.json/x', NODES[0]], '--output: '],
  [['digest', '--rows', 'many', NODES[0]], '--rows must be a size'],
  [['digest', 'no-such.pcap'], 'no-such.pcap'],
  [['correlate', NODES[0]], 'it does not begin as a digest does'],
  [['correlate', 'test/cli'], 'no digests in folder test/cli'],
  [['correlate', 'no-such.pcapdiag-digest'], 'no-such.pcapdiag-digest'],
  [['correlate', '--expect', 'no-such.txt', 'x'], '--expect: ENOENT'],
  [['rows', NODES[0]], 'rows needs --wanted'],
  [['rows', '--wanted', 'package.json', NODES[0]], 'is not what pcapdiag correlate --wanted writes'],
])('%j is told in one line, exit 2', async (argv, line) => {
  const { told, status, out } = await run(...argv);
  expect(told.trim().split('\n'), told).toHaveLength(1);
  expect(told).toContain(line);
  expect(status).toBe(2);
  expect(out).toBe('');
});

test('a digest and its captures are never overwritten by a report', async () => {
  const { out } = await run('digest', '-o', folder, NODES[0]);
  const path = out.trim();
  const before = readFileSync(path);
  expect((await run('correlate', '-o', path, folder)).told).toContain('which is read');
  expect(readFileSync(path).equals(before)).toBe(true);
  mkdirSync(at('empty'));
  expect((await run('rows', '--wanted', path, NODES[0])).status).toBe(2);
  expect(existsSync(at('wanted.json'))).toBe(false);
});

test('a report of digests is redacted, too', async () => {
  await run('digest', '-o', at('digests'), ...NODES);
  const plain = await run('correlate', '-f', 'json', at('digests'));
  writeFileSync(at('expected'), 'node7/eth0\n');
  const options = ['--redact-key', 'k', '--expect', at('expected'), '-f', 'json'];
  const { out, status } = await run('correlate', ...options, at('digests'));
  expect(status).toBe(plain.status);
  const rulesOf = (json: string) => JSON.parse(json).findings.map(({ ruleId }: { ruleId: string }) => ruleId);
  expect(rulesOf(out)).toEqual(rulesOf(plain.out));
  for (const address of new Set(plain.out.match(/\b10(\.\d{1,3}){3}\b/g)))
    expect(out).not.toMatch(new RegExp(`\\b${address}\\b`));
  expect(out).not.toMatch(/\bnode[127]\b/);
});

test('digests of which none can be read are errors for a job that reads JUnit XML', async () => {
  for (const name of ['one', 'two']) writeFileSync(at(`${name}.pcapdiag-digest`), 'no digest');
  const of = (name: string): string => `${at(name)}.pcapdiag-digest: no digest that can be used`;
  const both = await run('correlate', '--format', 'junit', at('one.pcapdiag-digest'), at('two.pcapdiag-digest'));
  expect(both.status).toBe(2);
  expect(both.out).toContain('tests="2" failures="0" errors="2"');
  for (const name of ['one', 'two']) expect(both.out).toContain(of(name));
  const one = await run('correlate', '--format', 'junit', at('one.pcapdiag-digest'));
  expect(one.status).toBe(2);
  expect(one.out).toContain('tests="1" failures="0" errors="1"');
  expect(one.out).toContain(of('one'));
  expect((await run('correlate', at('one.pcapdiag-digest'))).out).toBe('');
});
