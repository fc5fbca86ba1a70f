/** `pcapdiag/vitest` as a user has it: the packed package, in a project with Vitest. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { installedProject } from '../support/installed.ts';
import { extractInto } from './packed.mjs';

const TEST = `import 'pcapdiag/vitest';
import { expect, test } from 'vitest';

test('passes', async () => {
  await expect('healthy.pcap').toHaveNoFindings();
  await expect('faulty.pcap').toHaveFinding('mtu-black-hole');
});
test('fails', async () => {
  await expect('faulty.pcap').toHaveNoFindings();
});
`;

let project: string;
beforeAll(() => {
  expect(existsSync(installedProject())).toBe(true);
  project = mkdtempSync(join(tmpdir(), 'pcapdiag-vitest-'));
  extractInto(project, inject('tarball'), resolve('node_modules'));
  mkdirSync(join(project, 'node_modules'), { recursive: true });
  symlinkSync(resolve('node_modules/vitest'), join(project, 'node_modules/vitest'), 'junction');
  copyFileSync('test/pcaps/healthy-pmtud/client__eth0.pcap', join(project, 'healthy.pcap'));
  copyFileSync('test/pcaps/case-2/client__eth0.pcap', join(project, 'faulty.pcap'));
  writeFileSync(join(project, 'network.test.ts'), TEST);
});
afterAll(() => rmSync(project, { recursive: true }));

test('the matchers pass and fail, and a failure reads like the report', () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [resolve('node_modules/vitest/vitest.mjs'), 'run', '--root', project],
    {
      cwd: project,
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined, VITEST: undefined },
    },
  );
  const said = stdout + stderr;
  expect(said).toMatch(/1 failed \| 1 passed/);
  expect(said).toContain('expected no findings: 1 at or above warning');
  expect(said).toContain('FAULT  Large packets from 10.20.30.202 to 10.20.30.157 are lost');
  expect(status).toBe(1);
});

test('its declarations are beside it, and name what a test calls', () => {
  const declared = spawnSync(
    process.execPath,
    [
      resolve('node_modules/typescript/bin/tsc'),
      '--noEmit',
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2023',
      '--skipLibCheck',
      'network.test.ts',
    ],
    {
      cwd: project,
      encoding: 'utf8',
    },
  );
  expect(declared.stdout).toBe('');
  writeFileSync(join(project, 'wrong.test.ts'), TEST.replace("toHaveFinding('mtu-black-hole')", 'toHaveFinding(7)'));
  const wrong = spawnSync(
    process.execPath,
    [
      resolve('node_modules/typescript/bin/tsc'),
      '--noEmit',
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2023',
      '--skipLibCheck',
      'wrong.test.ts',
    ],
    {
      cwd: project,
      encoding: 'utf8',
    },
  );
  expect(wrong.stdout).toMatch(/wrong\.test\.ts\(\d+,\d+\): error TS2345/);
});
