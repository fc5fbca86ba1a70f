import type { Packet } from '../../decode/packet.ts';

const TCP = 6;
const UDP = 17;
/** Data offset of 15 words (RFC 9293, 3.1), octets. */
const LONGEST_TCP_HEADER = 60;
/** RFC 768, octets. */
const UDP_HEADER = 8;

/** Whether snaplen cut the packet before its ports, so that it belongs to no flow that could be named. */
export const isWithoutPorts = (packet: Packet): boolean => isCut(packet) && packet.sourcePort === 0;

/** A segment of which the capture holds the ports and not the whole header: that it was sent is all that can be followed. */
export const isCutSegment = (packet: Packet): boolean =>
  packet.protocol === TCP && isCut(packet) && packet.sourcePort !== 0;

/** Whether numbers of the TCP header are missing, be it only those of its options. */
export const isHeaderCut = (packet: Packet): boolean => packet.tcpOptionsIncomplete || isCutSegment(packet);

/** Octets of payload that a packet has at least, also where the length of its header was cut away. */
export function leastPayload(packet: Packet): number {
  const { payloadLength, protocol } = packet;
  if (!isCut(packet)) return payloadLength;
  if (protocol === TCP) return Math.max(0, payloadLength - LONGEST_TCP_HEADER);
  return protocol === UDP ? Math.max(0, payloadLength - UDP_HEADER) : payloadLength;
}

const isCut = ({ transportAt, stop }: Packet): boolean =>
  transportAt < 0 && stop?.kind === 'too-short' && stop.limitedBy === 'snaplen';
