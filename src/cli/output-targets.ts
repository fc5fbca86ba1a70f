/** Determines and checks the targets of output before anything is read, so that no capture and no report is lost. */
import {
  accessSync,
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { isCapture } from '../index.ts';
import { UsageError } from './usage-error.ts';

const OUTPUT_OPTIONS = ['output', 'export-missing', 'baseline', 'wanted'] as const;
export type OutputOption = (typeof OUTPUT_OPTIONS)[number];

export interface OutputTarget {
  option: OutputOption;
  /** The path as given. */
  path: string;
  /**
   * `replace`: written to a new file that is then renamed. `direct`: a pipe or device. `descriptor`: already open, such
   * as /dev/stdout.
   */
  how: 'replace' | 'direct' | 'descriptor';
  /** The path after resolving all links, so that a link to a report stays a link. */
  real: string;
  descriptor: number;
  /** The existing file, if any. */
  found: BigIntStats | undefined;
}

/** Most links that may follow one another, as in Linux (path_resolution(7)). */
const MOST_LINKS = 40;
const DESCRIPTOR = /^\/(?:dev|proc\/(?:self|thread-self|\d+))\/(?:fd\/)?(?<name>stdin|stdout|stderr|\d+)$/;
const STANDARD = ['stdin', 'stdout', 'stderr'];
const STDOUT = 1;
/** Octets that are enough to recognise a capture and the program that wrote it. */
const HEAD = 512;

/**
 * @param given paths by option; without `output`, and with `-`, the output goes to standard output
 * @param inputs all files that are read, or passed over in a folder that is read
 * @param outputIs what `output` is to hold
 * @throws UsageError for a target that is an input by path, link or inode, another output, a capture of somebody else,
 *   a folder, or cannot be written
 */
export function outputTargets(
  given: Partial<Record<OutputOption, string>>,
  inputs: readonly (string | Buffer)[],
  outputIs: 'report' | 'packets' = 'report',
): OutputTarget[] {
  const taken = new Map<string, string>();
  for (const input of inputs) {
    const name = input === '-' ? 'standard input' : input.toString();
    for (const identity of identitiesOf(input)) taken.set(identity, `would overwrite ${name}, which is read`);
  }
  const targets: OutputTarget[] = [];
  for (const option of OUTPUT_OPTIONS) {
    const path = given[option];
    const target = path === undefined || path === '-' ? standardOutput(option) : targetOf(option, path);
    if (path === undefined && option !== 'output') continue;
    const identity = identityOf(target);
    const because = identity === undefined ? undefined : taken.get(identity);
    if (because !== undefined) throw new UsageError(`--${option}: ${target.path} ${because}`);
    if (target.how === 'replace') checkReplace(target, option === 'export-missing' || outputIs === 'packets');
    if (identity !== undefined) taken.set(identity, `is written by --${option}, too`);
    targets.push(target);
  }
  return targets;
}

const standardOutput = (option: OutputOption): OutputTarget => ({
  option,
  path: 'standard output',
  how: 'descriptor',
  real: '',
  descriptor: STDOUT,
  found: statOf(STDOUT),
});

function targetOf(option: OutputOption, path: string): OutputTarget {
  let real = resolve(path);
  for (let links = 0; links <= MOST_LINKS; links++) {
    const descriptor = descriptorOf(real);
    if (descriptor >= 0) return { option, path, how: 'descriptor', real, descriptor, found: statOf(descriptor) };
    const found = attempt(() => lstatSync(real, { bigint: true }));
    if (!found?.isSymbolicLink()) {
      const how = found === undefined || found.isFile() || found.isDirectory() ? 'replace' : 'direct';
      return { option, path, how, real, descriptor: -1, found };
    }
    real = resolve(dirname(real), readlinkSync(real));
  }
  throw new UsageError(`--${option}: ${path} is a link that leads in a circle`);
}

/** The descriptor number of a path that names a descriptor of this process; -1 for other paths. */
function descriptorOf(path: string): number {
  const name = DESCRIPTOR.exec(path)?.groups?.name;
  if (
    name === undefined ||
    (path.startsWith('/proc') &&
      !/^\/proc\/(self|thread-self)\//.test(path) &&
      !path.startsWith(`/proc/${process.pid}/`))
  )
    return -1;
  return STANDARD.includes(name) ? STANDARD.indexOf(name) : path.includes('/fd/') ? Number(name) : -1;
}

function checkReplace({ option, path, real, found }: OutputTarget, holdsPackets: boolean): void {
  if (found?.isDirectory()) throw new UsageError(`--${option}: ${path} is a directory`);
  const folder = dirname(real);
  const inFolder = attempt(() => statSync(folder));
  if (inFolder === undefined) throw new UsageError(`--${option}: there is no folder ${folder}`);
  if (!inFolder.isDirectory()) throw new UsageError(`--${option}: ${folder} is no folder`);
  for (const place of found === undefined ? [folder] : [folder, real]) {
    try {
      accessSync(place, constants.W_OK);
    } catch {
      throw new UsageError(`--${option}: no permission to write ${place}`);
    }
  }
  if (found !== undefined && isForeignCapture(real, holdsPackets))
    throw new UsageError(`--${option}: ${path} is a capture; delete it first if it is to be overwritten`);
}

/** A file that an earlier run exported may be replaced by an export. */
function isForeignCapture(path: string, isExport: boolean): boolean {
  const head = Buffer.alloc(HEAD);
  const file = openSync(path, 'r');
  const length = readSync(file, head, 0, HEAD, 0);
  closeSync(file);
  const first = head.subarray(0, length);
  return isCapture(first) && !(isExport && first.includes('pcapdiag '));
}

/** A key that is the same for two paths of one file; undefined for devices, which may be read and written at once. */
function identityOf({ real, found, descriptor }: OutputTarget): string | undefined {
  if (found === undefined) return pathIdentity(real);
  if (found.isCharacterDevice()) return descriptor === STDOUT ? 'standard output' : undefined;
  return inodeIdentity(found);
}

function identitiesOf(input: string | Buffer): string[] {
  const found = input === '-' ? statOf(0) : attempt(() => statSync(input, { bigint: true }));
  if (found === undefined) return [pathIdentity(resolve(input.toString()))];
  return found.isCharacterDevice() || found.isDirectory() ? [] : [inodeIdentity(found)];
}

const inodeIdentity = ({ dev, ino }: BigIntStats): string => `inode ${dev} ${ino}`;

/** Target for a file that does not exist. */
const pathIdentity = (path: string): string =>
  `path ${join(attempt(() => realpathSync(dirname(path))) ?? dirname(path), basename(path))}`;

const statOf = (descriptor: number): BigIntStats | undefined => attempt(() => fstatSync(descriptor, { bigint: true }));

function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

/** Whether the path still leads to the same file as when it was checked. */
export function isUnchanged(target: OutputTarget): boolean {
  const now = targetOf(target.option, target.path);
  const same =
    now.found === undefined || target.found === undefined
      ? now.found === target.found
      : inodeIdentity(now.found) === inodeIdentity(target.found);
  return now.real === target.real && same;
}
