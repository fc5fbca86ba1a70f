import type { Report } from '../report/model/report.ts';
import { grouped } from '../text/counted.ts';
import { duration } from '../text/duration.ts';
import { type Place, ShapeError } from './shape.ts';
import type { TrafficMeasures } from './traffic-measures.ts';

/** What a measure is: a time in seconds, a share from 0 to 1, or a count. */
export type MeasureKind = 'time' | 'share' | 'count';
/** Null where the capture has no sample. */
type Of = (measures: TrafficMeasures) => number | null;

/** The smallest sample that so large a share of all does not exceed (nearest rank). @param sorted smallest first */
export function percentile(sorted: readonly number[], share: number): number | null {
  return sorted.length === 0 ? null : sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);

const times = (name: string, of: (measures: TrafficMeasures) => number[]): [string, { kind: MeasureKind; of: Of }][] =>
  (
    [
      ['p50', 0.5],
      ['p95', 0.95],
      ['p99', 0.99],
      ['max', 1],
    ] as const
  ).map(([rank, part]) => [`${name}.${rank}`, { kind: 'time', of: (measures) => percentile(of(measures), part) }]);

/** What an expectation can name, of one capture. */
const MEASURES: Readonly<Record<string, { kind: MeasureKind; of: Of }>> = Object.fromEntries([
  ...times('dns', ({ dns }) => dns.seconds),
  ...times('rtt', ({ tcp }) => tcp.roundTrips),
  ['dns.queries', { kind: 'count', of: ({ dns }) => dns.queries }],
  ['dns.answered', { kind: 'share', of: ({ dns }) => share(dns.seconds.length, dns.seconds.length + dns.unanswered) }],
  ['tcp.connections', { kind: 'count', of: ({ tcp }) => tcp.connections }],
  ['tcp.failed', { kind: 'share', of: ({ tcp }) => share(tcp.failed, tcp.connections - tcp.untold) }],
  ['tcp.retransmitted', { kind: 'share', of: ({ tcp }) => share(tcp.sentAgain, tcp.dataSegments) }],
]);

/** Of all captures together: what was lost between their points. */
export const LOSS = 'loss';
export const MEASURE_NAMES: readonly string[] = [...Object.keys(MEASURES), LOSS];

/** "dns.p95 < 100ms", read. */
export interface MeasureExpectation {
  /** As it is written. */
  text: string;
  /** Name of the measure, "dns.p95". */
  name: string;
  /** What its limit is. */
  kind: MeasureKind;
  /** How the measured value stands to the limit. */
  operator: '<' | '<=' | '>' | '>=' | '=';
  /** Seconds, a share from 0 to 1, or a count. */
  limit: number;
}

const UNITS: Readonly<Record<string, { kind: MeasureKind; factor: number }>> = {
  us: { kind: 'time', factor: 1e-6 },
  µs: { kind: 'time', factor: 1e-6 },
  ms: { kind: 'time', factor: 1e-3 },
  s: { kind: 'time', factor: 1 },
  '%': { kind: 'share', factor: 0.01 },
};
const WRITTEN =
  /^(?<name>[a-z]+(?:\.[a-z0-9]+)?)\s*(?<operator><=|>=|<|>|=)\s*(?<number>\d+(?:\.\d+)?)\s*(?<unit>us|µs|ms|s|%)?$/;
const UNIT_OF = { time: 'us, ms or s', share: '%', count: 'no unit' } as const satisfies Record<MeasureKind, string>;

/** @throws ShapeError for a measure that there is not, or a unit that it has not */
export function readMeasure(text: string, place: Place): MeasureExpectation {
  const parts = WRITTEN.exec(text.trim())?.groups;
  if (parts === undefined) throw new ShapeError(place, `must be such as "dns.p95 < 100ms", not "${text}"`);
  const { name, operator, number, unit } = parts;
  const kind = name === LOSS ? 'share' : MEASURES[name]?.kind;
  if (kind === undefined) throw new ShapeError(place, `has no measure ${name}; there are ${MEASURE_NAMES.join(', ')}`);
  const given = unit === undefined ? { kind: 'count' as const, factor: 1 } : UNITS[unit];
  if (given.kind !== kind) throw new ShapeError(place, `${name} has ${UNIT_OF[kind]}`);
  return {
    text: text.trim(),
    name,
    kind,
    operator: operator as MeasureExpectation['operator'],
    limit: Number(number) * given.factor,
  };
}

/** The share of packets that one point saw and the next did not; null where no packet passed two points. */
export function lossOf({ paths }: Pick<Report, 'paths'>): number | null {
  let [lost, sent] = [0, 0];
  for (const path of paths) {
    if (path.points.length < 2) continue;
    for (const direction of [0, 1] as const) {
      lost += path.lost[direction].slice(0, -1).reduce((a, b) => a + b, 0);
      sent += Math.max(0, ...path.packets[direction]);
    }
  }
  return share(lost, sent);
}

/** What is measured of one capture; null without a sample. `loss` is no measure of one capture. */
export const measured = ({ name }: MeasureExpectation, measures: TrafficMeasures): number | null =>
  MEASURES[name].of(measures);

export function holds({ operator, limit }: MeasureExpectation, value: number): boolean {
  switch (operator) {
    case '<':
      return value < limit;
    case '<=':
      return value <= limit;
    case '>':
      return value > limit;
    case '>=':
      return value >= limit;
    default:
      return value === limit;
  }
}

export function valueText(kind: MeasureKind, value: number): string {
  if (kind === 'time') return duration(value);
  return kind === 'share' ? `${Number((value * 100).toPrecision(3))} %` : grouped(value);
}
