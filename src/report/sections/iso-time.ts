const NANOSECONDS = 1_000_000_000;
/** Latest whole second that Date can express (ECMA-262, 21.4.1.1). */
const DATE_LIMIT = 8_640_000_000_000;

/**
 * UTC time with nine decimals, "2024-05-01T12:00:00.000000001Z".
 *
 * @param seconds whole seconds since 1970
 * @param nanoseconds 0 to 999,999,999
 * @param relative seconds to add; exact to the nanosecond up to 97 days, where a double has no finer steps
 * @returns "@seconds.nanoseconds" for times outside the range of Date (a broken file)
 */
export function isoTime(seconds: number, nanoseconds: number, relative = 0): string {
  const wholeRelative = Math.floor(relative);
  let whole = seconds + wholeRelative;
  let rest = nanoseconds + Math.round((relative - wholeRelative) * NANOSECONDS);
  while (rest >= NANOSECONDS) {
    rest -= NANOSECONDS;
    whole++;
  }
  const decimals = String(rest).padStart(9, '0');
  if (!(Math.abs(whole) <= DATE_LIMIT)) return `@${whole}.${decimals}`;
  return `${new Date(whole * 1000).toISOString().slice(0, -5)}.${decimals}Z`;
}
