import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { analyze } from '../src/analyze.ts';
import type { NamedCapture } from '../src/decode/files/capture-source.ts';
import { type CaptureSet, filesOf, oneFile, onOtherHosts, readSet, startingAt } from './support/merged-captures.ts';
import { SHARED } from './support/shared-captures.ts';

const START = 1_700_000_000;
const lab = join(SHARED, 'lab/public');
const pcaps = 'test/pcaps';

/** What a report says of faults: level, rule, whom it is about, and the rule that explains it. */
async function findingsOf(captures: readonly NamedCapture[]): Promise<string[]> {
  const { findings } = await analyze(captures);
  const ruleOf = (fingerprint: string | null): string =>
    findings.find((other) => other.fingerprint === fingerprint)?.ruleId ?? '';
  return findings
    .filter((finding) => finding.class !== 'capture')
    .map(({ level, ruleId, subject, explainedBy }) =>
      [level, ruleId, `${subject.client}>${subject.server}`, ruleOf(explainedBy)].join(' '),
    );
}

const isFault = (finding: string): boolean => !finding.startsWith('note');

/** All start in the same second, so none was before or after the other. */
const setsOf = (folder: string, names: readonly string[]): Promise<CaptureSet[]> =>
  Promise.all(names.map(async (name) => startingAt(await readSet(join(folder, name)), START)));

/** Other nodes of the same cluster, each fault in its corner of it. */
async function expectUnion(sets: readonly CaptureSet[]): Promise<void> {
  const alone: string[][] = [];
  for (const set of sets) alone.push(await findingsOf(filesOf(set)));
  for (const findings of alone) expect(findings.filter(isFault)).not.toEqual([]);
  const together = await findingsOf(filesOf(...sets.map((set, nth) => onOtherHosts(set, `${'abc'[nth]}-`))));
  expect([...together].sort()).toEqual(alone.flat().sort());
}

/** One point saw both, as on a mirror port or a gateway. */
async function expectUnionInOneFile(sets: readonly CaptureSet[]): Promise<void> {
  const fullest = sets.map((set) => [set.reduce((a, b) => (b.records.length > a.records.length ? b : a))]);
  const alone: string[][] = [];
  for (const set of fullest) alone.push(await findingsOf([oneFile('capture.pcapng', set)]));
  for (const findings of alone) expect(findings.filter(isFault)).not.toEqual([]);
  const together = await findingsOf([oneFile('capture.pcapng', ...fullest)]);
  expect([...together].sort()).toEqual(alone.flat().sort());
}

/**
 * Independent faults in one set of captures are all found, each with its own symptoms under it: what is said of them
 * together is what is said of each alone. Captures of different events are merged; their addresses differ.
 */
describe('several independent faults', () => {
  it.each([
    ['the article’s three cases', ['case-1', 'case-2', 'case-3']],
    ['DNS over TCP, a route, a traceroute', ['dns-tcp-fallback-dropped', 'ipv6-no-route', 'traceroute-loss']],
    ['a service and a name server', ['stale-endpoint', 'dns-wrong-server']],
  ])('in one set: %s', async (_, names) => expectUnion(await setsOf(pcaps, names)));

  it.skipIf(!existsSync(lab)).each([
    ['case-1-wrong-outer-source', 'dns-server-silent'],
    ['case-3-dns-no-kube-proxy', 'perf-loss-5pct'],
    ['cni-ipip-blocked', 'cni-hairpin-off'],
    ['cni-vxlan-blocked-oneway', 'port-firewall-drop'],
    ['mtu-fragneeded-filtered', 'net-arp-unresolved'],
    ['dns-upstream-timeout-servfail', 'perf-loss-5pct'],
    ['net-routing-loop', 'perf-zero-window'],
    ['cni-vxlan-vni-mismatch', 'vxlan-underlay-mtu-blackhole'],
    ['perf-idle-nat-timeout', 'dns-conntrack-race-5s'],
    ['net-link-failure', 'port-listen-backlog-overflow'],
    ['cni-duplicate-ip', 'perf-server-slow-response'],
    ['net-missing-route-icmp', 'perf-half-open'],
    ['port-reject-icmp', 'cni-reply-not-unnated'],
    ['dns-server-port-closed', 'perf-rst-middlebox-ttl', 'port-conntrack-exhaustion'],
  ])('in one set: %s, %s %s', async (...names) =>
    expectUnion(
      await setsOf(
        lab,
        names.filter((name) => typeof name === 'string'),
      ),
    ),
  );

  it.skipIf(!existsSync(lab)).each([
    ['dns-reply-wrong-source', 'perf-loss-1pct'],
    ['perf-loss-1pct', 'perf-loss-5pct'],
    ['dns-server-port-closed', 'port-app-on-localhost'],
    ['cni-vxlan-wrong-fdb', 'port-firewall-drop'],
    ['perf-half-open', 'dns-slow-server'],
    ['cni-duplicate-ip', 'dns-server-silent'],
    ['net-routing-loop', 'perf-reordering'],
    ['mtu-fragneeded-filtered', 'perf-zero-window', 'port-reject-icmp'],
  ])('in one file: %s, %s %s', async (...names) =>
    expectUnionInOneFile(
      await setsOf(
        lab,
        names.filter((name) => typeof name === 'string'),
      ),
    ),
  );
});
