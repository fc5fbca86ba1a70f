import type { Direction } from '../evidence/evidence.ts';
import { advance, isAfter, isBefore } from '../sequence-number.ts';
import type { ConnectionBlock } from './connection-block.ts';
import type { ConnectionTrouble, DirectionTrouble } from './connection-trouble.ts';
import type { FollowedConnections } from './followed-connections.ts';
import * as R from './record-marks.ts';
import type { SegmentContext } from './segment-context.ts';

/** State that must be known of both directions before ordinary segments may follow. */
const KNOWN = R.HAS_NEXT | R.HAS_CONTIGUOUS | R.HAS_ACK;

/**
 * Sets the marks that ordinary segments may follow. Only other segments change these, so they are evaluated after each of
 * those.
 *
 *   IS_STEADY   established, both directions known, no zero window open: segments in order settle something at most
 *   OPEN_…      … by an acknowledgement of the peer, from `openLow` on, or by its SACK blocks below `openHigh`
 *   IS_CALM     steady, nothing is open, and no end was seen
 */
export function markCalm(
  { troubles }: FollowedConnections,
  { connection, block, at, mine, peer }: SegmentContext,
): void {
  const marks = block.marksAndLetters(at);
  const known = block.marks(mine) & block.marks(peer) & KNOWN;
  const trouble = troubles.of(connection);
  const isEstablished = known === KNOWN && (marks & R.HANDSHAKE_DONE) !== 0;
  const isSteady = isEstablished && (trouble === undefined || trouble.spans.every(({ end }) => end !== null));
  const isOpen = isSteady && trouble !== undefined && noteOpen(trouble, block, at);
  const isCalm = isSteady && !isOpen && !block.hasEndMarks(at, R.HAS_END);
  block.setMarksAndLetters(at, isCalm ? marks | R.IS_CALM : marks & ~R.IS_CALM);
  if (isSteady) block.addEndMarks(at, R.IS_STEADY);
  else block.removeEndMarks(at, R.IS_STEADY);
}

/** Notes what is open in both directions. @returns whether anything is */
function noteOpen({ directions: [there, back] }: ConnectionTrouble, block: ConnectionBlock, at: number): boolean {
  const isThere = there !== undefined && noteOpenOf(there, block, at, 0);
  const isBack = back !== undefined && noteOpenOf(back, block, at, 1);
  return isThere || isBack;
}

function noteOpenOf(side: DirectionTrouble, block: ConnectionBlock, at: number, direction: Direction): boolean {
  const mine = at + R.DIRECTIONS_AT + direction * R.DIRECTION_BYTES;
  const place = R.openOf(at, direction);
  let marks = 0;
  let low = 0;
  for (const { start } of side.openHoles) {
    const first = advance(start, 1);
    if (marks === 0 || isBefore(first, low)) low = first;
    marks = R.OPEN_HOLES;
  }
  for (const { ackedTime, rawEnd } of side.repeats) {
    if (ackedTime !== null) continue;
    if (marks === 0 || isBefore(rawEnd, low)) low = rawEnd;
    if ((marks & R.OPEN_REPEATS) === 0 || isAfter(rawEnd, block.openHigh(place))) block.setOpenHigh(place, rawEnd);
    marks |= R.OPEN_REPEATS;
  }
  block.removeMarks(mine, R.OPEN_HOLES | R.OPEN_REPEATS);
  block.addMarks(mine, marks);
  block.setOpenLow(place, low);
  return marks !== 0;
}
