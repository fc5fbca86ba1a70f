import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { analyze } from '../src/analyze.ts';
import type { Report } from '../src/report/model/report.ts';

const PCAPS = 'test/pcaps';
const capturesOf = (folder: string): string[] =>
  readdirSync(join(PCAPS, folder))
    .filter((name) => name.endsWith('.pcap'))
    .sort()
    .map((name) => join(PCAPS, folder, name));
const runs = Number(process.env.FC_RUNS ?? 100);

/** What a report says apart from where on the calendar it happened. */
function withoutDates(report: Report): unknown {
  return JSON.parse(JSON.stringify(report).replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'DATE'));
}

describe('the article’s three cases', () => {
  it.each([
    ['case-1', 'vxlan-outer-source-mismatch'],
    ['case-2', 'mtu-black-hole'],
    ['case-3', 'service-ip-not-translated'],
  ])('%s: %s', async (folder, ruleId) => {
    const report = await analyze(capturesOf(folder));
    expect(report.verdict?.ruleId).toBe(ruleId);
    expect(report.findings.filter((finding) => finding.level !== 'note').map((finding) => finding.ruleId)).toEqual([
      ruleId,
    ]);
  });

  it('puts the retransmissions of the second case under their cause, and names the place', async () => {
    const report = await analyze(capturesOf('case-2'));
    const [verdict] = report.findings;
    const names = verdict.location.between?.map((id) => report.points.find((point) => point.id === id)?.name);
    expect(names).toEqual(['node1 enp26s0f0', 'node1 tunl0']);
    expect(verdict.measured).toMatchObject({ smallestLost: 1500 });
  });

  it('finds nothing in healthy captures, together and one by one', async () => {
    for (const folder of ['healthy-dns', 'healthy-pmtud']) {
      const captures = capturesOf(folder);
      for (const sources of [captures, ...captures.map((capture) => [capture])]) {
        const report = await analyze(sources);
        expect(report.verdict, sources.join(' ')).toBeNull();
      }
    }
  });
});

describe('laws of a report', () => {
  it('is the same for bytes in any chunks as for the file', async () => {
    const path = join(PCAPS, 'case-2', 'client__eth0.pcap');
    const bytes = new Uint8Array(readFileSync(path));
    const whole = withoutDates(await analyze({ name: path, data: bytes }));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: bytes.length - 1 }), { maxLength: 20 }), async (cuts) => {
        const report = await analyze({ name: path, data: chunksOf(bytes, cuts) });
        expect(withoutDates(report)).toEqual(whole);
      }),
      { numRuns: Math.min(runs, 20) },
    );
  });

  it('does not depend on the date', async () => {
    const path = join(PCAPS, 'case-1', 'node1__enp26s0f0.pcap');
    const bytes = new Uint8Array(readFileSync(path));
    const whole = withoutDates(await analyze({ name: path, data: bytes }));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }), async (seconds) => {
        expect(withoutDates(await analyze({ name: path, data: shifted(bytes, seconds) }))).toEqual(whole);
      }),
      { numRuns: Math.min(runs, 20) },
    );
  });

  it('does not depend on the order of the files', async () => {
    for (const folder of ['case-1', 'case-2', 'case-3']) {
      const captures = capturesOf(folder);
      const forward = await analyze(captures);
      const backward = await analyze([...captures].reverse());
      expect(backward.verdict).toEqual(forward.verdict);
      expect(backward.findings.map((finding) => finding.fingerprint).sort()).toEqual(
        forward.findings.map((finding) => finding.fingerprint).sort(),
      );
      const place = (report: Report) => report.findings[0].location.text;
      expect(place(backward)).toBe(place(forward));
    }
  });

  it('does not depend on the roles of addresses: swapped ends give the swapped report', async () => {
    const path = join(PCAPS, 'case-2', 'client__eth0.pcap');
    const bytes = new Uint8Array(readFileSync(path));
    const [a, b] = ['10.20.30.202', '10.20.30.157'];
    const plain = await analyze({ name: path, data: bytes });
    const swapped = await analyze({ name: path, data: withSwappedAddresses(bytes, a, b) });
    expect(swapped.verdict?.ruleId).toBe(plain.verdict?.ruleId);
    const told = (report: Report) =>
      report.findings.map(({ ruleId, level, subject, measured, evidence }) => ({
        ruleId,
        level,
        subject,
        measured,
        evidence,
      }));
    const exchanged = JSON.parse(JSON.stringify(told(swapped)).replaceAll(a, '@').replaceAll(b, a).replaceAll('@', b));
    expect(exchanged).toEqual(told(plain));
  });
});

async function* chunksOf(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  const edges = [0, ...[...new Set(cuts)].sort((a, b) => a - b), bytes.length];
  for (let at = 1; at < edges.length; at++) yield bytes.slice(edges[at - 1], edges[at]);
}

/** Every record of a little-endian microsecond pcap, with its offset. */
function* recordsOf(view: DataView): Generator<{ at: number; length: number }> {
  for (let at = 24; at + 16 <= view.byteLength; at += 16 + view.getUint32(at + 8, true))
    yield { at, length: view.getUint32(at + 8, true) };
}

function shifted(bytes: Uint8Array, seconds: number): Uint8Array {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  for (const { at } of recordsOf(view)) view.setUint32(at, view.getUint32(at, true) + seconds, true);
  return copy;
}

/** Exchanges two IPv4 addresses in the IP headers of Ethernet frames. */
function withSwappedAddresses(bytes: Uint8Array, a: string, b: string): Uint8Array {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  const number = (address: string) => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const other = new Map([
    [number(a), number(b)],
    [number(b), number(a)],
  ]);
  for (const { at, length } of recordsOf(view)) {
    if (length < 34 || view.getUint16(at + 16 + 12) !== 0x0800) continue;
    for (const field of [at + 16 + 26, at + 16 + 30]) {
      const address = view.getUint32(field);
      view.setUint32(field, other.get(address) ?? address);
    }
  }
  return copy;
}
