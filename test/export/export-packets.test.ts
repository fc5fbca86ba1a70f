import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { analyze } from '../../src/analyze.ts';
import type { CaptureInterface } from '../../src/decode/files/capture-record.ts';
import { readCapture } from '../../src/decode/files/capture-source.ts';
import { PcapngWriter } from '../../src/decode/files/pcapng-writer.ts';
import { type ExportOptions, exportPackets, type Written } from '../../src/export-packets.ts';
import type { CaptureSource } from '../../src/index.ts';
import { hasProgram } from '../support/shared-captures.ts';

const CASE_1 = readdirSync('test/pcaps/case-1')
  .filter((name) => name.endsWith('.pcap'))
  .sort()
  .map((name) => join('test/pcaps/case-1', name));

interface ReadPacket {
  hex: string;
  time: string;
  of: number;
  flags: number;
}

async function read(source: CaptureSource) {
  const [packets, comments, interfaces] = [[] as ReadPacket[], [] as string[], [] as CaptureInterface[]];
  await readCapture(source, {
    onInterface: (described) => void (interfaces[described.index] = { ...described }),
    onRecord: ({ bytes, start, end, seconds, nanoseconds, interfaceIndex, flags }) =>
      packets.push({
        hex: Buffer.from(bytes.slice(start, end)).toString('hex'),
        time: `${seconds}.${String(nanoseconds).padStart(9, '0')}`,
        of: interfaceIndex,
        flags,
      }),
    onComment: (text) => comments.push(text),
    onProblem: ({ message }) => expect.unreachable(message),
  });
  return { packets, comments, interfaces };
}

async function exported(sources: CaptureSource[], options: ExportOptions): Promise<{ file: Buffer; written: Written }> {
  const { file, written } = await exportPackets(sources, options);
  if (file === undefined) throw new Error('no packet was chosen');
  const chunks: Uint8Array[] = [];
  for await (const chunk of file) chunks.push(chunk);
  return { file: Buffer.concat(chunks), written };
}

describe('the evidence of a finding', () => {
  test('is copied octet by octet, by time, with a comment that says what of', async () => {
    const report = await analyze(CASE_1);
    const { file, written } = await exported(CASE_1, { findings: [1] });
    const { packets, comments, interfaces } = await read(file);
    const [first] = report.findings;
    expect(written).toEqual({ packets: packets.length, commented: packets.length });
    expect(packets.length).toBe(first.evidence.length);
    expect(comments[0]).toBe(`finding 1 (error, ${first.ruleId}): ${first.message}`);
    const originals = new Map(
      await Promise.all(report.captures.map(async ({ id, path }) => [id, await read(path)] as const)),
    );
    for (const [nth, { capture, point, packet, note }] of first.evidence.entries()) {
      const name = report.points.find(({ id }) => id === point)?.name;
      const noted = note === '' ? '' : `: ${note}`;
      expect(comments[nth + 1]).toBe(`finding 1 (error, ${first.ruleId})${noted}; packet ${packet} at ${name}`);
      const original = originals.get(capture)?.packets[packet - 1];
      expect(packets[nth]).toMatchObject({ hex: original?.hex, time: original?.time });
      expect(interfaces[packets[nth].of]?.name).toBe(name);
    }
  });

  test('by rule or fingerprint is the same, and with --whole the conversations too', async () => {
    const { findings } = await analyze(CASE_1);
    const byNumber = await exported(CASE_1, { findings: [1] });
    const byRule = await exported(CASE_1, { findings: [findings[0].ruleId] });
    const byFingerprint = await exported(CASE_1, { findings: [findings[0].fingerprint] });
    expect(byRule.file.equals(byNumber.file)).toBe(true);
    expect(byFingerprint.file.equals(byNumber.file)).toBe(true);
    const whole = await exported(CASE_1, { findings: [1], wholeConversations: true });
    expect(whole.written.packets).toBeGreaterThan(byNumber.written.packets);
    expect(whole.written.commented).toBe(byNumber.written.commented);
    const subject = findings[0].subject;
    const conversation = `${subject.client},${subject.server}`;
    const selected = await exported(CASE_1, { selection: { conversation } });
    // Both ends have other conversations too.
    expect(whole.written.packets).toBeLessThan(selected.written.packets);
  });

  test('that is not there is an error with what is', async () => {
    await expect(exportPackets(CASE_1, { findings: [99] })).rejects.toThrow(
      /there is no finding 99: the report has \d+ \(/,
    );
    await expect(exportPackets(CASE_1, { findings: ['no-such-rule'] })).rejects.toMatchObject({ code: 'bad-option' });
  });
});

describe('all packets', () => {
  test('of several captures are there, by time, one interface for each, and are judged as before', async () => {
    const { file, written } = await exported(CASE_1, {});
    const { packets, interfaces } = await read(file);
    const times = packets.map(({ time }) => time);
    expect(times).toEqual([...times].sort());
    expect(interfaces.length).toBe(CASE_1.length);
    const each = await Promise.all(CASE_1.map(read));
    expect(written.packets).toBe(each.reduce((sum, { packets: own }) => sum + own.length, 0));
    for (const { packets: own } of each) {
      const same = interfaces.some((_, index) => {
        const copied = packets.filter(({ of }) => of === index).map(({ hex, time }) => `${time} ${hex}`);
        return copied.join() === own.map(({ hex, time }) => `${time} ${hex}`).join();
      });
      expect(same).toBe(true);
    }
    const again = await analyze({ name: 'all.pcapng', data: file });
    expect(again.verdict?.ruleId).toBe((await analyze(CASE_1)).verdict?.ruleId);
  });

  test('that a filter selects are those of the filter, which the file names', async () => {
    const { file, written } = await exported(CASE_1, { selection: { filter: 'tcp port 5000', filterInside: true } });
    const { interfaces } = await read(file);
    expect(written.packets).toBeGreaterThan(0);
    expect(new Set(interfaces.map(({ filter }) => filter))).toEqual(new Set(['tcp port 5000 (also inside tunnels)']));
    await expect(exportPackets(CASE_1, { selection: { filter: 'sctp' } })).resolves.toMatchObject({ file: undefined });
  });

  test('times between are counted from the first packet of the capture, written or not', async () => {
    const between = ['1', '2'] as const;
    const report = await analyze(CASE_1[0], { selection: { between } });
    const { written } = await exported([CASE_1[0]], { selection: { between } });
    expect(written.packets).toBe(report.captures[0].packets);
    const evidence = await exported([CASE_1[0]], { findings: [1] });
    const late = await exported([CASE_1[0]], { findings: [1], selection: { between: ['0', '1000'] } });
    expect(late.written).toEqual(evidence.written);
  });
});

test('interfaces keep link type, snaplen, filter and drops; packets their flags and times of a nanosecond', async () => {
  const writer = new PcapngWriter('test');
  const frame = Buffer.from(`ffffffffffff02000000000108060001080006040001${'00'.repeat(20)}`, 'hex');
  const described = { description: '', snaplen: 96, filter: 'arp' };
  const one = writer.addInterface({ ...described, name: 'eth0', linkType: 1 });
  const raw = writer.addInterface({ ...described, name: 'tun\u001b0', linkType: 101 });
  const at = { seconds: 1_700_000_000, originalLength: 200, comment: '' };
  writer.addPacket({ ...at, interface: one, nanoseconds: 1, bytes: frame, flags: 1, dropCount: 3 });
  writer.addPacket({
    ...at,
    interface: raw,
    nanoseconds: 2,
    bytes: Buffer.from('45'.padEnd(60, '0'), 'hex'),
    flags: 2,
  });
  writer.addDrops(one, { interfaceDropped: 5, systemDropped: 2 ** 33 });
  const { file } = await exported([{ name: 'two\nlines.pcapng', data: writer.take() }], {});
  const { packets, interfaces } = await read(file);
  expect(packets.map(({ time, flags, of }) => [time, flags, of])).toEqual([
    ['1700000000.000000001', 1, 0],
    ['1700000000.000000002', 2, 1],
  ]);
  expect(interfaces).toMatchObject([
    { linkType: 1, snaplen: 96, filter: 'arp', interfaceDropped: 5, systemDropped: 2 ** 33 },
    { linkType: 101, snaplen: 96, filter: 'arp', name: expect.stringContaining('\\u{1b}') },
  ]);
  for (const { name, description } of interfaces) expect(`${name}${description}`).not.toMatch(/\p{Cc}/u);
});

test('a source that can be read only once is refused before it is read', async () => {
  const stream = (async function* () {
    yield new Uint8Array(1);
    expect.unreachable('it is read');
  })();
  await expect(exportPackets(stream, {})).rejects.toThrow(/can be read only once/);
});

test.runIf(hasProgram('tshark'))('tshark opens it, with the comments', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'export-'));
  try {
    const { file, written } = await exported(CASE_1, {});
    const path = join(folder, 'all.pcapng');
    writeFileSync(path, file);
    const fields = ['frame.number', 'frame.comment', 'frame.interface_name'].flatMap((field) => ['-e', field]);
    const lines = execFileSync('tshark', ['-n', '-r', path, '-T', 'fields', ...fields], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trimEnd();
    const rows = lines.split('\n').map((line) => line.split('\t'));
    expect(rows.length).toBe(written.packets);
    const { comments } = await read(file);
    const ofPackets = comments.filter((comment) => / at node\d /.test(comment) && comment.includes('; packet '));
    expect(ofPackets.length).toBeGreaterThan(0);
    const told = rows.map(([, comment]) => comment).join('\n');
    for (const comment of ofPackets) expect(told).toContain(comment);
    expect(new Set(rows.map(([, , name]) => name)).size).toBe(CASE_1.length);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('reads no further than it is read: one chunk of each capture is in memory', async () => {
  const bytes = readFileSync(CASE_1[0]);
  let given = 0;
  const head = bytes.subarray(0, 24);
  const record = bytes.subarray(24, 24 + 16 + bytes.readUInt32LE(24 + 8));
  const piece = Buffer.concat(Array.from({ length: 4000 }, () => record));
  const { inBatches } = await import('../../src/decode/files/in-batches.ts');
  const source = {
    name: 'long',
    data: (async function* () {
      yield head;
      for (; given < 100; given++) yield piece;
    })(),
  };
  let batches = 0;
  for await (const batch of inBatches<number>(source, (give) => ({
    onInterface: () => {},
    onProblem: () => {},
    onRecord: () => give(1),
  }))) {
    expect(batch.length).toBeLessThanOrEqual(8000);
    expect(given).toBeLessThanOrEqual(batches + 2);
    if (++batches === 5) break;
  }
  expect(given).toBeLessThan(10);
});
