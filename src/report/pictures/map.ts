/** The path as a map of hosts, devices and tunnels, with the counts at each point and the break marked. */
import { counted, grouped } from '../../text/counted.ts';
import { type Markup, markup, NOTHING, when } from '../../text/markup.ts';
import type { Report } from '../model/report.ts';
import { hostGroups, type MapPath, type MapStop, mapPaths, tunnelsOf } from './map-parts.ts';
import { label, type Picture, round, textWidth } from './picture.ts';

/** How the map is laid out: `wide` from left to right, `narrow` from top to bottom. */
export type MapShape = 'wide' | 'narrow';

const LEAST_COLUMN = 92;
/** Pixels of bold text, which is wider, as if it were plain. */
const BOLD = 13;
const END_LEAST = 80;
const GAP = 26;
const WIDE = { host: 22, line: 66, counts: 104, height: 150 } as const;
const NARROW = { width: 352, line: 44, row: 56, end: 30 } as const;

/** Null when no packet of a conversation was seen anywhere. */
export function drawMap(report: Report, shape: MapShape): Picture | null {
  const paths = mapPaths(report);
  if (paths.length === 0) return null;
  const drawn = paths.map((path) => (shape === 'wide' ? widePath(path) : narrowPath(path)));
  let top = 0;
  const body = drawn.map(({ body, height }) => {
    const placed = markup`<g transform="translate(0 ${top})">${body}</g>`;
    top += height;
    return placed;
  });
  const more = report.paths.filter(({ points }) => points.length > 1).length - paths.length;
  const isTunnelled = paths.some(({ stops }) => tunnelsOf(stops).length > 0);
  const isBroken = paths.some(({ stops }) => stops.some(isLossy));
  return {
    title: 'The path',
    description: paths.map(pathWords).join(' '),
    caption: `Packets that each capture point saw, to the server (→) and back (←).${more > 0 ? ` ${counted(more, 'further path')} not drawn.` : ''}`,
    width: Math.max(...drawn.map(({ width }) => width)),
    height: top,
    body: markup`${body}`,
    legend: [
      ...(isTunnelled ? [{ mark: 'tube', text: 'inside a tunnel' }] : []),
      ...(isBroken ? [{ mark: 'broken', text: 'packets were lost here' }] : []),
    ],
  };
}

const isLossy = ({ lost }: MapStop): boolean => lost !== null && lost[0] + lost[1] > 0;

/** "12 conversations from A to B: node1 eth0 saw 40 and 0 packets, …". */
function pathWords({ client, server, stops, conversations }: MapPath): string {
  const places = stops.map((stop) => {
    const name = [stop.host, stop.device].filter((part) => part !== '').join(' ');
    const lost = isLossy(stop) ? `, then ${lossWords(stop).join(' and ')}` : '';
    return `${name} saw ${grouped(stop.packets[0])} packets to the server and ${grouped(stop.packets[1])} back${lost}`;
  });
  return `${counted(conversations, 'conversation')} from ${client} to ${server}: ${places.join('; ')}.`;
}

const lossWords = ({ lost }: MapStop): string[] =>
  [0, 1].flatMap((direction) => {
    const count = lost?.[direction] ?? 0;
    return count === 0 ? [] : [`${grouped(count)} lost ${direction === 0 ? '→' : '←'}`];
  });

interface Drawn {
  body: Markup;
  width: number;
  height: number;
}

function widePath(path: MapPath): Drawn {
  const { stops } = path;
  const endWidth = (text: string): number => Math.min(170, Math.max(END_LEAST, textWidth(text, 12) + 20));
  const lefts: number[] = [];
  const widths = stops.map(({ device, role }) =>
    Math.max(LEAST_COLUMN, textWidth(device, BOLD) + 16, textWidth(role, 11.5) + 14),
  );
  let x = endWidth(path.client) + GAP + 8;
  for (const [at, width] of widths.entries()) {
    if (at > 0) x += stops[at].host === stops[at - 1].host && stops[at].host !== '' ? 0 : GAP;
    if (at > 0 && isLossy(stops[at - 1])) x += 46;
    lefts.push(x);
    x += width;
  }
  const right = x + GAP + 8;
  const width = right + endWidth(path.server);
  const centre = (at: number): number => lefts[at] + widths[at] / 2;
  const y = WIDE.line;
  const hosts = hostGroups(stops).map(
    ({ host, from, to }) =>
      markup`<rect class="panel" x="${lefts[from]}" y="4" width="${round(lefts[to] + widths[to] - lefts[from])}" height="${WIDE.height - 24}" rx="8"/>${label(host, lefts[from] + 10, WIDE.host, { width: lefts[to] + widths[to] - lefts[from] - 16, kind: 'strong' })}`,
  );
  const ways = stops.map((stop, at) => {
    if (stop.lost === null) return NOTHING;
    const [from, to] = [centre(at) + 7, centre(at + 1) - 7];
    return wayBetween(stop, [from, y], [to, y], (from + to) / 2, y, 'middle');
  });
  const marks = stops.map(
    (stop, at) =>
      markup`<circle class="device" cx="${round(centre(at))}" cy="${y}" r="6"/>${label(stop.device, centre(at), y - 24, { width: widths[at] - 4, kind: 'middle strong' })}<text class="small faint middle" x="${round(centre(at))}" y="${y - 11}">${stop.role}</text><text class="middle" x="${round(centre(at))}" y="${WIDE.counts}">→ ${grouped(stop.packets[0])}</text><text class="middle" x="${round(centre(at))}" y="${WIDE.counts + 16}">← ${grouped(stop.packets[1])}</text>`,
  );
  const ends = [
    { text: path.client, at: 0, size: endWidth(path.client) },
    { text: path.server, at: right, size: endWidth(path.server) },
  ].map(
    ({ text, at, size }) =>
      markup`<rect class="beyond" x="${round(at)}" y="${y - 15}" width="${round(size)}" height="30" rx="15"/>${label(text, at + size / 2, y + 4, { width: size - 12, kind: 'middle' })}`,
  );
  const tubes = tunnelsOf(stops).map(
    ({ from, to }) => markup`<path class="tube" d="M${round(centre(from))} ${y}H${round(centre(to))}"/>`,
  );
  const outer = markup`<path class="way" d="M${round(endWidth(path.client))} ${y}H${round(centre(0) - 7)}M${round(centre(stops.length - 1) + 7)} ${y}H${round(right)}"/>`;
  return {
    width,
    height: WIDE.height + 14,
    body: markup`${hosts}${tubes}${outer}${ways}${marks}${ends}<text class="small faint" x="0" y="${WIDE.height}">${counted(path.conversations, 'conversation')}</text>`,
  };
}

function narrowPath(path: MapPath): Drawn {
  const { stops } = path;
  const x = NARROW.line;
  let y = NARROW.end + 18;
  const tops: number[] = [];
  for (const [at, { host }] of stops.entries()) {
    if (at === 0 || host !== stops[at - 1].host || host === '') y += at === 0 ? 26 : 38;
    if (at > 0 && isLossy(stops[at - 1])) y += 12;
    tops.push(y);
    y += NARROW.row;
  }
  const bottom = y;
  const centre = (at: number): number => tops[at] + 18;
  const hosts = hostGroups(stops).map(
    ({ host, from, to }) =>
      markup`<rect class="panel" x="2" y="${tops[from] - 26}" width="${NARROW.width - 4}" height="${tops[to] - tops[from] + 26 + NARROW.row - 8}" rx="8"/>${label(host, 68, tops[from] - 8, { width: 240, kind: 'strong' })}`,
  );
  const ways = stops.map((stop, at) => {
    if (stop.lost === null) return NOTHING;
    const [from, to] = [centre(at) + 7, centre(at + 1) - 7];
    const isLeaving = stops[at + 1].host !== stop.host;
    const wordsAt = isLeaving ? tops[at + 1] - 29 - (isLossy(stop) ? 3 : 0) : (from + to) / 2;
    return wayBetween(stop, [x, from], [x, to], x, wordsAt, 'start');
  });
  const marks = stops.map(
    (stop, at) =>
      markup`<circle class="device" cx="${x}" cy="${centre(at)}" r="6"/>${label(stop.device, 68, centre(at) - 1, { width: 150, kind: 'strong' })}<text class="small faint" x="68" y="${centre(at) + 14}">${stop.role}</text><text class="end" x="${NARROW.width - 14}" y="${centre(at) - 1}">→ ${grouped(stop.packets[0])}</text><text class="end" x="${NARROW.width - 14}" y="${centre(at) + 14}">← ${grouped(stop.packets[1])}</text>`,
  );
  const tubes = tunnelsOf(stops).map(
    ({ from, to }) => markup`<path class="tube" d="M${x} ${centre(from)}V${centre(to)}"/>`,
  );
  const ends = [
    { text: path.client, top: 4 },
    { text: path.server, top: bottom + 14 },
  ].map(
    ({ text, top }) =>
      markup`<rect class="beyond" x="10" y="${top}" width="${round(Math.min(330, Math.max(68, textWidth(text, 12) + 24)))}" height="30" rx="15"/>${label(text, 22, top + 19, { width: 306 })}`,
  );
  const outer = markup`<path class="way" d="M${x} 34V${centre(0) - 7}M${x} ${centre(stops.length - 1) + 7}V${bottom + 14}"/>`;
  return {
    width: NARROW.width,
    height: bottom + 76,
    body: markup`${hosts}${tubes}${outer}${ways}${marks}${ends}<text class="small faint" x="10" y="${bottom + 62}">${counted(path.conversations, 'conversation')}</text>`,
  };
}

type Spot = readonly [x: number, y: number];

/** The line between two points; broken and with a cross where packets were lost. */
function wayBetween(
  stop: MapStop,
  [x1, y1]: Spot,
  [x2, y2]: Spot,
  wordsX: number,
  wordsY: number,
  anchor: 'start' | 'middle',
): Markup {
  const d = `M${round(x1)} ${round(y1)}L${round(x2)} ${round(y2)}`;
  if (!isLossy(stop)) return markup`<path class="way" d="${d}"/>`;
  const [x, y] = anchor === 'middle' ? [(x1 + x2) / 2, y1] : [x1, wordsY];
  const words = lossWords(stop);
  const cross = `M${round(x - 6)} ${round(y - 6)}l12 12m0 -12l-12 12`;
  const lines = words.map((text, at) =>
    anchor === 'middle'
      ? markup`<text class="small bad-text middle" x="${round(wordsX)}" y="${round(wordsY + 24 + at * 14)}">${text}</text>`
      : markup`<text class="small bad-text" x="${wordsX + 24 + at * 90}" y="${round(wordsY + 4)}">${text}</text>`,
  );
  return markup`<path class="broken" d="${d}"/>${when(stop.isBreak, () => markup`<circle class="bad-area" cx="${round(x)}" cy="${round(y)}" r="14"/>`)}<path class="cross" d="${cross}"/>${lines}`;
}
