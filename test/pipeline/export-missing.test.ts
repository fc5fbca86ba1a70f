import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { analyze } from '../../src/analyze.ts';
import { readCapture } from '../../src/decode/files/capture-source.ts';
import type { CaptureSource, Report } from '../../src/index.ts';
import { assertReadableTwice, type MissingPackets } from '../../src/pipeline/export-missing.ts';
import { hasProgram, hasShared, SHARED } from '../support/shared-captures.ts';

async function missingOf(sources: CaptureSource[]): Promise<MissingPackets & { report: Report }> {
  let missing: MissingPackets | undefined;
  const report = await analyze(sources, {
    onMissing: (found) => {
      missing = found;
    },
    onUnreadable: () => {},
  });
  if (missing === undefined) throw new Error('onMissing was not called');
  return { ...(missing as MissingPackets), report };
}

/** Octets of each record of a capture, as hexadecimal text; index 0 is packet 1. */
async function recordsOf(source: CaptureSource): Promise<{ records: string[]; comments: string[]; names: string[] }> {
  const read = { records: [] as string[], comments: [] as string[], names: [] as string[] };
  await readCapture(source, {
    onInterface: ({ name }) => read.names.push(name ?? ''),
    onRecord: ({ bytes, start, end }) => read.records.push(Buffer.from(bytes.slice(start, end)).toString('hex')),
    onComment: (text) => read.comments.push(text),
    onProblem: ({ message }) => expect.unreachable(message),
  });
  return read;
}

const CASE_1 = ['node1__flannel.1.pcap', 'node2__enp26s0f0.pcap', 'node2__flannel.1.pcap'].map((name) =>
  join('test/pcaps/case-1', name),
);
const NIC = CASE_1[1];

describe('packets that were lost between two points', () => {
  test('are copied octet by octet from where they were seen last, with a comment where they are missing', async () => {
    const { file, packets, notices } = await missingOf(CASE_1);
    const { records, comments, names } = await recordsOf(file);
    expect(packets).toBe(records.length);
    expect(records.length).toBeGreaterThan(0);
    expect(notices).toEqual([]);
    expect(names).toEqual(['node2 enp26s0f0']);
    const original = (await recordsOf(NIC)).records;
    const numbers = comments.map((comment) => {
      const parts = /^last seen at node2 enp26s0f0, packet (\d+); not seen at node2 flannel\.1$/.exec(comment);
      return Number(parts?.[1]);
    });
    expect(records).toEqual(numbers.map((number) => original[number - 1]));
    // In the order of the capture.
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  });

  test('are found when an earlier source cannot be read, and when sources are bytes', async () => {
    const bytes = CASE_1.map((path) => ({ name: path, data: new Uint8Array(readFileSync(path)) }));
    const broken = { name: 'broken.pcap', data: new Uint8Array(0) };
    expect((await missingOf([broken, ...bytes])).file).toEqual((await missingOf(CASE_1)).file);
  });

  test('do not exist in healthy captures', async () => {
    const folder = 'test/pcaps/healthy-dns';
    const paths = readdirSync(folder).filter((name) => name.endsWith('.pcap'));
    expect((await missingOf(paths.map((name) => join(folder, name)))).packets).toBe(0);
  });

  test.skipIf(!hasProgram('tshark'))('tshark reads the file and its comments', async () => {
    const { file, packets } = await missingOf(CASE_1);
    const folder = mkdtempSync(join(tmpdir(), 'pcapdiag-'));
    try {
      const path = join(folder, 'missing.pcapng');
      writeFileSync(path, file);
      const fields = ['frame.comment', 'frame.interface_name', '_ws.malformed'].flatMap((field) => ['-e', field]);
      const output = execFileSync('tshark', ['-n', '-r', path, '-T', 'fields', ...fields], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const lines = output.toString().trimEnd().split('\n');
      expect(lines).toHaveLength(packets);
      for (const line of lines)
        expect(line).toMatch(/^last seen at node2 enp26s0f0, packet \d+; .*\tnode2 enp26s0f0\t?$/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test.skipIf(!hasShared)('are as many records as listed losses on a lossy path, or a notice says so', async () => {
    const folder = join(SHARED, 'lab/public/perf-loss-5pct');
    const paths = readdirSync(folder).filter((name) => /\.pcap/.test(name));
    const { file, packets, notices, report } = await missingOf(paths.map((name) => join(folder, name)));
    expect(packets).toBeGreaterThan(0);
    expect((await recordsOf(file)).records).toHaveLength(packets);
    const lost = report.paths.flatMap((path) => path.lost.flat()).reduce((sum, count) => sum + count, 0);
    if (packets < lost) expect(notices.join()).toMatch(/records stand for/);
  });
});

describe('sources that can be read only once', () => {
  async function* stream() {
    yield new Uint8Array(0);
  }
  test.each<[string, CaptureSource]>([
    ['standard input', '-'],
    ['a device', '/dev/null'],
    ['a stream', stream()],
    ['a named stream', { name: 'a.pcap', data: stream() }],
  ])('%s is refused before anything is read', async (_, source) => {
    await expect(analyze([source], { onMissing: () => {} })).rejects.toMatchObject({ code: 'bad-option' });
  });

  test('files, even missing ones, and bytes are accepted', () => {
    assertReadableTwice([NIC, '/does/not/exist', new Uint8Array(4), { name: 'a', data: new Uint8Array(4) }]);
  });
});
