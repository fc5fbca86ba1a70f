import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { FileProblem } from '../../../src/decode/files/capture-record.ts';
import { readCapture } from '../../../src/decode/files/capture-source.ts';
import { PcapdiagError } from '../../../src/text/pcapdiag-error.ts';

const SHARED = join(import.meta.dirname, '../../../../shared');
const FOLDERS = ['corpus', 'hostile', 'lab/public'].map((folder) => join(SHARED, folder));
const NO_CAPTURE = /\.(tsv|json|md|mjs)$/;
/** Paths a call of capinfos takes, far below the limit of the command line. */
const BATCH = 500;

const hasCapinfos = spawnSync('capinfos', ['--version']).status === 0;
const hasShared = FOLDERS.every((folder) => existsSync(folder));

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !NO_CAPTURE.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Packets of each pcap and pcapng file that capinfos reads to its end. */
function capinfosCounts(paths: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  const complaints: string[] = [];
  for (let from = 0; from < paths.length; from += BATCH) {
    const options = ['-t', '-c', '-M', '-T', '-r', '-m'];
    const { stdout, stderr } = spawnSync('capinfos', [...options, ...paths.slice(from, from + BATCH)], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    for (const line of stdout.split('\n')) {
      const [, path, format, packets] = /^(.*),(.*),(\d+)$/.exec(line) ?? [];
      // Wireshark reads more formats, and counts whatever it finds in a MIME file as one packet.
      if (format === 'pcap' || format === 'pcapng' || format === 'nsecpcap' || format === 'modpcap')
        counts.set(path, Number(packets));
    }
    complaints.push(...[...stderr.matchAll(/"([^"]+)"/g)].map((match) => match[1]));
  }
  for (const path of complaints) counts.delete(path);
  return counts;
}

interface Read {
  packets: number;
  problems: FileProblem[];
  error: unknown;
}

async function read(path: string): Promise<Read> {
  const result: Read = { packets: 0, problems: [], error: undefined };
  try {
    await readCapture(path, {
      onInterface: () => {},
      onRecord: () => void result.packets++,
      onProblem: (problem) => void result.problems.push(problem),
    });
  } catch (error) {
    result.error = error;
  }
  return result;
}

describe.skipIf(!hasShared)('every file of ../shared (skipped where it is absent)', () => {
  const results = new Map<string, Read>();
  beforeAll(async () => {
    for (const path of FOLDERS.flatMap(filesUnder)) results.set(path, await read(path));
  }, 60_000);

  test('ends with records or a PcapdiagError that names it', () => {
    expect(results.size).toBeGreaterThan(3000);
    const others = [...results].filter(
      ([path, { error }]) => error !== undefined && !(error instanceof PcapdiagError && error.path === path),
    );
    expect(others).toEqual([]);
  });

  test.skipIf(!hasCapinfos)('has as many packets as capinfos counts (skipped without capinfos)', () => {
    const counts = capinfosCounts([...results.keys()]);
    expect(counts.size).toBeGreaterThan(3000);
    const differing = [...counts]
      .map(([path, packets]) => ({ path, packets, ours: results.get(path) }))
      .filter(({ packets, ours }) => ours?.packets !== packets);
    expect(differing).toEqual([]);
  });

  test.skipIf(!hasCapinfos)('is read completely where capinfos reads it completely', () => {
    const counts = capinfosCounts([...results.keys()]);
    const blamed = [...results].filter(([path, { problems }]) => problems.length > 0 && counts.has(path));
    expect(blamed).toEqual([]);
  });
});

test.skipIf(!hasCapinfos)('capinfos supports the options that are used here', () => {
  expect(execFileSync('capinfos', ['-h'], { encoding: 'utf8' })).toContain('-c display the number of packets');
});
