import type {
  Connection,
  Direction,
  Evidence,
  IdleGap,
  PacketRef,
  ResetEvent,
  TcpDirection,
} from '../../../flows/evidence/evidence.ts';
import { endpointText } from '../attempts.ts';
import { indexOf } from '../evidence-index.ts';
import { type SuddenEnd, suddenEnds, usualTtls } from './sudden-end.ts';

/** Factor of the retransmission timer from one sending to the next. */
const TIMER_DOUBLES = 2; // RFC 6298, 5.5

export const FORGOTTEN_THRESHOLDS = {
  answerSeconds: { value: 1, unit: 's', source: 'docs/thresholds.md, reset-answer' },
  /** A single such reset with nothing captured before it may be the answer to a stranger or a scanner. */
  midStream: { value: 2, unit: 'connections', source: 'docs/thresholds.md, two-die-together' },
} as const;

/** A running connection whose data is answered as if the peer had no such connection. */
export interface Forgotten {
  leg: Connection;
  conversation: number;
  /** Direction of the data. */
  speaker: Direction;
  data: PacketRef;
  reset: ResetEvent;
  /** The pause before the data; null when there was no pause of a second or more. */
  idle: IdleGap | null;
  /** The longest other pause of the connection, seconds. */
  survived: number;
  /** Nothing of the connection was captured at this point before this data. */
  midStream: boolean;
  /** Average seconds from one data segment of the speaker to the next; null when nothing was captured before. */
  rhythm: number | null;
}

const cache = new WeakMap<Evidence, readonly Forgotten[]>();

/**
 * Connections that end with the reset of a machine that does not know them (RFC 9293, 3.10.7.1). The reset comes at
 * once and without ACK, and its sequence number is the number that the data acknowledged. An application that aborts
 * sends a reset with ACK.
 *
 *   data, ack = n  ──►
 *                  ◄──  RST, seq = n
 */
export function forgottenConnections(evidence: Evidence): readonly Forgotten[] {
  const known = cache.get(evidence);
  if (known !== undefined) return known;
  const found = [...suddenEnds(evidence).flatMap((end) => fromSuddenEnd(end) ?? []), ...midStreamOnes(evidence)];
  cache.set(evidence, found);
  return found;
}

/** The peer that does not know the connection any more, "10.1.2.3:80". */
export const forgetfulPeer = ({ leg, speaker }: Forgotten): string =>
  endpointText(speaker === 0 ? leg.server : leg.client);

function fromSuddenEnd(end: SuddenEnd): Forgotten | null {
  const { leg, conversation, reset, sendings, speaker, idle, survived, firstPacket, firstTime } = end;
  if (reset === null || sendings > 1 || leg.directions[speaker].fins > 0) return null;
  const data = { packet: firstPacket, time: firstTime };
  if (!isAnswerOfStranger(leg, speaker, reset, data)) return null;
  if (repeatsItself(leg.directions[1 - speaker], reset)) return null;
  if (leg.directions[1 - speaker].ttls.length > 0 && !usualTtls(end).includes(reset.ttl)) return null;
  const rhythm = (data.time - leg.first.time) / Math.max(1, leg.directions[speaker].dataSegments - 1);
  return { leg, conversation, speaker, data, reset, idle, survived, midStream: false, rhythm };
}

/**
 * Whether who resets was itself repeating octets of the connection, and the next repetition was not due yet (RFC 6298, 5.5:
 * the timer doubles). It knows the connection: its program has given up.
 */
const repeatsItself = ({ repeats }: TcpDirection, { time }: ResetEvent): boolean =>
  repeats.some(({ packets }) => {
    const [before, last] = packets.slice(-2).map((sending) => sending.time);
    return last !== undefined && last <= time && time - last <= TIMER_DOUBLES * (last - before);
  });

const isAnswerOfStranger = (
  { directions }: Connection,
  speaker: Direction,
  { hasAck, seq, time }: ResetEvent,
  data: PacketRef,
): boolean =>
  !hasAck && seq === directions[speaker].ackHigh && time - data.time <= FORGOTTEN_THRESHOLDS.answerSeconds.value;

/** Connections whose first captured packet is data and whose only answer is a reset. Several at one peer count. */
function midStreamOnes(evidence: Evidence): Forgotten[] {
  const index = indexOf(evidence);
  const byPeer = new Map<string, Forgotten[]>();
  for (const conversation of index.tcp) {
    for (const leg of index.connections(conversation)) {
      const found = midStream(leg, conversation.index);
      if (found === null) continue;
      const key = `${leg.point} ${forgetfulPeer(found)}`;
      const ofPeer = byPeer.get(key);
      if (ofPeer === undefined) byPeer.set(key, [found]);
      else ofPeer.push(found);
    }
  }
  return [...byPeer.values()].filter(({ length }) => length >= FORGOTTEN_THRESHOLDS.midStream.value).flat();
}

function midStream(leg: Connection, conversation: number): Forgotten | null {
  if (leg.rolesFrom !== 'guess' || leg.syn.length + leg.synAck.length > 0) return null;
  const speaker = leg.directions[0].dataSegments > 0 ? 0 : 1;
  const [mine, peer] = [leg.directions[speaker], leg.directions[1 - speaker]];
  if (mine.dataSegments !== 1 || mine.fins + mine.resets > 0 || mine.first === null) return null;
  if (peer.packets === 0 || peer.packets > peer.resets) return null;
  const reset = leg.resets.find(({ direction }) => direction === 1 - speaker);
  if (reset === undefined || !isAnswerOfStranger(leg, speaker, reset, mine.first)) return null;
  return {
    leg,
    conversation,
    speaker,
    data: mine.first,
    reset,
    idle: null,
    survived: 0,
    midStream: true,
    rhythm: null,
  };
}
