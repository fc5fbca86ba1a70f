import type { Packet } from '../../decode/packet.ts';
import { TO_SERVER, type Turn } from '../evidence/evidence.ts';
import { type ConnectionBlock, handshakeSeconds, shortestByData } from './connection-block.ts';
import { type ConnectionTrouble, keepLargest, TURNS_KEPT } from './connection-trouble.ts';
import type { FollowedConnections } from './followed-connections.ts';
import { latestDataTime, noteTransfer } from './note-transfer.ts';
import * as R from './record-marks.ts';
import type { SegmentContext } from './segment-context.ts';
import * as K from './segment-kind.ts';
import {
  AT_ONCE,
  DEFAULT_MSS,
  DELAYED_ACK_SECONDS,
  LARGE_OCTETS,
  LONGEST_DELAYED_ACK,
  MOST_OPTIONS,
  SLOW_TURN_SECONDS,
} from './turn-limits.ts';

/**
 * Tracks turns of request and answer. A request is the client's data since the server last sent; its answer is the next
 * data of the server.
 *
 *   request ─────── transfer ──── wait ─── answer ── transfer ── client thinks ── request …
 *   requestStart    requestTime            response  answerTime
 *
 * Called for data, and for any segment while a request waits.
 */
export function noteTurn(tracker: FollowedConnections, packet: Packet, context: SegmentContext, kinds: number): void {
  const { at, peer, time, block } = context;

  const waits = block.hasMarksAndLetters(at, R.WAITS_FOR_ANSWER);
  const again = (kinds & (K.RETRANSMISSION | K.KEEP_ALIVE | K.ZERO_WINDOW_PROBE)) !== 0;
  if (context.direction === TO_SERVER) {
    if (packet.payloadLength === 0 || again) return;
    const octets = waits ? block.requestOctets(at) : 0;
    if (waits) {
      if (isTold(octets, time - block.requestTime(at))) continueSending(tracker, packet, context, octets);
    } else {
      beginRequest(tracker, context);
      block.addMarksAndLetters(at, R.WAITS_FOR_ANSWER);
    }
    block.setRequestPacket(at, packet.number);
    block.setRequestOctets(at, octets + packet.payloadLength);
    block.setRequestTime(at, time);
    block.setRequestAckTime(at, -1);
    return;
  }
  if (packet.payloadLength > 0) {
    if (again) return;
    const octets = waits ? 0 : block.answerOctets(at);
    if (waits) noteAnswer(tracker, packet, context);
    else if (octets > 0 && isTold(octets, time - block.answerTime(at)))
      continueSending(tracker, packet, context, octets);
    block.setAnswerTime(at, time);
    block.setAnswerOctets(at, octets + packet.payloadLength);
  } else if (block.requestAckTime(at) < 0 && packet.tcpAck === block.nextSeq(peer)) block.setRequestAckTime(at, time);
}

function beginRequest({ troubles }: FollowedConnections, { connection, block, at, time }: SegmentContext): void {
  const trouble = troubles.of(connection);
  if (trouble?.latestTurn !== undefined) settleTurn(trouble, block, at, time - block.answerTime(at));
  block.setRequestStart(at, time);
  block.setAnswerOctets(at, 0);
}

/** The client sends again, or the connection is over: the answer of the latest slow turn is complete. */
export function settleTurn(
  { latestTurn: turn }: Pick<ConnectionTrouble, 'latestTurn'>,
  block: ConnectionBlock,
  at: number,
  thinkSeconds: number | null,
): void {
  if (turn === undefined || turn.response === null) return;
  turn.answerOctets = block.answerOctets(at);
  turn.answerSeconds = Math.max(0, block.answerTime(at) - turn.response.time);
  turn.thinkSeconds = thinkSeconds;
}

/** Most data of a sender who has the word already says nothing: it follows at once, and is not much. */
const isTold = (octets: number, pause: number): boolean => octets >= LARGE_OCTETS || pause >= DELAYED_ACK_SECONDS;

/** Data of a sender who has the word already. @param octets that it sent since it has it */
function continueSending(tracker: FollowedConnections, packet: Packet, context: SegmentContext, octets: number): void {
  if (octets >= LARGE_OCTETS) noteTransfer(tracker, packet, context);
  const since = latestDataTime(context);
  if (context.time - since < DELAYED_ACK_SECONDS) return;
  const seconds = stallOf(packet, context, since, octets);
  if (seconds > 0) noteStall(context, seconds);
}

/**
 * Seconds by which a small segment was held back until a late acknowledgement came (Nagle, RFC 9293, 3.7.4, and a delayed
 * acknowledgement): everything before is acknowledged, by a packet that came later than a round trip, and the segment
 * leaves at once. A receiver acknowledges the second full segment without delay (RFC 9293, 3.8.6.3), so less than two
 * were sent before. 0 where it was not held back.
 *
 * @param since when the sender had sent before, seconds
 * @param octets of this request or answer so far
 */
function stallOf(
  packet: Packet,
  { block, at, mine, peer, direction, time }: SegmentContext,
  since: number,
  octets: number,
): number {
  const acked = block.lastTime(peer);
  if (acked <= since || block.lastAck(peer) !== block.nextSeq(mine) || packet.tcpSeq !== block.nextSeq(mine)) return 0;
  const most = block.mss(peer) || DEFAULT_MSS;
  if (packet.payloadLength >= most - MOST_OPTIONS || octets > 2 * most) return 0;
  const roundTrip = handshakeSeconds(block, at);
  if (roundTrip === 0)
    return stallByData(acked - since - shortestByData(block, mine), shortestByData(block, peer), time - acked);
  const delay = time - since - roundTrip;
  if (delay < DELAYED_ACK_SECONDS || delay > LONGEST_DELAYED_ACK) return 0;
  const behind = block.firstTime(at + R.DIRECTIONS_AT + R.DIRECTION_BYTES) - block.firstTime(at + R.DIRECTIONS_AT);
  const ahead = direction === TO_SERVER ? roundTrip - behind : behind;
  return time - acked <= ahead + ahead / 4 + AT_ONCE ? delay : 0;
}

/**
 * The same without a handshake. The shortest round trips of data so far are upper bounds of the path on either side. They
 * hold the pause of a peer that acknowledges with its next request, so only the side of the receiver is subtracted.
 *
 * @param delay of the acknowledgement at the receiver, seconds @param ahead from the point to the sender and back
 * @param after seconds from the acknowledgement to the segment
 */
function stallByData(delay: number, ahead: number, after: number): number {
  if (delay < DELAYED_ACK_SECONDS || delay > LONGEST_DELAYED_ACK) return 0;
  return after <= ahead + ahead / 4 + AT_ONCE ? delay : 0;
}

function noteStall({ block, at, direction }: SegmentContext, seconds: number): void {
  block.setStallSeconds(at, block.stallSeconds(at) + seconds);
  if (direction === TO_SERVER) block.setStallsToServer(at, Math.min(R.MOST_COUNTED, block.stallsToServer(at) + 1));
  else block.setStallsToClient(at, Math.min(R.MOST_COUNTED, block.stallsToClient(at) + 1));
}

function noteAnswer(
  { troubles }: FollowedConnections,
  packet: Packet,
  { connection, block, at, time }: SegmentContext,
): void {
  block.removeMarksAndLetters(at, R.WAITS_FOR_ANSWER);
  const seconds = time - block.requestTime(at);
  block.setTurns(at, block.turns(at) + 1);
  block.setTurnSeconds(at, block.turnSeconds(at) + seconds);
  if (seconds < block.fastestTurn(at)) block.setFastestTurn(at, seconds);
  if (seconds < SLOW_TURN_SECONDS) {
    const known = troubles.of(connection);
    if (known?.latestTurn !== undefined) known.latestTurn = undefined;
    block.removeMarksAndLetters(at, R.SLOW_TURN);
    return;
  }
  const turn = turnOf(block, at, { packet: packet.number, time }, seconds);
  const trouble = troubles.make(connection);
  trouble.slowTurns = keepLargest(trouble.slowTurns, turn, TURNS_KEPT, secondsOf);
  trouble.latestTurn = turn;
  block.addMarksAndLetters(at, R.SLOW_TURN);
}

const secondsOf = ({ seconds }: Turn): number => seconds;

/** The waiting request, with its answer or without one. */
export function turnOf(
  block: ConnectionBlock,
  at: number,
  response: { packet: number; time: number } | null,
  seconds: number,
): Turn {
  const ackTime = block.requestAckTime(at);
  return {
    request: { packet: block.requestPacket(at), time: block.requestTime(at) },
    requestOctets: block.requestOctets(at),
    requestSeconds: block.requestTime(at) - block.requestStart(at),
    ackTime: ackTime < 0 ? null : ackTime,
    response,
    seconds,
    answerOctets: 0,
    answerSeconds: 0,
    thinkSeconds: null,
    tls: false,
  };
}
