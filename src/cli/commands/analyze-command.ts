import { analyze, formatCommands, formatReport, type MissingPackets, type Report } from '../../index.ts';
import { analysisOptions } from '../analysis-options.ts';
import type { AnalyzeArguments, FailLevel } from '../analyze-arguments.ts';
import { useColor } from '../color-choice.ts';
import { complain } from '../complain.ts';
import { EXIT_CLEAN, EXIT_FOUND, EXIT_UNUSABLE } from '../exit-status.ts';
import { expandSources } from '../expand-sources.ts';
import { assertPoints } from '../given-points.ts';
import { keepHeapLean } from '../lean-heap.ts';
import { type OutputTarget, outputTargets } from '../output-targets.ts';
import { progressOn } from '../progress.ts';
import { appendStepSummary } from '../step-summary.ts';
import { tellWaiting } from '../waiting.ts';
import { writeOutput } from '../write-output.ts';

/**
 * Analyses, writes the report, and returns the exit status. Unreadable captures are told on standard error.
 *
 * @param stop the report is to tell what is known so far
 */
export async function analyzeCommand(given: AnalyzeArguments, stop: AbortSignal): Promise<number> {
  const { sources, files, notices, damages } = await expandSources(given.files);
  const inputs = [
    ...given.files,
    ...files,
    ...[given.inventory, given.redactKeyFile].filter((path) => path !== undefined),
  ];
  const targets = outputTargets(
    {
      ...(given.output !== undefined && { output: given.output }),
      ...(given.exportMissing !== undefined && { 'export-missing': given.exportMissing }),
    },
    inputs,
  );
  assertPoints(Object.keys(given.points), sources);
  keepHeapLean();
  const options = await analysisOptions(given, sources.length);
  for (const notice of [...notices, ...damages]) complain(new Error(notice));
  if (given.files.includes('-')) tellWaiting();
  let unreadable = 0;
  let missing: MissingPackets | undefined;
  const onUnreadable = (error: Error) => {
    unreadable++;
    complain(error);
  };
  const progress = process.stderr.isTTY && !given.quiet ? progressOn(process.stderr) : undefined;
  let report: Report;
  try {
    report = await analyze(sources, {
      ...options,
      stop,
      ...(given.exportMissing !== undefined && { onMissing: (found) => void (missing = found) }),
      ...(progress && { onProgress: progress.onProgress }),
      // When the only capture cannot be read, there is nothing to report.
      ...(sources.length > 1 && { onUnreadable }),
    });
  } catch (error) {
    if (unreadable > 0 && unreadable === sources.length) return EXIT_UNUSABLE;
    throw error;
  } finally {
    progress?.end();
  }
  if (unreadable === sources.length) return EXIT_UNUSABLE;
  const isWritten = await writeAll(given, targets, report, missing, stop);
  if (given.format === 'github') appendStepSummary(report, process.env);
  const isWhole = isWritten && unreadable === 0 && damages.length === 0;
  return isWhole ? exitStatus(given, report) : EXIT_UNUSABLE;
}

export function formatted(given: AnalyzeArguments, report: Report): string {
  if (given.format === 'text' && given.commands) return formatCommands(report);
  const toTerminal = (given.output === undefined || given.output === '-') && process.stdout.isTTY === true;
  return formatReport(report, given.format, {
    color: useColor(given.color, process.env, toTerminal),
    brief: given.quiet,
    verbose: given.verbose,
    ...(toTerminal && { width: process.stdout.columns }),
  });
}

/** Every output, though one of them fails; false when one does. */
async function writeAll(
  given: AnalyzeArguments,
  targets: readonly OutputTarget[],
  report: Report,
  missing: MissingPackets | undefined,
  stop: AbortSignal,
): Promise<boolean> {
  let isWritten = true;
  for (const target of targets) {
    const data = target.option === 'output' ? formatted(given, report) : toExport(target.path, missing);
    if (data === undefined) continue;
    try {
      await writeOutput(target, data, stop);
    } catch (error) {
      isWritten = false;
      complain(error instanceof Error ? error : new Error(String(error)));
    }
  }
  return isWritten;
}

/** Undefined when there is nothing to write: then a file of an earlier run stays. */
function toExport(path: string, missing: MissingPackets | undefined): Uint8Array | undefined {
  for (const notice of missing?.notices ?? []) complain(new Error(`--export-missing: ${notice}`));
  if (missing !== undefined && missing.packets > 0) return missing.file;
  const because = missing === undefined ? 'stopped' : 'no packet is known to be lost between two points';
  complain(new Error(`--export-missing: ${because}; ${path} is not written`));
  return undefined;
}

const SEVERITY = { never: 0, error: 1, warning: 2, note: 3 } as const satisfies Record<FailLevel, number>;

export function exitStatus({ failOn, strict, allowNothing }: AnalyzeArguments, report: Report): number {
  const damaged = report.captures.some(({ problems }) => problems.length > 0);
  const judged = report.verdict !== null || report.triage.some((row) => row.verdict !== 'not-assessable');
  if (strict && damaged) return unusable('a capture is damaged (--strict)');
  if (!judged && !allowNothing) return unusable(`${nothingJudged(report)} (exit status 2; --allow-nothing makes it 0)`);
  const found = report.findings.some(({ level }) => SEVERITY[level] <= SEVERITY[failOn]);
  return found ? EXIT_FOUND : EXIT_CLEAN;
}

const nothingJudged = ({ captures }: Report): string =>
  captures.every(({ packets }) => packets === 0) ? 'there are no packets to judge' : 'nothing could be judged';

function unusable(why: string): number {
  complain(new Error(why));
  return EXIT_UNUSABLE;
}
