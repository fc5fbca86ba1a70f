import { type CaptureSource, measureTraffic, PcapdiagError, type Selection, type TrafficMeasures } from '../index.ts';
import { nameOfSource } from './expand-sources.ts';

/**
 * What is measured of each capture, by its name. Each one is read once more, one after the other.
 *
 * @param skipsUnreadable leaves out what cannot be read, for callers that told it already
 * @throws PcapdiagError for a capture that cannot be read, without `skipsUnreadable`
 */
export async function measuredSources(
  sources: readonly CaptureSource[],
  selection: Selection,
  stop: AbortSignal,
  skipsUnreadable = false,
): Promise<Map<string, TrafficMeasures>> {
  const measured = new Map<string, TrafficMeasures>();
  for (const source of sources) {
    if (stop.aborted) break;
    try {
      measured.set(nameOfSource(source), await measureTraffic(source, { selection, stop }));
    } catch (error) {
      if (!skipsUnreadable || !(error instanceof PcapdiagError)) throw error;
    }
  }
  return measured;
}
