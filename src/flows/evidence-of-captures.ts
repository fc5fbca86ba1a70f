import { type CaptureSource, isReadableTwice } from '../decode/files/capture-source.ts';
import { type CorrelateOptions, correlate } from './correlate/correlate.ts';
import { wantedFlows } from './correlate/wanted-flows.ts';
import { type DigestAllOptions, type Digested, digestAll, readRowsAgain, rowsOfOne } from './digest-all.ts';
import type { Evidence } from './evidence.ts';
import { FEW_FLOWS, ROWS_WITH_FEW_FLOWS } from './limits.ts';

/**
 * Reads captures and joins what they show. Where the rows of all packets do not fit into memory the captures are read
 * twice: the first time tells which conversations are in trouble or were counted differently at two points, the second
 * keeps the rows of those (DESIGN.md, decision 6). Captures that can be read only once are told as not assessable.
 */
export async function evidenceOfCaptures(
  sources: readonly CaptureSource[],
  options: DigestAllOptions & CorrelateOptions,
): Promise<Evidence> {
  const digested = await digestAll(sources, options);
  const evidence = correlate(digestsOf(digested), options);
  const isPartial = digested.some(
    ({ digest: { sightings } }) => sightings !== undefined && sightings.wholeFlows !== null,
  );
  if (!isPartial || !digested.every(({ source }) => isReadableTwice(source))) return evidence;
  const rows = rowsOfSecondReading(evidence, digested.length, options);
  // The first rows of every flow take room beside those of the chosen ones.
  const heads = Math.max(...digested.map(({ digest: { sightings } }) => headsOf(sightings)));
  const again = await readRowsAgain(digested, wantedFlows(evidence, rows - heads), rows, options);
  return correlate(digestsOf(again), options);
}

const digestsOf = (digested: readonly Digested[]) => digested.map(({ digest }) => digest);

const headsOf = (table: Digested['digest']['sightings']): number =>
  table === undefined || table.wholeFlows === null ? 0 : table.length;

function rowsOfSecondReading(evidence: Evidence, captures: number, options: DigestAllOptions): number {
  const isRoomy = options.sightings === undefined && evidence.conversations.length <= FEW_FLOWS;
  return isRoomy ? Math.floor(ROWS_WITH_FEW_FLOWS / captures) : rowsOfOne(captures, options);
}
