/** Size against delivery: which packets arrive, by their length. */
import { grouped } from '../../text/counted.ts';
import { type Markup, markup, NOTHING } from '../../text/markup.ts';
import type { ReportSizes } from '../model/pictures.ts';
import type { Report } from '../model/report.ts';
import { type Plot, xAxis } from './axes.ts';
import { type LegendEntry, type Picture, round } from './picture.ts';
import { linearScale, type Scale } from './scale.ts';

const WIDTH = 880;
const HEIGHT = 210;
const PLOT: Plot = { left: 104, top: 34, right: 864, bottom: 160 };
const ARRIVED = 66;
const LOST = 122;
/** Radii of a circle for one packet and for many. */
const LEAST_RADIUS = 3.5;
const MOST_RADIUS = 12;

export function drawSizes({ pictures }: Report): Picture | null {
  const sizes = pictures?.sizes ?? null;
  if (sizes === null) return null;
  const { rows, largestPassed, smallestLost, toldMtu } = sizes;
  const largest = Math.max(...rows.map(({ octets }) => octets), smallestLost ?? 0, toldMtu ?? 0);
  const x = linearScale([0, largest * 1.04], [PLOT.left, PLOT.right - 8], 10);
  const missing = rows.map(({ octets, sent, delivered }) => ({ octets, count: Math.max(0, sent - delivered) }));
  const radius = radiusOf(Math.max(1, ...rows.map(({ sent }) => sent)));
  const dots = (kind: string, y: number, counts: readonly { octets: number; count: number }[]): Markup[] =>
    counts
      .filter(({ count }) => count > 0)
      .map(
        ({ octets, count }) =>
          markup`<circle class="${kind} see-through" cx="${round(x(octets))}" cy="${y}" r="${round(radius(count))}"><title>${grouped(count)} of ${grouped(octets)} octets</title></circle>`,
      );
  const verb = sizes.knownBy === 'acknowledged' ? 'acknowledged' : 'answered';
  const legend: LegendEntry[] = [
    { mark: 'acked', text: `${verb}; a larger circle is more packets` },
    { mark: 'again', text: `not ${verb}, or had to be sent again` },
    ...(band(sizes) === null ? [] : [{ mark: 'shut', text: 'the limit lies here' }]),
  ];
  return {
    title: 'Size and delivery',
    description: wordsOf(sizes, verb),
    caption: `IP packets of ${sizes.from} to ${sizes.to} by length.${largestPassed === null || smallestLost === null ? '' : ` Up to ${grouped(largestPassed)} octets pass, ${grouped(smallestLost)} do not.`}${toldMtu === null ? '' : ` ICMP told an MTU of ${grouped(toldMtu)}.`}`,
    width: WIDTH,
    height: HEIGHT,
    body: markup`${xAxis(PLOT, x, grouped, 'octets of the IP packet')}${limitBand(sizes, x)}<text class="end" x="${PLOT.left - 12}" y="${ARRIVED + 4}">${verb}</text><text class="end" x="${PLOT.left - 12}" y="${LOST + 4}">lost</text><path class="rule" d="M${PLOT.left} ${ARRIVED}H${PLOT.right}M${PLOT.left} ${LOST}H${PLOT.right}"/>${dots(
      'good-fill',
      ARRIVED,
      rows.map(({ octets, delivered }) => ({ octets, count: delivered })),
    )}${dots('bad-fill', LOST, missing)}${told(toldMtu, x)}`,
    legend,
  };
}

/** By area: twice the packets take twice the paper. */
const radiusOf =
  (most: number): ((count: number) => number) =>
  (count) =>
    LEAST_RADIUS + (MOST_RADIUS - LEAST_RADIUS) * Math.sqrt(Math.max(0, count - 1) / most);

const band = ({ largestPassed, smallestLost }: ReportSizes): [number, number] | null =>
  smallestLost !== null && (largestPassed ?? 0) < smallestLost ? [largestPassed ?? 0, smallestLost] : null;

function limitBand(sizes: ReportSizes, x: Scale): Markup {
  const limits = band(sizes);
  if (limits === null) return NOTHING;
  const [from, to] = limits.map((octets) => round(x(octets)));
  return markup`<rect class="warn-area" x="${from}" y="${PLOT.top}" width="${round(Math.max(2, to - from))}" height="${PLOT.bottom - PLOT.top}"/>`;
}

const told = (mtu: number | null, x: Scale): Markup =>
  mtu === null
    ? NOTHING
    : markup`<path class="window" d="M${round(x(mtu))} ${PLOT.top - 6}V${PLOT.bottom}"/><text class="small end" x="${round(x(mtu) - 4)}" y="${PLOT.top - 8}">MTU told by ICMP: ${grouped(mtu)}</text>`;

/** The rows that say most: the largest ones that arrived, and those that did not. */
function wordsOf({ rows, from, to }: ReportSizes, verb: string): string {
  const arrived = rows.filter(({ delivered }) => delivered > 0);
  const lost = rows.filter(({ delivered }) => delivered === 0);
  const largest = arrived.at(-1)?.octets;
  const words = lost.slice(0, 8).map(({ octets, sent }) => `${grouped(octets)} octets sent ${grouped(sent)} times`);
  return `${from} to ${to}: ${largest === undefined ? 'no packet' : `packets of up to ${grouped(largest)} octets`} ${verb}; ${words.length === 0 ? 'of each length at least one' : `never ${verb}: ${words.join(', ')}${lost.length > 8 ? ', …' : ''}`}.`;
}
