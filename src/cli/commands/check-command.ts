import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import {
  type MeasuredCaptures,
  readScenario,
  type Scenario,
  type Selection,
  type TrafficMeasures,
  withExpectations,
} from '../../index.ts';
import type { AnalyzeArguments } from '../analyze-arguments.ts';
import { EXIT_CLEAN, EXIT_UNUSABLE } from '../exit-status.ts';
import { withGateFiles } from '../gate-files.ts';
import { measuredSources } from '../measured-sources.ts';
import { pointEntry } from '../option-values.ts';
import { outputTargets } from '../output-targets.ts';
import { appendStepSummary } from '../step-summary.ts';
import { analyzeOrTell, expandOrTell } from '../unread-report.ts';
import { UsageError } from '../usage-error.ts';
import { writeOutput } from '../write-output.ts';
import { exitStatus, formatted } from './analyze-command.ts';

/** Formats of which several, one after the other, are still of that format. */
const JOINABLE = new Set(['text', 'markdown', 'github', 'ndjson']);

/**
 * Checks the expectations of scenarios, and writes a report of each.
 *
 * @returns the worst status: 2 before 1 before 0
 * @throws UsageError, or PcapdiagError that names the scenario and the place in it
 */
export async function checkCommand(asked: AnalyzeArguments, stop: AbortSignal): Promise<number> {
  if (asked.files.length > 1 && (asked.output !== undefined || !JOINABLE.has(asked.format)))
    throw new UsageError(`name one scenario: reports of several are no one ${asked.output ?? asked.format}`);
  let worst = EXIT_CLEAN;
  for (const path of asked.files) {
    const content = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      throw new UsageError(error.code === 'EISDIR' ? `${path} is a folder: name the scenarios in it` : error.message);
    });
    worst = Math.max(worst, await checkOne(path, await readScenario(content, path), asked, stop));
  }
  return worst;
}

async function checkOne(path: string, scenario: Scenario, asked: AnalyzeArguments, stop: AbortSignal): Promise<number> {
  const { given, rules, gate = {}, files } = await withGateFiles(asOptions(path, scenario, asked));
  const expanded = await expandOrTell({ given, suite: path, stop });
  const [target] = outputTargets(given.output === undefined ? {} : { output: given.output }, [
    ...given.files,
    ...expanded.files,
    ...files,
    path,
  ]);
  const analyzed = await analyzeOrTell(expanded, rules, target, { given, suite: path, stop });
  if (analyzed === undefined) return EXIT_UNUSABLE;
  const { unread, damages } = analyzed;
  // What could not be read was told, keeps the gate from passing, and has nothing to measure.
  const measure = (selection: Selection) => measuredSources(expanded.sources, selection, stop, unread > 0);
  const measured = await measuredCaptures(scenario, given.selection, measure);
  const report = withExpectations(analyzed.report, scenario, measured, { ...gate, unread, damages });
  await writeOutput(target, formatted(given, report, path), stop);
  if (given.format === 'github') appendStepSummary(report, process.env);
  return analyzed.isWhole ? exitStatus(given, report) : EXIT_UNUSABLE;
}

/** Paths of a scenario are relative to it, so that it can be run from any folder. */
function asOptions(
  path: string,
  { captures, points = {}, filter }: Scenario,
  asked: AnalyzeArguments,
): AnalyzeArguments {
  const beside = (file: string): string => (isAbsolute(file) ? file : join(dirname(path), file));
  const entries = Object.entries(points).map(([file, place]) => pointEntry(`${beside(file)}=${place}`));
  return {
    ...asked,
    files: captures.map(beside),
    points: Object.fromEntries(entries),
    ...(filter !== undefined && { selection: { filter, filterInside: true } }),
  };
}

/** A capture is read once more, and once for each conversation; only where something is to be measured. */
async function measuredCaptures(
  { expect }: Scenario,
  selection: Selection,
  measure: (selection: Selection) => Promise<Map<string, TrafficMeasures>>,
): Promise<MeasuredCaptures> {
  const isMeasured = expect.measures !== undefined && expect.measures.length > 0;
  const whole = isMeasured ? await measure(selection) : new Map();
  const conversations: MeasuredCaptures['conversations'][number][] = [];
  for (const { between } of expect.conversations ?? [])
    conversations.push(await measure({ ...selection, conversation: between }));
  return { whole, conversations };
}
