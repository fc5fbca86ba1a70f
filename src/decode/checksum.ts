import * as ipv4 from './headers/ipv4.ts';
import * as ipv6 from './headers/ipv6.ts';
import * as tcp from './headers/tcp.ts';
import * as udp from './headers/udp.ts';
import { u8, u16 } from './octets.ts';
import { FRAGMENT_NONE, type Packet } from './packet.ts';

/**
 * Result of verifying a checksum. `partial`: the sum covers only the pseudo header, as between the sender's stack and
 * its network card. `absent`: UDP without a checksum. `not-captured`: some of the covered octets were not captured.
 */
export type ChecksumResult = 'good' | 'bad' | 'partial' | 'absent' | 'not-captured';

/** A TCP or UDP header and the IP header before it, in bytes captured up to `end`. */
export interface ChecksumPlace {
  ipAt: number;
  transportAt: number;
  protocol: number;
  /** Octets of the header and its payload. */
  length: number;
  end: number;
}

/** Verifies the header checksum of the IPv4 header at `at`, options included. */
export function ipv4HeaderChecksum(bytes: Uint8Array, at: number, end: number): ChecksumResult {
  if (at + ipv4.LENGTH > end) return 'not-captured';
  const headerEnd = at + ipv4.headerLength(bytes, at);
  if (headerEnd > end) return 'not-captured';
  if (folded(sum(bytes, at, headerEnd)) === 0xffff) return 'good';
  return ipv4.checksum(bytes, at) === 0 ? 'partial' : 'bad';
}

/** Verifies the TCP or UDP checksum of the innermost packet; undefined for other protocols. */
export function transportChecksum(packet: Packet): ChecksumResult | undefined {
  const { ipAt, transportAt, protocol, bytes, payloadEnd } = packet;
  if (transportAt < 0 || (protocol !== tcp.PROTOCOL && protocol !== udp.PROTOCOL)) return undefined;
  if (packet.fragment !== FRAGMENT_NONE) return 'not-captured';
  const length = packet.l3Length - (transportAt - ipAt);
  const told = protocol === udp.PROTOCOL ? udp.length(bytes, transportAt) : 0;
  return checksumAt(bytes, { ipAt, transportAt, protocol, length: told || length, end: payloadEnd });
}

/** Verifies the TCP or UDP checksum at a given offset, for example that of a tunnel's outer UDP header. */
export function checksumAt(bytes: Uint8Array, place: ChecksumPlace): ChecksumResult {
  const { ipAt, transportAt, protocol, length, end } = place;
  const fieldAt = transportAt + (protocol === tcp.PROTOCOL ? tcp.CHECKSUM_AT : udp.CHECKSUM_AT);
  if (fieldAt + 2 > end) return 'not-captured';
  const field = u16(bytes, fieldAt);
  if (field === 0 && protocol === udp.PROTOCOL) return 'absent';
  if (transportAt + length > end) return 'not-captured';
  const addresses = addressSum(bytes, ipAt);
  const pseudo = addresses + protocol + (length & 0xffff) + (length >>> 16);
  if (folded(pseudo + sum(bytes, transportAt, transportAt + length)) === 0xffff) return 'good';
  // Drivers that segment leave the length out of the sum; it is added for each segment.
  return field === folded(pseudo) || field === folded(addresses + protocol) ? 'partial' : 'bad';
}

/**
 * Whether the field at `place` holds no checksum but the sum that transmit offload begins with; no octet of the payload
 * is needed to tell.
 */
export function isPartialSum(bytes: Uint8Array, { ipAt, transportAt, protocol, length, end }: ChecksumPlace): boolean {
  const fieldAt = transportAt + (protocol === tcp.PROTOCOL ? tcp.CHECKSUM_AT : udp.CHECKSUM_AT);
  if (fieldAt + 2 > end) return false;
  const addresses = addressSum(bytes, ipAt);
  const field = u16(bytes, fieldAt);
  return (
    field === folded(addresses + protocol + (length & 0xffff) + (length >>> 16)) ||
    field === folded(addresses + protocol)
  );
}

/**
 * Whether the checksum of a tunnel's UDP header will be right after the network card has added the inner checksum
 * (local checksum offload of Linux). The inner checksum makes the octets from the inner transport header on sum to the
 * complement of the partial sum that is there now.
 */
export function isRightAfterOffload(packet: Packet, outer: ChecksumPlace): boolean {
  const { ipAt, transportAt, protocol, length } = outer;
  const { bytes, transportAt: innerAt } = packet;
  if (innerAt <= transportAt || transportChecksum(packet) !== 'partial') return false;
  const partial = u16(bytes, innerAt + (packet.protocol === tcp.PROTOCOL ? tcp.CHECKSUM_AT : udp.CHECKSUM_AT));
  const pseudo = addressSum(bytes, ipAt) + protocol + length;
  return folded(pseudo + sum(bytes, transportAt, innerAt) + (0xffff - partial)) === 0xffff;
}

function addressSum(bytes: Uint8Array, ipAt: number): number {
  if (ipv4.version(bytes, ipAt) === 4) return sum(bytes, ipAt + 12, ipAt + ipv4.LENGTH);
  return sum(bytes, ipv6.sourceAt(ipAt), ipAt + ipv6.LENGTH);
}

/** Sum of 16-bit words (RFC 1071). An odd last octet counts as the upper half of a word. At most 2²⁰ octets. */
function sum(bytes: Uint8Array, at: number, end: number): number {
  let total = 0;
  for (; at + 1 < end; at += 2) total += u16(bytes, at);
  return at < end ? total + u8(bytes, at) * 256 : total;
}

function folded(total: number): number {
  while (total > 0xffff) total = (total % 0x10000) + Math.floor(total / 0x10000);
  return total;
}
