import type { Evidence } from '../../../flows/evidence/evidence.ts';
import { gatesOf } from '../gates.ts';
import type { Cliff } from './cliff.ts';

/** How far ICMP "fragmentation needed" got on its way back to the sender of the large packets. */
export interface IcmpTrail {
  /**
   * The point nearest to the sender that saw the error, and the next point towards the sender, which should have seen
   * it.
   */
  lastSeen: number;
  missingAt: number | null;
  /** The address that the error is sent to there. */
  to: string;
  /**
   * Source of the quoted packet there. If it is not an address of the sender, the sender's kernel finds no connection
   * for it.
   */
  quotedSource: string;
  count: number;
}

/**
 * Follows the errors along the path, from the device that sent them back to the sender of the large packets:
 *
 *   sender ──── p1 ──── p2 ──── device
 *          absent   seen ◄── ICMP
 */
export function icmpTrail(evidence: Evidence, { errors, conversations, direction }: Cliff): IcmpTrail | null {
  if (errors.length === 0 || conversations.length === 0) return null;
  const legs = conversations[0].legs.map(({ point }) => point);
  const path = [...new Set(direction === 0 ? legs : legs.reverse())];
  const places = errors.map(({ point }) => path.indexOf(point)).filter((at) => at >= 0);
  const nearest = places.length === 0 ? -1 : Math.min(...places);
  const lastSeen = nearest < 0 ? errors[0].point : path[nearest];
  const there = errors.filter(({ point }) => point === lastSeen);
  const before = nearest > 0 ? path[nearest - 1] : null;
  return {
    lastSeen,
    missingAt: before !== null && wouldShow(evidence, before, there) ? before : null,
    to: there[0].to,
    quotedSource: there[0].quoted?.source.address ?? '',
    count: there.length,
  };
}

/**
 * Absence counts only at a point that was capturing at the time, in both directions, and not only what a filter on
 * ports lets through.
 */
function wouldShow(evidence: Evidence, point: number, errors: Cliff['errors']): boolean {
  const { capture, quality, timeShift } = evidence.points[point];
  if (!gatesOf(evidence).absence(point).ok) return false;
  if (quality.icmpPackets === 0 && (evidence.captures[capture]?.filters ?? []).length > 0) return false;
  return errors.some((error) => {
    const at = error.time + evidence.points[error.point].timeShift;
    return at >= quality.firstTime + timeShift && at <= quality.lastTime + timeShift;
  });
}
