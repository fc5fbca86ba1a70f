import type { Packet } from '../../decode/packet.ts';
import { distance, isBefore } from '../sequence-number.ts';
import { countValue, VALUES_KEPT } from './connection-trouble.ts';
import { appended } from './empty-list.ts';
import type { FollowedConnections } from './followed-connections.ts';
import * as R from './record-marks.ts';
import type { SegmentContext } from './segment-context.ts';
import { FIN, RST } from './segment-kind.ts';

/** Counts a packet of a direction: number, first and last time, sizes, and path. */
export function countPacket(
  tracker: FollowedConnections,
  packet: Packet,
  context: SegmentContext,
  tunnel: number,
): void {
  const { mine, block } = context;

  const packets = block.packets(mine);
  block.setPackets(mine, packets + 1);
  if (packets === 0) beginDirection(tracker, packet, context, tunnel);
  else {
    if (!isOnSameWay(tracker, packet, context, tunnel)) noteOtherWay(tracker, packet, context, tunnel);
    const low = block.seqLow(mine);
    if (isBefore(packet.tcpSeq, low) && distance(packet.tcpSeq, low) < 1 << 30 && packet.tcpFlags !== RST)
      block.setSeqLow(mine, packet.tcpSeq);
  }
  block.setLastPacket(mine, packet.number);
  block.setLastTime(mine, context.time);
  if (packet.payloadLength > 0) countPayload(tracker, packet, context);
  if ((packet.tcpFlags & FIN) !== 0) block.setFins(mine, block.fins(mine) + 1);
  if ((packet.tcpFlags & RST) !== 0) block.setResets(mine, block.resets(mine) + 1);
  if (packet.dontFragment) block.addMarks(mine, R.DONT_FRAGMENT);
}

/** Counts the payload of a segment, if it has any. */
export function countPayload(
  tracker: FollowedConnections,
  { payloadLength, l3Length }: Packet,
  context: SegmentContext,
): void {
  const { mine, peer, block } = context;

  const most = block.mss(peer);
  if (most > 0 && payloadLength > most) countSuperSegment(tracker, block.place(context.at) >>> 16);
  block.setPayloadOctets(mine, block.payloadOctets(mine) + payloadLength);
  block.setDataSegments(mine, block.dataSegments(mine) + 1);
  if (l3Length > block.largestL3(mine)) block.setLargestL3(mine, Math.min(l3Length, R.MOST_L3));
}

function countSuperSegment({ superSegments }: FollowedConnections, point: number): void {
  superSegments.set(point, (superSegments.get(point) ?? 0) + 1);
}

/** Stores the first packet, to which later ones are compared. */
function beginDirection(
  { linkAddresses }: FollowedConnections,
  packet: Packet,
  { mine, block, time }: SegmentContext,
  tunnel: number,
): void {
  const { bytes, sourceMacAt, destinationMacAt } = packet;
  block.setFirstPacket(mine, packet.number);
  block.setFirstTime(mine, time);
  block.setTtl(mine, packet.ttl);
  block.setTunnel(mine, tunnel + 1);
  block.setSourceMac(mine, linkAddresses.numberAt(bytes, sourceMacAt));
  block.setDestinationMac(mine, linkAddresses.numberAt(bytes, destinationMacAt));
  block.setSeqLow(mine, packet.tcpSeq);
}

/** Whether TTL, tunnel and link addresses equal those of the direction's first packet. */
export function isOnSameWay(
  { linkAddresses }: FollowedConnections,
  { ttl, bytes, sourceMacAt, destinationMacAt }: Packet,
  { mine, block }: SegmentContext,
  tunnel: number,
): boolean {
  return (
    block.ttl(mine) === ttl &&
    block.tunnel(mine) === tunnel + 1 &&
    (sourceMacAt < 0 || linkAddresses.isAt(bytes, sourceMacAt, block.sourceMac(mine))) &&
    (destinationMacAt < 0 || linkAddresses.isAt(bytes, destinationMacAt, block.destinationMac(mine)))
  );
}

function noteOtherWay(
  { troubles, linkAddresses }: FollowedConnections,
  { ttl, bytes, sourceMacAt, destinationMacAt }: Packet,
  { connection, direction, mine, block }: SegmentContext,
  tunnel: number,
): void {
  const trouble = troubles.makeDirection(connection, direction);
  if (block.ttl(mine) !== ttl) trouble.ttls = countValue(trouble.ttls, ttl);
  if (block.tunnel(mine) !== tunnel + 1 && tunnel >= 0 && !trouble.tunnels.includes(tunnel))
    if (trouble.tunnels.length < VALUES_KEPT) trouble.tunnels = appended(trouble.tunnels, tunnel);
  const source = linkAddresses.numberAt(bytes, sourceMacAt);
  const destination = linkAddresses.numberAt(bytes, destinationMacAt);
  if (source !== block.sourceMac(mine)) trouble.sourceMacs = countValue(trouble.sourceMacs, source);
  if (destination !== block.destinationMac(mine))
    trouble.destinationMacs = countValue(trouble.destinationMacs, destination);
}
