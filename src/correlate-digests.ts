import { type CorrelateDigestsOptions, knownFrom } from './analyze-options.ts';
import { checkDigestOptions } from './checked-options.ts';
import { dropOrdinary, ORDINARY_KEPT } from './flows/correlate/conversations/drop-ordinary.ts';
import type { CorrelationNote, Evidence } from './flows/evidence/evidence.ts';
import { Judging, reportOf } from './judging.ts';
import { evidenceOfDigests } from './pipeline/evidence-of-captures.ts';
import { inTurns } from './pipeline/in-turns.ts';
import {
  placeDigests,
  readStored,
  type Stored,
  type StoredDigest,
  type StoredFile,
  StoredRows,
  type WantedOfCapture,
} from './pipeline/stored-digests.ts';
import type { Report } from './report/model/report.ts';
import { tablesOf } from './tables/tables.ts';
import { PcapdiagError } from './text/pcapdiag-error.ts';

/** The report, and the rows that would settle what it could not assess; null when it needs none. */
export interface Correlated {
  /** The report. */
  report: Report;
  /** Rows that would settle more; null when none would. */
  wanted: Wanted | null;
}

/** What `pcapdiag rows` is to read where the captures lie. */
export interface Wanted {
  /** Version of this form. */
  wantedVersion: 1;
  /** What is wanted of each capture. */
  captures: WantedOfCapture[];
}

/**
 * Joins digests of captures, and judges them as `analyze` judges the captures.
 *
 * @param files digests, and rows that answer an earlier `wanted`
 * @throws PcapdiagError for a wrong option, and for a file that is no digest, was changed, or has another form; for no digest at all
 */
export async function correlateDigests(
  files: AsyncIterable<StoredFile> | Iterable<StoredFile>,
  options: CorrelateDigestsOptions = {},
): Promise<Correlated> {
  checkDigestOptions(options);
  const { digests, rows } = await readStored(files, options.sightings, options.onUnreadable);
  if (digests.length === 0) throw new PcapdiagError('empty-file', 'no digest to correlate');
  try {
    return await correlated(digests, rows, options);
  } catch (error) {
    throw error instanceof TypeError || error instanceof RangeError ? contradicting(error) : error;
  }
}

async function correlated(
  digests: readonly StoredDigest[],
  rows: Stored['rows'],
  options: CorrelateDigestsOptions,
): Promise<Correlated> {
  const { ordered, points, notes } = placeDigests(digests);
  const stored = new StoredRows(ordered, rows, options.sightings);
  const given = { known: knownFrom(options), points: { ...points, ...options.points } };
  const evidence = await evidenceOfDigests(
    ordered.map(({ digest }) => digest),
    stored,
    { ...given, ...(options.signal && { signal: options.signal }) },
    ORDINARY_KEPT,
  );
  evidence.notes.push(...notes, ...lackingOf(evidence, options.expected ?? []));
  const telling = dropOrdinary(evidence);
  const judging = new Judging(telling, tablesOf(evidence), options);
  const report = reportOf(telling, await inTurns(judging.steps(), options.signal), options);
  // At a single point there is nothing to compare packets with.
  const wanted = evidence.points.length > 1 ? stored.wanted : [];
  return { report, wanted: wanted.length === 0 ? null : { wantedVersion: 1, captures: wanted } };
}

/** Types and references of digests are checked; a forged one can still contradict itself. */
const contradicting = (error: Error): PcapdiagError =>
  new PcapdiagError(
    'corrupt-header',
    `the digests cannot be correlated: what one says contradicts itself, or pcapdiag is wrong (${error.message})`,
    { cause: error },
  );

/** What of the expected captures is missing, empty or partial. */
function lackingOf(
  { captures, points }: Pick<Evidence, 'captures' | 'points'>,
  expected: readonly string[],
): CorrelationNote[] {
  return expected.flatMap((name): CorrelationNote[] => {
    const seen = points.filter(({ host, interfaceName, capture }) => {
      const file = captures[capture].path.split('/').at(-1);
      return [host, file, `${host}/${interfaceName}`, `${host}/${file}`].includes(name);
    });
    const says = (state: 'missing' | 'empty' | 'partial'): CorrelationNote[] => [
      { code: 'capture-expected', expected: name, state },
    ];
    if (seen.length === 0) return says('missing');
    if (seen.every(({ quality }) => quality.packets === 0)) return says('empty');
    return seen.some(({ capture }) => captures[capture].isPartial) ? says('partial') : [];
  });
}
