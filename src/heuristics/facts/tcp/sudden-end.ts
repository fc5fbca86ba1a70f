import type {
  Connection,
  Direction,
  Evidence,
  IdleGap,
  PacketRef,
  ResetEvent,
} from '../../../flows/evidence/evidence.ts';
import { nothingAdvanced } from '../counter/acknowledgements.ts';
import { noLongerPauseSurvived } from '../counter/pauses.ts';
import { indexOf } from '../evidence-index.ts';
import { inOrder } from '../packet-order.ts';

/** How an established connection in use failed: facts that several rules judge by. */
export interface SuddenEnd {
  leg: Connection;
  conversation: number;
  /** Direction of the packets that were not acknowledged. */
  speaker: Direction;
  /** The pause right before the first of these packets; null when there was no pause of a second or more. */
  idle: IdleGap | null;
  /** The longest other pause after which the connection went on, seconds; 0 when there was none of a second or more. */
  survived: number;
  /** Unacknowledged transmissions before the reset or the end. */
  sendings: number;
  firstPacket: number;
  firstTime: number;
  /** The reset that ended the connection; null when it ended in silence. */
  reset: ResetEvent | null;
  /** Seconds from the first unacknowledged transmission to the reset or to the last transmission. */
  seconds: number;
  /** True when only keep-alives were sent, no data. */
  keepAlive: boolean;
}

/**
 * Connections whose last packets were not acknowledged. Data or keep-alives were sent several times, or once and
 * answered by a reset. The peer had not closed, and never acknowledged them.
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

/**
 * TTLs of the peer's packets, without the packets that ended the connection: each of those may have been sent several
 * times.
 */
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
  /**
   * Half of the shortest idle timeout that the rules look for, so that a capture replayed at twice the speed gives the
   * same result.
   */
  shortestPause: { value: 1.5, unit: 's', source: 'docs/thresholds.md, idle-pause' },
  pauseFactor: { value: 15, unit: 'factor', source: 'docs/thresholds.md, idle-pause' },
  /** A pause no longer than a survived one times this factor belongs to the rhythm of the connection. */
  rhythmFactor: { value: 1.1, unit: 'factor', source: 'docs/thresholds.md, near-timeout' },
} as const;

/**
 * Whether the pause before could have ended the connection: it is out of the rhythm of the connection, longer than any
 * pause that was survived, and long compared with the retransmission timer. All limits but the shortest pause are
 * ratios, so that the same events at another pace give the same result.
 */
export function isAfterIdle(end: SuddenEnd): boolean {
  const { idle, survived, keepAlive } = end;
  if (idle === null || keepAlive || idle.seconds < AFTER_IDLE_THRESHOLDS.shortestPause.value) return false;
  if (idle.seconds <= survived * AFTER_IDLE_THRESHOLDS.rhythmFactor.value) return false;
  return idle.seconds >= AFTER_IDLE_THRESHOLDS.pauseFactor.value * retransmissionTimer(end);
}

/**
 * Seconds from the first unacknowledged transmission to the second; 0 when there was only one. A loss probe comes sooner
 * than the timer (RFC 8985, 7.2). The timer doubles each time, so half of the second distance is an upper limit too.
 */
function retransmissionTimer({ leg, speaker, firstPacket }: SuddenEnd): number {
  const packets = leg.directions[speaker].repeats.find((repeat) => repeat.packets[0]?.packet === firstPacket)?.packets;
  if (packets === undefined || packets.length < 2) return 0;
  const first = packets[1].time - packets[0].time;
  return packets.length === 2 ? first : Math.max(first, (packets[2].time - packets[1].time) / 2);
}

/** The pause right before, when neither side had data to send. A sender that waits for a full window is not idle. */
function pausesOf(leg: Connection, since: PacketRef, speaker: Direction): Pick<SuddenEnd, 'idle' | 'survived'> {
  const gap = leg.idleGaps.find(({ keepAlive, to }) => !keepAlive && to.packet === since.packet);
  const survived = Math.max(0, ...leg.idleGaps.flatMap((other) => (isBefore(other, since) ? other.seconds : [])));
  if (gap === undefined) return { idle: null, survived };
  const heldBack =
    leg.events.some(({ kind, packet }) => kind === 'windowFull' && packet === gap.to.packet) ||
    leg.zeroWindowSpans.some((span) => span.direction !== speaker && span.end === null);
  return { idle: heldBack ? null : gap, survived };
}

/** Whether a pause lies before `since`. Later pauses are waits for an answer, not survived silence. */
const isBefore = ({ to }: IdleGap, since: PacketRef): boolean => to.packet !== since.packet && to.time < since.time;

/**
 * Whether the capture misses packets of that side. Then acknowledgements that it sent may be missing from the capture.
 */
function isHalfSeen(leg: Connection, direction: Direction): boolean {
  const { ackHigh, gapOctets, payloadOctets } = leg.directions[direction];
  return ackHigh === null || gapOctets > payloadOctets;
}

/** Keep-alives after the peer's last packet, until the speaker's own reset or the end of the capture. */
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

/**
 * Whether the pause before an end may have ended the connection: it is long for this connection (`isAfterIdle`), and
 * none of the same two addresses survived one as long.
 */
export const mayBeIdleTimeout = (evidence: Evidence, end: SuddenEnd): boolean =>
  isAfterIdle(end) &&
  end.idle !== null &&
  noLongerPauseSurvived(evidence, end.leg, end.idle.seconds, end.idle.to.time) !== 'refuted';

/** Whether another point shows that the peer acknowledged what this one saw unacknowledged: then the peer lives. */
export const wasAcknowledgedElsewhere = (
  evidence: Evidence,
  { leg, speaker, firstTime, conversation }: SuddenEnd,
): boolean =>
  indexOf(evidence)
    .connections(evidence.conversations[conversation])
    .some((other) => {
      const shift = evidence.points[leg.point].timeShift - evidence.points[other.point].timeShift;
      return other !== leg && nothingAdvanced(other, speaker, firstTime + shift) === 'refuted';
    });
