import { type CaptureSource, measureTraffic, type Selection, type TrafficMeasures } from '../index.ts';

/** The name by which a report calls a source. */
export function nameOfSource(source: CaptureSource): string {
  if (typeof source === 'string') return source;
  return 'name' in source && typeof source.name === 'string' ? source.name : 'capture';
}

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
