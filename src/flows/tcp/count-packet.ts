import type { Packet } from '../../decode/packet.ts';
import type { Direction } from '../evidence.ts';
import { macAt } from '../link-address.ts';
import { distance, isBefore } from '../sequence-number.ts';
import * as C from './connection-columns.ts';
import { countValue, VALUES_KEPT } from './connection-trouble.ts';
import { NO_LINK_ADDRESS } from './link-addresses.ts';
import { FIN, RST } from './segment-kind.ts';
import type { TcpTracker } from './tcp-tracker.ts';

/** Counts a packet of a direction: how many, from when to when, how large, on which way. */
export function countPacket(
  tracker: TcpTracker,
  packet: Packet,
  mine: number,
  time: number,
  tunnel: number,
  connection: number,
  direction: Direction,
): void {
  const columns = tracker.columns.direction;
  if (columns.packets[mine]++ === 0) {
    columns.firstPacket[mine] = packet.number;
    columns.firstTime[mine] = time;
    columns.ttl[mine] = packet.ttl;
    columns.tunnel[mine] = tunnel + 1;
    columns.sourceMac[mine] = linkAddressAt(tracker, packet.bytes, packet.sourceMacAt);
    columns.destinationMac[mine] = linkAddressAt(tracker, packet.bytes, packet.destinationMacAt);
    columns.seqLow[mine] = packet.tcpSeq;
  } else {
    if (columns.ttl[mine] !== packet.ttl || columns.tunnel[mine] !== tunnel + 1 || hasOtherMacs(tracker, packet, mine))
      noteOtherWay(tracker, packet, tunnel, mine, connection, direction);
    if (
      isBefore(packet.tcpSeq, columns.seqLow[mine]) &&
      distance(packet.tcpSeq, columns.seqLow[mine]) < 1 << 30 &&
      packet.tcpFlags !== RST
    )
      columns.seqLow[mine] = packet.tcpSeq;
  }
  columns.lastPacket[mine] = packet.number;
  columns.lastTime[mine] = time;
  if (packet.payloadLength > 0) {
    const most = columns.mss[mine ^ 1];
    if (most > 0 && packet.payloadLength > most) countSuperSegment(tracker, connection);
    columns.payloadOctets[mine] += packet.payloadLength;
    columns.dataSegments[mine]++;
    if (packet.l3Length > columns.largestL3[mine]) columns.largestL3[mine] = Math.min(packet.l3Length, C.LARGEST_L3);
  }
  if ((packet.tcpFlags & FIN) !== 0) columns.fins[mine]++;
  if ((packet.tcpFlags & RST) !== 0) columns.resets[mine]++;
  if (packet.dontFragment) columns.marks[mine] |= C.DONT_FRAGMENT;
}

function countSuperSegment({ columns, tuples, superSegments }: TcpTracker, connection: number): void {
  const point = tuples.pointOf(columns.connection.tuple[connection]);
  superSegments.set(point, (superSegments.get(point) ?? 0) + 1);
}

const linkAddressAt = ({ linkAddresses }: TcpTracker, bytes: Uint8Array, at: number): number =>
  at < 0 ? NO_LINK_ADDRESS : linkAddresses.numberOf(macAt(bytes, at));

function hasOtherMacs(
  { columns, linkAddresses: known }: TcpTracker,
  { bytes, sourceMacAt, destinationMacAt }: Packet,
  mine: number,
): boolean {
  const { sourceMac, destinationMac } = columns.direction;
  return (
    (sourceMacAt >= 0 && macAt(bytes, sourceMacAt) !== known.addressOf(sourceMac[mine])) ||
    (destinationMacAt >= 0 && macAt(bytes, destinationMacAt) !== known.addressOf(destinationMac[mine]))
  );
}

/** TTL, tunnel or link addresses differ from the direction's first packet. */
function noteOtherWay(
  tracker: TcpTracker,
  packet: Packet,
  tunnel: number,
  mine: number,
  connection: number,
  direction: Direction,
): void {
  const columns = tracker.columns.direction;
  const trouble = tracker.troubles.makeDirection(connection, direction);
  const { bytes, sourceMacAt, destinationMacAt } = packet;
  if (columns.ttl[mine] !== packet.ttl) countValue(trouble.ttls, packet.ttl);
  if (columns.tunnel[mine] !== tunnel + 1 && tunnel >= 0 && !trouble.tunnels.includes(tunnel))
    if (trouble.tunnels.length < VALUES_KEPT) trouble.tunnels.push(tunnel);
  const source = linkAddressAt(tracker, bytes, sourceMacAt);
  const destination = linkAddressAt(tracker, bytes, destinationMacAt);
  if (source !== columns.sourceMac[mine]) countValue(trouble.macs[0], source);
  if (destination !== columns.destinationMac[mine]) countValue(trouble.macs[1], destination);
}
