/** `check` and `diff`, in a folder of their own. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { main } from '../../src/cli/main.ts';

const PCAPS = join(process.cwd(), 'test/pcaps');

let folder: string;
let output: string;
let errors: string;
const at = (name: string): string => join(folder, name);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pcapdiag-check-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function put(name: string, from: string): void {
  mkdirSync(dirname(at(name)), { recursive: true });
  copyFileSync(join(PCAPS, from), at(name));
}
const scenario = (name: string, text: string): string => {
  writeFileSync(at(name), text);
  return at(name);
};

async function run(...argv: string[]): Promise<number | string | null | undefined> {
  output = '';
  errors = '';
  const keep = (add: (text: string) => void) => (text: unknown) => {
    add(String(text));
    return true;
  };
  const out = vi.spyOn(process.stdout, 'write').mockImplementation(keep((text) => (output += text)));
  const err = vi.spyOn(process.stderr, 'write').mockImplementation(keep((text) => (errors += text)));
  try {
    process.exitCode = undefined;
    await main(argv);
    return process.exitCode;
  } finally {
    process.exitCode = undefined;
    out.mockRestore();
    err.mockRestore();
  }
}

describe('pcapdiag check', () => {
  beforeEach(() => {
    put('mtu.pcap', 'case-2/client__eth0.pcap');
    put('healthy.pcap', 'healthy-pmtud/client__eth0.pcap');
    put('slow/node1__veth.pcap', '../recorded-twice/dns-slow-server/first/node1__veth30cd338c.pcap');
  });

  test('expectations that hold are status 0, broken ones 1 with the reason, open ones 2', async () => {
    expect(await run('check', scenario('a.yml', 'captures: mtu.pcap\nexpect: { findings: mtu-black-hole }'))).toBe(0);
    expect(output).toMatch(/^FAULT[\s\S]*GATE PASSED/);
    expect(await run('check', scenario('b.yml', 'captures: healthy.pcap\nexpect: { findings: mtu-black-hole }'))).toBe(
      1,
    );
    expect(output).toMatch(/GATE FAILED\n {2}expected and not found: mtu-black-hole\n$/);
    expect(await run('check', scenario('c.yml', 'captures: healthy.pcap\nexpect: { measures: dns.p95 < 1s }'))).toBe(2);
    expect(errors).toContain('dns.p95 < 1s: nothing to measure it by');
    expect(await run('check', scenario('d.yml', 'captures: healthy.pcap\nexpect: { evidence: dns }'))).toBe(2);
    expect(await run('check', scenario('e.yml', 'captures: healthy.pcap\nexpect: {}'))).toBe(0);
  });

  test('a folder in place of a scenario is named', async () => {
    expect(await run('check', folder)).toBe(2);
    expect(errors).toBe(`pcapdiag: ${folder} is a folder: name the scenarios in it\n`);
  });

  test('a capture that cannot be read keeps the gate from passing, and the others are still reported', async () => {
    writeFileSync(at('broken.pcap'), 'no capture');
    const both = 'captures: [healthy.pcap, broken.pcap]\nexpect: ';
    expect(await run('check', scenario('u.yml', `${both}{}`))).toBe(2);
    expect(output).toMatch(/GATE NOT ASSESSABLE\n {2}1 capture could not be read\n$/);
    expect(await run('check', scenario('v.yml', `${both}{ measures: "tcp.failed = 0%" }`))).toBe(2);
    expect(output).toMatch(/^OK[\s\S]*GATE NOT ASSESSABLE\n {2}1 capture could not be read\n$/);
    expect(await run('check', scenario('w.yml', `${both}{ measures: "tcp.connections > 99" }`))).toBe(2);
    expect(output).toContain('tcp.connections > 99: it is');
  });

  test('percentiles are measured in the capture, of all and of one conversation', async () => {
    const slow = (expected: string) => scenario('s.yml', `captures: slow\nfailOn: never\nexpect: ${expected}`);
    expect(await run('check', slow('{ measures: [dns.p50 < 100ms, dns.answered = 100%] }'))).toBe(1);
    const [, milliseconds] =
      /dns\.p50 < 100ms: it is ([\d.]+) (?:ms|s) in \S+node1__veth\.pcap/.exec(output.replace(/\s+/g, ' ')) ?? [];
    expect(Number(milliseconds)).toBeGreaterThan(0);
    expect(await run('check', slow('{ measures: dns.p50 < 60s }'))).toBe(0);
    const conversation = '[{ between: "10.20.30.202,10.20.30.157", measures: [tcp.retransmitted < 1%] }]';
    expect(
      await run(
        'check',
        scenario('t.yml', `captures: mtu.pcap\nfailOn: never\nexpect: { conversations: ${conversation} }`),
      ),
    ).toBe(1);
    expect(output.replace(/\s+/g, ' ')).toMatch(
      /tcp\.retransmitted < 1% between 10\.20\.30\.202,10\.20\.30\.157: it is [\d.]+ %/,
    );
  });

  test('results stand at the scenario, and several scenarios are one output only where that is one', async () => {
    const [a, b] = ['a.yml', 'b.yml'].map((name) => scenario(name, 'captures: mtu.pcap\nexpect: {}'));
    expect(await run('check', '-f', 'sarif', a)).toBe(1);
    const [result] = JSON.parse(output).runs[0].results;
    expect(result.locations[0].physicalLocation.artifactLocation.uri).toBe(`file://${a}`);
    expect(await run('check', '-f', 'github', a, b)).toBe(1);
    expect(output.match(/^::error title=pcapdiag%3A gate::/gm)).toHaveLength(2);
    expect(await run('check', '-f', 'json', a, b)).toBe(2);
    expect(errors).toContain('name one scenario');
    expect(await run('check', '-o', at('out.txt'), a, b)).toBe(2);
    expect(await run('check', '-o', a, a)).toBe(2);
    expect(readFileSync(a, 'utf8')).toContain('captures');
  });

  test.each([
    ['captures: absent.pcap\nexpect: {}', /absent\.pcap/],
    ['captures: mtu.pcap', /s\.yml: needs expect/],
    ['captures: mtu.pcap\nexpect: { measures: x < 1 }', /s\.yml: expect\.measures has no measure x/],
  ])('wrong: %j', async (text, message) => {
    expect(await run('check', scenario('s.yml', text))).toBe(2);
    expect(errors).toMatch(message);
  });
});

describe('pcapdiag diff', () => {
  test('the same recording again is status 0; a new fault is 1 and comes first', async () => {
    put('golden/client__eth0.pcap', 'healthy-pmtud/client__eth0.pcap');
    put('now/client__eth0.pcap', 'case-2/client__eth0.pcap');
    expect(await run('diff', at('golden'), at('golden'))).toBe(0);
    expect(output).toBe('nothing is different\n');
    expect(await run('diff', at('golden'), at('now'))).toBe(1);
    expect(output).toMatch(/^worse {4}finding {4}new error: mtu-black-hole: /);
    // The addresses of one are not in the other: neither their MTU nor their MSS has changed.
    expect(await run('diff', '--json', at('now'), at('golden'))).toBe(0);
    expect(JSON.parse(output).filter(({ kind }: { kind: string }) => !/finding|loss/.test(kind))).toEqual([]);
    expect(JSON.parse(output)).toContainEqual(expect.objectContaining({ kind: 'finding', is: 'better' }));
  });

  test('"nothing is different" says what was not compared', async () => {
    put('golden.pcap', 'healthy-dns/node1__eth0.pcap');
    put('now.pcap', 'healthy-pmtud/client__eth0.pcap');
    expect(await run('diff', at('golden.pcap'), at('now.pcap'))).toBe(0);
    expect(output).toMatch(/^nothing is different\n/);
    expect(output).toMatch(/^open {5}dns is judged in the golden recording, and not in this one: no DNS packets/m);
    expect(output).toMatch(/^open {5}no address is in both recordings: nat, mss, path-mtu and hops are not compared$/m);
    expect(await run('diff', '--json', at('golden.pcap'), at('now.pcap'))).toBe(0);
    expect(JSON.parse(output)).toEqual([]);
  });

  test('a recording that shows nothing is compared with nothing', async () => {
    put('golden.pcap', 'case-2/client__eth0.pcap');
    writeFileSync(at('empty.pcap'), Buffer.from('d4c3b2a1020004000000000000000000ffff000001000000', 'hex'));
    expect(await run('diff', at('golden.pcap'), at('empty.pcap'))).toBe(2);
    expect(errors).toMatch(/empty\.pcap: there are no packets to judge/);
    expect(await run('diff', at('empty.pcap'), at('golden.pcap'))).toBe(2);
    expect(output).toBe('');
  });

  test('kinds can be left out, and a kind that there is not is refused', async () => {
    put('golden.pcap', 'healthy-pmtud/client__eth0.pcap');
    put('now.pcap', 'case-2/client__eth0.pcap');
    const ignored = ['finding', 'mss', 'path-mtu', 'hops', 'loss', 'round-trip', 'nat'].flatMap((kind) => [
      '--ignore',
      kind,
    ]);
    expect(await run('diff', ...ignored, at('golden.pcap'), at('now.pcap'))).toBe(0);
    expect(await run('diff', '--ignore', 'luck', at('golden.pcap'), at('now.pcap'))).toBe(2);
    expect(errors).toContain('--ignore must be one of finding, nat');
    expect(await run('diff', at('golden.pcap'))).toBe(2);
  });
});
