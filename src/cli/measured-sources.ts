import { type CaptureSource, measureTraffic, type Selection, type TrafficMeasures } from '../index.ts';
import { nameOfSource } from './expand-sources.ts';

/** What is measured of each capture, by its name. Each one is read once more, one after the other. */
export async function measuredSources(
  sources: readonly CaptureSource[],
  selection: Selection,
  stop: AbortSignal,
): Promise<Map<string, TrafficMeasures>> {
  const measured = new Map<string, TrafficMeasures>();
  for (const source of sources) {
    if (stop.aborted) break;
    measured.set(nameOfSource(source), await measureTraffic(source, { selection, stop }));
  }
  return measured;
}
