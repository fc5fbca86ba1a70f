/** A fingerprint names a fault: the same one in another recording, and no other one. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { analyze } from '../src/analyze.ts';
import type { NamedCapture } from '../src/decode/files/capture-source.ts';
import { listFlows } from '../src/inspect/list-flows.ts';

const FOLDER = 'test/recorded-twice';
const FAULTS = readdirSync(FOLDER).filter((name) => !name.includes('.'));

/** The captures of one recording; `renamed` gives hosts and folder other names. */
const recording = (fault: string, which: string, renamed = false): NamedCapture[] =>
  readdirSync(join(FOLDER, fault, which))
    .sort()
    .map((file) => ({
      name: renamed ? `run-7/new-${file}` : file,
      data: readFileSync(join(FOLDER, fault, which, file)),
    }));

/** Fingerprints of what is wrong. Notes tell of the recording: a packet that came late comes in time another day. */
async function fingerprints(captures: readonly NamedCapture[]): Promise<string[]> {
  const { findings } = await analyze(captures);
  return findings
    .filter(({ level }) => level !== 'note')
    .map(({ fingerprint }) => fingerprint)
    .sort();
}

describe.each(FAULTS)('%s', (fault) => {
  test('recorded again has the same fingerprint, whatever the files are called', async () => {
    const first = await fingerprints(recording(fault, 'first'));
    expect(first).not.toEqual([]);
    expect(await fingerprints(recording(fault, 'second'))).toEqual(first);
    expect(await fingerprints(recording(fault, 'second', true))).toEqual(first);
  });

  test('was recorded again, at another time', async () => {
    const [before, after] = [await analyze(recording(fault, 'first')), await analyze(recording(fault, 'second'))];
    expect(after.captures[0].firstTime).not.toBe(before.captures[0].firstTime);
  });

  test.runIf(existsSync(join(FOLDER, fault, 'elsewhere')))('on another machine has another one', async () => {
    const [here, there] = [recording(fault, 'first'), recording(fault, 'elsewhere')];
    const known = new Set(await fingerprints(here));
    const others = await fingerprints(there);
    expect(others).not.toEqual([]);
    expect(others.filter((fingerprint) => known.has(fingerprint))).toEqual([]);
  });
});

test('ephemeral ports of the second recordings are others, but where the lab keeps them', async () => {
  const clients = async (captures: NamedCapture[]) =>
    (await listFlows(captures[0].data as Uint8Array)).flows.map(({ client }) => client).join();
  const changed = await Promise.all(
    FAULTS.map(
      async (fault) => (await clients(recording(fault, 'first'))) !== (await clients(recording(fault, 'second'))),
    ),
  );
  expect(changed.filter(Boolean).length).toBeGreaterThanOrEqual(7);
});

test('two faults have no fingerprint in common', async () => {
  const all = await Promise.all(FAULTS.map((fault) => fingerprints(recording(fault, 'first'))));
  expect(new Set(all.flat()).size).toBe(all.flat().length);
  expect(FAULTS.length).toBeGreaterThanOrEqual(10);
});

test('a note about the capture has one name, whatever its file is called', async () => {
  const data = readFileSync('test/pcaps/case-3/node2__cni0.pcap');
  const names = ['node2__cni0.pcap', 'other__veth7.pcap', 'both.pcap'];
  const found = await Promise.all(
    names.map(async (name) =>
      (await analyze([{ name, data }])).findings.filter((one) => one.ruleId === 'duplicate-copies'),
    ),
  );
  expect(found.map((list) => list.length)).toEqual([1, 1, 1]);
  expect(new Set(found.map(([{ fingerprint }]) => fingerprint)).size).toBe(1);
});
