/** A thread that runs out of memory. Needs dist (npm test builds it): threads run compiled code. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { digestInWorker } from '../../src/pipeline/digest-in-worker.ts';

const folder = mkdtempSync(join(tmpdir(), 'pcapdiag-memory-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('is an error with the name of the capture', async () => {
  const path = join(folder, 'many.pcap');
  const bytes = readFileSync('test/pcaps/case-1/node1__enp26s0f0.pcap');
  writeFileSync(path, Buffer.concat([bytes, ...Array.from({ length: 3000 }, () => bytes.subarray(24))]));
  const built: string = new URL('../../dist/pipeline/digest-in-worker.js', import.meta.url).href;
  const module: { digestInWorker: typeof digestInWorker } = await import(built);
  const limits = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 4 };
  await expect(
    module.digestInWorker({ source: path, rows: 100_000, limits: {}, selection: {} }, {}, limits),
  ).rejects.toMatchObject({
    name: 'PcapdiagError',
    code: 'limit-exceeded',
    path,
    message: expect.stringContaining('not enough memory'),
  });
});
