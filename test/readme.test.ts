import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { installedProject } from './support/installed.ts';

const readme = readFileSync('README.md', 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'pcapdiag-readme-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('README', () => {
  it('shows the report that the command prints', () => {
    const command = readme.match(/npm ci && npm run build && node (bin\/pcapdiag\.js analyze .*)/)?.[1] ?? '';
    const shown = readme.match(/```text\n([\s\S]*?)\n```/)?.[1] ?? '';
    const printed = execFileSync(process.execPath, command.split(' '), {
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1' },
    });
    expect(shown.split('\n').length).toBeGreaterThan(12);
    expect(printed).toBe(`${shown}\n`);
  });

  it('has a library example that compiles and runs', () => {
    const example = readme.match(/```ts\n([\s\S]*?)```/)?.[1] ?? '';
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(join(installedProject(), 'node_modules/pcapdiag'), join(folder, 'node_modules', 'pcapdiag'));
    symlinkSync(resolve('node_modules', '@types'), join(folder, 'node_modules', '@types'));
    symlinkSync(resolve('test/pcaps/case-1/node1__enp26s0f0.pcap'), join(folder, 'node1.pcap'));
    symlinkSync(resolve('test/pcaps/case-1/node2__enp26s0f0.pcap'), join(folder, 'node2.pcap'));
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(folder, 'example.ts'), example);
    execFileSync(
      process.execPath,
      [
        resolve('node_modules/typescript/bin/tsc'),
        '--strict',
        '--target',
        'es2023',
        '--module',
        'nodenext',
        '--types',
        'node',
        'example.ts',
      ],
      { cwd: folder, encoding: 'utf8' },
    );
    const printed = execFileSync(process.execPath, ['example.js'], { cwd: folder, encoding: 'utf8' });
    expect(printed.split('\n')[0]).toBe('vxlan-outer-source-mismatch');
    expect(printed).toContain('vxlan 10.233.66.0 10.233.65.46');
  });
});
