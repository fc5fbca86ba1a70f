import { readdirSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type CaptureSource, PcapdiagError } from '../index.ts';
import type { Archive } from './archive.ts';
import { type Passed, walkFolder } from './walk-folder.ts';

/** File names that tcpdump (`-C` and `-G` add numbers), Wireshark and others give to captures, compressed or not. */
const CAPTURE_NAME = /\.(pcap|pcapng|cap|ntar|dmp)\d*(\.(gz|zst|xz))?$/i;
const TAR_NAME = /\.(tar|tgz|txz|tzst|tar\.(gz|zst|xz))$/i;
/** Most names of files that are listed in one sentence. */
const MOST_NAMED = 5;

export interface Expanded {
  sources: CaptureSource[];
  /** Files that are read or were skipped in a folder. None of them may be written to. */
  files: (string | Buffer)[];
  /** Sentences about skipped entries. */
  notices: string[];
  /** Sentences about archives that could only be read in part. */
  damages: string[];
}

/**
 * Returns files as given, and replaces folders and tar archives by the captures in them, sorted by name.
 *
 * @throws PcapdiagError for a folder or archive without captures, or one that cannot be read
 */
export async function expandSources(paths: readonly string[]): Promise<Expanded> {
  const all = await Promise.all(paths.map((path) => expand(path)));
  return {
    sources: all.flatMap(({ sources }) => sources),
    files: all.flatMap(({ files }) => files),
    notices: all.flatMap(({ notices }) => notices),
    damages: all.flatMap(({ damages }) => damages),
  };
}

async function expand(given: string): Promise<Expanded> {
  const nothing = { notices: [], damages: [] };
  if (given === '-') {
    const found = await (await import('./archive.ts')).standardInput(isCaptureName);
    if (typeof found === 'object' && 'captures' in found) return expanded('standard input', found, ['-']);
    return { sources: [found], files: [given], ...nothing };
  }
  const path = asOnDisk(given);
  const found = statOf(path);
  if (found?.isDirectory()) return capturesIn(given, path);
  if (TAR_NAME.test(given)) {
    const file = typeof path === 'string' ? path : { name: given, file: path };
    const { readArchive } = await import('./archive.ts');
    return expanded(given, await readArchive(given, file, isCaptureName), [path]);
  }
  // The analysis reports what cannot be read, beside the report of the other files.
  return { sources: [typeof path === 'string' ? path : { name: given, file: path }], files: [path], ...nothing };
}

/**
 * A path as the operating system has it. Node decodes arguments as UTF-8 and replaces invalid octets by U+FFFD. Then
 * the path is that of the only file whose name decodes to the same text.
 */
function asOnDisk(path: string): string | Buffer {
  if (!path.includes('\ufffd') || statOf(path) !== undefined) return path;
  try {
    const names = readdirSync(dirname(path), { encoding: 'buffer' }) as unknown as Buffer[];
    const same = names.filter((name) => name.toString() === basename(path));
    return same.length === 1 ? Buffer.concat([Buffer.from(`${dirname(path)}/`), same[0]]) : path;
  } catch {
    return path;
  }
}

function statOf(path: string | Buffer): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

function capturesIn(given: string, path: string | Buffer): Expanded {
  const { files, passed, others } = walkFolder(Buffer.from(path), isCaptureName);
  const notices = [
    ...passed.map((each) => noticeOf(given, each)),
    ...notCaptures(`folder ${given}`, others.map(legible)),
  ];
  if (files.length === 0) {
    const more = notices.length === 0 ? '' : `; ${notices.join('; ')}`;
    throw new PcapdiagError('empty-file', `no captures in folder ${given}${more}`, { path: given });
  }
  const sources = files.map((file) => {
    const name = join(given, legible(file));
    return isUtf8(file) ? name : { name, file: Buffer.concat([Buffer.from(path), Buffer.from('/'), file]) };
  });
  const onDisk = [...files, ...passed.map(({ file }) => file)];
  return {
    sources,
    files: onDisk.map((file) => Buffer.concat([Buffer.from(path), Buffer.from('/'), file])),
    notices,
    damages: [],
  };
}

const noticeOf = (folder: string, { file, because }: Passed): string =>
  `${join(folder, legible(file))} is passed over: ${because}`;

const isUtf8 = (name: Buffer): boolean => Buffer.from(name.toString()).equals(name);

/** A name for display: octets that are not UTF-8 appear as \xNN. */
function legible(name: Buffer): string {
  if (isUtf8(name)) return name.toString();
  return [...name]
    .map((octet) =>
      octet >= 0x20 && octet < 0x7f ? String.fromCharCode(octet) : `\\x${octet.toString(16).padStart(2, '0')}`,
    )
    .join('');
}

/** The captures of an archive. @throws PcapdiagError when it has none */
function expanded(given: string, { captures, others, damage }: Archive, files: Expanded['files']): Expanded {
  const notices = notCaptures(given, others);
  const damages = damage === undefined ? [] : [damage];
  if (captures.length === 0) {
    const more = [...notices, ...damages].map((sentence) => `; ${sentence}`).join('');
    throw new PcapdiagError('empty-file', `no captures in archive ${given}${more}`, { path: given });
  }
  return { sources: captures, files, notices, damages };
}

const isCaptureName = (name: string): boolean => CAPTURE_NAME.test(name);

/** What is not read because of its name; nothing when all are captures. */
function notCaptures(where: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : '';
  const listed = names.slice(0, MOST_NAMED).join(', ');
  return [`${where}: not read, as the name is not that of a capture: ${listed}${more}`];
}

/** The name by which a report calls a source. */
export function nameOfSource(source: CaptureSource): string {
  if (typeof source === 'string') return source;
  return 'name' in source && typeof source.name === 'string' ? source.name : 'capture';
}
