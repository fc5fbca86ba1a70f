import type { Packet } from '../../decode/packet.ts';
import { TO_SERVER, type Turn } from '../evidence/evidence.ts';
import type { ConnectionBlock } from './connection-block.ts';
import { keepLargest, TURNS_KEPT } from './connection-trouble.ts';
import type { FollowedConnections } from './followed-connections.ts';
import * as R from './record-marks.ts';
import type { SegmentContext } from './segment-context.ts';
import * as K from './segment-kind.ts';

/** Shortest wait for an answer, seconds, that is stored as an object. */
const SLOW_TURN_SECONDS = 0.1;

/**
 * Tracks turns of request and answer. A request is the client's data since the server last sent; its answer is the next
 * data of the server.
 */
export function noteTurn(tracker: FollowedConnections, packet: Packet, context: SegmentContext, kinds: number): void {
  const { at, peer, time, block } = context;

  const waits = block.hasMarksAndLetters(at, R.WAITS_FOR_ANSWER);
  const again = (kinds & (K.RETRANSMISSION | K.KEEP_ALIVE | K.ZERO_WINDOW_PROBE)) !== 0;
  if (context.direction === TO_SERVER) {
    if (packet.payloadLength === 0 || again) return;
    block.addMarksAndLetters(at, R.WAITS_FOR_ANSWER);
    block.setRequestPacket(at, packet.number);
    block.setRequestOctets(at, (waits ? block.requestOctets(at) : 0) + packet.payloadLength);
    block.setRequestTime(at, time);
    block.setRequestAckTime(at, -1);
    return;
  }
  if (!waits) return;
  if (packet.payloadLength > 0) {
    if (!again) noteAnswer(tracker, packet, context);
  } else if (block.requestAckTime(at) < 0 && packet.tcpAck === block.nextSeq(peer)) block.setRequestAckTime(at, time);
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
  if (seconds < SLOW_TURN_SECONDS) return;
  const turn = turnOf(block, at, { packet: packet.number, time }, seconds);
  const trouble = troubles.make(connection);
  trouble.slowTurns = keepLargest(trouble.slowTurns, turn, TURNS_KEPT, secondsOf);
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
    ackTime: ackTime < 0 ? null : ackTime,
    response,
    seconds,
  };
}
