import { type AnalyzeOptions, knownFrom } from './analyze-options.ts';
import { assertExaminable, checkOptions } from './checked-options.ts';
import type { CaptureSource } from './decode/files/capture-source.ts';
import { type Examination, examinationOf } from './examination.ts';
import { dropOrdinary } from './flows/correlate/conversations/drop-ordinary.ts';
import type { Evidence, Series } from './flows/evidence/evidence.ts';
import type { Judgement } from './heuristics/judge/judgement.ts';
import { Judging, reportOf } from './judging.ts';
import { evidenceOfCaptures } from './pipeline/evidence-of-captures.ts';
import { type Alterations, assertReadableTwice, exportMissing } from './pipeline/export-missing.ts';
import { inTurns } from './pipeline/in-turns.ts';
import { readSeries } from './pipeline/read-series.ts';
import { joinRotated } from './pipeline/rotated-captures.ts';
import { recordRedaction } from './redact/redact-records.ts';
import { namesIn } from './redact-report.ts';
import type { ReportPictures } from './report/model/pictures.ts';
import type { Report } from './report/model/report.ts';
import { picturesOf } from './report/sections/pictures/pictures-of.ts';
import { wantedSeries } from './report/sections/pictures/wanted-series.ts';
import { StoppedEarly } from './stopped-early.ts';
import { tablesOf } from './tables/tables.ts';
import { TOOL_VERSION } from './tool-version.ts';

/**
 * Reads captures and says what is wrong in them.
 *
 * @param sources paths, bytes, streams or async iterables; several captures of the same traffic are compared
 * @throws PcapdiagError when a source cannot be read as a capture (twice, for `onMissing`), an option is wrong, or `stop`
 *   came before anything was read; the reason of `signal` when it is aborted; network faults never throw
 */
export async function analyze(
  sources: CaptureSource | readonly CaptureSource[],
  options: AnalyzeOptions = {},
): Promise<Report> {
  return (await analyzed(sources, options)).report;
}

/**
 * Reads captures as `analyze` does, and gives what was read: read-only tables, the findings as they are made, and the
 * report. Pseudonyms and pictures are of `analyze` only: tables tell addresses as they were captured, and what a picture
 * shows takes another reading, for a verdict that an examination finds only when it is asked.
 *
 * @param sources paths, bytes, streams or async iterables; several captures of the same traffic are compared
 * @throws PcapdiagError and the reason of `signal`, as `analyze` does; 'bad-option' for `redaction` and `pictures`
 */
export async function examine(
  sources: CaptureSource | readonly CaptureSource[],
  options: Omit<AnalyzeOptions, 'redaction' | 'pictures'> = {},
): Promise<Examination> {
  assertExaminable(options, 'examine');
  const { evidence, tables, early } = await readAll(sources, options);
  return examinationOf(evidence, tables, options, (judgement) => early.cutShort(evidence.captures, judgement));
}

/** A report with what it was made from. */
export interface Analyzed {
  report: Report;
  /** Its findings in the order of the report, with all their packets. */
  judgement: Judgement;
  evidence: Evidence;
  /** The source of each capture of the evidence. */
  sources: CaptureSource[];
  /** Names in the evidence and their pseudonyms, for a redaction. */
  names: ReadonlyMap<string, string>;
}

const NO_NAMES: ReadonlyMap<string, string> = new Map();

/** As `analyze`, for those that look at the packets behind the report. */
export async function analyzed(
  sources: CaptureSource | readonly CaptureSource[],
  options: AnalyzeOptions,
): Promise<Analyzed> {
  const { evidence, tables, sources: read, names, early } = await readAll(sources, options);
  const judgement = await inTurns(new Judging(evidence, tables, options).steps(), options.signal);
  const pictures = options.pictures ? await drawn(read, evidence, judgement, options, early) : undefined;
  const cut = early.cutShort(evidence.captures, judgement);
  const report = reportOf(evidence, judgement, options, { cut, pictures, names });
  return { report, judgement, evidence, sources: read, names };
}

/**
 * The evidence as the rules see it, the whole of it with ordinary connections, tables of that, and where it was read.
 *
 * @throws PcapdiagError and the reason of `signal`, as `analyze` does
 */
export async function readAll(sources: CaptureSource | readonly CaptureSource[], options: AnalyzeOptions) {
  const given = Array.isArray(sources) ? sources : [sources as CaptureSource];
  // A mistake is told before anything is read.
  checkOptions(given, options);
  options.signal?.throwIfAborted();
  const captures = await joinRotated(given);
  if (options.onMissing) assertReadableTwice(captures);
  const cluster = { known: knownFrom(options), points: options.points ?? {} };
  const early = new StoppedEarly(options.stop);
  const { evidence: whole, sources: read } = await evidenceOfCaptures(captures, {
    ...options,
    ...cluster,
    ...early.told,
  });
  const evidence = dropOrdinary(whole);
  const { onMissing, redaction } = options;
  const names = redaction === undefined ? NO_NAMES : namesIn(evidence, redaction);
  // Packets that are copied are redacted as the report is.
  const alterations: Alterations | undefined = redaction && {
    records: () => recordRedaction(redaction),
    textOf: (text) => redaction.text(text, names),
  };
  if (onMissing)
    await early.unlessStopped(options.signal, async (signal) => {
      await onMissing(await exportMissing(read, whole, `pcapdiag ${TOOL_VERSION}`, signal, alterations));
    });
  return { evidence, whole, tables: tablesOf(whole), sources: read, names, early };
}

/** After `stop` there is no further reading: then pictures lack single segments. */
async function drawn(
  sources: readonly CaptureSource[],
  evidence: Evidence,
  judgement: Judgement,
  { selection, inflateLimit, signal: asked }: AnalyzeOptions,
  early: StoppedEarly,
): Promise<ReportPictures> {
  let series: Series | null = null;
  const wanted = wantedSeries(evidence, judgement);
  await early.unlessStopped(asked, async (signal) => {
    series = await readSeries(sources, evidence, wanted, {
      ...(signal && { signal }),
      ...(selection && { selection }),
      ...(inflateLimit !== undefined && { inflateLimit }),
    });
  });
  return picturesOf(evidence, judgement, wanted, series);
}
