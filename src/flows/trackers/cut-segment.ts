import type { Packet } from '../../decode/packet.ts';

const TCP = 6;
const UDP = 17;
/** Longest TCP header: a data offset of 15 words (RFC 9293, 3.1), octets. */
const LONGEST_TCP_HEADER = 60;
/** Length of the UDP header (RFC 768), octets. */
const UDP_HEADER = 8;

/** Whether snaplen cut the packet before its ports, so that its flow is unknown. */
export const isWithoutPorts = (packet: Packet): boolean => isCut(packet) && packet.sourcePort === 0;

/** A segment with captured ports but a truncated header. Only the fact that it was sent can be followed. */
export const isCutSegment = (packet: Packet): boolean =>
  packet.protocol === TCP && isCut(packet) && packet.sourcePort !== 0;

/** Whether fields of the TCP header are missing, even if only options. */
export const isHeaderCut = (packet: Packet): boolean => packet.tcpOptionsIncomplete || isCutSegment(packet);

/** Fewest payload octets that a packet can have, even when the length of its header was cut off. */
export function leastPayload(packet: Packet): number {
  const { payloadLength, protocol } = packet;
  if (!isCut(packet)) return payloadLength;
  if (protocol === TCP) return Math.max(0, payloadLength - LONGEST_TCP_HEADER);
  return protocol === UDP ? Math.max(0, payloadLength - UDP_HEADER) : payloadLength;
}

const isCut = ({ transportAt, stop }: Packet): boolean =>
  transportAt < 0 && stop?.kind === 'too-short' && stop.limitedBy === 'snaplen';
