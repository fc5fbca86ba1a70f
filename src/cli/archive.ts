import { readFileSync, statSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { gunzipBeforeDamage, PcapdiagError } from '../index.ts';

/** Most bytes of an unpacked archive in memory, so that a small file cannot use more. */
const ARCHIVE_LIMIT = 2 ** 30;

export interface Archive {
  bytes: Uint8Array;
  /** Why the archive is incomplete. */
  damage: string | undefined;
}

/**
 * A tar archive, unpacked up to its first defect.
 *
 * @throws PcapdiagError when nothing of it can be read, or it is too large
 */
export function readArchive(name: string, path: string | Buffer): Archive {
  try {
    const { size } = statSync(path);
    if (size > ARCHIVE_LIMIT) throw new RangeError('larger than 1 GiB; unpack it first');
    const bytes = readFileSync(path);
    return bytes[0] === 0x1f && bytes[1] === 0x8b ? unpacked(name, bytes) : { bytes, damage: undefined };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PcapdiagError('cannot-read', `cannot read ${name}: ${reason}`, { path: name, cause: error });
  }
}

function unpacked(name: string, bytes: Uint8Array): Archive {
  try {
    return { bytes: gunzipSync(bytes, { maxOutputLength: ARCHIVE_LIMIT }), damage: undefined };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw new RangeError('it unpacks to more than 1 GiB; unpack it first', { cause: error });
    const reason = error instanceof Error ? error.message : String(error);
    const before = gunzipBeforeDamage(bytes, ARCHIVE_LIMIT);
    if (before.length === 0) throw error;
    return { bytes: before, damage: `${name} is cut or broken (${reason}): what came before it is read` };
  }
}
