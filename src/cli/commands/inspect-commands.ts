import {
  type CaptureSource,
  captureStats,
  type FlowOrder,
  type FollowOptions,
  followFlow,
  formatFlows,
  formatStats,
  listFlows,
  listPackets,
} from '../../index.ts';
import { selectionOf } from '../analyze-arguments.ts';
import { complain } from '../complain.ts';
import { EXIT_CLEAN, EXIT_UNUSABLE } from '../exit-status.ts';
import { expandSources, nameOfSource } from '../expand-sources.ts';
import { readInventory, withPod } from '../inventory.ts';
import type { RawOptions } from '../option-rule.ts';
import { UsageError } from '../usage-error.ts';
import { tellWaiting } from '../waiting.ts';

/** Rows of `flows` without `--top`. */
const ROWS = 100;
/** More rows than a person reads: `--json` has all. */
const MOST_ROWS = 10_000;

/**
 * Lists packets, flows or counts of each capture.
 *
 * @throws UsageError for a wrong value; PcapdiagError when the only capture cannot be read
 */
export async function inspectCommand(
  command: 'packets' | 'flows' | 'stats',
  files: readonly string[],
  raw: RawOptions,
  signal: AbortSignal,
): Promise<number> {
  const top = Math.min(numberOf(raw, 'top') ?? ROWS, MOST_ROWS);
  const { sources, status } = await sourcesOf(files);
  const reading = await options(raw, signal);
  const json: unknown[] = [];
  let unread = status;
  for (const source of sources) {
    if (sources.length > 1 && raw.json !== true) write(`== ${nameOfSource(source)}\n`);
    try {
      if (command === 'packets')
        await listPackets(source, write, { ...reading, layers: raw.layers === true, octets: raw.octets === true });
      else if (command === 'flows') {
        const order = raw.sort as FlowOrder | undefined;
        const list = await listFlows(source, { ...reading, ...(order && { order }) });
        if (raw.json === true) json.push({ capture: nameOfSource(source), ...list });
        else write(formatFlows(list, top));
      } else {
        const stats = await captureStats(source, reading);
        if (raw.json === true) json.push({ capture: nameOfSource(source), ...stats });
        else write(formatStats(stats));
      }
    } catch (error) {
      if (sources.length === 1 || (error as Error).name !== 'PcapdiagError') throw error;
      complain(error as Error);
      unread = EXIT_UNUSABLE;
    }
  }
  if (command === 'stats' && sources.length > 1 && unread === EXIT_CLEAN && !signal.aborted) {
    const { formatHops, hopStats } = await import('../stats-by-hop.ts');
    const hops = await hopStats(sources, { selection: reading.selection, signal });
    if (raw.json === true) json.push({ hops });
    else write(`\n${formatHops(hops)}`);
  }
  if (raw.json === true) write(`${JSON.stringify(json, null, 2)}\n`);
  return unread;
}

/** Writes what the ends of one flow sent. @throws UsageError, PcapdiagError */
export async function followCommand(
  [file, number]: readonly string[],
  raw: RawOptions,
  signal: AbortSignal,
): Promise<number> {
  if (!/^[1-9]\d{0,8}$/.test(number))
    throw new UsageError(`"${number}" is no number of a flow; pcapdiag flows lists them`);
  if (raw.as === 'raw' && process.stdout.isTTY)
    throw new UsageError('--as raw writes octets as they are: send them to a file or a program, not to a terminal');
  const { sources, status } = await sourcesOf([file]);
  if (sources.length > 1) throw new UsageError(`${file} holds ${sources.length} captures: name one`);
  const { as: form, side } = raw as { as?: FollowOptions['form']; side?: FollowOptions['side'] };
  await followFlow(sources[0], Number(number), write, {
    ...(await options(raw, signal)),
    ...(form && { form }),
    ...(side && { side }),
  });
  return status;
}

async function sourcesOf(files: readonly string[]): Promise<{ sources: CaptureSource[]; status: number }> {
  if (files.includes('-')) tellWaiting();
  const { sources, notices, damages } = await expandSources(files);
  for (const notice of [...notices, ...damages]) complain(new Error(notice));
  return { sources, status: damages.length > 0 ? EXIT_UNUSABLE : EXIT_CLEAN };
}

/** A reader that closes the pipe early (`| head`) ends the reading too. */
async function options(raw: RawOptions, signal: AbortSignal) {
  const one = (name: string): string | undefined => (typeof raw[name] === 'string' ? raw[name] : undefined);
  const [pod, path] = [one('pod'), one('inventory')];
  const inventory = path === undefined ? undefined : await readInventory(path);
  const closed = new AbortController();
  process.stdout.on('error', () => closed.abort());
  return {
    selection: withPod(selectionOf(raw), pod, inventory),
    stop: AbortSignal.any([signal, closed.signal]),
    onProblem: ({ message }: { message: string }): void => complain(new Error(message)),
  };
}

const write = (text: string | Uint8Array): void => void process.stdout.write(text);

function numberOf(raw: RawOptions, name: string): number | undefined {
  const value = raw[name];
  if (value === undefined) return undefined;
  if (!/^[1-9]\d{0,8}$/.test(String(value))) throw new UsageError(`--${name} must be a number from 1, not "${value}"`);
  return Number(value);
}
