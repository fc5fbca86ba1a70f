import { formatUnread, PcapdiagError, type RuleSettings } from '../index.ts';
import type { AnalyzeArguments } from './analyze-arguments.ts';
import { type AnalyzedSources, analyzeSources } from './analyze-sources.ts';
import { type Expanded, expandSources } from './expand-sources.ts';
import { type OutputTarget, outputTargets } from './output-targets.ts';
import { writeOutput } from './write-output.ts';

/** Captures to read, and what a job is told where none of them can be read. */
export interface Told {
  given: AnalyzeArguments;
  /** Name of the suite: a scenario; else the captures as given. */
  suite?: string;
  stop: AbortSignal;
}

/** As `expandSources`. What it throws is in the report too, where the format has one for it. */
export async function expandOrTell({ given, suite, stop }: Told): Promise<Expanded> {
  try {
    return await expandSources(given.files);
  } catch (error) {
    if (isUnreadable(error)) {
      const [target] = outputTargets(given.output === undefined ? {} : { output: given.output }, given.files);
      await tell([error], target, { given, suite: suite ?? given.files.join(', '), stop });
    }
    throw error;
  }
}

/** As `analyzeSources`. Where nothing can be read, that is in the report, where the format has one for it. */
export const analyzeOrTell = (
  expanded: Expanded,
  rules: RuleSettings,
  target: OutputTarget,
  told: Told,
): Promise<AnalyzedSources | undefined> =>
  readOrTell(target, told, (onUnread) => analyzeSources(told.given, expanded, rules, told.stop, onUnread));

/**
 * What `read` gives. Where nothing can be read, that is in the report, where the format has one for it.
 *
 * @param read throws, or gives undefined, where nothing can be read; tells each one of several before
 */
export async function readOrTell<T>(
  target: OutputTarget,
  { given, suite = given.files.join(', '), stop }: Told,
  read: (onUnread: (error: Error) => void) => Promise<T>,
): Promise<T> {
  const unread: Error[] = [];
  try {
    const found = await read((error) => void unread.push(error));
    if (found === undefined) await tell(unread, target, { given, suite, stop });
    return found;
  } catch (error) {
    if (isUnreadable(error)) await tell(unread.length > 0 ? unread : [error], target, { given, suite, stop });
    throw error;
  }
}

async function tell(
  errors: readonly Error[],
  target: OutputTarget,
  { given, suite, stop }: Required<Told>,
): Promise<void> {
  const reasons = errors.map(({ message }) => message);
  const report = formatUnread(reasons, given.format, suite);
  if (report !== null && given.picture === undefined) await writeOutput(target, report, stop);
}

/** What is wrong with a capture, and not with what was asked. */
const isUnreadable = (error: unknown): error is PcapdiagError =>
  error instanceof PcapdiagError && error.code !== 'bad-option' && error.code !== 'stopped';
