import type { Packet } from '../../decode/packet.ts';
import { distance, isBefore } from '../sequence-number.ts';
import { countValue, VALUES_KEPT } from './connection-trouble.ts';
import { appended } from './empty-list.ts';
import type { FollowedConnections } from './followed-connections.ts';
import * as R from './record-layout.ts';
import type { SegmentContext } from './segment-context.ts';
import { FIN, RST } from './segment-kind.ts';

/** Counts a packet of a direction: how many, from when to when, how large, on which way. */
export function countPacket(
  tracker: FollowedConnections,
  packet: Packet,
  context: SegmentContext,
  tunnel: number,
): void {
  const { mine, block } = context;
  const { words, halves, doubles } = block;
  if (words[mine + R.PACKETS]++ === 0) beginDirection(tracker, packet, context, tunnel);
  else {
    if (!isOnSameWay(tracker, packet, context, tunnel)) noteOtherWay(tracker, packet, context, tunnel);
    const low = words[mine + R.SEQ_LOW];
    if (isBefore(packet.tcpSeq, low) && distance(packet.tcpSeq, low) < 1 << 30 && packet.tcpFlags !== RST)
      words[mine + R.SEQ_LOW] = packet.tcpSeq;
  }
  words[mine + R.LAST_PACKET] = packet.number;
  doubles[(mine >> 1) + R.LAST_TIME] = context.time;
  if (packet.payloadLength > 0) countPayload(tracker, packet, context);
  if ((packet.tcpFlags & FIN) !== 0) halves[(mine << 1) + R.FINS]++;
  if ((packet.tcpFlags & RST) !== 0) halves[(mine << 1) + R.RESETS]++;
  if (packet.dontFragment) halves[(mine << 1) + R.MARKS] |= R.DONT_FRAGMENT;
}

/** Counts the payload of a segment that has some. */
export function countPayload(
  tracker: FollowedConnections,
  { payloadLength, l3Length }: Packet,
  context: SegmentContext,
): void {
  const { mine, peer, block } = context;
  const { words, halves, doubles } = block;
  const most = halves[(peer << 1) + R.MSS];
  if (most > 0 && payloadLength > most) countSuperSegment(tracker, words[context.at + R.PLACE] >>> 16);
  doubles[(mine >> 1) + R.PAYLOAD_OCTETS] += payloadLength;
  words[mine + R.DATA_SEGMENTS]++;
  if (l3Length > halves[(mine << 1) + R.LARGEST_L3]) halves[(mine << 1) + R.LARGEST_L3] = Math.min(l3Length, R.MOST_L3);
}

function countSuperSegment({ superSegments }: FollowedConnections, point: number): void {
  superSegments.set(point, (superSegments.get(point) ?? 0) + 1);
}

/** The first packet: what the later ones are compared with. */
function beginDirection(
  { linkAddresses }: FollowedConnections,
  packet: Packet,
  { mine, block, time }: SegmentContext,
  tunnel: number,
): void {
  const { words, halves, octets, doubles } = block;
  const { bytes, sourceMacAt, destinationMacAt } = packet;
  words[mine + R.FIRST_PACKET] = packet.number;
  doubles[(mine >> 1) + R.FIRST_TIME] = time;
  octets[(mine << 2) + R.TTL] = packet.ttl;
  halves[(mine << 1) + R.TUNNEL] = tunnel + 1;
  halves[(mine << 1) + R.SOURCE_MAC] = linkAddresses.numberAt(bytes, sourceMacAt);
  halves[(mine << 1) + R.DESTINATION_MAC] = linkAddresses.numberAt(bytes, destinationMacAt);
  words[mine + R.SEQ_LOW] = packet.tcpSeq;
}

/** TTL, tunnel and link addresses are those of the direction's first packet. */
export function isOnSameWay(
  { linkAddresses }: FollowedConnections,
  { ttl, bytes, sourceMacAt, destinationMacAt }: Packet,
  { mine, block }: SegmentContext,
  tunnel: number,
): boolean {
  const { halves, octets } = block;
  return (
    octets[(mine << 2) + R.TTL] === ttl &&
    halves[(mine << 1) + R.TUNNEL] === tunnel + 1 &&
    (sourceMacAt < 0 || linkAddresses.isAt(bytes, sourceMacAt, halves[(mine << 1) + R.SOURCE_MAC])) &&
    (destinationMacAt < 0 || linkAddresses.isAt(bytes, destinationMacAt, halves[(mine << 1) + R.DESTINATION_MAC]))
  );
}

function noteOtherWay(
  { troubles, linkAddresses }: FollowedConnections,
  { ttl, bytes, sourceMacAt, destinationMacAt }: Packet,
  { connection, direction, mine, block }: SegmentContext,
  tunnel: number,
): void {
  const { halves, octets } = block;
  const trouble = troubles.makeDirection(connection, direction);
  if (octets[(mine << 2) + R.TTL] !== ttl) trouble.ttls = countValue(trouble.ttls, ttl);
  if (halves[(mine << 1) + R.TUNNEL] !== tunnel + 1 && tunnel >= 0 && !trouble.tunnels.includes(tunnel))
    if (trouble.tunnels.length < VALUES_KEPT) trouble.tunnels = appended(trouble.tunnels, tunnel);
  const source = linkAddresses.numberAt(bytes, sourceMacAt);
  const destination = linkAddresses.numberAt(bytes, destinationMacAt);
  if (source !== halves[(mine << 1) + R.SOURCE_MAC]) trouble.sourceMacs = countValue(trouble.sourceMacs, source);
  if (destination !== halves[(mine << 1) + R.DESTINATION_MAC])
    trouble.destinationMacs = countValue(trouble.destinationMacs, destination);
}
