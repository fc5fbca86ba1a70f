import { type CaptureSource, isReadableTwice } from '../decode/files/capture-source.ts';
import type { CaptureDigest, Joined } from '../flows/capture/capture-digest.ts';
import { ORDINARY_KEPT } from '../flows/correlate/conversations/drop-ordinary.ts';
import { type RoomForRows, wantedFlows } from '../flows/correlate/conversations/wanted-flows.ts';
import { type CorrelateOptions, compareRows, joinCaptures } from '../flows/correlate/correlate.ts';
import { captureRows } from '../flows/correlate/same-traffic/sighting-store.ts';
import { inContentOrder } from '../flows/digest/content-order.ts';
import type { Again } from '../flows/digest/read-again.ts';
import { ROWS_OF_A_READING, ROWS_OF_ONE_CONVERSATION } from '../flows/limits.ts';
import type { SightingTable } from '../flows/rows/sighting-table.ts';
import { type DigestAllOptions, digestAll, readRowsAgain } from './digest-all.ts';
import { untilStopped } from './in-turns.ts';
import { sharedMemoryNote } from './shared-memory.ts';

export interface CapturesRead {
  evidence: Joined;
  /** The source of each capture of the evidence. */
  sources: CaptureSource[];
}

/** Reads captures and joins them into one evidence (`evidenceOfDigests`). */
export async function evidenceOfCaptures(
  sources: readonly CaptureSource[],
  options: DigestAllOptions & CorrelateOptions,
  ordinary = ORDINARY_KEPT,
): Promise<CapturesRead> {
  const digested = inContentOrder(await digestAll(sources, options));
  const readable = digested.map(({ source }) => source);
  const digests = digested.map(({ digest }) => digest);
  const further: FurtherRows = {
    canRead: (capture) => isReadableTwice(readable[capture]),
    read: (wanted, rows) =>
      readRowsAgain(
        wanted.map(({ capture, ...again }) => ({ source: readable[capture], ...again })),
        rows,
        options,
      ),
  };
  const evidence = await evidenceOfDigests(digests, further, options, ordinary);
  return { evidence, sources: readable };
}

/** Where the rows of chosen flows come from, when a digest has only the first ones of each. */
export interface FurtherRows {
  canRead: (capture: number) => boolean;
  /**
   * Set where the rows of trouble are worth a reading although counts settle on which hop it is: what happened to a
   * packet between two points (reordering) and bounds of clocks follow from rows alone.
   */
  readonly isForAllTrouble?: boolean;
  /** Rows of each capture that is named, or undefined where they cannot be had. */
  read: (wanted: readonly (Again & { capture: number })[], rows: number) => Promise<(SightingTable | undefined)[]>;
}

/**
 * Joins what was read of captures into one evidence. When the rows of all packets do not fit into memory, the captures
 * are read again (DECISIONS.md). The first pass finds the conversations that are in trouble or have different counts at
 * two points; each further pass keeps the rows of some of those. For captures that can be read only once, the affected
 * hops are reported as not assessable.
 *
 * After `stop`, the evidence is the latest comparison. Without any comparison, the captures are listed side by side.
 *
 * @param digests ordered by content (`inContentOrder`), independent of the order of the sources; not to be used
 *   afterwards
 * @param ordinary how many conversations without trouble `dropOrdinary` keeps
 */
export async function evidenceOfDigests(
  digests: readonly CaptureDigest[],
  further: FurtherRows,
  options: DigestAllOptions & CorrelateOptions,
  ordinary = ORDINARY_KEPT,
): Promise<Joined> {
  const { joined, captures } = joinAll(digests, options);
  const compared = await untilStopped(compareRows(joined, captures, { ordinary }), options);
  if (compared === null) {
    options.onSkipped?.();
    return joined;
  }
  let { evidence, same } = compared;
  const headsOfEach = captures.map(({ sightings }) => headsOf(sightings));
  const heads = headsOfEach.reduce((a, b) => Math.max(a, b), 0);
  if (
    heads === 0 ||
    !(further.isForAllTrouble || lacksRows(evidence)) ||
    !captures.every((_, capture) => headsOfEach[capture] === 0 || further.canRead(capture))
  )
    return evidence;
  // Captures that have a row for every packet are not changed.
  const lacking = captures.map((_, capture) => capture).filter((capture) => headsOfEach[capture] > 0);
  const room = roomForRows(heads, lacking.length, options);
  const indexes = lacking.map((capture) => captures[capture].sightings?.index ?? null);
  let spare = lacking.map((capture) => captures[capture].sightings?.buffer);
  for (const capture of lacking) captures[capture].sightings = undefined;
  const furtherReadings = wantedFlows(evidence, room, new Set(lacking));
  // The room is that of the largest reading, so all readings take the same buffers.
  const roomOfEach = lacking.map((capture) =>
    furtherReadings.reduce((most, wanted) => Math.max(most, headsOfEach[capture] + wanted[capture].rows), 0),
  );
  for (const wanted of furtherReadings) {
    if (options.stop?.aborted) break;
    const { conversations } = evidence;
    const readings = lacking.map((capture, nth) => ({
      capture,
      wholeFlows: wanted[capture].flows,
      index: indexes[nth],
      room: { rows: roomOfEach[nth], spare: spare[nth] },
    }));
    const rows = await further.read(readings, heads + room.ofOneConversation);
    // Rows of a part of a capture would let the rest of it look lost.
    if (options.stop?.aborted) break;
    const full = captures.map((capture) => ({ ...capture }));
    for (const [nth, capture] of lacking.entries()) full[capture].sightings = rows[nth];
    const known = { same, conversations };
    const again = await untilStopped(compareRows(joined, full, { known, ordinary }), options);
    if (again === null) break;
    ({ evidence, same } = again);
    spare = rows.map((table) => table?.buffer);
  }
  if (options.stop?.aborted) options.onSkipped?.();
  return evidence;
}

function joinAll(digests: readonly CaptureDigest[], options: CorrelateOptions) {
  const note = sharedMemoryNote(digests);
  const captures = digests.map(captureRows);
  const joined = joinCaptures(digests, options, { takeOver: true });
  if (note !== null) joined.notes.push(note);
  return { captures, joined };
}

/** No packets need to be compared when the captures share no traffic, or when the counts settle everything. */
const lacksRows = ({ conversations }: Joined): boolean =>
  conversations.some(({ hops }) => hops.some(({ unknown }) => unknown?.code === 'rows-not-kept'));

/** Rows of a table that keeps only the first rows of each flow; 0 for a table that keeps all. */
const headsOf = (table: SightingTable | undefined): number =>
  table === undefined || table.wholeFlows === null ? 0 : table.length;

/** The first rows of every flow take space beside those of the chosen flows. */
function roomForRows(heads: number, captures: number, { sightings }: DigestAllOptions): RoomForRows {
  if (sightings !== undefined) return { ofReading: sightings - heads, ofOneConversation: sightings - heads };
  const [ofReading, ofOneConversation] = [ROWS_OF_A_READING, ROWS_OF_ONE_CONVERSATION];
  return { ofReading: Math.floor(ofReading / captures), ofOneConversation: Math.floor(ofOneConversation / captures) };
}
