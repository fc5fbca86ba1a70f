import { type CaptureSource, isReadableTwice } from '../decode/files/capture-source.ts';
import type { Joined } from './capture-digest.ts';
import { NOT_EVERY_PACKET } from './correlate/conversation-hops.ts';
import { type CorrelateOptions, compareRows, joinCaptures, type SameTraffic } from './correlate/correlate.ts';
import { type CaptureRows, captureRows } from './correlate/sighting-store.ts';
import { wantedFlows } from './correlate/wanted-flows.ts';
import { type DigestAllOptions, digestAll, readRowsAgain, rowsOfOne } from './digest-all.ts';
import { FEW_FLOWS, ROWS_WITH_FEW_FLOWS } from './limits.ts';
import type { SightingTable } from './sightings.ts';

/**
 * Reads captures and joins what they show. Where the rows of all packets do not fit into memory the captures are read
 * twice: the first time tells which conversations are in trouble or were counted differently at two points, the second
 * keeps the rows of those (DESIGN.md, decision 6). Captures that can be read only once are told as not assessable.
 */
export async function evidenceOfCaptures(
  sources: readonly CaptureSource[],
  options: DigestAllOptions & CorrelateOptions,
): Promise<Joined> {
  const { joined, captures, readable } = await readAndJoin(sources, options);
  const first = firstComparison(joined, captures, readable, options);
  if (first.wanted === null) return first.evidence;
  const { wanted, rows, same } = first;
  const readings = readable.map((source, capture) => ({
    source,
    wholeFlows: wanted[capture],
    index: captures[capture].sightings?.index ?? null,
  }));
  for (const capture of captures) capture.sightings = undefined;
  const again = await readRowsAgain(readings, rows, options);
  const full = captures.map((capture, index) => ({ ...capture, sightings: again[index] }));
  return compareRows(joined, full, same).evidence;
}

async function readAndJoin(sources: readonly CaptureSource[], options: DigestAllOptions & CorrelateOptions) {
  const digested = await digestAll(sources, options);
  const digests = digested.map(({ digest }) => digest);
  return {
    captures: digests.map(captureRows),
    joined: joinCaptures(digests, options, { takeOver: true }),
    readable: digested.map(({ source }) => source),
  };
}

/** The evidence, or when a second reading will tell more only what that is to look for: evidence takes memory. */
function firstComparison(
  joined: Joined,
  captures: readonly CaptureRows[],
  sources: readonly CaptureSource[],
  options: DigestAllOptions,
): { wanted: null; evidence: Joined } | { wanted: ReadonlySet<number>[]; rows: number; same: SameTraffic } {
  const { evidence, same } = compareRows(joined, captures);
  const heads = Math.max(...captures.map(({ sightings }) => headsOf(sightings)));
  if (heads === 0 || !lacksRows(evidence) || !sources.every(isReadableTwice)) return { wanted: null, evidence };
  const rows = rowsOfSecondReading(evidence, captures.length, options);
  // The first rows of every flow take room beside those of the chosen ones.
  return { wanted: wantedFlows(evidence, rows - heads), rows, same };
}

/** Captures that share no traffic, or only what counts settle, need no packets to be compared. */
const lacksRows = ({ conversations }: Joined): boolean =>
  conversations.some(({ hops }) => hops.some(({ because }) => because === NOT_EVERY_PACKET));

/** Rows of a table that has the first ones of each flow only; 0 of one that has all. */
const headsOf = (table: SightingTable | undefined): number =>
  table === undefined || table.wholeFlows === null ? 0 : table.length;

function rowsOfSecondReading(evidence: Joined, captures: number, options: DigestAllOptions): number {
  const isRoomy = options.sightings === undefined && evidence.conversations.length <= FEW_FLOWS;
  return isRoomy ? Math.floor(ROWS_WITH_FEW_FLOWS / captures) : rowsOfOne(captures, options);
}
