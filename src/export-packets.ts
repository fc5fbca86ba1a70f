import { basename } from 'node:path';
import { analyzed } from './analyze.ts';
import type { AnalyzeOptions } from './analyze-options.ts';
import { type CaptureSource, isReadableTwice, sourceName } from './decode/files/capture-source.ts';
import { type FindingName, namedFindings, wantedPackets } from './export/wanted-packets.ts';
import { type CaptureToExport, type Written, writeChosen } from './export/write-chosen.ts';
import { packetSelection, type Selection } from './filter/selection.ts';
import type { Evidence } from './flows/evidence/evidence.ts';
import { recordRedaction } from './redact/redact-records.ts';
import type { Redaction } from './redact/redaction.ts';
import type { Report } from './report/model/report.ts';
import { PcapdiagError } from './text/pcapdiag-error.ts';
import { sanitize } from './text/sanitize.ts';
import { TOOL_VERSION } from './tool-version.ts';

export type { FindingName, Written };

/** What `exportPackets` may be told. */
export interface ExportOptions extends Omit<AnalyzeOptions, 'onMissing' | 'selection' | 'stop'> {
  /**
   * Only the packets that are evidence of these findings: their number in the report (from 1), the id of their rule, or
   * their fingerprint. Without it every packet that `selection` selects, with comments on those that are evidence of any
   * finding.
   */
  findings?: readonly FindingName[];
  /** With `findings`: every packet of the conversations that they are about, too. */
  wholeConversations?: boolean;
  /**
   * Replaces addresses, names and payload in the packets by pseudonyms, and in the comments; checksums that were right
   * are right. The report is redacted, too.
   */
  redaction?: Redaction;
  /** Which packets are written. The analysis sees all of them: what is left out of the file was not left out of sight. */
  selection?: Selection;
}

/** A pcapng file while it is made, and what was found. */
export interface PacketExport {
  /** What was found in the captures. */
  report: Report;
  /** The pcapng file, chunk by chunk while the captures are read again; undefined when no packet is chosen. */
  file: AsyncIterable<Uint8Array> | undefined;
  /** What was written so far: complete when `file` has ended. */
  written: Written;
}

/** Findings that are named in the comments of the file. */
const MOST_NAMED = 20;

/**
 * Cuts packets out of captures into one pcapng file, by their time stamps, with a comment on each packet that is evidence
 * of a finding. The captures are read twice: to judge them, and to copy the packets. One chunk of each is in memory.
 *
 * @throws PcapdiagError as `analyze` does; 'bad-option' for a finding that is not there, and for a source that can be
 *   read only once
 */
export async function exportPackets(
  sources: CaptureSource | readonly CaptureSource[],
  options: ExportOptions = {},
): Promise<PacketExport> {
  const { findings = [], wholeConversations = false, selection = {}, ...rest } = options;
  packetSelection(selection);
  const given = Array.isArray(sources) ? (sources as readonly CaptureSource[]) : [sources as CaptureSource];
  assertTwice(given);
  const { report, judgement, evidence, sources: read, names } = await analyzed(given, rest);
  const { redaction } = options;
  const safe = (text: string): string => sanitize(redaction === undefined ? text : redaction.text(text, names));
  const named = namedFindings(judgement, findings, (fingerprint) => redaction?.fingerprint(fingerprint) ?? fingerprint);
  const isEvidenceOnly = findings.length > 0;
  const wanted = wantedPackets(evidence, { findings: named, isEvidenceOnly, isWhole: wholeConversations }, safe);
  const captures = read.map(
    (source, capture): CaptureToExport => ({
      source,
      wanted: wanted[capture],
      selection,
      name: safe(nameOf(evidence, capture)),
      description: safe(evidence.captures[capture].path),
      textOf: safe,
      alter: redaction && recordRedaction(redaction),
    }),
  );
  const comments = named
    .slice(0, MOST_NAMED)
    .map(
      ({ number, judged }) =>
        `finding ${number} (${judged.level}, ${judged.meta.id}): ${safe(judged.explanation.message)}`,
    );
  const written: Written = { packets: 0, commented: 0 };
  const chunks = writeChosen(captures, { application: `pcapdiag ${TOOL_VERSION}`, comments }, written, options.signal);
  const first = await chunks.next();
  const file = written.packets === 0 || first.done ? undefined : after(first.value, chunks);
  return { report, file, written };
}

/** @throws PcapdiagError 'bad-option' for standard input, a pipe or a stream */
function assertTwice(sources: readonly CaptureSource[]): void {
  const once = sources.find((source) => !isReadableTwice(source));
  if (once === undefined) return;
  const message = `${sourceName(once) ?? 'a stream'} can be read only once; packets are copied from a second reading: save it to a file`;
  throw new PcapdiagError('bad-option', message);
}

/** The capture point where a capture has one only; else its file. */
function nameOf({ points, captures }: Evidence, capture: number): string {
  const own = points.filter((point) => point.capture === capture);
  return own.length === 1 ? own[0].name : basename(captures[capture].path);
}

async function* after(first: Uint8Array, others: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  yield* others;
}
