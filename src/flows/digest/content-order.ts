import { createHash, type Hash } from 'node:crypto';
import type { CaptureDigest } from '../capture/capture-digest.ts';
import { CompactDatagram } from '../compact/compact-datagram.ts';
import { CompactLookup } from '../compact/compact-lookup.ts';
import { CompactConnection } from '../tcp/compact-connection.ts';

/**
 * Sorts captures by their content alone: time of the first packet, number of packets (more first), duration, and then a
 * hash of everything read from the packets. Captures without packets come last. Captures of equal content are ordered
 * by file name, then by path; their order does not change the report.
 *
 * The order of the arguments has no influence, so a report does not depend on it.
 */
export function inContentOrder<T extends { digest: CaptureDigest }>(digested: readonly T[]): T[] {
  const hashes = new Map<CaptureDigest, string>();
  const hashOf = (digest: CaptureDigest): string => {
    const known = hashes.get(digest);
    if (known !== undefined) return known;
    const hash = contentHash(digest);
    hashes.set(digest, hash);
    return hash;
  };
  return [...digested].sort(({ digest: a }, { digest: b }) => {
    const [x, y] = [a.capture, b.capture];
    return (
      Number(x.packets === 0) - Number(y.packets === 0) ||
      x.baseSeconds - y.baseSeconds ||
      x.baseNanoseconds - y.baseNanoseconds ||
      y.packets - x.packets ||
      y.duration - x.duration ||
      compareTexts(hashOf(a), hashOf(b)) ||
      compareTexts(fileName(x.path), fileName(y.path)) ||
      compareTexts(x.path, y.path) ||
      compareTexts((x.parts ?? []).join('\0'), (y.parts ?? []).join('\0'))
    );
  });
}

/** Compares by code units, which is the same in every locale. */
export const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const fileName = (path: string): string => path.split(/[/\\]/).at(-1) ?? path;

/** Hash of everything that a report can say about a capture, except its names. */
function contentHash({ capture, points, connections, dns, datagrams, sightings, ...rest }: CaptureDigest): string {
  const hash = createHash('sha256');
  const { path: _path, parts: _parts, problems, ...summary } = capture;
  // The message of a problem may contain the file name.
  const damage = problems.map(({ kind, offset }) => ({ kind, offset }));
  const unnamed = points.map(({ name: _name, ...point }) => point);
  hash.update(JSON.stringify([summary, damage, unnamed, rest]));
  for (const [index, item] of connections.entries())
    hash.update(JSON.stringify(item instanceof CompactConnection ? item.toObject(index) : item));
  for (const [index, item] of dns.entries())
    hash.update(JSON.stringify(item instanceof CompactLookup ? item.toObject(index) : item));
  for (const [index, item] of datagrams.entries())
    hash.update(JSON.stringify(item instanceof CompactDatagram ? item.toObject(index) : item));
  if (sightings !== undefined) hashRows(hash, sightings);
  return hash.digest('hex');
}

function hashRows(hash: Hash, { columns, length }: NonNullable<CaptureDigest['sightings']>): void {
  for (const name of Object.keys(columns).sort() as (keyof typeof columns)[]) {
    const column = columns[name].subarray(0, length);
    hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
  }
}
