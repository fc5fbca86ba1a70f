import type { Bounds } from './bounds.ts';
import { notDecoded } from './decode-stop.ts';
import * as gre from './headers/gre.ts';
import * as icmp from './headers/icmp.ts';
import * as sctp from './headers/sctp.ts';
import * as tcp from './headers/tcp.ts';
import * as udp from './headers/udp.ts';
import { openGreTunnel, openIpTunnel, openUdpTunnel, PROTOCOL_IPV4, PROTOCOL_IPV6 } from './open-tunnel.ts';
import { type DecodeStop, FRAGMENT_NONE, type Layer, type Packet } from './packet.ts';
import { NOTHING_MORE } from './read-link.ts';
import { readTcpOptions } from './read-tcp-options.ts';

/**
 * Reads the header that `packet.protocol` announces.
 * Returns the offset of the network header inside it when it is a tunnel, else `NOTHING_MORE`.
 */
export function readTransport(packet: Packet, bounds: Bounds, at: number): number {
  switch (packet.protocol) {
    case tcp.PROTOCOL:
      return readTcp(packet, bounds, at);
    case udp.PROTOCOL:
      return readUdp(packet, bounds, at);
    case icmp.PROTOCOL:
      if (packet.ipVersion === 4) return readIcmp(packet, bounds, at);
      break;
    case icmp.PROTOCOL_V6:
      if (packet.ipVersion === 6) return readIcmpv6(packet, bounds, at);
      break;
    case sctp.PROTOCOL:
      return readSctp(packet, bounds, at);
    case PROTOCOL_IPV4:
    case PROTOCOL_IPV6:
      return openIpTunnel(packet, bounds, at);
    case gre.PROTOCOL:
      return openGreTunnel(packet, bounds, at);
  }
  packet.stop = notDecoded(packet.ipVersion === 4 ? 'ipv4' : 'ipv6', packet.protocol);
  return NOTHING_MORE;
}

function readTcp(packet: Packet, bounds: Bounds, at: number): number {
  const { bytes } = packet;
  const stop = tcp.check(bytes, at, bounds);
  if (stop !== undefined) return readCutTcp(packet, bounds, at, stop);
  packet.sourcePort = tcp.sourcePort(bytes, at);
  packet.destinationPort = tcp.destinationPort(bytes, at);
  packet.tcpSeq = tcp.seq(bytes, at);
  packet.tcpAck = tcp.ack(bytes, at);
  packet.tcpFlags = tcp.flags(bytes, at);
  packet.tcpWindow = tcp.window(bytes, at);
  const length = tcp.headerLength(bytes, at);
  if (length > tcp.LENGTH) {
    const end = at + length;
    const captured = end <= bounds.captured;
    readTcpOptions(packet, at + tcp.LENGTH, captured ? end : bounds.captured, captured);
  }
  setTransport(packet, at, length);
  return NOTHING_MORE;
}

/** Reads the fields of a truncated TCP header that were captured. */
function readCutTcp(packet: Packet, bounds: Bounds, at: number, stop: DecodeStop): number {
  const { bytes } = packet;
  readCutPorts(packet, bounds, at, stop);
  if (at + 8 <= bounds.captured) packet.tcpSeq = tcp.seq(bytes, at);
  if (at + 12 <= bounds.captured) packet.tcpAck = tcp.ack(bytes, at);
  return NOTHING_MORE;
}

/** TCP, UDP and SCTP begin with their ports. RFC 792 quotes 8 octets for that reason. */
function readCutPorts(packet: Packet, bounds: Bounds, at: number, stop: DecodeStop): number {
  packet.stop = stop;
  if (at + 4 <= bounds.captured) {
    packet.sourcePort = tcp.sourcePort(packet.bytes, at);
    packet.destinationPort = tcp.destinationPort(packet.bytes, at);
  }
  return NOTHING_MORE;
}

function readUdp(packet: Packet, bounds: Bounds, at: number): number {
  const { bytes } = packet;
  const stop = udp.check(bytes, at, bounds);
  if (stop !== undefined) return readCutPorts(packet, bounds, at, stop);
  packet.sourcePort = udp.sourcePort(bytes, at);
  packet.destinationPort = udp.destinationPort(bytes, at);
  const told = udp.length(bytes, at);
  // The UDP length is that of the whole datagram; a first fragment contains part of it.
  if (told !== 0) bounds.narrow(at + told, 'udp-length');
  const inIp = packet.payloadLength;
  if (told !== 0 && told < inIp) packet.payloadLength = told;
  packet.payloadEnd = bounds.captured;
  setTransport(packet, at, udp.LENGTH);
  return openUdpTunnel(packet, bounds, packet.fragment === FRAGMENT_NONE || told === 0 ? bounds.wire : at + told);
}

function readSctp(packet: Packet, bounds: Bounds, at: number): number {
  const stop = sctp.check(at, bounds);
  if (stop !== undefined) return readCutPorts(packet, bounds, at, stop);
  packet.sourcePort = sctp.sourcePort(packet.bytes, at);
  packet.destinationPort = sctp.destinationPort(packet.bytes, at);
  setTransport(packet, at, sctp.LENGTH);
  return NOTHING_MORE;
}

function readIcmp(packet: Packet, bounds: Bounds, at: number): number {
  if (!readIcmpStart(packet, bounds, at, 'icmp')) return NOTHING_MORE;
  const { bytes, icmpType } = packet;
  if (icmp.isEcho(icmpType)) setEcho(packet, at);
  else if (icmp.isError(icmpType)) setQuoted(packet, bounds, at);
  if (icmpType === icmp.DESTINATION_UNREACHABLE && packet.icmpCode === icmp.FRAGMENTATION_NEEDED) {
    packet.icmpMtu = icmp.nextHopMtu(bytes, at);
  }
  return NOTHING_MORE;
}

function readIcmpv6(packet: Packet, bounds: Bounds, at: number): number {
  if (!readIcmpStart(packet, bounds, at, 'icmpv6')) return NOTHING_MORE;
  const { bytes, icmpType } = packet;
  if (icmp.isV6Echo(icmpType)) setEcho(packet, at);
  else if (icmp.isV6Error(icmpType)) setQuoted(packet, bounds, at);
  if (icmpType === icmp.V6_PACKET_TOO_BIG) packet.icmpMtu = icmp.v6Mtu(bytes, at);
  return NOTHING_MORE;
}

function readIcmpStart(packet: Packet, bounds: Bounds, at: number, layer: Layer): boolean {
  const stop = icmp.check(at, bounds, layer);
  if (at + 2 <= bounds.captured) {
    packet.icmpType = icmp.type(packet.bytes, at);
    packet.icmpCode = icmp.code(packet.bytes, at);
  }
  packet.stop = stop;
  if (stop === undefined) setTransport(packet, at, icmp.LENGTH);
  return stop === undefined;
}

function setEcho(packet: Packet, at: number): void {
  packet.sourcePort = packet.destinationPort = icmp.identifier(packet.bytes, at);
  packet.icmpSequence = icmp.sequence(packet.bytes, at);
}

function setQuoted(packet: Packet, bounds: Bounds, at: number): void {
  if (at + icmp.LENGTH < bounds.captured) packet.quotedAt = at + icmp.LENGTH;
}

/** The transport header at `at` has `length` octets. The rest of the IP payload is its payload. */
function setTransport(packet: Packet, at: number, length: number): void {
  packet.transportAt = at;
  const payload = packet.payloadLength - length;
  packet.payloadLength = Math.max(payload, 0);
  const payloadAt = at + length;
  packet.payloadAt = Math.min(payloadAt, packet.payloadEnd);
}
