import { closeSync, fstatSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CaptureSource, PcapdiagError, peekTar, type TarMember, tarMembers } from '../index.ts';

/** Most bytes of the members of all archives that are kept in memory; later members go to temporary files. */
const KEPT_IN_MEMORY = 256 * 1024 * 1024;

export interface Archive {
  captures: CaptureSource[];
  /** Members whose names are not those of captures. */
  others: string[];
  /** Why the archive is incomplete. */
  damage: string | undefined;
}

/**
 * The captures in a tar archive, compressed or not, up to its first defect. Each can be read several times.
 *
 * @throws PcapdiagError when nothing of it can be read
 */
export async function readArchive(
  given: string,
  source: Parameters<typeof tarMembers>[0],
  isWanted: (name: string) => boolean,
): Promise<Archive> {
  const archive: Archive = { captures: [], others: [], damage: undefined };
  const found: [string, CaptureSource][] = [];
  const onProblem = ({ message }: { message: string }): void => {
    archive.damage ??= `${given}: ${message}`;
  };
  try {
    for await (const member of tarMembers(source, { onProblem })) {
      const name = `${given}/${member.name.replace(/^(\.?\/)+/, '')}`;
      if (!isWanted(member.name)) {
        archive.others.push(name);
        continue;
      }
      const { capture, length } = await stored(name, member);
      found.push([name, capture]);
      if (length < member.size) archive.damage ??= `${given} ends inside ${member.name}: what came before it is read`;
    }
  } catch (error) {
    if (!(error instanceof PcapdiagError) || found.length === 0) throw named(given, error);
    archive.damage ??= `${given} is broken (${error.message}): what came before it is read`;
  }
  archive.captures = found.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, capture]) => capture);
  return archive;
}

function named(given: string, error: unknown): unknown {
  if (!(error instanceof PcapdiagError) || error.message.includes(given)) return error;
  const { code, message, offset } = error;
  return new PcapdiagError(code, `${given}: ${message}`, { path: given, offset, cause: error });
}

/** Standard input: the captures of the archive that it is, or what it is otherwise. */
export async function standardInput(isWanted: (name: string) => boolean): Promise<Archive | CaptureSource> {
  const stat = fstatSync(0);
  // The reader of captures tells what is wrong with these.
  if (stat.isDirectory() || stat.isCharacterDevice()) return '-';
  const name = 'standard input';
  try {
    const { isTar, chunks } = await peekTar(process.stdin);
    return isTar ? await readArchive(name, { name, data: chunks }, isWanted) : { name, data: chunks };
  } catch (error) {
    // A signal closes standard input.
    if (process.stdin.destroyed && !(error instanceof PcapdiagError)) return '-';
    throw error;
  }
}

let kept = 0;
let files = 0;
let folder: string | undefined;

/** In memory as far as there is room, in a temporary file beyond it. */
async function stored(name: string, member: TarMember): Promise<{ capture: CaptureSource; length: number }> {
  if (kept + member.size > KEPT_IN_MEMORY) return inFile(name, member);
  const data = new Uint8Array(member.size);
  let length = 0;
  for await (const chunk of member.body) {
    data.set(chunk, length);
    length += chunk.length;
  }
  kept += member.size;
  return { capture: { name, data: data.subarray(0, length) }, length };
}

async function inFile(name: string, { body }: TarMember): Promise<{ capture: CaptureSource; length: number }> {
  const path = join(temporaryFolder(), String(files++));
  const file = openSync(path, 'w');
  let length = 0;
  try {
    for await (const chunk of body) {
      for (let at = 0; at < chunk.length; ) at += writeSync(file, chunk, at);
      length += chunk.length;
    }
  } finally {
    closeSync(file);
  }
  return { capture: { name, file: Buffer.from(path) }, length };
}

/** A folder that is removed when the process ends. */
function temporaryFolder(): string {
  if (folder !== undefined && statSync(folder, { throwIfNoEntry: false }) !== undefined) return folder;
  const made = mkdtempSync(join(tmpdir(), 'pcapdiag-'));
  process.once('exit', () => rmSync(made, { recursive: true, force: true }));
  folder = made;
  return made;
}
