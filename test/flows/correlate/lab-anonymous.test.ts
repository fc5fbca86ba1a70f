/** Recorded captures whose files say nothing, "01.pcap", in no order: places and hosts from the traffic alone. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CaptureDigest } from '../../../src/flows/capture/capture-digest.ts';
import { correlate } from '../../../src/flows/correlate/correlate.ts';
import { digestCapture } from '../../../src/flows/digest/digest-capture.ts';
import { type Evidence, NOTHING_KNOWN } from '../../../src/flows/evidence/evidence.ts';
import { hasShared, SHARED } from '../../support/shared-captures.ts';

const LAB = join(SHARED, 'lab/public');

interface Case {
  id: string;
  scenario: string;
  files: string[];
  between?: [string, string][];
}

const cases: Case[] = hasShared ? JSON.parse(readFileSync(join(LAB, 'expected.json'), 'utf8')).cases : [];

/** What a name tells is lost: sorted backwards by what follows the host, so that hosts are mixed. */
const shuffled = (files: readonly string[]): string[] =>
  [...files].sort((a, b) => (a.replace(/^.*__/, '') < b.replace(/^.*__/, '') ? 1 : -1));

interface Anonymous {
  evidence: Evidence;
  /** File of each point. */
  file(point: number): string;
}

async function anonymous({ scenario, files }: Case): Promise<Anonymous> {
  const order = shuffled(files);
  const digests: CaptureDigest[] = [];
  for (const [nth, file] of order.entries()) {
    const digest = await digestCapture(join(LAB, scenario, file));
    digests.push({ ...digest, capture: { ...digest.capture, path: `${String(nth + 1).padStart(2, '0')}.pcap` } });
  }
  const evidence = correlate(digests, { known: NOTHING_KNOWN });
  return { evidence, file: (point) => order[evidence.points[point].capture] };
}

/** Lost packets by "file -> file", most first. */
function losses({ evidence, file }: Anonymous): [string, number][] {
  const sums = new Map<string, number>();
  for (const hop of evidence.conversations.flatMap(({ hops }) => hops)) {
    if (hop.unknown !== null || hop.lost === 0) continue;
    const key = `${file(hop.from)} -> ${file(hop.to)}`;
    sums.set(key, (sums.get(key) ?? 0) + hop.lost);
  }
  return [...sums].sort((x, y) => y[1] - x[1]);
}

/** The devices behind the place hold no packet: without a name nothing tells whose they are. */
const EMPTY_BEHIND = /^cni-rp-filter-drop/;

describe.skipIf(!hasShared)('files without names', () => {
  const placed = cases.filter(({ id, between, files }) => between && files.length > 1 && !EMPTY_BEHIND.test(id));
  test('occur in the lab', () => expect(placed.length).toBeGreaterThanOrEqual(32));

  test.each(placed.map((one) => [one.id, one] as const))('%s: the place of loss is found', async (_, one) => {
    const [worst] = losses(await anonymous(one));
    expect((one.between ?? []).map((pair) => pair.join(' -> '))).toContain(worst?.[0]);
  });

  const whole = cases.filter(
    ({ id, scenario, files }) =>
      files.length > 2 &&
      cases.every((other) => other.scenario !== scenario || other.files.length <= files.length) &&
      id,
  );
  test.each(whole.map((one) => [one.id, one] as const))('%s: no two hosts are merged', async (_, one) => {
    const { evidence, file } = await anonymous(one);
    const named = evidence.points.filter(({ host }) => host !== null);
    const hostOf = (point: number) => file(point).replace(/__.*$/, '');
    for (const a of named)
      for (const b of named)
        if (a.host === b.host) expect([hostOf(a.index), hostOf(b.index)]).toEqual([hostOf(a.index), hostOf(a.index)]);
    const guessed = evidence.notes.flatMap((note) => (note.code === 'host-guessed' ? [note] : []));
    for (const { index, host } of named)
      expect(guessed.find(({ points }) => points.includes(index))?.host, file(index)).toBe(host);
  });

  const healthy = cases.filter(({ id, files }) => /^healthy-(?!pmtud)/.test(id) && files.length > 1);
  test.each(healthy.map((one) => [one.id, one] as const))('%s: nothing is lost', async (_, one) => {
    expect(losses(await anonymous(one))).toEqual([]);
  });

  test('finds the host of all eight devices of two nodes, by the address of the node', async () => {
    const one = cases.find(({ scenario, files }) => scenario === 'healthy-clockskew' && files.length === 8) as Case;
    const { topology } = JSON.parse(readFileSync(join(LAB, one.scenario, 'label.json'), 'utf8'));
    const { evidence, file } = await anonymous(one);
    for (const { index, host } of evidence.points)
      expect(host).toBe(topology.hosts[file(index).replace(/__.*$/, '')].ip);
  });
});
