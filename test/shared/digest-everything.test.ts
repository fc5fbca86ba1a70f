import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { CaptureDigest } from '../../src/flows/capture/capture-digest.ts';
import { digestCapture } from '../../src/flows/digest/digest-capture.ts';
import type { DnsExchange } from '../../src/flows/evidence/evidence.ts';
import { PcapdiagError } from '../../src/text/pcapdiag-error.ts';
import { hasShared, SHARED } from '../support/shared-captures.ts';

/** Of processor time, which other work on the machine does not lengthen; far above what any shared capture needs. */
const MOST_SECONDS_A_FILE = 5;
const NOT_CAPTURES = /\.(md|tsv|json|mjs|txt)$/;

const filesUnder = (folder: string): string[] =>
  readdirSync(join(SHARED, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !NOT_CAPTURES.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();

describe.skipIf(!hasShared)('every shared capture (needs ../shared)', () => {
  for (const folder of ['lab', 'corpus', 'hostile']) {
    it(`${folder} is digested, or refused with a reason`, async () => {
      const slowest = { path: '', seconds: 0 };
      let digested = 0;
      let refused = 0;
      for (const path of filesUnder(folder)) {
        const start = process.cpuUsage();
        try {
          expectSound(await digestCapture(path));
          digested++;
        } catch (error) {
          if (!(error instanceof PcapdiagError)) throw new Error(`${path}: ${String(error)}`, { cause: error });
          refused++;
        }
        const { user, system } = process.cpuUsage(start);
        const seconds = (user + system) / 1e6;
        if (seconds > slowest.seconds) Object.assign(slowest, { path, seconds });
      }
      console.log(
        `${folder}: ${digested} digested, ${refused} refused; slowest ${slowest.seconds.toFixed(2)} s, ${slowest.path}`,
      );
      expect(slowest.seconds).toBeLessThan(MOST_SECONDS_A_FILE);
      expect(digested).toBeGreaterThan(0);
    });
  }
});

/** What holds for every digest, whatever the capture. */
function expectSound({ sightings, ...digest }: CaptureDigest): void {
  const packets = digest.points.reduce((sum, { quality }) => sum + quality.packets, 0);
  expect(packets).toBe(digest.capture.packets);
  expect(digest.connectionsTotal).toBeGreaterThanOrEqual(digest.connections.length);
  expect(digest.dnsTotal).toBeGreaterThanOrEqual(digest.dns.length);
  expect(digest.datagramsTotal).toBeGreaterThanOrEqual(digest.datagrams.length);
  for (const list of [digest.connections, digest.dns, digest.echoes, digest.arp, digest.datagrams, digest.tunnels]) {
    expect(list.every(({ index }, at) => index === at)).toBe(true);
  }
  for (const exchange of digest.dns as DnsExchange[]) expect(exchange.queries.length).toBeGreaterThan(0);
  expect(sightings?.length).toBeLessThanOrEqual(digest.capture.packets);
  expect(isDeepStrictEqual(structuredClone(digest), digest)).toBe(true);
}
