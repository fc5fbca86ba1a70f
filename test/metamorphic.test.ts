import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { analyze } from '../src/analyze.ts';
import type { NamedCapture } from '../src/decode/files/capture-source.ts';
import { LINKTYPE_ETHERNET } from '../src/decode/link-types.ts';
import type { ReportFinding } from '../src/report/model/finding.ts';
import type { Report } from '../src/report/model/report.ts';
import { intoVxlan } from './support/into-vxlan.ts';
import { isLong } from './support/long-run.ts';
import { type CaptureSet, fileOfEachHost, filesOf, type Kept, readSet } from './support/merged-captures.ts';
import { SHARED } from './support/shared-captures.ts';
import { toIpv6 } from './support/to-ipv6.ts';

const PCAPS = 'test/pcaps';
/** Larger sets would take most of the time, and tell little more. */
const MOST_RECORDS = 300;

const sizeOf = (set: CaptureSet): number => set.reduce((sum, { records }) => sum + records.length, 0);

const perFile = (change: (records: Kept[]) => Kept[]) => (set: CaptureSet) =>
  set.map(({ name, records }) => ({ name, records: change(records) }));
const perRecord = (change: (record: Kept) => Kept) => perFile((records) => records.map(change));

const later = (record: Kept, nanoseconds: number): Kept => {
  const time = BigInt(record.seconds) * 1_000_000_000n + BigInt(record.nanoseconds + nanoseconds);
  return { ...record, seconds: Number(time / 1_000_000_000n), nanoseconds: Number(time % 1_000_000_000n) };
};
const nanosecondsBetween = (a: Kept, b: Kept): number =>
  (b.seconds - a.seconds) * 1e9 + (b.nanoseconds - a.nanoseconds);

function withTag(record: Kept): Kept {
  if (record.linkType !== LINKTYPE_ETHERNET) return record;
  const tag = Uint8Array.of(0x81, 0, 0, 100);
  const bytes = Uint8Array.from([...record.bytes.subarray(0, 12), ...tag, ...record.bytes.subarray(12)]);
  return { ...record, bytes, originalLength: record.originalLength + tag.length };
}

/** Every seventh packet changes places with the next one, when that was captured less than 300 µs later. */
function disordered(records: readonly Kept[]): Kept[] {
  const written = [...records];
  for (let at = 0; at + 1 < written.length; at += 7) {
    const apart = nanosecondsBetween(written[at], written[at + 1]);
    if (apart > 0 && apart < 300_000) [written[at], written[at + 1]] = [written[at + 1], written[at]];
  }
  return written;
}

const withCopies = (records: readonly Kept[]): Kept[] =>
  records
    .flatMap((record) => [record, later(record, 3000)])
    .sort((a, b) => a.seconds - b.seconds || a.nanoseconds - b.nanoseconds);

/** Each host has a clock of its own: 61 s, 122 s, … ahead. */
function withOwnClocks(set: CaptureSet): CaptureSet {
  const hosts = [...new Set(set.map(({ name }) => name.split('__')[0]))];
  return set.map(({ name, records }) => {
    const ahead = 61 * hosts.indexOf(name.split('__')[0]);
    return { name, records: records.map((record) => ({ ...record, seconds: record.seconds + ahead })) };
  });
}

/** As with `tcpdump -C`: a second file from the middle on. */
const inTwoFiles = (set: CaptureSet): CaptureSet =>
  set.flatMap(({ name, records }) => {
    const middle = records.length >> 1;
    return [
      { name, records: records.slice(0, middle) },
      { name: `${name.replace(/\.pcap(ng)?$/, '.pcapng')}1`, records: records.slice(middle) },
    ];
  });

const WRITTEN_TWICE = 'each packet written twice';
const tellings: [string, (set: CaptureSet) => CaptureSet][] = [
  ['with a VLAN tag', perRecord(withTag)],
  ['cut at 200 octets', perRecord((record) => ({ ...record, bytes: record.bytes.subarray(0, 200) }))],
  [WRITTEN_TWICE, perFile(withCopies)],
  ['neighbours written in the wrong order', perFile(disordered)],
  ['clocks a minute apart', withOwnClocks],
  ['each capture in two files', inTwoFiles],
];

/** The same course of events at another pace: each distance from the first packet of the set times `factor`. */
function stretched(set: CaptureSet, factor: number): CaptureSet {
  const start = Math.min(...set.flatMap(({ records }) => records.slice(0, 1).map(({ seconds }) => seconds)));
  return perRecord((record) => {
    const apart = (record.seconds - start) * 1e9 + record.nanoseconds;
    const nanoseconds = BigInt(Math.round(apart * factor)) + BigInt(start) * 1_000_000_000n;
    return {
      ...record,
      seconds: Number(nanoseconds / 1_000_000_000n),
      nanoseconds: Number(nanoseconds % 1_000_000_000n),
    };
  })(set);
}

/** Every fiftieth packet is missing, as when the kernel drops some (tcpdump: "packets dropped by kernel"). */
const withGaps = perFile((records) => records.filter((_, at) => at % 50 !== 17));

/** The part of a capture between two shares of its time. */
const between = (from: number, to: number) => (set: CaptureSet) => {
  const times = set.flatMap(({ records }) => records.map(({ seconds, nanoseconds }) => seconds + nanoseconds / 1e9));
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const share = ({ seconds, nanoseconds }: Kept) => (seconds + nanoseconds / 1e9 - first) / (last - first);
  const isWithin = (record: Kept) => share(record) >= from && share(record) <= to;
  return perFile((records) => records.filter(isWithin))(set);
};

const partialTellings: [string, (set: CaptureSet) => CaptureSet][] = [
  ['every fiftieth packet was not captured', withGaps],
  ['the captures begin late', between(0.4, 1)],
  ['the captures end early', between(0, 0.6)],
  ['one capture begins late', (set) => set.map((one, at) => (at === 0 ? between(0.4, 1)([one])[0] : one))],
];

/** Its two captures share no packet: that both ran at one time is told by their wall clocks alone. */
const NEEDS_WALL_CLOCKS = 'underlay-cut';
/**
 * Its datagrams of equal octets go over IPv6, which has no identification: nothing tells one that was written twice from
 * one that was sent twice. So requests without an answer are not told where all of it was written twice.
 */
const NEEDS_IDS = 'udp-requests-lost';

const plainReports = new WeakMap<CaptureSet, Promise<Report>>();

/** The report of the captures as they are: several tests compare with it. */
function plainReport(set: CaptureSet): Promise<Report> {
  const report = plainReports.get(set) ?? analyze(filesOf(set));
  plainReports.set(set, report);
  return report;
}

const isFault = (finding: ReportFinding): boolean => finding.class !== 'capture' && finding.level !== 'note';

/** What is said of faults: level, rule, whom it is about and where. */
const said = async (captures: readonly NamedCapture[]): Promise<string[]> => faultsOf(await analyze(captures));

function faultsOf({ findings }: Report): string[] {
  return findings
    .filter(isFault)
    .map(({ level, ruleId, subject, location }) =>
      [level, ruleId, `${subject.client}>${subject.server}`, location.text].join(' '),
    )
    .sort();
}

/** The same, whoever it is about. */
function withoutAddresses({ findings }: Report): string[] {
  const faults = findings.filter(isFault);
  const ADDRESS = /\[?([0-9a-f]*:){2,}[0-9a-f]*\]?|\d+\.\d+\.\d+\.\d+/g;
  return faults
    .map(({ level, ruleId, location }) => `${level} ${ruleId} ${location.text.replace(ADDRESS, '·')}`)
    .sort();
}

/** The same traffic, captured with other habits: what is wrong with it does not change. */
describe('the same traffic, captured differently, gives the same findings', async () => {
  const folders = readdirSync(PCAPS, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const sets = await Promise.all(folders.map(async ({ name }) => ({ name, set: await readSet(join(PCAPS, name)) })));
  const small = sets.filter(({ set }) => sizeOf(set) <= MOST_RECORDS);

  const named = small.filter(({ set }) => set.length > 1 && set.every(({ name }) => name.includes('__')));
  it.each(named.map(({ name, set }) => [name, set] as const))('%s: one file for each host', async (_, set) => {
    expect(await said(fileOfEachHost(set))).toEqual(faultsOf(await plainReport(set)));
  });

  it.each(small.map(({ name, set }) => [name, set] as const))('%s: over IPv6', async (_, set) => {
    const other = await analyze(filesOf(perRecord(toIpv6)(set)));
    expect(withoutAddresses(other)).toEqual(withoutAddresses(await plainReport(set)));
  });

  // All six of every set in CI; else two of each, so that every telling meets a third of the sets.
  it.each(small.map(({ name, set }, nth) => [name, set, nth] as const))('%s', async (name, set, nth) => {
    const plain = faultsOf(await plainReport(set));
    const other: Record<string, string[]> = {};
    const fitting = tellings.filter(
      ([telling, tell], at) =>
        (isLong() || (at + nth) % 3 === 0) &&
        (name !== NEEDS_WALL_CLOCKS || tell !== withOwnClocks) &&
        (name !== NEEDS_IDS || telling !== WRITTEN_TWICE),
    );
    for (const [telling, tell] of fitting) other[telling] = await said(filesOf(tell(set)));
    expect(other).toEqual(Object.fromEntries(fitting.map(([telling]) => [telling, plain])));
  });
});

/** What programs say and do is the same inside a tunnel. */
describe('faults of applications inside VXLAN', () => {
  const FOLDERS = [
    'dns-name-misspelt',
    'grpc-too-many-pings',
    'http-health-check-404',
    'immediate-close',
    'long-poll',
    'quic-dropped',
    'redis-no-password',
    'tls-certificate-expired',
    'tls-to-plain-port',
  ];
  it.each(FOLDERS)('%s', async (name) => {
    const set = await readSet(join(PCAPS, name));
    expect(await said(filesOf(perRecord(intoVxlan)(set)))).toEqual(await said(filesOf(set)));
  });

  it.skipIf(!existsSync(SHARED))('all of field/app (skipped without ../shared)', async () => {
    const folder = join(SHARED, 'field/app');
    const names = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const differing: string[] = [];
    for (const { name } of names) {
      const set = await readSet(join(folder, name));
      if (sizeOf(set) > 5000) continue;
      const [inside, plain] = await Promise.all([set, perRecord(intoVxlan)(set)].map((one) => said(filesOf(one))));
      const rulesOf = (lines: string[]) => lines.map((line) => line.split(' ').slice(0, 2).join(' ')).join();
      if (rulesOf(inside) !== rulesOf(plain)) differing.push(`${name}: ${rulesOf(plain)} / ${rulesOf(inside)}`);
    }
    expect(differing).toEqual([]);
  });
});

/** IP identifications tell retransmissions from copies and packets of one payload apart; IPv6 has none. */
describe.skipIf(!existsSync(SHARED))('captures of the lab over IPv6', () => {
  it.each(['case-3-pod-veth-only', 'dns-server-port-closed', 'perf-loss-3pct-offload-on', 'perf-loss-5pct'])(
    '%s',
    async (scenario) => {
      const set = await readSet(join(SHARED, 'lab/public', scenario));
      const other = await analyze(filesOf(perRecord(toIpv6)(set)));
      expect(withoutAddresses(other)).toEqual(withoutAddresses(await plainReport(set)));
    },
  );
});

/** What is not there in a part of the captures is no fault of the network. */
describe('healthy captures with a missing part', () => {
  const shared = join(SHARED, 'lab/public');
  const healthyIn = (folder: string): string[] =>
    existsSync(folder)
      ? readdirSync(folder)
          .filter((name) => name.startsWith('healthy-'))
          .map((name) => join(folder, name))
      : [];

  it.each([...healthyIn(PCAPS), ...healthyIn(shared)])('%s', async (folder) => {
    const set = await readSet(folder);
    const faults: Record<string, string[]> = {};
    const some = sizeOf(set) > MOST_RECORDS ? partialTellings.slice(0, 1) : partialTellings;
    for (const [telling, tell] of some) faults[telling] = await said(filesOf(tell(set)));
    expect(faults).toEqual(Object.fromEntries(some.map(([telling]) => [telling, []])));
  });
});

/** What happened to a connection does not depend on its pace: retransmission timers and pauses are longer or shorter alike. */
describe('connections at another pace', () => {
  const PACES = [0.5, 2, 5, 30];
  const LIVES = new Set([
    'peer-vanished',
    'idle-timeout',
    'half-open',
    'flow-moved-to-other-node',
    'syn-ack-unacknowledged',
    'first-syn-lost',
    'syn-no-reply',
  ]);
  const kept = ['idle-reset', 'ecmp-rehash', 'syn-ack-not-delivered', 'first-syn-lost', 'session-dropped'].map((name) =>
    join(PCAPS, name),
  );
  const shared = [
    'perf-half-open',
    'perf-idle-nat-timeout',
    'perf-keepalive-dead-peer',
    'port-firewall-drop',
    'healthy-idle-keepalive',
  ].map((name) => join(SHARED, 'lab/public', name));
  const rulesOf = async (set: CaptureSet): Promise<string[]> => {
    const { findings } = await analyze(filesOf(set));
    return [
      ...new Set(
        findings.filter(({ ruleId, level }) => level !== 'note' && LIVES.has(ruleId)).map(({ ruleId }) => ruleId),
      ),
    ].sort();
  };

  it.each([...kept, ...shared.filter((folder) => existsSync(folder))])('%s', async (folder) => {
    const set = await readSet(folder);
    const plain = await rulesOf(set);
    if (!folder.includes('healthy-')) expect(plain).not.toEqual([]);
    const other: Record<number, string[]> = {};
    for (const pace of PACES) other[pace] = await rulesOf(stretched(set, pace));
    expect(other).toEqual(Object.fromEntries(PACES.map((pace) => [pace, plain])));
  });
});

/** The same of every labelled set of captures. A verdict keeps its words where only the pace changes. */
describe.skipIf(!existsSync(SHARED))('labelled captures at another pace (needs ../shared)', () => {
  const folder = join(SHARED, 'field/cni');
  interface Case {
    id: string;
    scenario: string;
    files: string[];
    accept: string[];
  }
  const cases: Case[] = existsSync(folder) ? JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')).cases : [];
  /**
   * Where a capture shows neither the answers nor anything else of the asker, a single row of even requests within
   * seconds is told from a device that polls its neighbours by its pace alone.
   */
  const TOLD_BY_PACE = /^macvlan-unknown-unicast-dropped\[0\]/;

  it.each(cases.map((one) => [one.id, one] as const))('%s', async (id, { scenario, files, accept }) => {
    const set = await readSet(join(folder, scenario), files);
    const verdicts: Record<number, string> = {};
    const paces = TOLD_BY_PACE.test(id) ? [0.5, 3] : [0.5, 2, 10, 30];
    for (const pace of paces) {
      const { verdict } = await analyze(filesOf(stretched(set, pace)));
      verdicts[pace] = verdict?.ruleId ?? 'none';
    }
    expect(Object.values(verdicts).filter((verdict) => !accept.includes(verdict))).toEqual([]);
  });
});
