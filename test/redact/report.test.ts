import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { analyze } from '../../src/analyze.ts';
import { exportPackets } from '../../src/export-packets.ts';
import { baselineEntries, knownFromBaseline, type MissingPackets, type Report, withGate } from '../../src/index.ts';
import { Redaction } from '../../src/redact/redaction.ts';
import { formatJson } from '../../src/report/formats/json.ts';
import { formatText } from '../../src/report/formats/text.ts';
import { formatHtml } from '../../src/report/html/page.ts';

const redaction = new Redaction('a key');
const capturesOf = (folder: string): string[] =>
  readdirSync(join('test/pcaps', folder))
    .filter((name) => name.endsWith('.pcap'))
    .sort()
    .map((name) => join('test/pcaps', folder, name));

async function exportedBytes(sources: readonly string[]): Promise<Buffer> {
  const { file } = await exportPackets(sources, { redaction });
  const chunks: Uint8Array[] = [];
  for await (const chunk of file ?? []) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe.each(['case-1', 'case-2', 'case-3'])('the report of %s, redacted', (folder) => {
  test('finds the same, and names nobody', async () => {
    const sources = capturesOf(folder);
    const before = await analyze(sources);
    const after = await analyze(sources, { redaction, pictures: true });
    const rulesOf = ({ findings }: typeof before) => findings.map(({ ruleId, level, grade }) => [ruleId, level, grade]);
    expect(rulesOf(after)).toEqual(rulesOf(before));
    expect(after.verdict?.ruleId).toBe(before.verdict?.ruleId);
    const written = `${formatJson(after)}${formatText(after, { verbose: true })}${formatHtml(after)}`;
    const addresses = new Set(formatJson(before).match(/\b\d{1,3}(\.\d{1,3}){3}\b/g) ?? []);
    expect(addresses.size).toBeGreaterThan(1);
    for (const address of addresses)
      if (redaction.address(address) !== address)
        expect(written).not.toMatch(new RegExp(`\\b${address.replaceAll('.', '\\.')}\\b`));
    // A host is called what an end of a connection is called: it is replaced where it is a place.
    for (const { host, name } of before.points) {
      if (host !== null && host !== 'client') expect(written).not.toMatch(new RegExp(`\\b${host}\\b`));
      if (host !== null) expect(written).not.toContain(name);
    }
    expect(after.points.map(({ host }) => host)).not.toContain('client');
    const macs =
      JSON.stringify(await analyze(sources, { pictures: true })).match(/\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b/g) ?? [];
    for (const mac of new Set(macs)) if (redaction.mac(mac) !== mac) expect(written).not.toContain(mac);
    for (const device of formatJson(before).match(/\b(?:veth|cali)[0-9a-f]{6,}/g) ?? [])
      expect(written).not.toContain(device);
    for (const path of sources) expect(written).not.toContain(path);
  });

  test('calls things as the redacted capture does', async () => {
    const sources = capturesOf(folder);
    const ofReport = await analyze(sources, { redaction });
    const ofPackets = await analyze({ name: 'x.pcapng', data: await exportedBytes(sources) });
    expect(ofPackets.verdict?.ruleId).toBe(ofReport.verdict?.ruleId);
    const { client, server } = ofPackets.findings[0].subject;
    expect([client, server]).toEqual([ofReport.findings[0].subject.client, ofReport.findings[0].subject.server]);
    expect(ofPackets.points.map(({ host }) => host).sort()).toEqual(ofReport.points.map(({ host }) => host).sort());
  });
});

test('hosts, namespaces and pods that are called as the report calls things change none of its codes', async () => {
  const paths = capturesOf('case-1');
  const hosts = ['dns', 'application'];
  const sources = paths.map((path, nth) => ({
    name: `${hosts[nth % 2]}__eth${nth}.pcap`,
    data: readFileSync(path),
  }));
  const inventory = {
    kind: 'PodList',
    items: [{ metadata: { namespace: 'network', name: 'client' }, status: { podIP: '10.233.65.46' } }],
  };
  const [plain, redacted] = [
    await analyze(sources, { inventory }),
    await analyze(sources, { inventory, redaction, pictures: true }),
  ];
  const codesOf = (report: Report) => [
    report.verdict?.ruleId,
    report.findings.map(({ ruleId, level, grade }) => [ruleId, level, grade]),
    report.triage.map(({ class: of, verdict }) => [of, verdict]),
  ];
  expect(codesOf(redacted)).toEqual(codesOf(plain));
  const written = formatJson(redacted);
  expect(formatJson(plain)).toContain('network/client');
  expect(written).not.toContain('network/client');
  for (const { host, name } of plain.points) {
    expect(hosts).toContain(host);
    expect(written).not.toContain(name);
    expect(redacted.points.map((point) => point.host)).not.toContain(host);
  }
});

describe('fingerprints of a redacted report', () => {
  const sources = capturesOf('case-1');
  const namesOf = ({ findings }: Report) =>
    findings.flatMap(({ fingerprint, explains, explainedBy }) => [fingerprint, ...explains, explainedBy ?? '']);

  test('are others, which only the key gives again', async () => {
    const [plain, one, same, other] = await Promise.all(
      [{}, { redaction }, { redaction: new Redaction('a key') }, { redaction: new Redaction() }].map((options) =>
        analyze(sources, { ...options, pictures: true }),
      ),
    );
    expect(namesOf(one)).toEqual(namesOf(same));
    expect(namesOf(one)).toEqual(namesOf(plain).map((name) => redaction.fingerprint(name)));
    expect(one.findings[0].explains.length).toBeGreaterThan(0);
    expect(one.pictures?.excerpts.map(({ finding }) => finding)).toContain(one.findings[0].fingerprint);
    for (const { fingerprint } of plain.findings) {
      expect(fingerprint).toMatch(/^pcapdiag\/v1:[0-9a-f]{16}$/);
      expect(redaction.fingerprint(fingerprint)).toMatch(/^pcapdiag\/v1:[0-9a-f]{16}$/);
      for (const report of [one, other]) expect(JSON.stringify(report)).not.toContain(fingerprint);
    }
    expect(namesOf(one)).not.toContain(other.findings[0].fingerprint);
  });

  test('fit the baseline of another redacted report by the same key', async () => {
    const report = await analyze(sources, { redaction });
    const known = knownFromBaseline({ schemaVersion: 1, findings: baselineEntries(report, 'note', 'ticket') });
    const again = await analyze(sources, { redaction: new Redaction('a key') });
    expect(withGate(again, { known, failOn: 'note' }).gate).toMatchObject({ status: 'passed', unmatched: [] });
    const byOther = await analyze(sources, { redaction: new Redaction('another') });
    expect(withGate(byOther, { known, failOn: 'note' }).gate.status).toBe('failed');
  });

  test('and those of the report without redaction name a finding of an export', async () => {
    const { findings } = await analyze(sources);
    const exportOf = (name: string) => exportPackets(sources, { redaction, findings: [name] });
    const { fingerprint } = findings[0];
    const [plain, redacted] = [await exportOf(fingerprint), await exportOf(redaction.fingerprint(fingerprint))];
    for (const { file, written } of [plain, redacted]) {
      for await (const _chunk of file ?? []);
      expect(written.commented).toBe(findings[0].evidence.length);
    }
    await expect(exportOf('pcapdiag/v1:0123456789abcdef')).rejects.toMatchObject({ code: 'bad-option' });
  });
});

test('names of the inventory, of DNS and of servers are replaced, words of the report are not', async () => {
  const [source] = capturesOf('case-3');
  const { dns } = await (await import('../../src/analyze.ts')).analyzed(source, {}).then(({ evidence }) => evidence);
  expect(dns.length).toBeGreaterThan(0);
  const inventory = {
    kind: 'PodList',
    items: [
      {
        metadata: { namespace: 'payments', name: 'ledger-0' },
        status: { podIP: dns[0] === undefined ? '' : '10.244.1.9' },
      },
    ],
  };
  const written = formatJson(await analyze(source, { redaction, inventory }));
  expect(written).not.toMatch(/payments|ledger-0/);
  for (const { name } of dns) if (name.length > 3) expect(written).not.toContain(`"${name}"`);
  expect(written).toContain('network');
});

test('packets that got lost are redacted, too', async () => {
  const missingOf = async (options: object): Promise<MissingPackets> => {
    let missing: MissingPackets | undefined;
    await analyze(capturesOf('case-1'), { ...options, onMissing: (found) => void (missing = found) });
    if (missing === undefined) throw new Error('onMissing was not called');
    return missing;
  };
  const [before, after] = [await missingOf({}), await missingOf({ redaction })];
  expect(after.packets).toBe(before.packets);
  const [outer, redacted] = [Buffer.from([10, 153, 204]), Buffer.from(after.file)];
  expect(Buffer.from(before.file).includes(outer)).toBe(true);
  expect(redacted.includes(outer)).toBe(false);
  expect(Buffer.from(before.file).includes('node2')).toBe(true);
  expect(redacted.includes('node2')).toBe(false);
});
