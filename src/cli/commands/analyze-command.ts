import { readFile, writeFile } from 'node:fs/promises';
import {
  type AnalyzeOptions,
  analyze,
  formatJson,
  formatMarkdown,
  formatText,
  type MissingPackets,
  PcapdiagError,
  type Report,
} from '../../index.ts';
import type { AnalyzeArguments, FailLevel } from '../analyze-arguments.ts';
import { useColor } from '../color-choice.ts';
import { complain } from '../complain.ts';
import { EXIT_CLEAN, EXIT_FOUND, EXIT_UNUSABLE } from '../exit-status.ts';
import { expandSources } from '../expand-sources.ts';
import { progressOn } from '../progress.ts';
import { UsageError } from '../usage-error.ts';

/** Bytes of one row in the packet comparison (columns of `SightingTable`, rounded up). */
const BYTES_PER_ROW = 64;

/**
 * Analyses the captures, writes the report and returns the exit status. Unreadable captures are reported on standard
 * error.
 */
export async function analyzeCommand(given: AnalyzeArguments, signal: AbortSignal): Promise<number> {
  const sources = await expandSources(given.files);
  const options = await analyzeOptions(given, sources.length);
  let unreadable = 0;
  let missing: MissingPackets | undefined;
  const onUnreadable = (error: Error) => {
    unreadable++;
    if (!signal.aborted) complain(error);
  };
  const progress = process.stderr.isTTY && !given.quiet ? progressOn(process.stderr) : undefined;
  try {
    const report = await analyze(sources, {
      ...options,
      signal,
      ...(given.exportMissing !== undefined && { onMissing: (found) => void (missing = found) }),
      ...(progress && { onProgress: progress.onProgress }),
      // When the only capture cannot be read, there is nothing to report.
      ...(sources.length > 1 && { onUnreadable }),
    });
    progress?.end();
    signal.throwIfAborted();
    if (unreadable === sources.length) return EXIT_UNUSABLE;
    await write(given, formatted(given, report));
    if (missing !== undefined && given.exportMissing !== undefined) await writeMissing(given.exportMissing, missing);
    return unreadable > 0 ? EXIT_UNUSABLE : exitStatus(given, report);
  } catch (error) {
    progress?.end();
    if (unreadable === sources.length) return EXIT_UNUSABLE;
    throw error;
  }
}

async function analyzeOptions(given: AnalyzeArguments, captures: number): Promise<AnalyzeOptions> {
  const { points, serviceCidrs, podCidrs, nodes, dnsServers, memoryLimit } = given;
  return {
    points,
    ...(serviceCidrs.length > 0 && { serviceCidrs }),
    ...(podCidrs.length > 0 && { podCidrs }),
    ...(Object.keys(nodes).length > 0 && { nodes }),
    ...(dnsServers.length > 0 && { dnsServers }),
    ...(given.inventory !== undefined && { inventory: await readInventory(given.inventory) }),
    ...(memoryLimit !== undefined && { sightings: Math.max(1, Math.floor(memoryLimit / BYTES_PER_ROW / captures)) }),
  };
}

/** Boundary between two kubectl lists in one file, when several calls wrote to it: braces in column one. */
const BETWEEN_LISTS = /(?<=^\})\s+(?=^\{)/m;

async function readInventory(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new UsageError(`--inventory: ${error.message}`);
  });
  try {
    const lists = text.split(BETWEEN_LISTS).map((list): unknown => JSON.parse(list));
    return lists.length === 1 ? lists[0] : lists;
  } catch (error) {
    throw new UsageError(`--inventory: ${path} is no JSON: ${error instanceof Error ? error.message : error}`);
  }
}

function formatted(given: AnalyzeArguments, report: Report): string {
  if (given.format === 'json') return formatJson(report);
  if (given.format === 'markdown') return formatMarkdown(report);
  const toTerminal = given.output === undefined && process.stdout.isTTY === true;
  return formatText(report, {
    color: useColor(given.color, process.env, toTerminal),
    brief: given.quiet,
    ...(toTerminal && { width: process.stdout.columns }),
  });
}

async function write({ output }: AnalyzeArguments, text: string): Promise<void> {
  if (output === undefined || output === '-') {
    process.stdout.write(text);
    return;
  }
  await writeFile(output, text).catch((error: Error) => {
    throw new UsageError(`--output: ${error.message}`);
  });
}

async function writeMissing(path: string, { file, packets, notices }: MissingPackets): Promise<void> {
  for (const notice of notices) complain(new Error(`--export-missing: ${notice}`));
  if (packets === 0) {
    complain(new Error(`--export-missing: no packet is known to be lost between two points; ${path} is not written`));
    return;
  }
  await writeFile(path, file).catch((error: Error) => {
    throw new UsageError(`--export-missing: ${error.message}`);
  });
}

const SEVERITY = { never: 0, error: 1, warning: 2, note: 3 } as const satisfies Record<FailLevel, number>;

function exitStatus({ failOn, strict }: AnalyzeArguments, report: Report): number {
  const damaged = report.captures.some(({ problems }) => problems.length > 0);
  const judged = report.verdict !== null || report.triage.some((row) => row.verdict !== 'not-assessable');
  if (strict && (damaged || !judged)) {
    complain(
      new PcapdiagError(
        'corrupt-header',
        damaged ? 'a capture is damaged (--strict)' : 'nothing could be judged (--strict)',
      ),
    );
    return EXIT_UNUSABLE;
  }
  const found = report.findings.some(({ level }) => SEVERITY[level] <= SEVERITY[failOn]);
  return found ? EXIT_FOUND : EXIT_CLEAN;
}
