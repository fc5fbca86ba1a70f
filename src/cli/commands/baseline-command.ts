import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import {
  BASELINE_NAME,
  type Baseline,
  type BaselineChange,
  type BaselineEntry,
  baselineEntries,
  formatBaseline,
  prunedBaseline,
  type Report,
  readBaseline,
  updatedBaseline,
} from '../../index.ts';
import { analyzeWhole } from '../analyze-sources.ts';
import type { BaselineArguments } from '../baseline-arguments.ts';
import { EXIT_CLEAN, EXIT_UNUSABLE } from '../exit-status.ts';
import { expandSources } from '../expand-sources.ts';
import { withGateFiles } from '../gate-files.ts';
import { outputTargets } from '../output-targets.ts';
import { printable } from '../printable.ts';
import { today } from '../today.ts';
import { UsageError } from '../usage-error.ts';
import { writeOutput } from '../write-output.ts';

const EMPTY: Baseline = { schemaVersion: 1, findings: [] };

/**
 * Writes a baseline, adds to it or takes out of it, and prints what changed.
 *
 * @throws UsageError where a baseline is there that `write` would replace, or is not there for the others
 */
export async function baselineCommand(asked: BaselineArguments, stop: AbortSignal): Promise<number> {
  const { action } = asked;
  const { given, rules, files } = await withGateFiles(asked.analyze, { baseline: false });
  const path = given.baseline ?? BASELINE_NAME;
  if (action === 'write' && existsSync(path))
    throw new UsageError(`${path} is there: update adds to it, prune takes out of it; delete it to begin anew`);
  const old = action === 'write' ? EMPTY : await readBaseline(await contents(path), path);
  const expanded = await expandSources(given.files);
  const targets = outputTargets({ baseline: path }, [...given.files, ...expanded.files, ...files]);
  // A baseline of half of the captures would let the other half's faults come as new ones, or prune them.
  const report = await analyzeWhole(given, expanded, rules, stop, (why) => `${why}: ${path} stays as it is`);
  if (report === undefined) return EXIT_UNUSABLE;
  const change = changed(asked, old, report, today());
  for (const target of targets)
    if (target.option === 'baseline') await writeOutput(target, formatBaseline(change.baseline), stop);
  process.stdout.write(told(path, change));
  return EXIT_CLEAN;
}

function changed(
  { action, analyze, reason, renew }: BaselineArguments,
  old: Baseline,
  report: Report,
  date: string,
): BaselineChange {
  return action === 'prune'
    ? prunedBaseline(old, report, { today: date })
    : updatedBaseline(old, baselineEntries(report, analyze.failOn ?? 'warning', reason), {
        today: date,
        ...(renew !== undefined && { renew }),
      });
}

function told(path: string, { baseline, added, removed, renewed, expired }: BaselineChange): string {
  const lines = (sign: string, entries: readonly BaselineEntry[], more = (_: BaselineEntry) => '') =>
    entries.map((each) => `${sign} ${each.level} ${each.rule}: ${printable(each.about)}${more(each)}\n`).join('');
  const sizes = [
    `${baseline.findings.length} known`,
    `${added.length} added`,
    `${removed.length} taken out`,
    ...(renewed.length > 0 ? [`${renewed.length} renewed`] : []),
    ...(expired.length > 0 ? [`${expired.length} expired (update --renew DATE for those that are still found)`] : []),
  ];
  return [
    lines('+', added),
    lines('-', removed),
    lines('~', renewed, ({ expires }) => `, holds until ${expires}`),
    lines('!', expired, ({ expires }) => `, expired after ${expires}`),
    `${printable(path)}: ${sizes.join(', ')}\n`,
  ].join('');
}

async function contents(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const hint = error.code === 'ENOENT' ? ' (pcapdiag baseline write makes it)' : '';
    throw new UsageError(`${error.message}${hint}`);
  });
}
