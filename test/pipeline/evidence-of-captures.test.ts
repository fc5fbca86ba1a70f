import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateCapture } from '../../benchmarks/generate-capture.mjs';
import type { Joined } from '../../src/flows/capture/capture-digest.ts';
import { dropOrdinary } from '../../src/flows/correlate/conversations/drop-ordinary.ts';
import { type Conversation, type Hop, NOTHING_KNOWN } from '../../src/flows/evidence/evidence.ts';
import { OrdinaryConversation } from '../../src/flows/evidence/ordinary-conversation.ts';
import { evidenceOfCaptures } from '../../src/pipeline/evidence-of-captures.ts';

const folder = mkdtempSync(join(tmpdir(), 'pcapdiag-rows-'));
afterAll(() => rmSync(folder, { recursive: true }));

let paths: string[] = [];
beforeAll(() => {
  const out = join(folder, 'made.pcap');
  const made = generateCapture({ out, packets: 6000, connections: 200, points: 2, overlay: 'vxlan', loss: 0.004 });
  paths = made.map(({ path }) => path);
});

const read = async (sources: Parameters<typeof evidenceOfCaptures>[0], sightings?: number): Promise<Joined> =>
  (await evidenceOfCaptures(sources, { known: NOTHING_KNOWN, ...(sightings !== undefined && { sightings }) })).evidence;

/** What the hops of each conversation say of loss, by client and server. */
function lossesOf(evidence: Joined): Map<string, Partial<Hop>[]> {
  return new Map(
    (evidence.conversations as Conversation[]).map(({ client, server, hops }) => [
      `${client.address}:${client.port} ${server.address}:${server.port}`,
      hops.map(({ direction, packets, lost, lostData, lostPackets, unknown }) => ({
        direction,
        packets,
        lost,
        lostData,
        lostPackets,
        unknown,
      })),
    ]),
  );
}

const numbers = (losses: Map<string, Partial<Hop>[]>): Partial<Hop>[] => [...losses.values()].flat();

describe('captures larger than memory', () => {
  it('a second pass over the conversations in trouble gives the same losses as all rows do', async () => {
    const all = lossesOf(await read(paths));
    const bounded = await read(paths, 4500);
    expect(numbers(all).reduce((sum, { lost = 0 }) => sum + lost, 0)).toBeGreaterThan(10);
    expect(lossesOf(bounded)).toEqual(all);
  });

  it('give the same losses in several passes when only a part fits into memory', async () => {
    expect(await readings(paths, 3600)).toBeGreaterThan(3);
    expect(lossesOf(await read(paths, 3600))).toEqual(lossesOf(await read(paths)));
  });

  it('keep enough of ordinary conversations for the totals when these are dropped', async () => {
    for (const sightings of [100_000, 3600]) {
      const options = { known: NOTHING_KNOWN, sightings };
      const [little, all] = [
        (await evidenceOfCaptures(paths, options, 20)).evidence,
        (await evidenceOfCaptures(paths, options, Infinity)).evidence,
      ];
      const spared = little.conversations.filter((conversation) => conversation instanceof OrdinaryConversation);
      expect(spared.length).toBeGreaterThan(20);
      expect(dropOrdinary(little, 20)).toEqual(dropOrdinary(all, 20));
    }
  });

  it('are read once if they share no traffic', async () => {
    const other = join(folder, 'other.pcap');
    generateCapture({ out: other, packets: 6000, connections: 200, seed: 2, overlay: 'vxlan' });
    expect(await readings([paths[0], other])).toBe(1);
    expect(await readings(paths)).toBe(2);
  });

  it('with still fewer rows report fewer losses, and none wrongly', async () => {
    await expectSomeUnknownNoneWrong(lossesOf(await read(paths, 2600)));
  });

  it('are not assessable as streams, which cannot be read again, where rows did not fit', async () => {
    const streams = paths.map((path) => ({
      name: path,
      data: (async function* () {
        yield readFileSync(path);
      })(),
    }));
    await expectSomeUnknownNoneWrong(lossesOf(await read(streams, 4500)));
  });
});

/** How often the captures are read, told by how often progress begins anew. */
async function readings(sources: string[], sightings = 4500): Promise<number> {
  let [count, before] = [1, 0];
  const onProgress = (bytes: number): void => {
    if (bytes < before) count++;
    before = bytes;
  };
  await evidenceOfCaptures(sources, { known: NOTHING_KNOWN, sightings, onProgress });
  return count;
}

async function expectSomeUnknownNoneWrong(found: Map<string, Partial<Hop>[]>): Promise<void> {
  const all = lossesOf(await read(paths));
  expect(numbers(found).some(({ unknown }) => unknown !== null)).toBe(true);
  for (const [conversation, hops] of found)
    for (const [index, hop] of hops.entries())
      if (hop.unknown === null) expect(hop, conversation).toEqual(all.get(conversation)?.[index]);
}
