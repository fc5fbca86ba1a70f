import { statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import {
  type CaptureParts,
  type CaptureSource,
  isInParts,
  type ReadOptions,
  sourceName,
} from '../decode/files/capture-source.ts';
import { packetSelection, type Selection } from '../filter/selection.ts';
import type { CaptureDigest } from '../flows/capture/capture-digest.ts';
import { chosenCore } from '../flows/capture/capture-options.ts';
import { compareTexts } from '../flows/digest/content-order.ts';
import { digestCapture, NAMELESS } from '../flows/digest/digest-capture.ts';
import { type Again, readAgain } from '../flows/digest/read-again.ts';
import {
  CAPTURES_WITH_FULL_LIMITS,
  LEAST_ROWS_OF_ONE,
  type Limits,
  limitsOfOne,
  rowsOfFirstPass,
} from '../flows/limits.ts';
import type { SightingTable } from '../flows/rows/sighting-table.ts';
import { PcapdiagError } from '../text/pcapdiag-error.ts';
import { digestInWorker, type WorkerResult, workersAvailable } from './digest-in-worker.ts';
import { Turns } from './in-turns.ts';

/**
 * Smallest total size, in bytes, that is worth starting threads. A thread costs about 40 ms to start; below this,
 * reading one after the other is faster (measured).
 */
const WORKER_BYTES = 16 * 1024 * 1024;
/**
 * The same for two captures. A thread of one capture parses, compiles and optimises for that one alone: half a second of
 * processor time, in which a core reads half a gigabyte. Up to this size the report comes no later (measured).
 */
const WORKER_BYTES_OF_TWO = 1024 * 1024 * 1024;
/**
 * Smallest file, in bytes, for a thread. A smaller one is read here while threads read larger files, because it takes
 * less time than starting a thread.
 */
const WORTH_A_WORKER = 2 * 1024 * 1024;
/**
 * Most captures that are read at the same time. Each takes up to 100 MB until its digest is complete, on
 * any number of cores.
 */
const MOST_AT_ONCE = 4;

export interface DigestAllOptions {
  /** Most rows of sightings kept per capture. */
  sightings?: number;
  /** Bytes read so far and in total, over all captures; undefined when a size is unknown. */
  onProgress?: (bytesRead: number, totalBytes: number | undefined) => void;
  signal?: AbortSignal;
  /** Ends reading where it is: captures are digested as far as they were read. */
  stop?: AbortSignal;
  /** Called with the name of each capture of which nothing was read before `stop`. */
  onUnread?: (name: string) => void;
  /** Called when `stop` ended the comparison of captures, or left out readings that would have compared more of them. */
  onSkipped?: () => void;
  /** Bytes that a compressed file may give at most. */
  inflateLimit?: number;
  /** False: the TypeScript build of the core (`flows/ordinary`). */
  core?: boolean;
  /** The packets that are looked at; all without it. */
  selection?: Selection;
  /** Called instead of throwing when one of the captures cannot be read. */
  onUnreadable?: (error: Error) => void;
}

/** A capture that could be read. */
export interface Digested {
  source: CaptureSource;
  digest: CaptureDigest;
}

/**
 * Most rows of sightings that are kept of each capture: of many, by its share of their bytes, where all sizes are known.
 *
 * @param sizes bytes of each capture; 0 where unknown
 */
export function rowsOfEach(sizes: readonly number[], { sightings }: DigestAllOptions): number[] {
  const isMany = sizes.length > CAPTURES_WITH_FULL_LIMITS;
  const all = rowsOfFirstPass(sizes.length);
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  const isBySize = isMany && !sizes.includes(0);
  const rowsOf = (size: number): number => Math.floor(isBySize ? (all * size) / bytes : all / sizes.length);
  return sizes.map((size) => sightings ?? Math.max(LEAST_ROWS_OF_ONE, rowsOf(size)));
}

/**
 * Digests every capture. Large files are read in parallel: in this thread, and in one for each further core. Captures
 * that cannot be read are reported in the order of their messages.
 */
export async function digestAll(sources: readonly CaptureSource[], options: DigestAllOptions): Promise<Digested[]> {
  const rowsOf = rowsOfEach(sources.map(bytesOf), options);
  const limits = limitsOfOne(sources.length);
  const results = await readAll(
    sources.map((source, index) => ({
      source,
      rows: rowsOf[index],
      limits: { ...limits, sightings: rowsOf[index] },
      alone: sources.length === 1,
    })),
    options,
  );
  const digested: Digested[] = [];
  const failed: unknown[] = [];
  const unread: string[] = [];
  for (const [index, result] of results.entries()) {
    if (result.status === 'fulfilled') digested.push({ source: sources[index], digest: result.value.digest! });
    else if (isStopped(result.reason)) unread.push(sourceName(sources[index]) ?? NAMELESS);
    else failed.push(result.reason);
  }
  options.signal?.throwIfAborted();
  failed.sort((a, b) => compareTexts(String(a), String(b)));
  for (const reason of failed) {
    if (options.onUnreadable === undefined || !(reason instanceof Error)) throw reason;
    options.onUnreadable(reason);
  }
  if (digested.length === 0 && unread.length > 0)
    throw new PcapdiagError('stopped', 'stopped before anything was read');
  for (const name of unread.sort(compareTexts)) options.onUnread?.(name);
  return digested;
}

const isStopped = (reason: unknown): boolean => reason instanceof PcapdiagError && reason.code === 'stopped';

/** What a second reading of one capture is to look for. */
export interface SecondReading extends Again {
  source: CaptureSource;
}

/**
 * Reads captures again for the rows that did not fit into the limit.
 *
 * @param rows most rows of each capture
 * @throws the errors of reading, for any of the captures
 */
export async function readRowsAgain(
  readings: readonly SecondReading[],
  rows: number,
  options: DigestAllOptions,
): Promise<(SightingTable | undefined)[]> {
  const results = await readAll(
    readings.map(({ source, ...again }) => ({ source, rows, limits: { sightings: rows }, alone: false, again })),
    options,
  );
  return results.map((result) => {
    if (result.status === 'fulfilled') return result.value.rows;
    // The caller does not use rows that came after `stop`.
    if (isStopped(result.reason)) return undefined;
    throw result.reason;
  });
}

/** One pass over a capture: for its digest, or, with `again`, only for its rows. */
interface Reading {
  source: CaptureSource;
  /** Most rows of sightings kept. */
  rows: number;
  /** Limits of everything else. */
  limits: Partial<Limits>;
  alone: boolean;
  again?: Again;
}

function readAll(
  readings: readonly Reading[],
  options: DigestAllOptions,
): Promise<PromiseSettledResult<WorkerResult>[]> {
  const sizes = readings.map(({ source }) => bytesOf(source));
  const progress = new Progress(sizes, options.onProgress);
  const width = worthThreads(sizes) ? Math.min(MOST_AT_ONCE, availableParallelism()) : 1;
  return inLanes(sizes, width, async (index, lane) => {
    const { source, rows, limits, again } = readings[index];
    const reading = readOptions(options, progress.of(index));
    if (options.stop?.aborted) throw new PcapdiagError('stopped', 'stopped before it was read');
    if (lane > 0 && isOfFiles(source)) {
      const { selection = {}, core } = options;
      const task = { source, rows, limits, selection, ...(core !== undefined && { core }), ...(again && { again }) };
      return digestInWorker(task, reading);
    }
    return readHere(readings[index], reading, options);
  });
}

const readOptions = (
  { signal, stop, inflateLimit }: DigestAllOptions,
  onProgress: NonNullable<ReadOptions['onProgress']>,
): ReadOptions => ({
  onProgress,
  ...(signal && { signal }),
  ...(stop && { stop }),
  ...(inflateLimit !== undefined && { inflateLimit }),
});

async function readHere(
  { source, rows, limits, alone, again }: Reading,
  options: ReadOptions,
  { selection: wanted = {}, core }: DigestAllOptions,
): Promise<WorkerResult> {
  const selection = packetSelection(wanted);
  const reading = { ...options, ...(selection && { selection }) };
  if (again !== undefined) return { digest: null, rows: await readAgain(source, again, rows, reading) };
  const digest = await digestCapture(source, {
    ...{ alone, compact: !alone, limits, ...reading },
    ...chosenCore(core),
  });
  return { digest, rows: digest.sightings };
}

/**
 * Runs a task for each capture in `width` lanes, one task at a time in each; results keep the order of the captures.
 * Lane 0 is this thread. It takes the small captures first, then remaining large ones.
 *
 * @param sizes bytes of each capture; 0 where unknown
 */
async function inLanes<T>(
  sizes: readonly number[],
  width: number,
  task: (index: number, lane: number) => Promise<T>,
): Promise<PromiseSettledResult<T>[]> {
  const results: PromiseSettledResult<T>[] = [];
  const [large, small] = [[], []] as [number[], number[]];
  for (const [index, size] of sizes.entries()) (size >= WORTH_A_WORKER ? large : small).push(index);
  const waiting = { large: large.values(), small: small.values() };
  const turns = new Turns();
  const runLane = async (lane: number): Promise<void> => {
    for (;;) {
      const own = lane === 0 ? waiting.small.next() : waiting.large.next();
      const { done, value: index } = own.done && lane === 0 ? waiting.large.next() : own;
      if (done) return;
      [results[index]] = await Promise.allSettled([task(index, lane)]);
      // Reading a small file gives no turn to signals and timers.
      if (lane === 0) await turns.next();
    }
  };
  // This thread comes last: once it works, it cannot start workers for a while.
  const lanes = Array.from({ length: Math.min(width, sizes.length) }, (_, lane) => lane).reverse();
  await Promise.all(lanes.map(runLane));
  return results;
}

function worthThreads(sizes: readonly number[]): boolean {
  if (sizes.length < 2 || !workersAvailable()) return false;
  const least = sizes.length === 2 ? WORKER_BYTES_OF_TWO : WORKER_BYTES;
  return sizes.reduce((sum, size) => sum + size, 0) >= least;
}

/** Bytes of the files of a source; 0 if unknown, or if another thread cannot read them. */
function bytesOf(source: CaptureSource): number {
  if (!isOfFiles(source)) return 0;
  const sizes = filesOf(source).map((path) => statSync(path, { throwIfNoEntry: false })?.size ?? 0);
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Whether another thread can read the source. Bytes and streams cannot be handed over. */
const isOfFiles = (source: CaptureSource): source is string | CaptureParts =>
  typeof source === 'string'
    ? source !== '-'
    : isInParts(source) && source.parts.every((part) => typeof part === 'string');

const filesOf = (source: string | CaptureParts): string[] =>
  typeof source === 'string' ? [source] : source.parts.filter((part) => typeof part === 'string');

/** Adds up the bytes read of all captures. The total is known from the beginning when all of them are files. */
class Progress {
  readonly #read: number[];
  readonly #total: (number | undefined)[];
  #bytesRead = 0;
  readonly #report: DigestAllOptions['onProgress'];

  /** @param sizes bytes of each capture; 0 where unknown */
  constructor(sizes: readonly number[], report: DigestAllOptions['onProgress']) {
    this.#read = Array<number>(sizes.length).fill(0);
    this.#total = sizes.map((size) => size || undefined);
    this.#report = report;
  }

  of(index: number): (bytesRead: number, totalBytes: number | undefined) => void {
    return (bytesRead, totalBytes) => {
      this.#bytesRead += bytesRead - this.#read[index];
      this.#read[index] = bytesRead;
      // Files of one capture are read one after the other: their sum is known here only.
      this.#total[index] ??= totalBytes;
      this.#report?.(this.#bytesRead, this.#totalBytes());
    };
  }

  #totalBytes(): number | undefined {
    let sum = 0;
    for (const total of this.#total) {
      if (total === undefined) return undefined;
      sum += total;
    }
    return sum;
  }
}
