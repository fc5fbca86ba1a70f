import { DECRYPTED_WITHIN } from '../../trackers/carrier-tracker.ts';
import type { TimedPacket } from './plain-packets.ts';

/** Encrypted packets, and the plain packet that each carries. */
export interface Matching {
  /** Index of the plain packet for each encrypted one; -1 where none fits. */
  plainOf: Int32Array;
  matched: number;
  /** Different lengths among the matched plain packets. */
  lengths: number;
  /** Seconds between the two of each pair, on average; infinite without one. */
  delay: number;
}

/** Octets by which the overhead of one ESP association may vary: its padding (RFC 4303, 2.4; AES has blocks of 16). */
const PADDING = 16;

/**
 * Which plain packet was inside each encrypted one, by time and length. The nearest in time is taken, each once.
 *
 * @param sign 1: the plain packet follows (it was decrypted). -1: it comes before (it is encrypted here)
 */
export function matchInside(encrypted: readonly TimedPacket[], plain: readonly TimedPacket[], sign: 1 | -1): Matching {
  const first = matchBy(encrypted, plain, sign, (outer) => [outer.shortest, outer.longest]);
  const overhead = usualOverhead(encrypted, plain, first);
  if (overhead === null) return first;
  return matchBy(encrypted, plain, sign, ({ shortest, longest }) => [
    Math.max(shortest, longest - overhead - PADDING + 1),
    longest - overhead,
  ]);
}

function matchBy(
  encrypted: readonly TimedPacket[],
  plain: readonly TimedPacket[],
  sign: 1 | -1,
  fits: (outer: TimedPacket) => [shortest: number, longest: number],
): Matching {
  const plainOf = new Int32Array(encrypted.length).fill(-1);
  const used = new Uint8Array(plain.length);
  const lengths = new Set<number>();
  let matched = 0;
  let start = encrypted.length === 0 ? 0 : firstNotBefore(plain, earliestOf(encrypted[0], sign));
  let seconds = 0;
  for (const [at, outer] of encrypted.entries()) {
    const from = earliestOf(outer, sign);
    const to = sign > 0 ? outer.time + DECRYPTED_WITHIN : outer.time;
    while (start < plain.length && plain[start].time < from) start++;
    const [shortest, longest] = fits(outer);
    let nearest = -1;
    for (let index = start; index < plain.length && plain[index].time <= to; index++) {
      const { longest: length } = plain[index];
      if (used[index] === 1 || length < shortest || length > longest) continue;
      nearest = index;
      if (sign > 0) break;
    }
    if (nearest < 0) continue;
    used[nearest] = 1;
    plainOf[at] = nearest;
    lengths.add(plain[nearest].longest);
    seconds += Math.abs(plain[nearest].time - outer.time);
    matched++;
  }
  return { plainOf, matched, lengths: lengths.size, delay: matched === 0 ? Infinity : seconds / matched };
}

/** When the plain packet of an encrypted one may come at the earliest. */
const earliestOf = ({ time }: TimedPacket, sign: 1 | -1): number => (sign > 0 ? time : time - DECRYPTED_WITHIN);

/** Index of the first packet at that time or later: a key is in use for a part of the capture. */
function firstNotBefore(packets: readonly TimedPacket[], time: number): number {
  let [low, high] = [0, packets.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (packets[middle].time < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The least overhead, beyond the smallest that is possible, of most matched packets. Null where the room for a plain
 * packet is no larger than the padding anyway.
 */
function usualOverhead(
  encrypted: readonly TimedPacket[],
  plain: readonly TimedPacket[],
  { plainOf }: Matching,
): number | null {
  const counts = new Map<number, number>();
  let isWide = false;
  for (const [at, { shortest, longest }] of encrypted.entries()) {
    isWide ||= longest - shortest >= PADDING;
    if (plainOf[at] < 0) continue;
    const overhead = longest - plain[plainOf[at]].longest;
    counts.set(overhead, (counts.get(overhead) ?? 0) + 1);
  }
  if (!isWide || counts.size === 0) return null;
  const within = (least: number): number =>
    [...counts].reduce(
      (sum, [overhead, count]) => sum + (overhead >= least && overhead < least + PADDING ? count : 0),
      0,
    );
  return [...counts.keys()]
    .sort((a, b) => a - b)
    .reduce((best, least) => (within(least) > within(best) ? least : best));
}
