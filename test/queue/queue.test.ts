/** @pcapdiag/queue with a Redis of Debian: whoever is killed, the report is that of analyze. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { installedCommand, installedProject } from '../support/installed.ts';
import { isLong } from '../support/long-run.ts';
import { hasOpenssl, hasRedis, PASSWORD, RedisServer } from './redis-server.ts';

const NODES = ['n0', 'n1', 'n2'];
const LOCK = ['--lock-seconds', '2'];

let folder: string;
let command: string;
let redis: RedisServer;
/** Captures of 16 nodes with two planted faults, as three machines collected them. */
let captures: { node: string; capture: string; path: string }[];
let analysed: string;
let analysedStatus: number | null;
const at = (...names: string[]): string => join(folder, ...names);

/** The package as `npm pack` gives it, beside an installed pcapdiag. */
function installQueue(): string {
  const modules = at('project/node_modules');
  const queue = join(modules, '@pcapdiag/queue');
  mkdirSync(queue, { recursive: true });
  for (const part of ['package.json', 'bin'])
    cpSync(join('packages/queue', part), join(queue, part), { recursive: true });
  const tsc = resolve('node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [
    tsc,
    '--project',
    'packages/queue/tsconfig.build.json',
    '--outDir',
    join(queue, 'dist'),
  ]);
  symlinkSync(join(installedProject(), 'node_modules/pcapdiag'), join(modules, 'pcapdiag'));
  for (const name of ['bullmq', 'ioredis']) symlinkSync(resolve('node_modules', name), join(modules, name));
  return join(queue, 'bin/pcapdiag-queue.js');
}

beforeAll(async () => {
  if (!hasRedis) return;
  folder = mkdtempSync(join(tmpdir(), 'pcapdiag-queue-test-'));
  command = installQueue();
  redis = await RedisServer.start(at('redis'));
  const made = ['--out', at('made'), '--nodes', '16', '--packets', '400', '--hub', '--faults'];
  execFileSync(process.execPath, ['benchmarks/generate-cluster.mjs', ...made]);
  for (const node of NODES) mkdirSync(at('captures', node), { recursive: true });
  captures = readdirSync(at('made'))
    .sort()
    .map((capture, nth) => {
      const node = NODES[nth % NODES.length];
      const path = at('captures', node, capture);
      cpSync(at('made', capture), path);
      return { node, capture, path };
    });
  expect(captures).toHaveLength(32);
  const paths = captures.map(({ path }) => path);
  const { stdout, status } = spawnSync(process.execPath, [installedCommand(), 'analyze', '-f', 'json', ...paths], {
    maxBuffer: 2 ** 26,
  });
  analysedStatus = status;
  analysed = paths.reduce(
    (text, path) => text.replaceAll(JSON.stringify(path), JSON.stringify(basename(path))),
    `${stdout}`,
  );
  expect(JSON.parse(analysed).findings.map(({ ruleId }: { ruleId: string }) => ruleId).length).toBeGreaterThan(1);
});

const running = new Set<ChildProcess>();
afterEach(async () => {
  for (const child of running) await kill(child);
});
afterAll(async () => {
  await redis?.kill();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

/** `kill -9` of a process and of what it started. */
async function kill(child: ChildProcess): Promise<void> {
  running.delete(child);
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  process.kill(-(child.pid as number), 'SIGKILL');
  await ended;
}

interface Settings {
  password?: string | undefined;
  place?: string;
}

function start(
  words: readonly string[],
  { password = PASSWORD, place = `127.0.0.1:${redis.port}` }: Settings = {},
): ChildProcess {
  const env = { ...process.env, PCAPDIAG_REDIS: place, PCAPDIAG_REDIS_PASSWORD: password };
  const child = spawn(process.execPath, [command, ...words], {
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  return child;
}

interface Ran {
  status: number | null;
  out: string;
  told: string;
}

async function ended(child: ChildProcess): Promise<Ran> {
  const [out, told]: string[][] = [[], []];
  child.stdout?.on('data', (text) => out.push(String(text)));
  child.stderr?.on('data', (text) => told.push(String(text)));
  await once(child, 'close');
  running.delete(child);
  return { status: child.exitCode, out: out.join(''), told: told.join('') };
}

const run = (words: readonly string[], settings?: Settings): Promise<Ran> => ended(start(words, settings));

const work = (node: string, digests: string): ChildProcess =>
  start(['work', '--node', node, '--host-in-name', '--captures', at('captures', node), '--digests', digests, ...LOCK]);

const submitted = (chosen = captures): string[] => chosen.map(({ node, capture }) => `${node}/${capture}`);

const filesIn = (place: string): string[] => {
  try {
    return readdirSync(place);
  } catch {
    return [];
  }
};

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(5);
}

const isDigest = (name: string): boolean => name.endsWith('.pcapdiag-digest');

describe.skipIf(!hasRedis)(`jobs on Redis${hasRedis ? '' : ' (no redis-server: apt-get install redis-server)'}`, () => {
  // These two take half a minute and more: CI does them.
  test.runIf(isLong())(
    'a worker, Redis and the coordinator are killed, also while they write: the report is that of analyze',
    async () => {
      const [digests, report] = [at('digests'), at('reports/report.json')];
      mkdirSync(at('reports'));
      const collect = (): ChildProcess =>
        start(['collect', '--run', '1', '--digests', digests, ...LOCK, '--', '-f', 'json', '-o', report]);
      expect((await run(['submit', '--run', '1', ...submitted()])).status).toBe(0);
      const workers = NODES.map((node) => work(node, digests));
      let coordinator = collect();
      const made = (): number => filesIn(digests).filter(isDigest).length;

      // A worker while it writes a digest: its file has another name until it is whole.
      await until(() => filesIn(digests).some((name) => !isDigest(name)) || made() >= 8);
      await kill(workers[0]);
      workers[0] = work(NODES[0], digests);
      await kill(coordinator);
      coordinator = collect();
      for (const count of [10, 14, 18]) {
        await until(() => made() >= count);
        await redis.kill();
        // As a power cut in the middle of a write leaves the log.
        if (count === 14) redis.cutLog(7);
        await redis.start();
      }
      await until(() => made() >= 24);
      await kill(workers[1]);
      workers[1] = work(NODES[1], digests);
      // The coordinator while it writes the report.
      await until(() => filesIn(at('reports')).length > 0);
      await kill(coordinator);
      const last = await ended(collect());
      expect(last.status, last.told).toBe(analysedStatus);
      expect(readFileSync(report, 'utf8')).toBe(analysed);
      expect(new Set(filesIn(digests).filter(isDigest)).size).toBe(captures.length);
      expect((await run(['submit', '--run', '1', ...submitted()])).told).toContain('run 1 was submitted before');
    },
  );

  test.runIf(isLong())(
    'a node that never answers is in the report; when it comes back, the report is whole',
    async () => {
      const [answers, silent] = ['n0', 'n1'];
      const chosen = captures.filter(({ node }) => node === answers || node === silent).slice(0, 5);
      const digests = at('digests-2');
      expect((await run(['submit', '--run', '2', '--wait', '15', ...submitted(chosen)])).status).toBe(0);
      work(answers, digests);
      const collect = ['collect', '--run', '2', '--digests', digests, ...LOCK, '--', '-f', 'json'];
      const partial = await run(collect);
      expect(partial.told).toContain(`${silent}/${chosen.find(({ node }) => node === silent)?.capture}: no answer`);
      expect(JSON.parse(partial.out).unseen.join('\n')).toContain(`${silent} was expected, and its capture is missing`);
      expect(JSON.parse(partial.out).captures).toHaveLength(chosen.filter(({ node }) => node === answers).length);

      work(silent, digests);
      await until(() => filesIn(digests).filter(isDigest).length === chosen.length);
      await sleep(1000);
      const whole = await run(collect);
      expect(JSON.parse(whole.out).captures).toHaveLength(chosen.length);
      expect(whole.out).not.toContain('was expected');
    },
  );

  test('a capture that cannot be read is told, and the others are in the report', async () => {
    const digests = at('digests-3');
    writeFileSync(at('captures/n2/broken.pcap'), 'no capture');
    const words = ['n2/broken.pcap', 'n2/no-such.pcap', submitted()[2]];
    expect((await run(['submit', '--run', '3', ...words])).status).toBe(0);
    work('n2', digests);
    const { status, told, out } = await run(['collect', '--run', '3', '--digests', digests, '--', '-f', 'json']);
    expect(status).toBe(2);
    expect(told).toMatch(/n2\/broken\.pcap: .*broken\.pcap/);
    expect(told).toContain('n2/no-such.pcap: no-such.pcap: no such capture');
    expect(told).not.toContain(folder);
    expect(JSON.parse(out).unseen.join('\n')).toContain('n2/broken.pcap was expected, and its capture is missing');
  });

  test.runIf(isLong())('who has no password, or a wrong one, is refused', async () => {
    const words = ['submit', '--run', '9', 'n0/a.pcap'];
    expect(await run(words, { password: '' })).toMatchObject({ status: 2, told: expect.stringContaining('NOAUTH') });
    expect(await run(words, { password: 'x' })).toMatchObject({
      status: 2,
      told: expect.stringContaining('WRONGPASS'),
    });
    const waits = ['--node', 'n0', '--captures', folder, '--digests', folder];
    expect(await run(['work', ...waits], { password: '' })).toMatchObject({ status: 2 });
    expect(await run(['collect', '--run', '1', '--digests', folder], { password: '' })).toMatchObject({
      status: 2,
      out: '',
    });
  });

  test('what is in Redis has no path of a machine and no password', async () => {
    expect(await run(['submit', '--run', '6', ...submitted()])).toMatchObject({ status: 0 });
    const written = readFileSync(redis.log, 'latin1');
    // Compared outside `expect`, which would print the whole log.
    expect(captures.filter(({ capture }) => !written.includes(capture))).toEqual([]);
    expect([PASSWORD, folder, resolve('.')].filter((secret) => written.includes(secret))).toEqual([]);
  });

  test.skipIf(!hasOpenssl)(
    `TLS${hasOpenssl ? '' : ' (no openssl)'}: a certificate that is not believed is refused`,
    async () => {
      const words = ['submit', '--run', '4', ...submitted().slice(0, 1)];
      const place = `localhost:${redis.tlsPort}`;
      expect(await run([...words, '--tls'], { place })).toMatchObject({
        status: 2,
        told: expect.stringContaining('certificate'),
      });
      expect(await run([...words, '--tls-ca', redis.certificate], { place })).toMatchObject({ status: 0 });
    },
  );

  test.each([
    [[], 'name a command: work, submit or collect'],
    [['dance'], '"dance" is no command'],
    [['submit', 'n0/a.pcap'], '--run is needed'],
    [['submit', '--run', '5'], 'name at least one capture'],
    [['submit', '--run', '5', 'a.pcap'], '"a.pcap" is no NODE/CAPTURE'],
    [['submit', '--run', '5', '\u001b\u202ea.pcap'], '"??a.pcap" is no NODE/CAPTURE'],
    [['submit', '--run', '5', 'n0/../../etc/passwd'], 'is no name of a capture below the folder of a node'],
    [['submit', '--run', '5', 'n:0/a.pcap'], '"n:0" is no name of a node'],
    [['submit', '--run', '5', '--wait', 'long', 'n0/a.pcap'], '--wait must be a whole number'],
    [['submit', '--run', '5', '--redis', 'redis://:secret@host', 'n0/a.pcap'], 'a password goes into a file'],
    [['collect', '--run', 'none', '--digests', '.'], 'no run none was submitted'],
    [['collect', '--run', '1', '--digests', '.', '--fast'], "Unknown option '--fast'"],
  ])('%j is told, exit 2', async (words, line) => {
    const { status, told, out } = await run(words);
    expect(told).toContain(line);
    expect([status, out]).toEqual([2, '']);
  });

  test('help', async () => {
    expect((await run(['--help'])).out).toContain('pcapdiag-queue submit --run ID');
  });
});
