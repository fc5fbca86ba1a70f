import { grouped } from '../../text/counted.ts';

/** From values to pixels. */
export interface Scale {
  (value: number): number;
  /** Round values inside the domain, ascending, about as many as were asked for. */
  ticks: readonly number[];
}

/** @param pixels of the two ends of the domain */
export function linearScale(domain: readonly [number, number], pixels: readonly [number, number], count = 6): Scale {
  const [low, high] = domain;
  const span = high - low || 1;
  const scale = (value: number): number => pixels[0] + ((value - low) / span) * (pixels[1] - pixels[0]);
  return Object.assign(scale, { ticks: roundTicks(low, high, count) });
}

/** Multiples of 1, 2 or 5 times a power of ten. */
function roundTicks(low: number, high: number, count: number): number[] {
  if (!(high > low)) return [low];
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough) ?? 10 * power;
  const ticks: number[] = [];
  // Adding 0 makes the negative zero of a low end a plain one.
  for (let at = Math.ceil(low / step - 1e-9); at * step <= high + step * 1e-9; at++) ticks.push(at * step + 0);
  return ticks;
}

/** Seconds of an axis whose ticks are `step` apart: "1.5 s", "20 ms", "300 µs". */
export function secondsText(value: number, step: number): string {
  if (step >= 0.1) return `${value.toFixed(step >= 1 ? 0 : 1)} s`;
  if (step >= 1e-4) return `${(value * 1e3).toFixed(step >= 1e-3 ? 0 : 1)} ms`;
  return `${(value * 1e6).toFixed(0)} µs`;
}

/** The distance of an axis' ticks. */
export const stepOf = ({ ticks }: Scale): number => (ticks.length > 1 ? ticks[1] - ticks[0] : ticks[0] || 1);

const KILO = 1000;

/** "950", "12.5 k", "3.2 M": for axes. */
export function shortNumber(value: number): string {
  if (value < 10 * KILO) return grouped(Math.round(value));
  for (const unit of ['k', 'M', 'G']) {
    value /= KILO;
    if (value < KILO) return `${value < 100 ? Number(value.toFixed(1)) : Math.round(value)} ${unit}`;
  }
  return `${Math.round(value)} G`;
}
