import { type AnalyzeOptions, knownFrom } from './analyze-options.ts';
import type { CaptureSource } from './decode/files/capture-source.ts';
import { assertReadableTwice, exportMissing } from './export-missing.ts';
import { thinOut } from './flows/correlate/thin-out.ts';
import { evidenceOfCaptures } from './flows/evidence-of-captures.ts';
import { joinRotated } from './flows/rotated-captures.ts';
import { catalogue } from './heuristics/catalogue.ts';
import { judge } from './heuristics/judge.ts';
import { namesOf } from './heuristics/names.ts';
import { buildReport } from './report/build-report.ts';
import type { Report } from './report/report.ts';

/**
 * Reads captures and says what is wrong in them.
 *
 * @param sources paths, bytes, streams or async iterables; several captures of the same traffic are compared
 * @throws PcapdiagError when a source cannot be read as a capture (twice, for `onMissing`) or an option is wrong; network faults never throw
 */
export async function analyze(
  sources: CaptureSource | readonly CaptureSource[],
  options: AnalyzeOptions = {},
): Promise<Report> {
  const captures = await joinRotated(Array.isArray(sources) ? sources : [sources as CaptureSource]);
  if (options.onMissing) assertReadableTwice(captures);
  const cluster = { known: knownFrom(options), points: options.points ?? {} };
  const evidence = await evidenceOfCaptures(captures, { ...options, ...cluster });
  await options.onMissing?.(await exportMissing(captures, evidence, options.signal));
  const telling = thinOut(evidence);
  const judgement = judge(telling, catalogue, namesOf(telling));
  return buildReport(telling, judgement);
}
