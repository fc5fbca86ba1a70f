import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { generateCapture } from '../../benchmarks/generate-capture.mjs';
import { median } from '../../benchmarks/measure.mjs';
import type { CaptureDigest } from '../../src/flows/capture/capture-digest.ts';
import { digestCapture } from '../../src/flows/digest/digest-capture.ts';
import type { TcpDirection } from '../../src/flows/evidence/tcp.ts';

const folder = mkdtempSync(join(tmpdir(), 'pcapdiag-generate-'));
afterAll(() => rmSync(folder, { recursive: true }));

const hashOf = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

const directionsOf = ({ connections }: CaptureDigest): TcpDirection[] =>
  connections.flatMap(({ directions }) => directions as TcpDirection[]);

describe('generateCapture', () => {
  it('writes the same bytes for the same seed and others for another', () => {
    const made = [1, 1, 2].map((seed, at) => {
      const out = join(folder, `seed-${at}.pcap`);
      generateCapture({ out, packets: 300, connections: 5, seed });
      return hashOf(out);
    });
    expect(made[1]).toBe(made[0]);
    expect(made[2]).not.toBe(made[0]);
  });

  it('writes as many packets as asked for, all of them sound', async () => {
    const out = join(folder, 'vxlan.pcap');
    generateCapture({ out, packets: 500, connections: 5, overlay: 'vxlan' });
    const { capture, points, tunnels, connectionsTotal } = await digestCapture(out, { checksums: true });
    expect(capture.packets).toBe(500);
    expect(points[0].quality).toMatchObject({ malformedTotal: 0, badChecksums: 0, unreadable: 0 });
    expect(tunnels.length).toBeGreaterThan(1);
    expect(connectionsTotal).toBe(5);
  });

  it('leaves DNS lookups out when told to, and else has one after every 60 packets', async () => {
    const lookups = async (options: { packetsPerLookup?: number }): Promise<number> => {
      const out = join(folder, `lookups-${options.packetsPerLookup}.pcap`);
      generateCapture({ out, packets: 600, connections: 5, ...options });
      return (await digestCapture(out, {})).dns.length;
    };
    expect(await lookups({ packetsPerLookup: 0 })).toBe(0);
    expect(await lookups({})).toBe(10);
    expect(await lookups({ packetsPerLookup: 30 })).toBe(20);
  });

  it('writes one file for each point', () => {
    const files = generateCapture({ out: join(folder, 'path.pcap'), packets: 300, connections: 5, points: 3 });
    expect(files.map(({ path }) => path.slice(-2))).toEqual(['.a', '.b', '.c']);
    expect(files[0].packets).toBe(300);
  });

  it('writes sound packets at more points than letters, behind no more routers than a path has', async () => {
    const files = generateCapture({ out: join(folder, 'long.pcap'), packets: 40, connections: 1, points: 40 });
    expect(files.map(({ path }) => path.slice(-3))).toEqual(
      Array.from({ length: 40 }, (_, at) => String(at + 1).padStart(3, '0')),
    );
    const ttls = await Promise.all(
      files.map(async ({ path }) =>
        directionsOf(await digestCapture(path, {})).flatMap(({ ttls }) => ttls.map(({ value }) => value)),
      ),
    );
    expect(ttls.every((values) => values.length > 0 && values.every((ttl) => ttl >= 64 - 17))).toBe(true);
  });

  it('sends each pure ACK twice when told to, so that every fifth segment or so repeats one', async () => {
    const repeated = async (repeatsAcks: boolean): Promise<number> => {
      const out = join(folder, `repeat-${repeatsAcks}.pcap`);
      generateCapture({ out, packets: 2000, connections: 10, loss: 0, packetsPerLookup: 0, repeatsAcks });
      const all = directionsOf(await digestCapture(out, {}));
      return all.reduce((sum, { dupAcks }) => sum + dupAcks, 0) / 2000;
    };
    expect(await repeated(false)).toBe(0);
    expect(await repeated(true)).toBeGreaterThan(0.15);
    expect(await repeated(true)).toBeLessThan(0.25);
  });
});

describe('median', () => {
  it('is the middle value, the lower of two', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2);
  });
});
