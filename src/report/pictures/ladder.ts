/** Single packets over all capture points, on one clock: a line for each transmission, a cross where one did not arrive. */
import { counted } from '../../text/counted.ts';
import { type Markup, markup, when } from '../../text/markup.ts';
import { placeOf } from '../model/points.ts';
import type { Report, ReportLadder } from '../model/report.ts';
import { label, type Picture, round, textWidth } from './picture.ts';

const LEFT = 84;
const TOP = 54;
const ROW = 26;
/** Pixels that a silence adds at most, and the silence that begins to add some: shorter than any retransmission timeout. */
const MOST_GAP = 40;
const GAP_SECONDS = 0.05;
const LEAST_COLUMN = 78;
/** Pixels of bold text, which is wider, as if it were plain. */
const BOLD = 13;
const NOTE_WIDTH = 230;

/** Null when no packet of the verdict is known at several points. */
export function drawLadder(report: Report): Picture | null {
  const { ladder } = report;
  if (ladder === null || ladder.rows.length === 0) return null;
  const heads = ladder.points.map((id, at) => headOf(report, ladder, id, at));
  const columns = heads.map(({ device, host }) =>
    Math.min(160, Math.max(LEAST_COLUMN, textWidth(device, BOLD) + 16, textWidth(host, 11.5) + 14)),
  );
  const xs: number[] = [];
  let x = LEFT;
  for (const width of columns) {
    xs.push(x + width / 2);
    x += width;
  }
  const noteAt = x + 10;
  const ys = rowPlaces(ladder);
  const bottom = (ys.at(-1) ?? TOP) + 22;
  const more = ladder.rowsTotal - ladder.rows.length;
  const lanes = heads.map(
    ({ device, host }, at) =>
      markup`<path class="rule" d="M${round(xs[at])} ${TOP - 12}V${bottom}"/>${label(host, xs[at], 14, { width: columns[at] - 6, size: 11.5, kind: 'small faint middle' })}${label(device, xs[at], 30, { width: columns[at] - 4, kind: 'strong middle' })}`,
  );
  const rows = ladder.rows.map((row, at) => rung(row, xs, ys[at], noteAt));
  return {
    title: 'Packets of the verdict along the path',
    description: wordsOf(ladder, heads),
    caption: `Seconds since the first of them, on the common clock of all points.`,
    width: noteAt + NOTE_WIDTH,
    height: bottom + (more > 0 ? 20 : 4),
    body: markup`<text class="small faint end" x="${LEFT - 14}" y="30">seconds</text>${lanes}${rows}${when(more > 0, () => markup`<text class="small faint" x="${LEFT}" y="${bottom + 14}">… ${counted(more, 'more packet')}</text>`)}`,
    legend: [
      { mark: 'there', text: `from ${ladder.client}; numbers are packet numbers of the capture` },
      { mark: 'back', text: `from ${ladder.server}` },
      ...(ladder.rows.some(({ missing }) => missing !== null)
        ? [{ mark: 'broken', text: 'did not arrive at the next point' }]
        : []),
    ],
  };
}

function headOf(report: Report, { points }: ReportLadder, id: string, at: number): { host: string; device: string } {
  const { host, device } = placeOf(report, id);
  return { host, device: points.indexOf(id) === at ? device : `${device} again` };
}

/** One row below the other, farther apart where time passed: on a scale of logarithms, so that nothing leaves the page. */
function rowPlaces({ rows }: ReportLadder): number[] {
  let y = TOP + 12;
  return rows.map(({ relativeSeconds }, at) => {
    if (at > 0) {
      const gap = relativeSeconds - rows[at - 1].relativeSeconds;
      y += ROW + (gap > GAP_SECONDS ? Math.min(MOST_GAP, 8 * Math.log2(gap / GAP_SECONDS)) : 0);
    }
    return round(y);
  });
}

function rung(row: ReportLadder['rows'][number], xs: readonly number[], y: number, noteAt: number): Markup {
  const { packets, missing, direction } = row;
  const order = packets.flatMap((packet, at) => (packet !== null || at === missing ? [at] : []));
  if (direction === '<') order.reverse();
  const way = direction === '>' ? 'there' : 'back';
  const step = direction === '>' ? 1 : -1;
  const lines = order.slice(1).map((to, nth) => {
    const from = order[nth];
    const [x1, x2] = [xs[from] + 5 * step, xs[to] - 6 * step];
    if (to === missing) {
      const x = (xs[from] + xs[to]) / 2;
      return markup`<path class="broken" d="M${round(x1)} ${y}H${round(x)}"/><path class="cross" d="M${round(x - 5)} ${y - 5}l10 10m0 -10l-10 10"/>`;
    }
    return markup`<path class="${way}" d="M${round(x1)} ${y}H${round(x2)}"/><path class="${way}-head" d="M${round(x2 + step * 2)} ${y}l${-6 * step} -4v8z"/>`;
  });
  const marks = packets.map((packet, at) =>
    when(
      packet !== null,
      () =>
        markup`<circle class="${way}-head" cx="${round(xs[at])}" cy="${y}" r="3.5"/><text class="small middle" x="${round(xs[at])}" y="${y - 7}">${packet ?? ''}</text>`,
    ),
  );
  return markup`<text class="code faint end" x="${LEFT - 14}" y="${y + 4}">${row.relativeSeconds.toFixed(6)}</text>${lines}${marks}${label(row.note, noteAt, y + 4, { width: NOTE_WIDTH, size: 11.5, kind: 'small' })}`;
}

function wordsOf(
  { client, server, rows, rowsTotal }: ReportLadder,
  heads: readonly { host: string; device: string }[],
): string {
  const lost = rows.filter(({ missing }) => missing !== null);
  const names = heads.map(({ host, device }) => `${host} ${device}`.trim()).join(', ');
  const place = lost.length === 0 ? undefined : heads[lost[0].missing ?? 0];
  const losses =
    place === undefined
      ? 'all of them arrived at each point that is drawn'
      : `${lost.length} of them did not arrive, the first at ${`${place.host} ${place.device}`.trim()}`;
  return `${client} to ${server}: ${counted(rows.length, 'transmission')} of ${rowsTotal}, at ${names}; ${losses}.`;
}
