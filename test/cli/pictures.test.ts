import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { installedCommand } from '../support/installed.ts';

const CAPTURE = 'test/pcaps/ipv6-mtu-sender-only/client__eth0.pcap';
const folder = mkdtempSync(join(tmpdir(), 'pcapdiag-pictures-'));
afterAll(() => rmSync(folder, { recursive: true }));

function run(argv: readonly string[], input?: Buffer) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [installedCommand(), ...argv], {
    encoding: 'utf8',
    ...(input && { input }),
  });
  return { status, stdout, stderr };
}

describe('the page and its pictures', () => {
  test('--format html writes the page, with pictures of single segments', () => {
    const page = join(folder, 'report.html');
    expect(run(['-f', 'html', '-o', page, CAPTURE]).status).toBe(1);
    const html = readFileSync(page, 'utf8');
    expect(html).toMatch(/^<!doctype html>/);
    for (const id of ['verdict', 'triage', 'path', 'sequence', 'sizes', 'findings', 'commands'])
      expect(html).toContain(`<section id="${id}"`);
    expect(html).toContain('<mark class="field">length ');
  });

  test('--picture writes one of them as SVG', () => {
    const picture = join(folder, 'sizes.svg');
    expect(run(['--picture', 'sizes', '-o', picture, CAPTURE]).status).toBe(1);
    expect(readFileSync(picture, 'utf8')).toMatch(/^<\?xml[\s\S]*<svg [\s\S]*<\/svg>\n$/);
    expect(run(['--picture', 'map', CAPTURE]).stdout).toContain('<title id="t">The path</title>');
  });

  test('a picture of which the report has nothing is told, and nothing is written', () => {
    const picture = join(folder, 'waits.svg');
    const { status, stderr } = run(['--picture', 'waits', '-o', picture, CAPTURE]);
    expect(status).toBe(2);
    expect(stderr).toBe('pcapdiag: --picture: this report has nothing to draw as waits\n');
    expect(existsSync(picture)).toBe(false);
  });

  test('of standard input, which is read once, single segments are left out, and the page says so', () => {
    const { stdout } = run(['-f', 'html', '-'], readFileSync(CAPTURE));
    expect(stdout).toContain('no picture shows the connection of the verdict: its capture can be read only once');
    expect(stdout).not.toContain('<section id="sequence"');
  });
});
