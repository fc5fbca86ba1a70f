import type { Evidence } from '../../../flows/evidence/evidence.ts';
import { gatesOf } from '../gates.ts';
import type { Cliff } from './cliff.ts';

/** How far ICMP "fragmentation needed" came on its way back to the sender of the large packets. */
export interface IcmpTrail {
  /** Point nearest to the sender that saw it, and the next one towards the sender, which should have. */
  lastSeen: number;
  missingAt: number | null;
  /** Whom it is addressed to there. */
  to: string;
  /** Sender of the quoted packet there: the sender's kernel finds no connection of its own when it is another address. */
  quotedSource: string;
  count: number;
}

/**
 * Follows the errors along the path, from the device that sent them back to the sender:
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

/** Absence is told of a point only that captured at the time, both directions, and more than what a filter on ports lets through. */
function wouldShow(evidence: Evidence, point: number, errors: Cliff['errors']): boolean {
  const { capture, quality, timeShift } = evidence.points[point];
  if (!gatesOf(evidence).absence(point).ok) return false;
  if (quality.icmpPackets === 0 && (evidence.captures[capture]?.filters ?? []).length > 0) return false;
  return errors.some((error) => {
    const at = error.time + evidence.points[error.point].timeShift;
    return at >= quality.firstTime + timeShift && at <= quality.lastTime + timeShift;
  });
}
