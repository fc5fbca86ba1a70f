import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { generateCapture } from '../../benchmarks/generate-capture.mjs';
import { analyze } from '../../src/analyze.ts';
import type { CaptureDigest } from '../../src/flows/capture/capture-digest.ts';
import { joinCaptures } from '../../src/flows/correlate/correlate.ts';
import { comparedPairs, MOST_COMPARED } from '../../src/flows/correlate/same-traffic/compared-pairs.ts';
import type { Steps } from '../../src/flows/correlate/steps.ts';
import { digestCapture } from '../../src/flows/digest/digest-capture.ts';
import { NOTHING_KNOWN } from '../../src/flows/evidence/evidence.ts';
import { CAPTURES_WITH_FULL_LIMITS, DEFAULT_LIMITS, limitsOfOne } from '../../src/flows/limits.ts';
import { type AnyConnection, CompactConnection } from '../../src/flows/tcp/compact-connection.ts';
import { rowsOfEach } from '../../src/pipeline/digest-all.ts';
import { inTurns } from '../../src/pipeline/in-turns.ts';
import { sharedMemoryNote } from '../../src/pipeline/shared-memory.ts';

const folder = mkdtempSync(join(tmpdir(), 'pcapdiag-many-'));
afterAll(() => rmSync(folder, { recursive: true }));

const CAPTURE = 'test/pcaps/case-1/node2__enp26s0f0.pcap';
const copies = (count: number) => {
  const data = new Uint8Array(readFileSync(CAPTURE));
  return Array.from({ length: count }, (_, at) => ({ name: `copy${at}.pcap`, data }));
};

describe('hundreds of captures', () => {
  it('compares each with each up to a number, and beyond it pairs that grow with the number and link all', () => {
    expect([...comparedPairs(MOST_COMPARED)]).toHaveLength((MOST_COMPARED * (MOST_COMPARED - 1)) / 2);
    for (const size of [100, 500, 1000]) {
      const pairs = [...comparedPairs(size)];
      expect(pairs.length).toBeLessThan(6 * size);
      expect(new Set(pairs.map(String)).size).toBe(pairs.length);
      const linked = new Set([0]);
      for (const [a, b] of pairs) if (linked.has(a)) linked.add(b);
      expect(linked.size).toBe(size);
    }
  });

  it('copies of one capture have the verdict of one, and each its own name', async () => {
    const one = await analyze(copies(1));
    const many = await analyze(copies(60));
    expect(one.verdict?.ruleId).toBeDefined();
    expect(many.verdict?.ruleId).toBe(one.verdict?.ruleId);
    expect(many.findings.filter(({ level }) => level === 'error').map(({ ruleId }) => ruleId)).toEqual(
      one.findings.filter(({ level }) => level === 'error').map(({ ruleId }) => ruleId),
    );
    expect(new Set(many.points.map(({ name }) => name)).size).toBe(many.points.length);
  });

  it('names of hundreds of points are unique', async () => {
    const digest = await digestCapture(CAPTURE);
    const digests = Array.from({ length: 300 }, (_, at) => ({
      ...digest,
      capture: { ...digest.capture, path: `${at}/eth0.pcap` },
    }));
    const { points } = joinCaptures(digests, { known: NOTHING_KNOWN });
    expect(new Set(points.map(({ name }) => name)).size).toBe(points.length);
  });
});

describe('the memory that many captures share', () => {
  it('leaves few captures their full limits, and gives many what a few have', () => {
    expect(limitsOfOne(CAPTURES_WITH_FULL_LIMITS)).toEqual(DEFAULT_LIMITS);
    for (const captures of [5, 100, 512]) {
      const limits = limitsOfOne(captures);
      const most = CAPTURES_WITH_FULL_LIMITS * DEFAULT_LIMITS.keptConnections + captures;
      expect(limits.keptConnections * captures).toBeLessThanOrEqual(most);
      expect(limits.hosts).toBeLessThanOrEqual(DEFAULT_LIMITS.hosts);
    }
  });

  it('has room for four million rows of more than a few captures, and for the first rows of each of any number', () => {
    const even = (captures: number): number[] => rowsOfEach(Array<number>(captures).fill(0), {});
    const sum = (rows: readonly number[]): number => rows.reduce((total, one) => total + one, 0);
    expect([1, 2, 4].map((captures) => sum(even(captures)))).toEqual([600_000, 600_000, 600_000]);
    for (const captures of [5, 128, 400]) {
      expect(sum(even(captures))).toBeLessThanOrEqual(4_000_000);
      expect(sum(even(captures))).toBeGreaterThan(4_000_000 - captures);
    }
    expect(even(1000)[0]).toBe(8192);
    expect(rowsOfEach([5, 1, 1, 1, 1, 1], {})).toEqual([2_000_000, 400_000, 400_000, 400_000, 400_000, 400_000]);
    expect(rowsOfEach([1e6, 1, 1, 1, 1], {})[1]).toBe(8192);
    expect(rowsOfEach([5, 1, 1, 1, 0], {})).toEqual(even(5));
    expect(rowsOfEach([5, 1], { sightings: 500 })).toEqual([500, 500]);
  });

  it('keeps connections in trouble before ordinary ones, and says in how many captures something was left out', async () => {
    const path = join(folder, 'made.pcap');
    generateCapture({ out: path, packets: 6000, connections: 200, loss: 0.004 });
    const whole = await digestCapture(path, { compact: true });
    const isTroubled = (connection: AnyConnection): boolean =>
      !(connection instanceof CompactConnection) && connection.eventsTotal > 0;
    const troubled = whole.connections.filter(isTroubled).length;
    const ordinary = whole.connections.length - troubled;
    expect([troubled, ordinary].map((count) => count > 2)).toEqual([true, true]);
    const limits = { keptConnections: Math.ceil((4 / 3) * troubled), keptOrdinary: 0 };
    const digest = await digestCapture(path, { compact: true, limits });
    const more = await digestCapture(path, { compact: true, limits: { ...limits, keptOrdinary: 1 } });
    expect(digest.connections.filter(isTroubled)).toHaveLength(troubled);
    expect(digest.connections.length).toBeLessThan(whole.connections.length);
    expect(more.connections).toHaveLength(digest.connections.length + 1);
    expect(sharedMemoryNote(Array<CaptureDigest>(CAPTURES_WITH_FULL_LIMITS).fill(digest))).toBeNull();
    expect(sharedMemoryNote([digest, digest, whole, whole, whole])).toEqual({
      code: 'memory-shared',
      captures: 5,
      full: CAPTURES_WITH_FULL_LIMITS,
      reached: [{ what: 'connections', captures: 2 }],
    });
    expect(sharedMemoryNote([whole, whole, whole, whole, whole])).toBeNull();
  });
});

describe('work in turns', () => {
  it('ends at the next turn of the event loop when it is stopped', async () => {
    const stop = new AbortController();
    let steps = 0;
    function* endless(): Steps<never> {
      for (;;) {
        steps++;
        yield;
      }
    }
    setImmediate(() => stop.abort(new Error('enough')));
    await expect(inTurns(endless(), stop.signal)).rejects.toThrow('enough');
    expect(steps).toBeGreaterThan(0);
  });

  it('stops an analysis while captures are compared', async () => {
    const stop = new AbortController();
    const sources = copies(40);
    const analysis = analyze(sources, {
      signal: stop.signal,
      // Everything is read: what follows is comparison and judgement.
      onProgress: (read, total) => {
        if (read === total) setImmediate(() => stop.abort(new Error('enough')));
      },
    });
    await expect(analysis).rejects.toThrow('enough');
  });
});
