/** "35 µs", "0.5 ms" or "2.00 s": no time that passed is told as none. */
export function duration(seconds: number): string {
  if (seconds > 0 && seconds < 1e-4) return `${Math.max(1, Math.round(seconds * 1e6))} µs`;
  return seconds < 1 ? `${(seconds * 1000).toFixed(1)} ms` : `${seconds.toFixed(2)} s`;
}
