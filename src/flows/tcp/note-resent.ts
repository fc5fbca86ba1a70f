import type { Packet } from '../../decode/packet.ts';
import { advance, distance, isAfter } from '../sequence-number.ts';
import { noticedAt } from './classify-segment.ts';
import { handshakeSeconds } from './connection-block.ts';
import type { DirectionTrouble, OpenRepeat } from './connection-trouble.ts';
import type { FollowedConnections } from './followed-connections.ts';
import * as R from './record-marks.ts';
import type { SegmentContext } from './segment-context.ts';
import * as K from './segment-kind.ts';
import { IS_SYN, NONE } from './unacked-marks.ts';

/**
 * A retransmission after this many seconds of silence, without duplicate ACKs, came by timeout. This is the minimum
 * timeout of Linux (TCP_RTO_MIN).
 */
export const TIMEOUT_SECONDS = 0.2;

/** Minimum payload of an Ethernet frame, octets (RFC 894; IEEE 802.3, 4.4.2). Shorter packets are padded. */
const LEAST_FRAME_OCTETS = 46;
/** Padding of a bare ACK of 40 octets. */
const MOST_PADDING_OCTETS = LEAST_FRAME_OCTETS - 40;
/** A sender learns of a loss one round trip after it sent the segment. Half of that allows for a path that became shorter. */
const LEAST_ROUND_TRIPS = 0.5;
/** A segment that waits longer than this, in round trips of the connection, was lost and not answered late. */
const MOST_ROUND_TRIPS = 1.5;
/** A queue delays a late original. A retransmission takes one round trip or more (RFC 6675, RFC 6298). */
const LATEST_ROUND_TRIPS = 2;

/**
 * Counts what a retransmission says about loss. The kinds of a segment are Wireshark's; loss is counted apart from them:
 *
 *   nothing    a bare SYN or FIN, padding, a few octets at the edge, TCP Fast Open data that was left alone
 *   needless   acknowledged before, a mangled copy, too soon after the last transmission
 *   resent     all others, since a loss explains them
 */
export function noteResent(
  tracker: FollowedConnections,
  packet: Packet,
  context: SegmentContext,
  kinds: number,
  side: DirectionTrouble,
): Resending {
  const { payloadLength, tcpFlags } = packet;
  if ((tcpFlags & K.SYN) !== 0) return 'nothing';
  if (payloadLength === 0 || isPadding(packet)) {
    if ((tcpFlags & K.FIN) !== 0) side.finsAgain++;
    return 'nothing';
  }
  if (isEdge(packet, context)) return 'nothing';
  const { unacked } = tracker;
  const before = unacked.lastHolding(context.block.listTail(context.mine), packet.tcpSeq);
  if (before !== NONE && unacked.has(before, IS_SYN)) return 'nothing';
  const tooSoon = before !== NONE && context.time - unacked.time(before) < LEAST_ROUND_TRIPS * leastRoundTrip(context);
  if (tooSoon || (kinds & K.SPURIOUS_RETRANSMISSION) !== 0 || isMangledCopy(packet, context)) {
    side.needlessSegments++;
    return 'needless';
  }
  side.resentSegments++;
  return 'resent';
}

/** What a retransmission says about loss. */
export type Resending = 'nothing' | 'needless' | 'resent';

/** Counts an out-of-order segment that came too late to be the original. It was sent again, whatever its IP ID says. */
export function noteLate({ payloadLength, tcpSeq }: Packet, context: SegmentContext, side: DirectionTrouble): void {
  const roundTrip = cleanHandshake(context);
  const since = context.time - noticedAt(tcpSeq, side);
  if (payloadLength === 0 || roundTrip === 0 || !Number.isFinite(since)) return;
  if (since <= LATEST_ROUND_TRIPS * roundTrip) return;
  side.resentSegments++;
  side.resentLate++;
}

/**
 * The acknowledgement comes so soon after the last transmission that it answers the one before, which is as old as round trips
 * of this connection are (the Eifel detection by time, RFC 3522): that last transmission repaired nothing.
 */
export function settleResent(repeat: OpenRepeat, context: SegmentContext, side: DirectionTrouble): void {
  const { block, peer, time } = context;
  const { packets } = repeat;
  if (!repeat.isCounted || block.rttSamples(peer) === 0 || packets.length < 2) return;
  if (time - packets[packets.length - 1].time >= LEAST_ROUND_TRIPS * block.rttMin(peer)) return;
  if (time - packets[packets.length - 2].time > MOST_ROUND_TRIPS * block.rttMax(peer)) return;
  side.resentSegments--;
  side.needlessSegments++;
}

/** Padding that the IP length counts. It has no PSH, which ends every write, and the packet has the minimum size. */
const isPadding = ({ l3Length, tcpFlags }: Packet): boolean =>
  l3Length <= LEAST_FRAME_OCTETS && (tcpFlags & K.PSH) === 0;

/** New data that begins a few octets early. Those octets were padding. */
const isEdge = ({ tcpSeq, payloadLength }: Packet, { block, mine }: SegmentContext): boolean =>
  block.hasMarks(mine, R.HAS_NEXT) &&
  isAfter(advance(tcpSeq, payloadLength), block.nextSeq(mine)) &&
  distance(tcpSeq, block.nextSeq(mine)) <= MOST_PADDING_OCTETS;

/** A copy of the last packet in a frame that is shorter than its IP header says. The receiver drops it. */
const isMangledCopy = (
  { ipAt, start, l3Length, originalLength, depth, ipId }: Packet,
  { block, mine }: SegmentContext,
): boolean => depth === 0 && ipId !== 0 && ipId === block.nextSeqIpId(mine) && ipAt - start + l3Length > originalLength;

/** Shortest time in which the sender can learn of a loss, seconds; 0 when not known. */
function leastRoundTrip(context: SegmentContext): number {
  const { block, mine } = context;
  const handshake = cleanHandshake(context);
  if (block.rttSamples(mine) === 0) return handshake;
  const ofData = block.rttMin(mine);
  return handshake === 0 ? ofData : Math.min(handshake, ofData);
}

/** Time from the SYN to the third ACK, seconds. This is a whole round trip at any point. 0 when not seen, or when a SYN came twice. */
function cleanHandshake({ block, at, mine, peer }: SegmentContext): number {
  return block.syns(mine) === 1 && block.syns(peer) === 1 ? handshakeSeconds(block, at) : 0;
}
