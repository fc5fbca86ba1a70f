import {
  compareRecordings,
  DIFFERENCE_KINDS,
  type Difference,
  type DifferenceKind,
  notCompared,
  type Recording,
} from '../../index.ts';
import type { AnalyzeArguments } from '../analyze-arguments.ts';
import { analyzeWhole } from '../analyze-sources.ts';
import { EXIT_CLEAN, EXIT_FOUND, EXIT_UNUSABLE } from '../exit-status.ts';
import { expandSources } from '../expand-sources.ts';
import { withGateFiles } from '../gate-files.ts';
import { measuredSources } from '../measured-sources.ts';
import type { RawOptions } from '../option-rule.ts';
import { printable } from '../printable.ts';
import { UsageError } from '../usage-error.ts';

/**
 * Says what is not as it was in a golden recording. Status 1 where something is worse or changed.
 *
 * @throws UsageError for a kind of difference that there is not
 */
export async function diffCommand(asked: AnalyzeArguments, raw: RawOptions, stop: AbortSignal): Promise<number> {
  const ignored = ignoredKinds(raw);
  const { given, rules } = await withGateFiles(asked, { baseline: false });
  const recordings: Recording[] = [];
  for (const path of given.files) {
    const expanded = await expandSources([path]);
    const report = await analyzeWhole(
      { ...given, files: [path] },
      expanded,
      rules,
      stop,
      (why) => `${path}: ${why}, so there is nothing to compare`,
    );
    if (report === undefined) return EXIT_UNUSABLE;
    const measures = [...(await measuredSources(expanded.sources, given.selection, stop)).values()];
    recordings.push({ report, measures });
  }
  const [golden, now] = recordings;
  const differences = compareRecordings(golden, now).filter(({ kind }) => !ignored.has(kind));
  process.stdout.write(
    raw.json === true
      ? `${JSON.stringify(differences, null, 2)}\n`
      : told(differences) + open(notCompared(golden, now)),
  );
  return differences.some(({ is }) => is !== 'better') ? EXIT_FOUND : EXIT_CLEAN;
}

function ignoredKinds(raw: RawOptions): ReadonlySet<DifferenceKind> {
  const given = [raw.ignore ?? []].flat() as string[];
  return new Set(
    given.map((each) => {
      const kind = DIFFERENCE_KINDS.find((known) => known === each);
      if (kind === undefined)
        throw new UsageError(`--ignore must be one of ${DIFFERENCE_KINDS.join(', ')}, not "${each}"`);
      return kind;
    }),
  );
}

const told = (differences: readonly Difference[]): string =>
  differences.length === 0
    ? 'nothing is different\n'
    : differences.map(({ is, kind, text }) => `${is.padEnd(8)} ${kind.padEnd(10)} ${printable(text)}\n`).join('');

const open = (sentences: readonly string[]): string =>
  sentences.map((sentence) => `${'open'.padEnd(8)} ${printable(sentence)}\n`).join('');
