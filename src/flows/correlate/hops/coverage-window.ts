import type { Joined } from '../../capture/capture-digest.ts';
import type { CorrelationNote } from '../../evidence/evidence.ts';
import type { Timeline } from '../hosts-and-clocks/clocks.ts';
import { isLinkLocal } from '../paths/next-device.ts';
import { groupBy } from '../points/at-point.ts';
import { SESSION_START_SECONDS } from '../same-traffic/thresholds.ts';

/** The time in which a point was capturing, on the common clock. */
export interface Span {
  start: number;
  end: number;
}

/** The time that a capture proves by its own packets, and the time that it is assumed to cover. */
export interface CoverageWindow {
  /** From the first to the last packet of the capture; null when it has none. */
  proved: Span | null;
  /**
   * A quiet point proves nothing by itself. Captures of one host that begin within seconds of each other are one
   * session, and each is assumed to have run as long as the longest of them. The same holds for an empty capture of the
   * host, and for one that has only unsolicited packets of devices (solicitations, multicast), which arrive at any
   * time.
   */
  presumed: Span | null;
}

export function coverageWindows(evidence: Joined, timeline: Timeline): CoverageWindow[] {
  const firstPoints = new Map<number, number>();
  for (const { index, capture } of evidence.points) if (!firstPoints.has(capture)) firstPoints.set(capture, index);
  const proved = evidence.points.map(({ capture }): Span | null => {
    const { packets, duration } = evidence.captures[capture];
    const any = firstPoints.get(capture);
    if (packets === 0 || any === undefined) return null;
    return { start: timeline.at(any, 0), end: timeline.at(any, duration) };
  });
  const quiet = quietCaptures(evidence);
  const ofHost = groupBy(evidence.points, ({ host }) => host);
  return evidence.points.map(({ index, host, capture }) => {
    const own = proved[index];
    const isSameSession = (span: Span): boolean =>
      own === null ||
      Math.abs(span.start - own.start) <= SESSION_START_SECONDS ||
      (quiet.has(capture) && span.start <= own.end && own.start <= span.end);
    const session = (host === null ? [] : (ofHost.get(host) ?? []))
      .filter((other) => other.capture !== capture)
      .map((other) => proved[other.index])
      .filter((span): span is Span => span !== null)
      .filter(isSameSession);
    return { proved: own, presumed: union(own === null ? session : [own, ...session]) };
  });
}

function quietCaptures(evidence: Joined): Set<number> {
  const loud = new Set(
    evidence.hosts.filter(({ address }) => !isLinkLocal(address)).map(({ point }) => evidence.points[point].capture),
  );
  return new Set(evidence.points.map(({ capture }) => capture).filter((capture) => !loud.has(capture)));
}

const union = (spans: Span[]): Span | null =>
  spans.length === 0
    ? null
    : { start: Math.min(...spans.map(({ start }) => start)), end: Math.max(...spans.map(({ end }) => end)) };

/** Assumptions about points that saw nothing. */
export function presumptions(evidence: Joined, windows: readonly CoverageWindow[]): CorrelationNote[] {
  return evidence.points
    .filter(({ index }) => windows[index].proved === null)
    .map(({ index, host }) => ({
      code: 'empty-capture',
      point: index,
      sessionOf: windows[index].presumed === null ? null : host,
    }));
}
