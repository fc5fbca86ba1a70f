import { MARK_CUT, MARK_HEADER_CUT, SIGHTING_TCP, SIGHTING_UDP } from '../../rows/row-marks.ts';
import { hashPair } from '../../tables/mix.ts';
import type { Track } from '../same-traffic/sighting-store.ts';
import { IP_ID_RELIABLE_SHARE, LATE_MATCH_SECONDS, NEGATIVE_DELAY } from '../same-traffic/thresholds.ts';

/** Clock relation and longest delay for packets without an identity of their own. */
export interface TimeBounds {
  /** Rate and offset that convert a time of a track to a common clock. */
  shiftA: number;
  shiftB: number;
  rateA: number;
  rateB: number;
  /** Longest delay of a packet of weak identity; Infinity when the clocks are not aligned. */
  weakWindow: number;
}

export const NO_BOUNDS: TimeBounds = { shiftA: 0, shiftB: 0, rateA: 1, rateB: 1, weakWindow: Infinity };

/**
 * Pairs the packets of two tracks one to one, by all fields that survive NAT and tunnels.
 *
 * @returns for every row of `a` the position in `b.rows` of the same transmission, or -1
 */
export function matchPackets(a: Track, b: Track, bounds: TimeBounds = NO_BOUNDS): Int32Array {
  const matched = new Int32Array(a.rows.length).fill(-1);
  if (a.rows.length === 0 || b.rows.length === 0) return matched;
  const inOrder = matchInOrder(a, b, matched);
  if (inOrder === a.rows.length) return matched;
  const taken = room.taken(b.rows.length).fill(1, 0, inOrder);
  const withId = pairUp(a, b, matched, taken, keyWithId, bounds);
  for (let at = 0; at < inOrder; at++) if (a.columns.ipId[a.rows[at]] !== 0) withId.matchedById++;
  if (withId.matched === a.rows.length) return matched;
  if (isCut(a) || isCut(b)) pairUp(a, b, matched, taken, keyOfCut(bounds, [a, b]), bounds);
  // Where IP IDs survive, a different ID means a different packet, such as a retransmission. Otherwise (rewritten, or 0
  // at one point) they are ignored.
  if (withId.matchedById > IP_ID_RELIABLE_SHARE * Math.min(withId.withIds, withId.othersWithIds)) {
    pairLate(a, b, matched, taken, keyWithId, bounds);
    return matched;
  }
  pairUp(a, b, matched, taken, keyWithoutId, bounds);
  pairLate(a, b, matched, taken, keyWithoutId, bounds);
  return matched;
}

/**
 * Pairs the packets at the beginning of both tracks as long as they are the same ones in the same order, as most are. A
 * join would pair them so, too: it takes equal keys in order of time.
 * @returns how many
 */
function matchInOrder(a: Track, b: Track, matched: Int32Array): number {
  const most = Math.min(a.rows.length, b.rows.length);
  for (let at = 0; at < most; at++) {
    const [rowA, rowB] = [a.rows[at], b.rows[at]];
    const key = keyWithId(a, rowA);
    // Without a second point there are no keys.
    const isSame = key > 0 && key === keyWithId(b, rowB) && isSameSequence(a, rowA, b, rowB);
    if (!isSame || isWeak(a, rowA)) return at;
    matched[at] = at;
  }
  return most;
}

const isWeak = ({ columns }: Track, row: number): boolean => columns.ipId[row] === 0 && columns.tsValue[row] === 0;

/**
 * Packets of weak identity that were delayed for longer than `patience`: a queue may hold packets for a second or more.
 * They are certain where both points have the same number of a kind left, so that none was lost or sent again.
 */
function pairLate(a: Track, b: Track, matched: Int32Array, taken: Uint8Array, keyOf: KeyOf, bounds: TimeBounds): void {
  if (bounds.weakWindow >= LATE_MATCH_SECONDS) return;
  const late = new Map<number, { sent: number[]; arrived: number[] }>();
  for (let index = 0; index < a.rows.length; index++) {
    if (matched[index] >= 0 || !isWeak(a, a.rows[index])) continue;
    const key = keyOf(a, a.rows[index]);
    const known = late.get(key);
    if (known === undefined) late.set(key, { sent: [index], arrived: [] });
    else known.sent.push(index);
  }
  if (late.size === 0) return;
  for (let at = 0; at < b.rows.length; at++) if (taken[at] === 0) late.get(keyOf(b, b.rows[at]))?.arrived.push(at);
  for (const { sent, arrived } of late.values()) {
    if (sent.length !== arrived.length) continue;
    const fits = sent.every((index, nth) => {
      const delay = delayBetween(a, a.rows[index], b, b.rows[arrived[nth]], bounds);
      return (
        isSameSequence(a, a.rows[index], b, b.rows[arrived[nth]]) &&
        delay >= -NEGATIVE_DELAY &&
        delay <= LATE_MATCH_SECONDS
      );
    });
    if (!fits) continue;
    sent.forEach((index, nth) => {
      matched[index] = arrived[nth];
      taken[arrived[nth]] = 1;
    });
  }
}

const delayBetween = (a: Track, rowA: number, b: Track, rowB: number, bounds: TimeBounds): number =>
  b.columns.time[rowB] * bounds.rateB + bounds.shiftB - (a.columns.time[rowA] * bounds.rateA + bounds.shiftA);

/** Keys are hashes, so the sequence number is compared again. */
const isSameSequence = (a: Track, rowA: number, b: Track, rowB: number): boolean =>
  a.columns.kind[rowA] !== SIGHTING_TCP ||
  a.columns.seq[rowA] === b.columns.seq[rowB] ||
  isWithoutSequence(a, rowA) ||
  isWithoutSequence(b, rowB);

const isCutSegment = ({ columns }: Track, row: number): boolean => (columns.marks[row] & MARK_HEADER_CUT) !== 0;

const isWithoutSequence = (track: Track, row: number): boolean =>
  isCutSegment(track, row) && track.columns.seq[row] === 0;

const isCut = ({ columns, rows }: Track): boolean => rows.some((row) => (columns.marks[row] & MARK_CUT) !== 0);

type KeyOf = (track: Track, row: number) => number;

const keyWithId: KeyOf = ({ keys }, row) => keys.withId[row];
const keyWithoutId: KeyOf = ({ keys }, row) => keys.withoutId[row];

/**
 * Payload hashes differ when one capture is truncated more. Then lengths, the numbers in the headers and the IP ID
 * remain. Without an IP ID, only times on one clock distinguish equal packets. For TCP with truncated headers, sequence
 * number and packet length remain. 0 stands for "no key".
 */
function keyOfCut({ weakWindow }: TimeBounds, tracks: readonly Track[]): KeyOf {
  const hasCutSegments = tracks.some((track) => track.rows.some((row) => isCutSegment(track, row)));
  const hasSequences = !tracks.some((track) => track.rows.some((row) => isWithoutSequence(track, row)));
  return ({ columns }, row) => {
    const kind = columns.kind[row];
    const ipId = columns.ipId[row];
    if (kind === SIGHTING_TCP) {
      if (!hasCutSegments || (ipId === 0 && !hasSequences)) return 0;
      return hashPair(hashPair(ipId, hasSequences ? columns.seq[row] : 0), columns.l3Length[row]);
    }
    if (ipId === 0 && weakWindow === Infinity) return 0;
    // For UDP this is the DNS id, which is in the payload and may be cut off at one of the points.
    const number = kind === SIGHTING_UDP ? 0 : columns.seq[row];
    return hashPair(hashPair(ipId, number), (columns.flags[row] << 16) ^ columns.payloadLength[row]);
  };
}

interface PairCount {
  matched: number;
  matchedById: number;
  withIds: number;
  othersWithIds: number;
}

/**
 * Columns for one join, kept for the next: most directions have a few rows, and there may be hundred thousands of them.
 * What is larger than most is not kept.
 */
class Room {
  #slots = new Int32Array(SLOTS_KEPT);
  #taken = new Uint8Array(SLOTS_KEPT);
  /** By position in the second track, for as many as `heads` was asked for. */
  next = new Int32Array(SLOTS_KEPT);
  keys = new Uint32Array(SLOTS_KEPT);
  readonly #kept = { next: this.next, keys: this.keys };

  /** Begins a join. @param slots at least as many as the second track has rows */
  heads(slots: number): Int32Array {
    const isSmall = slots <= SLOTS_KEPT;
    this.next = isSmall ? this.#kept.next : new Int32Array(slots);
    this.keys = isSmall ? this.#kept.keys : new Uint32Array(slots);
    return isSmall ? this.#slots.fill(-1, 0, slots) : new Int32Array(slots).fill(-1);
  }

  /** Which of so many rows have a partner: none yet. */
  taken(rows: number): Uint8Array {
    return rows <= SLOTS_KEPT ? this.#taken.fill(0, 0, rows) : new Uint8Array(rows);
  }
}

/** 4 columns of so many: 13 kB. */
const SLOTS_KEPT = 1024;
const room = new Room();

/** Hash join. Equal keys are paired in order of time. */
function pairUp(
  a: Track,
  b: Track,
  matched: Int32Array,
  taken: Uint8Array,
  keyOf: KeyOf,
  bounds: TimeBounds,
): PairCount {
  const slots = 2 ** Math.ceil(Math.log2(b.rows.length + 1) + 1);
  const heads = room.heads(slots);
  const { next, keys } = room;
  const count: PairCount = { matched: 0, matchedById: 0, withIds: 0, othersWithIds: 0 };
  for (let at = b.rows.length - 1; at >= 0; at--) {
    const row = b.rows[at];
    if (b.columns.ipId[row] !== 0) count.othersWithIds++;
    if (taken[at] === 1) continue;
    const key = keyOf(b, row);
    if (key === 0) continue;
    const slot = key & (slots - 1);
    keys[at] = key;
    next[at] = heads[slot];
    heads[slot] = at;
  }
  for (let index = 0; index < a.rows.length; index++) {
    const row = a.rows[index];
    const hasId = a.columns.ipId[row] !== 0;
    if (hasId) count.withIds++;
    if (matched[index] >= 0) {
      count.matched++;
      continue;
    }
    const key = keyOf(a, row);
    if (key === 0) continue;
    const slot = key & (slots - 1);
    const isBounded = bounds.weakWindow < Infinity && isWeak(a, row);
    let before = -1;
    for (let at = heads[slot]; at >= 0; before = at, at = next[at]) {
      if (keys[at] !== key || !isSameSequence(a, row, b, b.rows[at])) continue;
      if (isBounded) {
        const delay = delayBetween(a, row, b, b.rows[at], bounds);
        // An entry that is too early for this packet, and so for all later ones, stays in the list; it only costs a
        // comparison.
        if (delay < -NEGATIVE_DELAY) continue;
        if (delay > bounds.weakWindow) break;
      }
      if (before < 0) heads[slot] = next[at];
      else next[before] = next[at];
      taken[at] = 1;
      matched[index] = at;
      count.matched++;
      if (hasId) count.matchedById++;
      break;
    }
  }
  return count;
}
