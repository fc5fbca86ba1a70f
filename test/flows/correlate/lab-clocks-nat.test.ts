/** Clocks and address translations of recorded captures against what their labels say was set up. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { correlate } from '../../../src/flows/correlate/correlate.ts';
import { digestCapture } from '../../../src/flows/digest/digest-capture.ts';
import { type Endpoint, type Evidence, NOTHING_KNOWN } from '../../../src/flows/evidence/evidence.ts';
import { evidenceOfCaptures } from '../../../src/pipeline/evidence-of-captures.ts';
import { hasShared, SHARED } from '../../support/shared-captures.ts';

const LAB = join(SHARED, 'lab/public');

interface Label {
  id: string;
  captures: { file: string; host: string; clock_offset_s: number; drift_ppm: number }[];
  topology: {
    hosts: Record<string, { ip: string; overlay_ip?: string; pods?: Record<string, { ip: string }> }>;
    services?: { vip: string; port: number; nodeport: number | null; pod_ip: string; tport: number; proto: string }[];
  };
}

const labels: Label[] = hasShared
  ? readdirSync(LAB)
      .map((scenario) => join(LAB, scenario, 'label.json'))
      .filter((path) => existsSync(path))
      .map((path) => JSON.parse(readFileSync(path, 'utf8')))
  : [];

async function correlated({ id, captures }: Label): Promise<Evidence> {
  const digests = [];
  for (const { file } of captures) digests.push(await digestCapture(join(LAB, id, file)));
  return correlate(digests, { known: NOTHING_KNOWN });
}

const skewed = labels.filter(({ captures }) =>
  captures.some(({ clock_offset_s, drift_ppm }) => clock_offset_s !== 0 || drift_ppm !== 0),
);

describe.skipIf(!hasShared)('clocks that were set wrong', () => {
  test('occur in the lab', () => expect(skewed.length).toBeGreaterThanOrEqual(13));

  test.each(skewed.map((label) => [label.id, label] as const))(
    '%s: the true offset lies within the bound',
    async (_, label) => {
      const of = (host: string) => label.captures.find((capture) => capture.host === host) as Label['captures'][number];
      const { clocks } = await correlated(label);
      expect(clocks).toHaveLength(new Set(label.captures.map(({ host }) => host)).size - 1);
      for (const { host, reference, offsetSeconds, errorSeconds, unknown } of clocks) {
        if (offsetSeconds === null || errorSeconds === null) {
          // Nothing came back from the one host to the other.
          expect([label.id, unknown]).toEqual(['net-routing-loop', { code: 'one-direction' }]);
          continue;
        }
        const truth = of(host).clock_offset_s - of(reference).clock_offset_s;
        expect(Math.abs(offsetSeconds - truth)).toBeLessThanOrEqual(errorSeconds + 1e-6);
        expect(errorSeconds).toBeLessThan(0.01);
      }
    },
  );
});

describe.skipIf(!hasShared)('captures that are read twice', () => {
  test('have the clocks of the first pass', async () => {
    const paths = ['node1__eth0.pcap', 'node2__eth0.pcap'].map((file) => join(LAB, 'perf-loss-5pct', file));
    const { evidence: all } = await evidenceOfCaptures(paths, { known: NOTHING_KNOWN });
    const { evidence: bounded } = await evidenceOfCaptures(paths, {
      known: NOTHING_KNOWN,
      sightings: all.captures[0].packets,
    });
    expect(bounded.clocks[0].offsetSeconds).toBeCloseTo(2.9, 3);
    expect(bounded.points.map(({ timeShift }) => timeShift)[1]).toBeCloseTo(all.points[1].timeShift, 3);
  });
});

const text = ({ address, port }: Endpoint): string => `${address}:${port}`;

/** Services of a label as "protocol front>pod", with each front that leads to the pod. */
function servicesOf({
  topology: { hosts, services = [] },
}: Label): { protocol: string; front: string; pod: string; rule: string }[] {
  return services.flatMap(({ vip, port, nodeport, pod_ip, tport, proto }) => {
    const nodes = nodeport === null ? [] : Object.values(hosts).map(({ ip }) => `${ip}:${nodeport}`);
    const pod = `${pod_ip}:${tport}`;
    return [`${vip}:${port}`, ...nodes].map((front) => ({
      protocol: proto,
      front,
      pod,
      rule: `${proto} ${front}>${pod}`,
    }));
  });
}

/** Initial sequence numbers and queries of clients, by "protocol server". */
function fingerprintsByServer({ connections, dns }: Evidence): Map<string, Set<string>> {
  const seen = new Map<string, Set<string>>();
  const enter = (key: string, fingerprint: string) => {
    const known = seen.get(key) ?? new Set();
    seen.set(key, known.add(fingerprint));
  };
  for (const { server, directions } of connections)
    if (directions[0].iss !== null) enter(`tcp ${text(server)}`, `${directions[0].iss}`);
  for (const { server, id, name } of dns) enter(`udp ${text(server)}`, `${id} ${name}`);
  return seen;
}

describe.skipIf(!hasShared)('address translations', () => {
  test.each(labels.map((label) => [label.id, label] as const))(
    '%s: exactly the configured ones are found',
    async (_, label) => {
      const evidence = await correlated(label);
      const { nat } = evidence;
      const services = servicesOf(label);
      const found = new Set(
        nat
          .filter(({ kind }) => kind === 'dnat')
          .map(({ protocol, before, after }) => `${protocol} ${text(before)}>${text(after)}`),
      );
      // That some packet was seen before and after is told by its first sequence number or query alone.
      const seen = fingerprintsByServer(evidence);
      const shown = services.filter(({ protocol, front, pod }) => {
        const [before, after] = [front, pod].map((end) => seen.get(`${protocol} ${end}`) ?? new Set());
        return [...before].some((fingerprint) => after.has(fingerprint));
      });
      expect([...found].sort()).toEqual([...new Set(shown.map(({ rule }) => rule))].sort());

      const hosts = Object.values(label.topology.hosts);
      const pods = hosts.flatMap(({ pods: own = {} }) => Object.values(own).map(({ ip }) => ip));
      const own = hosts.flatMap(({ ip, overlay_ip }) => [ip, ...(overlay_ip === undefined ? [] : [overlay_ip])]);
      const masks = [...own, ...pods.map((ip) => ip.replace(/\d+$/, '1'))];
      for (const { kind, before, after } of nat) {
        if (kind === 'dnat') continue;
        expect([...pods, ...own]).toContain(before.address);
        expect(masks).toContain(after.address);
      }
    },
  );
});
