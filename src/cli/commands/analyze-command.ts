import {
  formatCommands,
  formatPicture,
  formatReport,
  isJudged,
  type MissingPackets,
  type Report,
  withGate,
} from '../../index.ts';
import type { AnalyzeArguments } from '../analyze-arguments.ts';
import { nothingJudged } from '../analyze-sources.ts';
import { useColor } from '../color-choice.ts';
import { complain } from '../complain.ts';
import { EXIT_CLEAN, EXIT_FOUND, EXIT_UNUSABLE } from '../exit-status.ts';
import { redactedGate, withGateFiles } from '../gate-files.ts';
import { type OutputTarget, outputTargets } from '../output-targets.ts';
import { appendStepSummary } from '../step-summary.ts';
import { analyzeOrTell, expandOrTell } from '../unread-report.ts';
import { UsageError } from '../usage-error.ts';
import { writeOutput } from '../write-output.ts';

/**
 * Analyses, writes the report, and returns the exit status. Unreadable captures are told on standard error.
 *
 * @param stop the report is to tell what is known so far
 */
export async function analyzeCommand(asked: AnalyzeArguments, stop: AbortSignal): Promise<number> {
  const { given, rules, gate, files: ownFiles } = await withGateFiles(asked);
  const expanded = await expandOrTell({ given, stop });
  const inputs = [...given.files, ...expanded.files, ...ownFiles];
  const targets = outputTargets(
    {
      ...(given.output !== undefined && { output: given.output }),
      ...(given.exportMissing !== undefined && { 'export-missing': given.exportMissing }),
    },
    [...inputs, ...[given.inventory, given.redactKeyFile].filter((path) => path !== undefined)],
  );
  const analyzed = await analyzeOrTell(expanded, rules, targets[0], { given, stop });
  if (analyzed === undefined) return EXIT_UNUSABLE;
  const report =
    gate === undefined
      ? analyzed.report
      : withGate(analyzed.report, {
          ...redactedGate(gate, analyzed.report, analyzed.redaction),
          unread: analyzed.unread,
          damages: analyzed.damages,
          allowNothing: given.allowNothing,
        });
  const isWritten = await writeAll(given, targets, report, analyzed.missing, stop);
  if (given.format === 'github') appendStepSummary(report, process.env);
  return isWritten && analyzed.isWhole ? exitStatus(given, report) : EXIT_UNUSABLE;
}

/** @param file where results and annotations stand: a scenario */
export function formatted(given: AnalyzeArguments, report: Report, file?: string): string {
  if (given.format === 'text' && given.commands) return formatCommands(report);
  const toTerminal = (given.output === undefined || given.output === '-') && process.stdout.isTTY === true;
  return formatReport(report, given.format, {
    ...(file !== undefined && { file }),
    color: useColor(given.color, process.env, toTerminal),
    brief: given.quiet,
    verbose: given.verbose,
    ...(toTerminal && { width: process.stdout.columns }),
  });
}

/** The report, or the picture that was asked for in its place. @throws UsageError when there is nothing to draw */
function written(given: AnalyzeArguments, report: Report): string {
  if (given.picture === undefined) return formatted(given, report);
  const picture = formatPicture(report, given.picture);
  if (picture === null) throw new UsageError(`--picture: this report has nothing to draw as ${given.picture}`);
  return picture;
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
    try {
      const data = target.option === 'output' ? written(given, report) : toExport(target.path, missing);
      if (data === undefined) continue;
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

export function exitStatus({ strict, allowNothing, failOn }: AnalyzeArguments, report: Report): number {
  const damaged = report.captures.some(({ problems }) => problems.length > 0);
  if (strict && damaged) return unusable('a capture is damaged (--strict)');
  if (!isJudged(report) && !allowNothing)
    return unusable(`${nothingJudged(report)} (exit status 2; --allow-nothing makes it 0)`);
  const gate = report.gate ?? withGate(report, { allowNothing, ...(failOn !== undefined && { failOn }) }).gate;
  if (gate.status === 'not-assessable') return unusable(gate.because[0]);
  return gate.status === 'failed' ? EXIT_FOUND : EXIT_CLEAN;
}

function unusable(why: string): number {
  complain(new Error(why));
  return EXIT_UNUSABLE;
}
