import type {
  Connection,
  Direction,
  Evidence,
  IdleGap,
  PacketRef,
  ResetEvent,
} from '../../../flows/evidence/evidence.ts';
import { indexOf } from '../evidence-index.ts';
import { inOrder } from '../packet-order.ts';

/** How an established connection that was in use came to grief: facts that several rules judge by. */
export interface SuddenEnd {
  leg: Connection;
  conversation: number;
  /** Who spoke in vain. */
  speaker: Direction;
  /** The pause that this very packet ended; null when it was none of a second or more. */
  idle: IdleGap | null;
  /** The longest of the other pauses, after which the connection went on, seconds; 0: none of a second or more. */
  survived: number;
  /** Sendings in vain before the reset or the end. */
  sendings: number;
  firstPacket: number;
  firstTime: number;
  /** The reset that ended it; null when silence did. */
  reset: ResetEvent | null;
  /** Seconds from the first sending in vain to the reset or to the last sending. */
  seconds: number;
  /** Keep-alives only, no data. */
  keepAlive: boolean;
}

/**
 * Connections whose last words were not acknowledged: data or keep-alives were sent (several times, or once and
 * answered by a reset) and the peer, which had not closed, never took them.
 *
 *   ···data·ack···  (idle)  data  data  data …  RST or silence
 *                           └─ firstTime         └─ reset
 */
export function suddenEnds(evidence: Evidence): SuddenEnd[] {
  const index = indexOf(evidence);
  const ends: SuddenEnd[] = [];
  for (const conversation of index.tcp) {
    const legs = index.connections(conversation);
    for (const speaker of [0, 1] as const) {
      const leg = speaker === 0 ? legs[0] : legs[legs.length - 1];
      const end = suddenEnd(leg, conversation.index, speaker);
      if (end !== null) ends.push(end);
    }
  }
  return ends;
}

/** What the packets of the peer had for a TTL, those that ended the connection apart: each may have been sent several times. */
export function usualTtls({ leg, speaker, reset }: SuddenEnd): number[] {
  const { ttls } = leg.directions[1 - speaker];
  if (reset === null) return ttls.map(({ value }) => value);
  const resets = leg.resets.filter(({ direction, ttl }) => direction === reset.direction && ttl === reset.ttl);
  return ttls.filter(({ value, count }) => value !== reset.ttl || count > resets.length).map(({ value }) => value);
}

function suddenEnd(leg: Connection, conversation: number, speaker: Direction): SuddenEnd | null {
  const peer = (1 - speaker) as Direction;
  const mine = leg.directions[speaker];
  if (leg.state === 'syn-sent' || leg.state === 'syn-received' || leg.directions[peer].packets === 0) return null;
  if (leg.directions[peer].fins > 0 || isHalfSeen(leg, peer)) return null;
  const unanswered = mine.repeats
    .filter((repeat) => repeat.ackedTime === null)
    .sort((a, b) => inOrder(a.packets[0], b.packets[0]))[0];
  const since = unanswered?.packets[0] ?? mine.unackedSince;
  const keepAlives = keepAlivesInVain(leg, speaker);
  if (since === undefined || since === null) return keepAlives === null ? null : { ...keepAlives, conversation };
  if (leg.resets.some(({ time }) => time < since.time)) return null;
  const reset = leg.resets.find((candidate) => candidate.direction === peer && candidate.time >= since.time) ?? null;
  const sendings = unanswered?.sendings ?? 1;
  const last = unanswered === undefined ? since : unanswered.packets[unanswered.packets.length - 1];
  return {
    leg,
    conversation,
    speaker,
    ...pausesOf(leg, since, speaker),
    sendings,
    firstPacket: since.packet,
    firstTime: since.time,
    reset,
    seconds: (reset?.time ?? last.time) - since.time,
    keepAlive: false,
  };
}

export const AFTER_IDLE_THRESHOLDS = {
  /** Half of the shortest idle timeout that is looked for, so that a capture told twice as fast says the same. */
  shortestPause: { value: 1.5, unit: 's', source: 'docs/thresholds.md, idle-pause' },
  pauseFactor: { value: 15, unit: 'factor', source: 'docs/thresholds.md, idle-pause' },
  /** A pause within this of one that was survived belongs to the rhythm of the connection. */
  rhythmFactor: { value: 1.1, unit: 'factor', source: 'docs/thresholds.md, near-timeout' },
} as const;

/**
 * Whether the pause before could have ended it: it is out of the rhythm of the connection, longer than any that was
 * survived, and long beside its retransmission timer. All but the shortest pause are ratios, so that the same course of
 * events at another pace is judged alike.
 */
export function isAfterIdle(end: SuddenEnd): boolean {
  const { idle, survived, keepAlive } = end;
  if (idle === null || keepAlive || idle.seconds < AFTER_IDLE_THRESHOLDS.shortestPause.value) return false;
  if (idle.seconds <= survived * AFTER_IDLE_THRESHOLDS.rhythmFactor.value) return false;
  return idle.seconds >= AFTER_IDLE_THRESHOLDS.pauseFactor.value * retransmissionTimer(end);
}

/**
 * Seconds from the first sending in vain to the second; 0 when there was only one. A loss probe comes sooner than the
 * timer (RFC 8985, 7.2), which doubles each time: half of the second distance is no more than the timer either.
 */
function retransmissionTimer({ leg, speaker, firstPacket }: SuddenEnd): number {
  const packets = leg.directions[speaker].repeats.find((repeat) => repeat.packets[0]?.packet === firstPacket)?.packets;
  if (packets === undefined || packets.length < 2) return 0;
  const first = packets[1].time - packets[0].time;
  return packets.length === 2 ? first : Math.max(first, (packets[2].time - packets[1].time) / 2);
}

/** The pause right before, when nobody had anything to say: a sender that a full window held back was not idle. */
function pausesOf(leg: Connection, since: PacketRef, speaker: Direction): Pick<SuddenEnd, 'idle' | 'survived'> {
  const gap = leg.idleGaps.find(({ keepAlive, to }) => !keepAlive && to.packet === since.packet);
  const survived = Math.max(0, ...leg.idleGaps.flatMap((other) => (isBefore(other, since) ? other.seconds : [])));
  if (gap === undefined) return { idle: null, survived };
  const heldBack =
    leg.events.some(({ kind, packet }) => kind === 'windowFull' && packet === gap.to.packet) ||
    leg.zeroWindowSpans.some((span) => span.direction !== speaker && span.end === null);
  return { idle: heldBack ? null : gap, survived };
}

/** Pauses after it are waiting, no silence that was survived. */
const isBefore = ({ to }: IdleGap, since: PacketRef): boolean => to.packet !== since.packet && to.time < since.time;

/** The capture misses packets of that side: what it acknowledged was not seen to be acknowledged. */
function isHalfSeen(leg: Connection, direction: Direction): boolean {
  const { ackHigh, gapOctets, payloadOctets } = leg.directions[direction];
  return ackHigh === null || gapOctets > payloadOctets;
}

/** Keep-alives after the peer's last word, ended by the speaker's own reset or by the capture. */
function keepAlivesInVain(leg: Connection, speaker: Direction): Omit<SuddenEnd, 'conversation'> | null {
  const peer = (1 - speaker) as Direction;
  const lastHeard = leg.directions[peer].last?.time ?? Number.NEGATIVE_INFINITY;
  const probes = leg.events.filter(
    (event) => event.kind === 'keepAlive' && event.direction === speaker && event.time > lastHeard,
  );
  if (probes.length === 0) return null;
  const [first] = probes;
  const last = probes[probes.length - 1];
  return {
    leg,
    speaker,
    idle: null,
    survived: Math.max(0, ...leg.idleGaps.map(({ seconds }) => seconds)),
    sendings: probes.length,
    firstPacket: first.packet,
    firstTime: first.time,
    reset: null,
    seconds: last.time - first.time,
    keepAlive: true,
  };
}
