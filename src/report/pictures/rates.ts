/** Throughput and round trip of the connection over time, one below the other on one axis of time. */
import { grouped } from '../../text/counted.ts';
import { duration } from '../../text/duration.ts';
import { type Markup, markup, NOTHING } from '../../text/markup.ts';
import type { ReportSequence } from '../model/pictures.ts';
import { pointName } from '../model/points.ts';
import type { Report } from '../model/report.ts';
import { type Plot, timeWords, xAxis, yAxis } from './axes.ts';
import { type LegendEntry, type Picture, round } from './picture.ts';
import { linearScale, type Scale, secondsText, shortNumber, stepOf } from './scale.ts';

const WIDTH = 880;
const RATE: Plot = { left: 62, top: 26, right: 864, bottom: 150 };
const TRIP: Plot = { left: 62, top: 200, right: 864, bottom: 310 };
const HEIGHT = 350;
const BITS = 8;

/** Null when nothing was sent for a while, or the connection had no length. */
export function drawRates(report: Report, sequence: ReportSequence): Picture | null {
  const { rate, roundTrips, seconds } = sequence;
  const totals = rate.fresh.map((fresh, at) => fresh + (rate.again[at] ?? 0));
  const octets = totals.reduce((sum, total) => sum + total, 0);
  if (octets === 0 || seconds < 1e-4) return null;
  const name = pointName(report, sequence.point);
  const most = Math.max(...totals) / rate.binSeconds;
  const x = linearScale([0, seconds], [RATE.left + 4, RATE.right - 4], 8);
  const y = linearScale([0, most * BITS], [RATE.bottom, RATE.top], 4);
  const hasTrips = roundTrips.length > 1;
  const again = rate.again.reduce((sum, each) => sum + each, 0);
  const sorted = roundTrips.map(([, trip]) => trip).sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const tripWords = hasTrips
    ? ` Round trips: ${duration(sorted[0])} at least, ${duration(median)} in the middle, ${duration(sorted.at(-1) ?? 0)} at most (${grouped(sorted.length)} measured).`
    : '';
  const legend: LegendEntry[] = [
    { mark: 'there', text: 'payload for the first time' },
    ...(again > 0 ? [{ mark: 'again', text: 'payload sent again' }] : []),
  ];
  return {
    title: `Throughput${hasTrips ? ' and round trip' : ''} at ${name}`,
    description: `${sequence.from} to ${sequence.to}: ${shortNumber((octets * BITS) / seconds)}bit/s in the mean, ${shortNumber(most * BITS)}bit/s at most in ${duration(rate.binSeconds)}; ${grouped(again)} of ${grouped(octets)} octets were sent again.${tripWords}`,
    caption: `Each bar is ${duration(rate.binSeconds)}.${hasTrips ? ` A round trip is from a segment to its acknowledgement, as seen at ${name}; segments sent again are not measured.` : ''}`,
    width: WIDTH,
    height: hasTrips ? HEIGHT : 190,
    body: markup`${xAxis(RATE, x, timeWords(x), hasTrips ? '' : 'time')}${yAxis(RATE, y, (value) => `${shortNumber(value)}`, 'bit/s')}${bars(sequence, x, y)}${hasTrips ? trips(roundTrips, x) : NOTHING}`,
    legend,
  };
}

function bars({ rate }: ReportSequence, x: Scale, y: Scale): Markup {
  const [fresh, again]: [string[], string[]] = [[], []];
  for (const [at, octets] of rate.fresh.entries()) {
    const [left, right] = [round(x(at * rate.binSeconds)), round(x((at + 1) * rate.binSeconds))];
    const top = round(y((octets * BITS) / rate.binSeconds));
    if (octets > 0) fresh.push(`M${left} ${RATE.bottom}V${top}H${right}V${RATE.bottom}z`);
    const sentAgain = rate.again[at] ?? 0;
    if (sentAgain > 0)
      again.push(`M${left} ${top}V${round(y(((octets + sentAgain) * BITS) / rate.binSeconds))}H${right}V${top}z`);
  }
  const path = (kind: string, parts: readonly string[]): Markup =>
    parts.length === 0 ? NOTHING : markup`<path class="${kind}" d="${parts.join('')}"/>`;
  return markup`${path('bar', fresh)}${path('bar-again', again)}`;
}

function trips(roundTrips: ReportSequence['roundTrips'], x: Scale): Markup {
  const longest = Math.max(...roundTrips.map(([, seconds]) => seconds));
  const y = linearScale([0, longest], [TRIP.bottom, TRIP.top], 4);
  const step = stepOf(y);
  const dots = roundTrips.map(([time, seconds]) => `M${round(x(time))} ${round(y(seconds))}h.01`).join('');
  return markup`${xAxis(TRIP, x, timeWords(x), 'time')}${yAxis(TRIP, y, (value) => secondsText(value, step), 'round trip')}<path class="trip" d="${dots}"/>`;
}
