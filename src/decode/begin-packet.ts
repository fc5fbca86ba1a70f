import type { CaptureRecord } from './files/capture-record.ts';
import { clearNetwork } from './open-tunnel.ts';
import type { Packet } from './packet.ts';
import { clearTimestamps } from './read-tcp-options.ts';

/** Bits 0 and 1 of epb_flags: 1 inbound, 2 outbound (pcapng, 4.3.1). `DIRECTION_…` uses the same numbers. */
const FLAGS_DIRECTION = 3;

/** The direction that the file tells. */
export const directionOf = ({ flags }: CaptureRecord): number =>
  (flags & FLAGS_DIRECTION) === FLAGS_DIRECTION ? 0 : flags & FLAGS_DIRECTION;

/** Gives all fields their initial values, and those of the record. */
export function beginPacket(packet: Packet, record: CaptureRecord, linkType: number): void {
  packet.seconds = record.seconds;
  packet.nanoseconds = record.nanoseconds;
  packet.bytes = record.bytes;
  packet.start = record.start;
  packet.end = record.end;
  packet.originalLength = record.originalLength;
  packet.linkType = linkType;
  packet.interfaceIndex = record.interfaceIndex;
  packet.direction = directionOf(record);
  packet.linkInterface = -1;
  packet.vlan = -1;
  packet.ethernetAt = -1;
  packet.sourceMacAt = -1;
  packet.destinationMacAt = -1;
  packet.depth = 0;
  packet.stop = undefined;
  clearNetwork(packet);
  clearTransport(packet);
}

/**
 * Clears fields that only some transports set. The outer header of a tunnel is UDP or has no ports, so once per record
 * is enough.
 */
function clearTransport(packet: Packet): void {
  packet.tcpSeq = 0;
  packet.tcpAck = 0;
  packet.tcpFlags = 0;
  packet.tcpWindow = 0;
  packet.tcpMss = -1;
  packet.tcpWindowScale = -1;
  packet.tcpSackPermitted = false;
  packet.tcpSignature = 0;
  clearTimestamps(packet);
  packet.tcpSackCount = 0;
  packet.tcpOptionsIncomplete = false;
  packet.icmpType = 0;
  packet.icmpCode = 0;
  packet.icmpSequence = 0;
  packet.icmpMtu = 0;
  packet.quotedAt = -1;
}
