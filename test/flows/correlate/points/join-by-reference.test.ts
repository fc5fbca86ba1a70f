import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { withObjects } from '../../../../src/flows/correlate/conversations/drop-ordinary.ts';
import { joinDigests } from '../../../../src/flows/correlate/points/join-digests.ts';
import { digestCapture } from '../../../../src/flows/digest/digest-capture.ts';
import { type Evidence, NOTHING_KNOWN } from '../../../../src/flows/evidence/evidence.ts';
import type { DigestOfObjects } from '../../../support/digest-of.ts';

/** Lists of several captures are joined: points, indexes and tunnels count on, and nothing else changes. */

const PCAPS = fileURLToPath(new URL('../../../pcaps/', import.meta.url));
const pathsOf = (set: string): string[] =>
  readdirSync(join(PCAPS, set))
    .filter((name) => /\.pcap(ng)?$/.test(name))
    .sort()
    .map((name) => join(PCAPS, set, name));
const PATHS = [
  ...pathsOf('vxlan-bad-checksum').slice(0, 3),
  ...['case-3', 'address-probed-taken', 'esp-unknown-spi', 'ntp-unsynchronised', 'dhcp-lease-outer-source'].flatMap(
    (set) => pathsOf(set).slice(0, 2),
  ),
];

/** Every "point" and "tunnel" of an item counts on. */
function shifted(value: unknown, points: number, tunnels: number, name = ''): unknown {
  if (Array.isArray(value)) return value.map((one) => shifted(one, points, tunnels, name));
  if (typeof value === 'number') {
    if (name === 'point') return value + points;
    return (name === 'tunnels' || name === 'tunnel') && value >= 0 ? value + tunnels : value;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, shifted(one, points, tunnels, key)]));
}

const LISTS = [
  ...[
    'connections',
    'openedLeftOut',
    'applications',
    'datagrams',
    'dns',
    'echoes',
    'arp',
    'tunnels',
    'claims',
    'leases',
  ],
  ...['dhcpClients', 'icmpErrors', 'timeServers', 'probes', 'hosts', 'fragments', 'loops', 'checked', 'checkedSenders'],
  'carriers',
] as const;
const TOTALS = [
  ...['connectionsTotal', 'connectionsEvicted', 'dnsTotal', 'echoesTotal', 'icmpErrorsTotal', 'probesTotal'],
  ...['fragmentsTotal', 'fragmentsIncomplete'],
] as const;

describe('the digests of several captures, joined', async () => {
  const digests = (await Promise.all(PATHS.map((path) => digestCapture(path)))) as DigestOfObjects[];
  const compact = await Promise.all(PATHS.map((path) => digestCapture(path, { compact: true })));
  const of = (evidence: Evidence, name: string) => (evidence as unknown as Record<string, unknown>)[name];
  const listOf = (digest: DigestOfObjects, name: string) => (digest as unknown as Record<string, object[]>)[name];

  test('have lists of every kind that is told apart', () => {
    const filled = LISTS.filter((name) => digests.some((digest) => listOf(digest, name).length > 0));
    expect(filled.length).toBeGreaterThan(12);
    expect(digests.filter(({ tunnels }) => tunnels.length > 0).length).toBeGreaterThan(1);
  });

  test.each([
    ['objects', digests],
    ['records', compact],
  ])('%s', (_, all) => {
    const evidence = withObjects(joinDigests(all, NOTHING_KNOWN));
    const firstPoints = digests.map((__, nth) =>
      digests.slice(0, nth).reduce((sum, { points }) => sum + points.length, 0),
    );
    const firstTunnels = digests.map((__, nth) =>
      digests.slice(0, nth).reduce((sum, { tunnels }) => sum + tunnels.length, 0),
    );
    for (const name of LISTS) {
      const items = digests.flatMap((digest, nth) =>
        listOf(digest, name).map((item) => shifted(item, firstPoints[nth], firstTunnels[nth]) as object),
      );
      const expected = items.map((item, index) => (Object.hasOwn(item, 'index') ? { ...item, index } : item));
      expect([name, of(evidence, name)]).toEqual([name, expected]);
    }
    for (const name of TOTALS) {
      const sum = digests.reduce((total, digest) => total + (digest as unknown as Record<string, number>)[name], 0);
      expect([name, of(evidence, name)]).toEqual([name, sum]);
    }
    expect(evidence.captures).toEqual(digests.map(({ capture }) => capture));
    const isBegun = ({ capture }: DigestOfObjects) => capture.packets > 0;
    const startOf = ({ capture }: DigestOfObjects) =>
      BigInt(capture.baseSeconds) * 1_000_000_000n + BigInt(capture.baseNanoseconds);
    const earliest = digests
      .filter(isBegun)
      .map(startOf)
      .reduce((a, b) => (b < a ? b : a));
    const points = digests.flatMap((digest, capture) =>
      digest.points.map((point) => ({
        ...point,
        capture,
        timeShift: expect.closeTo(isBegun(digest) ? Number(startOf(digest) - earliest) / 1e9 : 0, 6),
      })),
    );
    expect(evidence.points).toEqual(points.map((point, index) => ({ ...point, index })));
  });

  test('a capture without packets has a point, and begins nowhere', async () => {
    const [first] = digests;
    const empty = { ...first, capture: { ...first.capture, packets: 0, baseSeconds: 0 }, points: [], connections: [] };
    for (const name of LISTS) Object.assign(empty, { [name]: [] });
    const { points } = joinDigests([empty, first], NOTHING_KNOWN);
    expect(points.map(({ capture, timeShift, index }) => [capture, timeShift, index])).toEqual([
      [0, 0, 0],
      ...first.points.map((_, nth) => [1, 0, nth + 1]),
    ]);
  });
});
