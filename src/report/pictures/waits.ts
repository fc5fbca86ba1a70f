/** Who waits for whom: one bar for each wait, the inner ones below the outer ones. */
import { duration } from '../../text/duration.ts';
import { markup } from '../../text/markup.ts';
import type { Report } from '../model/report.ts';
import { label, type Picture, round, textWidth } from './picture.ts';
import { linearScale } from './scale.ts';

const WIDTH = 880;
const LEFT = 8;
const RIGHT = 872;
const STEP = 58;
const BAR = 18;

/** Null unless somebody waits for somebody who waits himself. */
export function drawWaits({ pictures }: Report): Picture | null {
  const waits = pictures?.waits ?? [];
  if (waits.length < 2) return null;
  const longest = Math.max(1e-6, ...waits.map(({ seconds }) => seconds));
  const x = linearScale([0, longest], [LEFT, RIGHT - 90]);
  const rows = waits.map(({ client, server, seconds }, at) => {
    const y = at * STEP + 8;
    // An inner wait lies within the outer one: it ends a little before it.
    const start = x((longest - seconds) / 2);
    const end = start + x(seconds) - x(0);
    const isLast = at === waits.length - 1;
    const words = `${client} waits for ${server}`;
    return markup`${label(words, Math.min(start, RIGHT - textWidth(words, 12)), y + 12, { width: RIGHT - LEFT, kind: isLast ? 'strong' : '' })}<rect class="${isLast ? 'bar-again' : 'bar'}" x="${round(start)}" y="${y + 20}" width="${round(Math.max(3, end - start))}" height="${BAR}" rx="3"/><text class="small" x="${round(end + 8)}" y="${y + 33}">${duration(seconds)}</text>`;
  });
  const innermost = waits.at(-1);
  const words = waits.map(({ client, server, seconds }) => `${client} waits ${duration(seconds)} for ${server}`);
  return {
    title: 'Who waits for whom',
    description: `${words.join('; ')}. ${innermost?.server ?? ''} waits for nobody that was captured.`,
    caption: `The time passes in ${innermost?.server ?? ''}, which waits for nobody that was captured.`,
    width: WIDTH,
    height: waits.length * STEP + 8,
    body: markup`${rows}`,
    legend: [],
  };
}
