/** Reports of captures of every kind, for tests of formats: recorded, reported by others, healthy, hostile, empty. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { analyze } from '../../src/analyze.ts';
import type { NamedCapture } from '../../src/decode/files/capture-source.ts';
import type { Report } from '../../src/report/model/report.ts';
import { pcapFile, pcapngFile } from './capture-bytes.ts';
import { ethernet, ipv4, udp } from './frames.ts';
import { filesOf, onOtherHosts, readSet, startingAt } from './merged-captures.ts';

const PCAPS = 'test/pcaps';
const START = 1_700_000_000;

/** One text with all that a place of output may take for its own: escapes, HTML, bidi, formula, Markdown, shell, XML, GitHub. */
export const HOSTILE =
  "=cmd|' /C calc'!A0 \x1b[2J\u202e\u2066<img src=x onerror=alert(1)>[a](http://evil.example) `b` **c** $(reboot);`id` '\"\n::error::x\r\n]]>&amp;%0A::warning::y {0} @team #1 https://evil.example \u2028\ufffe\"}\n# HELP x y\n|";

/** Folders of `test/pcaps`, and what kind each is. */
const RECORDED: readonly (readonly [folder: string, kind: string])[] = [
  ['case-1', 'lab'],
  ['case-2', 'lab'],
  ['case-3', 'lab'],
  ['stale-vtep-mac', 'field'],
  ['dns-upstream-gone', 'field'],
  ['wireguard-mtu', 'field'],
  ['redis-no-password', 'application'],
  ['tls-certificate-expired', 'application'],
  ['losses-together', 'loss'],
  ['healthy-dns', 'healthy'],
  ['healthy-pmtud', 'healthy'],
];

/** The longest label of a DNS name (RFC 1035, 2.3.4). */
const LABEL = 63;

/** A DNS query for a name of labels that hold any octets. */
function queryFrame(id: number, labels: readonly string[]) {
  const name = labels.flatMap((label) => {
    const octets = Buffer.from(label).subarray(0, LABEL);
    return [octets.length, ...octets];
  });
  const message = [id >> 8, id & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...name, 0, 0, 1, 0, 1];
  const ends = { source: '10.244.1.5', destination: '10.96.0.10' };
  return ethernet({}, ipv4({ ...ends }, udp({ sourcePort: 40_000 + id, destinationPort: 53 }, message)));
}

/** Lookups of a hostile name that nobody answers, at an interface and in a file with hostile names. */
function hostileCapture(): NamedCapture {
  const labels = HOSTILE.match(/.{1,20}/gs) ?? [];
  const records = Array.from({ length: 8 }, (_, at) => ({
    seconds: START + at * 5,
    nanoseconds: 0,
    frame: queryFrame(at + 1, labels),
  }));
  return { name: `${HOSTILE.replaceAll('/', '')}.pcapng`, data: pcapngFile(records, [{ name: HOSTILE }]) };
}

async function severalFaults(): Promise<NamedCapture[]> {
  const sets = await Promise.all(
    ['case-1', 'case-2', 'case-3'].map(async (name) => startingAt(await readSet(join(PCAPS, name)), START)),
  );
  return filesOf(...sets.map((set, nth) => onOtherHosts(set, `${'abc'[nth]}-`)));
}

const MADE: readonly (readonly [name: string, make: () => Promise<NamedCapture[]>])[] = [
  ['several faults', severalFaults],
  ['hostile names', async () => [hostileCapture()]],
  ['nothing to judge', async () => [{ name: 'empty.pcap', data: pcapFile([]) }]],
];

export const REPORT_NAMES: readonly string[] = [...RECORDED, ...MADE].map(([name]) => name);
const reports = new Map<string, Promise<Report>>();

/** The report of one of `REPORT_NAMES`; each is made once a test file. */
export function reportNamed(name: string): Promise<Report> {
  const known = reports.get(name);
  if (known !== undefined) return known;
  const made = MADE.find(([each]) => each === name)?.[1];
  const report =
    made === undefined
      ? analyze(
          readdirSync(join(PCAPS, name))
            .sort()
            .map((file) => join(PCAPS, name, file)),
        )
      : made().then((captures) => analyze(captures));
  reports.set(name, report);
  return report;
}
