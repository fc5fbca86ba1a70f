import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type CorrelateDigestsOptions,
  correlateDigests,
  type DigestOptions,
  type MadeFile,
  makeDigest,
  makeRows,
  PcapdiagError,
  Redaction,
  type StoredFile,
  type Wanted,
  withGate,
} from '../../index.ts';
import { analysisOptions, keyOf } from '../analysis-options.ts';
import { type AnalyzeArguments, redactionOf, selectionOf, sizeOf } from '../analyze-arguments.ts';
import { complain } from '../complain.ts';
import { EXIT_CLEAN, EXIT_UNUSABLE } from '../exit-status.ts';
import { expandSources } from '../expand-sources.ts';
import { redactedGate, withGateFiles } from '../gate-files.ts';
import { keepHeapLean } from '../lean-heap.ts';
import type { RawOptions } from '../option-rule.ts';
import { type OutputTarget, outputTargets } from '../output-targets.ts';
import { readOrTell } from '../unread-report.ts';
import { UsageError } from '../usage-error.ts';
import { tellWaiting } from '../waiting.ts';
import { walkFolder } from '../walk-folder.ts';
import { writeOutput } from '../write-output.ts';
import { exitStatus, formatted } from './analyze-command.ts';

/** A digest tells who spoke with whom: nobody but its owner reads it. */
const DIGEST_MODE = 0o600;
const DIGEST_NAME = /\.pcapdiag-(digest|rows)$/;

/**
 * Writes a digest of each capture into a folder, and its name to standard output. Host and run come from options, or
 * from the environment of a pod (`PCAPDIAG_HOST` or `NODE_NAME`, `PCAPDIAG_RUN`).
 */
export async function digestCommand(
  files: readonly string[],
  raw: RawOptions,
  stop: AbortSignal,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<number> {
  const host = textOf(raw, 'host') ?? (environment.PCAPDIAG_HOST || environment.NODE_NAME || undefined);
  const run = textOf(raw, 'run') ?? (environment.PCAPDIAG_RUN || undefined);
  const [name, device, rows] = [textOf(raw, 'name'), textOf(raw, 'interface'), sizeOf(raw, 'rows')];
  const inflateLimit = sizeOf(raw, 'inflate-limit');
  const options: DigestOptions = {
    ...(host !== undefined && { host }),
    ...(run !== undefined && { run }),
    ...(name !== undefined && { name }),
    ...(device !== undefined && { interface: device }),
    ...(rows !== undefined && { rows }),
    ...(inflateLimit !== undefined && { inflateLimit }),
    ...(await redactionFrom(raw)),
    selection: selectionOf(raw),
    stop,
  };
  const { sources, inputs, status } = await capturesOf(files);
  if (name !== undefined && sources.length > 1)
    throw new UsageError('--name is the name of one capture, not of several');
  return writeEach(sources, inputs, raw, status, (source) => makeDigest(source, options), stop);
}

/** Writes the rows that `correlate --wanted` asked for, of the captures that lie here. */
export async function rowsCommand(files: readonly string[], raw: RawOptions, stop: AbortSignal): Promise<number> {
  const path = textOf(raw, 'wanted') as string;
  const wanted = await readWanted(path);
  const { sources, inputs, status } = await capturesOf(files);
  const inflateLimit = sizeOf(raw, 'inflate-limit');
  const reading = {
    signal: stop,
    ...(inflateLimit !== undefined && { inflateLimit }),
    ...(await redactionFrom(raw)),
  };
  return writeEach(
    sources,
    [...inputs, path],
    raw,
    status,
    (source) => makeRows(source, wanted.captures, reading),
    stop,
  );
}

/** Joins digests, and reports as `analyze` does. */
export async function correlateCommand(asked: AnalyzeArguments, raw: RawOptions, stop: AbortSignal): Promise<number> {
  const { given, rules, gate, files: ownFiles } = await withGateFiles(asked);
  const stored = storedFiles(given.files);
  const [expect, wantedTo] = [textOf(raw, 'expect'), textOf(raw, 'wanted')];
  const inputs = [
    ...stored.map(({ path }) => path),
    ...[expect, given.inventory, given.redactKeyFile].filter((each) => each !== undefined),
    ...ownFiles,
  ];
  const [target, wantedTarget] = outputTargets(
    {
      ...(given.output !== undefined && { output: given.output }),
      ...(wantedTo !== undefined && { wanted: wantedTo }),
    },
    inputs,
  );
  keepHeapLean(stored.length);
  let unreadable = 0;
  // Pictures of single packets need the captures.
  const { selection: _selection, pictures: _pictures, ...known } = await analysisOptions(given, 1);
  const options: CorrelateDigestsOptions = {
    ...known,
    rules,
    ...(expect !== undefined && { expected: await readExpected(expect) }),
    signal: stop,
  };
  const files = stored.map(({ path }): StoredFile => ({ name: path, read: () => readOctets(path) }));
  const { report: found, wanted } = await readOrTell(target, { given, stop }, (onUnread) => {
    const onUnreadable = (error: Error): void => {
      unreadable++;
      onUnread(error);
      complain(error);
    };
    return correlateDigests(files, { ...options, ...(stored.length > 1 && { onUnreadable }) });
  });
  const report =
    gate === undefined
      ? found
      : withGate(found, {
          ...redactedGate(gate, found, known.redaction),
          unread: unreadable,
          allowNothing: given.allowNothing,
        });
  await writeOutput(target, formatted(given, report), stop);
  if (wanted !== null) await tellWanted(wanted, wantedTarget, stop);
  return unreadable > 0 ? EXIT_UNUSABLE : exitStatus(given, report);
}

/** What is made on several machines is joined by its pseudonyms, so the key is the same everywhere. */
async function redactionFrom(raw: RawOptions): Promise<{ redaction?: Redaction }> {
  const asked = redactionOf(raw);
  if (!asked.redact) return {};
  const key = await keyOf(asked);
  if (key === undefined)
    throw new UsageError('--redact needs a key here, the same on every node: --redact-key-file FILE');
  return { redaction: new Redaction(key) };
}

async function tellWanted(wanted: Wanted, target: OutputTarget | undefined, stop: AbortSignal): Promise<void> {
  const captures = wanted.captures.length;
  const where = target === undefined ? '--wanted FILE writes down which' : `${target.path} says which`;
  if (target !== undefined) await writeOutput(target, `${JSON.stringify(wanted, null, 1)}\n`, stop);
  complain(
    new Error(
      `${captures === 1 ? 'one capture has' : `${captures} captures have`} packets that would tell more: ${where}; then pcapdiag rows`,
    ),
  );
}

async function capturesOf(files: readonly string[]) {
  if (files.includes('-')) tellWaiting();
  const { sources, notices, damages, files: onDisk } = await expandSources(files);
  for (const notice of [...notices, ...damages]) complain(new Error(notice));
  return { sources, inputs: [...files, ...onDisk], status: damages.length > 0 ? EXIT_UNUSABLE : EXIT_CLEAN };
}

/** Makes a file of each source, and writes it unless it is there already. */
async function writeEach<S>(
  sources: readonly S[],
  inputs: readonly (string | Buffer)[],
  raw: RawOptions,
  status: number,
  make: (source: S) => Promise<MadeFile | null>,
  stop: AbortSignal,
): Promise<number> {
  const folder = textOf(raw, 'output') ?? '.';
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: Error) => {
    throw new UsageError(`--output: ${error.message}`);
  });
  let result = status;
  let isAny = false;
  for (const source of sources) {
    try {
      const made = await make(source);
      if (made === null) continue;
      isAny = true;
      await writeMade(join(folder, made.name), made, inputs, stop);
    } catch (error) {
      if (sources.length === 1 || !(error instanceof PcapdiagError)) throw error;
      complain(error);
      result = EXIT_UNUSABLE;
    }
  }
  if (!isAny && result === EXIT_CLEAN) {
    complain(new Error('no rows of these captures are wanted'));
    return EXIT_UNUSABLE;
  }
  return result;
}

async function writeMade(
  path: string,
  { octets }: MadeFile,
  inputs: readonly (string | Buffer)[],
  stop: AbortSignal,
): Promise<void> {
  const there = await readFile(path).catch(() => undefined);
  if (there?.equals(octets) !== true) {
    const [target] = outputTargets({ output: path }, inputs);
    await writeOutput(target, octets, stop, DIGEST_MODE);
  }
  process.stdout.write(`${path}\n`);
}

/** Digests and rows by path; those of a folder are all below it. @throws UsageError for a folder without any */
function storedFiles(given: readonly string[]): { path: string }[] {
  return given.flatMap((path) => {
    let found: ReturnType<typeof walkFolder>;
    try {
      found = walkFolder(Buffer.from(path), (name) => DIGEST_NAME.test(name));
    } catch {
      // Not a folder.
      return [{ path }];
    }
    if (found.files.length === 0) throw new UsageError(`no digests in folder ${path}`);
    return found.files.map((file) => ({ path: join(path, file.toString()) }));
  });
}

async function readOctets(path: string): Promise<Uint8Array> {
  return readFile(path).catch((error: Error) => {
    throw new PcapdiagError('cannot-read', error.message, { path, cause: error });
  });
}

async function readWanted(path: string): Promise<Wanted> {
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new UsageError(`--wanted: ${error.message}`);
  });
  try {
    const wanted = JSON.parse(text) as Wanted;
    const isRight =
      wanted.wantedVersion === 1 &&
      wanted.captures.every(
        ({ capture, name, flows }) =>
          typeof capture === 'string' &&
          typeof name === 'string' &&
          (flows === 'all' || flows.every((flow) => Number.isSafeInteger(flow))),
      );
    if (isRight) return wanted;
  } catch {
    // Told below.
  }
  throw new UsageError(`--wanted: ${path} is not what pcapdiag correlate --wanted writes`);
}

/** One capture a line: HOST/INTERFACE, HOST/NAME, HOST or the name of a capture. Empty lines and those after # say nothing. */
async function readExpected(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new UsageError(`--expect: ${error.message}`);
  });
  const expected = text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '');
  if (expected.length === 0) throw new UsageError(`--expect: ${path} names no capture`);
  return expected;
}

function textOf(raw: RawOptions, name: string): string | undefined {
  const value = raw[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || value === '') throw new UsageError(`--${name} needs a value`);
  return value;
}
