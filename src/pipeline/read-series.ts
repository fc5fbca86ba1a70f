import { type CaptureSource, isReadableTwice, readCapture } from '../decode/files/capture-source.ts';
import { packetSelection, type Selection } from '../filter/selection.ts';
import { TimeOrder } from '../flows/capture/time-order.ts';
import type { Evidence, Series, WantedSeries } from '../flows/evidence/evidence.ts';
import { SeriesReader, type WantedOfCapture } from '../flows/series/series-reader.ts';

export interface SeriesOptions {
  signal?: AbortSignal;
  selection?: Selection;
  /** Bytes that a compressed file may give at most. */
  inflateLimit?: number;
}

/**
 * Reads the captures again for what pictures show of single packets. Captures of which nothing is wanted are not read,
 * and those that can be read only once are left out.
 *
 * @param sources the source of each capture of the evidence
 * @throws PcapdiagError as `readCapture` does
 */
export async function readSeries(
  sources: readonly CaptureSource[],
  evidence: Evidence,
  wanted: WantedSeries,
  { signal, selection, inflateLimit }: SeriesOptions,
): Promise<Series> {
  const series: Series = { connections: [], packets: [] };
  for (const [capture, source] of sources.entries()) {
    const ofCapture = wantedOf(evidence, wanted, capture);
    if (ofCapture.connections.length + ofCapture.packets.size === 0 || !isReadableTwice(source)) continue;
    const reader = new SeriesReader(ofCapture, selection === undefined ? undefined : packetSelection(selection));
    const stop = new AbortController();
    const inOrder = new TimeOrder(reader);
    await readCapture(source, inOrder, {
      stop: stop.signal,
      onProgress: () => reader.isDone && stop.abort(),
      ...(signal && { signal }),
      ...(inflateLimit !== undefined && { inflateLimit }),
    });
    inOrder.end();
    const { connections, packets } = reader.finish();
    series.connections.push(...connections);
    series.packets.push(...packets);
  }
  return series;
}

const wantedOf = (evidence: Evidence, wanted: WantedSeries, capture: number): WantedOfCapture => ({
  capture,
  connections: wanted.connections
    .filter(({ point }) => evidence.points[point].capture === capture)
    .map(({ point, connection, direction }) => ({
      index: connection,
      connection: evidence.connections[connection],
      point: evidence.points[point],
      direction,
    })),
  packets: wanted.packets.get(capture) ?? new Set(),
});
