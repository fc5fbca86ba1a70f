import type {
  CapturePoint,
  Connection,
  Conversation,
  Evidence,
  Hop,
  HopReason,
  PointQuality,
} from '../../flows/evidence/evidence.ts';
import { oneWayAt } from './one-way.ts';

/** Above these limits, the absence of a packet from a capture proves nothing. */
export const GATES = {
  droppedShare: { value: 0.01, unit: 'share', source: 'docs/thresholds.md, dropped-share' },
  gapShare: { value: 0.1, unit: 'share', source: 'docs/thresholds.md, gap-share' },
  missedShare: { value: 0.001, unit: 'share', source: 'docs/thresholds.md, missed-share' },
  unreadableShare: { value: 0.1, unit: 'share', source: 'docs/thresholds.md, unreadable-share' },
} as const;

/** Why a claim is not allowed at a point. The numbers say how much the captured packets leave open. */
export type ClosedGate =
  /** Packets that the capture of this point dropped by its own count, of all packets that came. */
  | { ok: false; code: 'dropped'; point: number; packets: number; of: number }
  /** Packets that are cut so short that addresses or ports are missing. */
  | { ok: false; code: 'unreadable'; point: number; packets: number; of: number }
  /** Connections that ran in both directions and were captured in one. */
  | { ok: false; code: 'one-way'; point: number; connections: number; of: number }
  /** Octets of TCP payload that were acknowledged but never captured, of all. */
  | { ok: false; code: 'packets-missed'; point: number; octets: number; of: number }
  /** The hop from `from` to `point` is unknown: a packet that `from` saw and `point` did not see proves nothing. */
  | { ok: false; code: 'hop-unknown'; point: number; from: number; reason: HopReason }
  /** Connections that began before the capture: round trip, window scale and earlier exchanges are not known. */
  | { ok: false; code: 'handshake-missing'; point: number };

/** Whether a claim is allowed. */
export type Gate = { readonly ok: true } | Readonly<ClosedGate>;

export interface Gates {
  /** Whether "nothing came back" may be claimed at this point. */
  absence(point: number): Gate;
  /** Whether counts of lost packets are meaningful at this point. */
  loss(point: number): Gate;
  /**
   * Whether a single packet that is missing at this point proves something. Closed where acknowledgements prove that
   * the capture missed packets.
   */
  single(point: number): Gate;
  /** Whether something may be claimed of a connection that only its beginning could refute. */
  beginning(connection: Connection): Gate;
}

const OPEN: Gate = { ok: true };
const cache = new WeakMap<Evidence, Gates>();

/** What the quality of each capture point allows rules to claim. Pure; computed once per evidence. */
export function gatesOf(evidence: Evidence): Gates {
  const known = cache.get(evidence);
  if (known !== undefined) return known;
  const absence = evidence.points.map((point) => absenceAt(evidence, point));
  const loss = evidence.points.map((point, index) =>
    absence[index].ok ? missedAbove(point, GATES.gapShare.value) : absence[index],
  );
  const single = evidence.points.map((point) => missedAbove(point, GATES.missedShare.value));
  const gates: Gates = {
    absence: (point) => absence[point] ?? OPEN,
    loss: (point) => loss[point] ?? OPEN,
    single: (point) => single[point] ?? OPEN,
    beginning: ({ rolesFrom, point }) =>
      rolesFrom === 'guess' ? { ok: false, code: 'handshake-missing', point } : OPEN,
  };
  cache.set(evidence, gates);
  return gates;
}

function absenceAt(evidence: Evidence, { index: point, capture, quality }: CapturePoint): Gate {
  const { packets, unreadable } = quality;
  const dropped = evidence.captures[capture]?.dropped ?? 0;
  const of = (evidence.captures[capture]?.packets ?? 0) + dropped;
  if (dropped > 0 && dropped >= GATES.droppedShare.value * of)
    return { ok: false, code: 'dropped', point, packets: dropped, of };
  if (packets > 0 && unreadable / packets > GATES.unreadableShare.value)
    return { ok: false, code: 'unreadable', point, packets: unreadable, of: packets };
  const oneWay = oneWayAt(evidence, point);
  if (oneWay?.whole === true)
    return { ok: false, code: 'one-way', point, connections: oneWay.oneWay, of: oneWay.proved };
  return OPEN;
}

/** @param share of TCP payload that the capture may miss */
function missedAbove({ index: point, quality }: CapturePoint, share: number): Gate {
  if (gapShareOf(quality) <= share) return OPEN;
  const { gapOctets, tcpOctets } = quality;
  return { ok: false, code: 'packets-missed', point, octets: gapOctets, of: gapOctets + tcpOctets };
}

const gapShareOf = ({ gapOctets, tcpOctets }: PointQuality): number =>
  gapOctets === 0 ? 0 : gapOctets / (gapOctets + tcpOctets);

/** The gate of a hop. */
export const gateOfHop = ({ from, to, unknown }: Hop): Gate =>
  unknown === null ? OPEN : { ok: false, code: 'hop-unknown', point: to, from, reason: unknown };

/**
 * Reasons that show where the packets are: they arrived by another path. Other reasons say only that the hop could not
 * be checked.
 */
const PROVES_ARRIVAL: ReadonlySet<HopReason['code']> = new Set(['acknowledged-unseen', 'answered-unseen']);

const isShut = ({ unknown }: Hop): boolean => unknown !== null && !PROVES_ARRIVAL.has(unknown.code);

/**
 * The same evidence with every gate open. A finding that a rule makes here and not in the real evidence was held back
 * by a gate. Null when all gates are open. Use it only for that comparison: findings in it are not true.
 */
export function withGatesOpen(evidence: Evidence): Evidence | null {
  const gates = gatesOf(evidence);
  const isPointShut = evidence.points.some((_, point) => !gates.loss(point).ok || !gates.single(point).ok);
  const isHopShut = evidence.conversations.some(({ hops }) => hops.some(isShut));
  const open =
    isPointShut || isHopShut ? { ...evidence, conversations: evidence.conversations.map(withHopsOpen) } : null;
  if (open !== null)
    cache.set(open, { ...gatesOf(evidence), absence: () => OPEN, loss: () => OPEN, single: () => OPEN });
  return open;
}

/**
 * The same evidence in which connections that began before the capture may be claimed everything of that their
 * beginning could refute. Null when there are none. For the same comparison only.
 */
export function withBeginningsOpen(evidence: Evidence): Evidence | null {
  const isOpen = evidence.connections.every(
    ({ rolesFrom, directions: [to, back] }) => rolesFrom !== 'guess' || to.packets === 0 || back.packets === 0,
  );
  if (isOpen) return null;
  const open = { ...evidence };
  cache.set(open, { ...gatesOf(evidence), beginning: () => OPEN });
  return open;
}

const withHopsOpen = (conversation: Conversation): Conversation =>
  conversation.hops.some(isShut)
    ? { ...conversation, hops: conversation.hops.map((hop) => (isShut(hop) ? { ...hop, unknown: null } : hop)) }
    : conversation;
