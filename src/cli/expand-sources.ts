import { statSync } from 'node:fs';
import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CaptureSource, PcapdiagError } from '../index.ts';

/** File names that tcpdump (`-C` and `-G` add numbers), Wireshark and others give to captures, compressed or not. */
const CAPTURE_NAME = /\.(pcap|pcapng|cap|ntar|dmp)\d*(\.(gz|zst))?$/i;
const TAR_NAME = /\.(tar|tgz|tar\.gz)$/i;
/** Most bytes of an unpacked archive in memory, so that a small file cannot use more. */
const ARCHIVE_LIMIT = 2 ** 30;

/**
 * Returns files as given, and replaces folders and tar archives by the captures in them, sorted by name.
 *
 * @throws PcapdiagError for a folder or archive without captures, or one that cannot be read
 */
export async function expandSources(paths: readonly string[]): Promise<CaptureSource[]> {
  const expanded = await Promise.all(paths.map(expand));
  return expanded.flat();
}

async function expand(path: string): Promise<CaptureSource[]> {
  if (path === '-') return [path];
  if (TAR_NAME.test(path)) return membersOf(path);
  // The analysis reports what cannot be read, beside the report of the other files.
  if (!isFolder(path)) return [path];
  const names = await readdir(path, { recursive: true });
  const captures = names.filter((name) => CAPTURE_NAME.test(name)).sort();
  if (captures.length === 0) throw new PcapdiagError('empty-file', `no captures in folder ${path}`, { path });
  return captures.map((name) => join(path, name));
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

async function membersOf(path: string): Promise<CaptureSource[]> {
  const { isTarHeader, tarMembers } = await import('./tar-members.ts');
  const archive = await readArchive(path);
  if (!isTarHeader(archive.subarray(0, 512)))
    throw new PcapdiagError('not-a-capture', `${path} is no tar archive`, { path, offset: 0 });
  const captures = [...tarMembers(archive)]
    .filter(({ name }) => CAPTURE_NAME.test(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, data }) => ({ name: `${path}/${name.replace(/^(\.?\/)+/, '')}`, data }));
  if (captures.length === 0) throw new PcapdiagError('empty-file', `no captures in archive ${path}`, { path });
  return captures;
}

async function readArchive(path: string): Promise<Uint8Array> {
  try {
    const handle = await open(path, 'r');
    const { size } = await handle.stat().finally(() => handle.close());
    if (size > ARCHIVE_LIMIT) throw new RangeError('larger than 1 GiB; unpack it first');
    const bytes = await readFile(path);
    if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
    const { gunzipSync } = await import('node:zlib');
    return gunzipSync(bytes, { maxOutputLength: ARCHIVE_LIMIT });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PcapdiagError('cannot-read', `cannot read ${path}: ${reason}`, { path, cause: error });
  }
}
