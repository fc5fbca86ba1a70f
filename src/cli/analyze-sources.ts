import { analyze, isJudged, type MissingPackets, type Redaction, type Report, type RuleSettings } from '../index.ts';
import { analysisOptions } from './analysis-options.ts';
import type { AnalyzeArguments } from './analyze-arguments.ts';
import { complain } from './complain.ts';
import type { Expanded } from './expand-sources.ts';
import { assertPoints } from './given-points.ts';
import { keepHeapLean } from './lean-heap.ts';
import { progressOn } from './progress.ts';
import { tellWaiting } from './waiting.ts';

export interface AnalyzedSources {
  report: Report;
  missing: MissingPackets | undefined;
  /** False when a capture, or a part of an archive, could not be read. */
  isWhole: boolean;
  /** Captures that could not be read. */
  unread: number;
  /** What is damaged around them, such as an archive that ends too early: sentences. */
  damages: readonly string[];
  /** Whose pseudonyms the report has. */
  redaction: Redaction | undefined;
}

/**
 * Analyses captures as the options of the command say. What cannot be read is told on standard error.
 *
 * @param stop the report is to tell what is known so far
 * @param onUnread is told of each capture that cannot be read; for the only one the function throws
 * @returns undefined when no capture could be read
 */
export async function analyzeSources(
  given: AnalyzeArguments,
  { sources, notices, damages }: Expanded,
  rules: RuleSettings,
  stop: AbortSignal,
  onUnread?: (error: Error) => void,
): Promise<AnalyzedSources | undefined> {
  assertPoints(Object.keys(given.points), sources);
  keepHeapLean(sources.length);
  const options = await analysisOptions(given, sources.length);
  for (const notice of [...notices, ...damages]) complain(new Error(notice));
  if (given.files.includes('-')) tellWaiting();
  let unreadable = 0;
  let missing: MissingPackets | undefined;
  const onUnreadable = (error: Error) => {
    unreadable++;
    onUnread?.(error);
    complain(error);
  };
  const progress = process.stderr.isTTY && !given.quiet ? progressOn(process.stderr) : undefined;
  try {
    const report = await analyze(sources, {
      ...options,
      rules,
      stop,
      ...(given.exportMissing !== undefined && { onMissing: (found) => void (missing = found) }),
      ...(progress && { onProgress: progress.onProgress }),
      // When the only capture cannot be read, there is nothing to report.
      ...(sources.length > 1 && { onUnreadable }),
    });
    if (unreadable === sources.length) return undefined;
    const isWhole = unreadable === 0 && damages.length === 0;
    return { report, missing, isWhole, unread: unreadable, damages, redaction: options.redaction };
  } catch (error) {
    if (unreadable > 0 && unreadable === sources.length) return undefined;
    throw error;
  } finally {
    progress?.end();
  }
}

/**
 * As `analyzeSources`, for commands that ask what is not there any more: neither what was not read nor what could not be
 * judged shows it.
 *
 * @param told what to say on standard error where nothing could be judged, with the reason
 * @returns undefined for any such report
 */
export async function analyzeWhole(
  given: AnalyzeArguments,
  expanded: Expanded,
  rules: RuleSettings,
  stop: AbortSignal,
  told: (why: string) => string,
): Promise<Report | undefined> {
  const analyzed = await analyzeSources(given, expanded, rules, stop);
  if (analyzed === undefined || !analyzed.isWhole || analyzed.report.partial !== undefined) return undefined;
  if (isJudged(analyzed.report)) return analyzed.report;
  complain(new Error(told(nothingJudged(analyzed.report))));
  return undefined;
}

/** Why a report could judge nothing. */
export const nothingJudged = ({ captures }: Report): string =>
  captures.every(({ packets }) => packets === 0) ? 'there are no packets to judge' : 'nothing could be judged';
