import type { Packet } from '../../decode/packet.ts';
import { TO_SERVER, type Turn } from '../evidence/evidence.ts';
import { keepLargest, TURNS_KEPT } from './connection-trouble.ts';
import type { FollowedConnections } from './followed-connections.ts';
import * as R from './record-layout.ts';
import type { SegmentContext } from './segment-context.ts';
import * as K from './segment-kind.ts';

/** A wait for an answer below this, seconds, is not worth an object. */
const SLOW_TURN_SECONDS = 0.1;

/**
 * Request and answer take turns. A request is the client's data since the server last spoke; its answer is the next
 * data of the server.
 */
export function noteTurn(tracker: FollowedConnections, packet: Packet, context: SegmentContext, kinds: number): void {
  const { at, peer, time, block } = context;
  const { words, doubles } = block;
  const waits = (words[at + R.MARKS_AND_LETTERS] & R.WAITS_FOR_ANSWER) !== 0;
  const again = (kinds & (K.RETRANSMISSION | K.KEEP_ALIVE | K.ZERO_WINDOW_PROBE)) !== 0;
  if (context.direction === TO_SERVER) {
    if (packet.payloadLength === 0 || again) return;
    words[at + R.MARKS_AND_LETTERS] |= R.WAITS_FOR_ANSWER;
    words[at + R.REQUEST_PACKET] = packet.number;
    words[at + R.REQUEST_OCTETS] = (waits ? words[at + R.REQUEST_OCTETS] : 0) + packet.payloadLength;
    doubles[(at >> 1) + R.REQUEST_TIME] = time;
    doubles[(at >> 1) + R.REQUEST_ACK_TIME] = -1;
    return;
  }
  if (!waits) return;
  if (packet.payloadLength > 0) {
    if (!again) noteAnswer(tracker, packet, context);
  } else if (doubles[(at >> 1) + R.REQUEST_ACK_TIME] < 0 && packet.tcpAck === words[peer + R.NEXT_SEQ])
    doubles[(at >> 1) + R.REQUEST_ACK_TIME] = time;
}

function noteAnswer(
  { troubles }: FollowedConnections,
  packet: Packet,
  { connection, block, at, time }: SegmentContext,
): void {
  const { words, floats, doubles } = block;
  words[at + R.MARKS_AND_LETTERS] &= ~R.WAITS_FOR_ANSWER;
  const seconds = time - doubles[(at >> 1) + R.REQUEST_TIME];
  words[at + R.TURNS]++;
  floats[at + R.TURN_SECONDS] += seconds;
  if (seconds < floats[at + R.FASTEST_TURN]) floats[at + R.FASTEST_TURN] = seconds;
  if (seconds < SLOW_TURN_SECONDS) return;
  const turn = turnOf(block, at, { packet: packet.number, time }, seconds);
  const trouble = troubles.make(connection);
  trouble.slowTurns = keepLargest(trouble.slowTurns, turn, TURNS_KEPT, secondsOf);
}

const secondsOf = ({ seconds }: Turn): number => seconds;

/** The request that waits, with its answer or without one. */
export function turnOf(
  { words, doubles }: R.ConnectionBlock,
  at: number,
  response: { packet: number; time: number } | null,
  seconds: number,
): Turn {
  const ackTime = doubles[(at >> 1) + R.REQUEST_ACK_TIME];
  return {
    request: { packet: words[at + R.REQUEST_PACKET], time: doubles[(at >> 1) + R.REQUEST_TIME] },
    requestOctets: words[at + R.REQUEST_OCTETS],
    ackTime: ackTime < 0 ? null : ackTime,
    response,
    seconds,
  };
}
