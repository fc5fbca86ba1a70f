/** The frame of a graph: axes with round values, grid lines and names. */
import { type Markup, markup } from '../../text/markup.ts';
import { round } from './picture.ts';
import { type Scale, secondsText, stepOf } from './scale.ts';

export interface Plot {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Words of a time axis. */
export const timeWords = (scale: Scale): ((value: number) => string) => {
  const step = stepOf(scale);
  return (value) => secondsText(value, step);
};

export function xAxis(
  { left, right, top, bottom }: Plot,
  scale: Scale,
  words: (value: number) => string,
  name: string,
): Markup {
  const ticks = scale.ticks.map((value) => {
    const x = round(scale(value));
    return markup`<path class="rule" d="M${x} ${top}V${bottom}"/><text class="small faint middle" x="${x}" y="${bottom + 16}">${words(value)}</text>`;
  });
  return markup`${ticks}<path class="way" d="M${left} ${bottom}H${right}"/><text class="small faint end" x="${right}" y="${bottom + 32}">${name}</text>`;
}

export function yAxis(
  { left, right, top }: Plot,
  scale: Scale,
  words: (value: number) => string,
  name: string,
): Markup {
  const ticks = scale.ticks.map((value) => {
    const y = round(scale(value));
    return markup`<path class="rule" d="M${left} ${y}H${right}"/><text class="small faint end" x="${left - 7}" y="${y + 4}">${words(value)}</text>`;
  });
  return markup`${ticks}<text class="small faint" x="${left - 52 < 0 ? 0 : left - 52}" y="${top - 10}">${name}</text>`;
}
