import {
  type ChecksumPlace,
  checksumAt,
  ipv4HeaderChecksum,
  isPartialSum,
  isRightAfterOffload,
} from '../decode/checksum.ts';
import * as gre from '../decode/headers/gre.ts';
import * as icmp from '../decode/headers/icmp.ts';
import * as ipv4 from '../decode/headers/ipv4.ts';
import * as ipv6 from '../decode/headers/ipv6.ts';
import * as sctp from '../decode/headers/sctp.ts';
import * as tcp from '../decode/headers/tcp.ts';
import * as udp from '../decode/headers/udp.ts';
import { u16, u32le } from '../decode/octets.ts';
import { FRAGMENT_LATER, type Packet, TUNNEL_KINDS } from '../decode/packet.ts';
import { crc32c } from './crc32c.ts';
import { IGMP } from './redact-control.ts';
import { followComplement, followSum, growth, sumOf } from './sums.ts';

const SCTP_CHECKSUM_AT = 8;
const GRE_HAS_CHECKSUM = 0x8000;

/** Changes one checksum field after the octets that it covers. */
type Follow = (before: Uint8Array, after: Uint8Array) => void;

/**
 * What has to be done to the checksums of a packet once its octets are replaced, innermost first: the field follows what
 * it covers, so that a right one stays right and a wrong one stays wrong by as much. Of octets that were cut nothing
 * changes. It is made before anything is replaced.
 */
export function checksumsOf(packet: Packet): Follow[] {
  const { bytes, end, ipAt } = packet;
  const all: Follow[] = [];
  if (packet.fragment !== FRAGMENT_LATER) all.push(...transportOf(packet));
  if (packet.ipVersion === 4) all.push(headerOf(bytes, ipAt, end));
  for (let depth = packet.depth - 1; depth >= 0; depth--) {
    const outer = packet.tunnels[depth];
    if (outer.udpAt >= 0) all.push(outerUdpOf(packet, outer.ipAt, outer.udpAt));
    else if (TUNNEL_KINDS[outer.kind] === 'gre') all.push(greOf(bytes, outer.ipAt, end));
    if (ipv4.version(bytes, outer.ipAt) === 4) all.push(headerOf(bytes, outer.ipAt, end));
  }
  return all;
}

/** Offload leaves zero of the header's checksum: it stays. */
function headerOf(bytes: Uint8Array, at: number, end: number): Follow {
  const stop = Math.min(end, at + ipv4.headerLength(bytes, at));
  return (before, after) => {
    if (at + ipv4.LENGTH > stop || ipv4HeaderChecksum(before, at, stop) === 'partial') return;
    followComplement(after, at + 10, growth(sumOf(before, at, stop), sumOf(after, at, stop)));
  };
}

function transportOf(packet: Packet): Follow[] {
  const { bytes, ipAt, protocol, payloadAt, transportAt, end } = packet;
  const at = transportAt >= 0 ? transportAt : packet.stop === undefined ? -1 : payloadAt;
  if (at < 0 || packet.ipVersion === 0) return [];
  const length = packet.l3Length - (at - ipAt);
  const stop = Math.min(end, at + length);
  if (protocol === tcp.PROTOCOL || protocol === udp.PROTOCOL) {
    const told = protocol === udp.PROTOCOL && at + udp.LENGTH <= end ? udp.length(bytes, at) : 0;
    return [pseudoHeaderOf(bytes, { ipAt, transportAt: at, protocol, length: told || length, end: stop })];
  }
  if (protocol === icmp.PROTOCOL || protocol === IGMP) return [plainOf(at, at + 2, stop)];
  if (protocol === icmp.PROTOCOL_V6) return [withAddresses(ipAt, at, at + 2, stop)];
  return protocol === sctp.PROTOCOL ? [crcOf(bytes, at, at + length, end)] : [];
}

/** TCP and UDP: the addresses count too. */
function pseudoHeaderOf(bytes: Uint8Array, place: ChecksumPlace): Follow {
  const { ipAt, transportAt: at, protocol, length, end } = place;
  const fieldAt = at + (protocol === tcp.PROTOCOL ? tcp.CHECKSUM_AT : udp.CHECKSUM_AT);
  if (fieldAt + 2 > end || (protocol === udp.PROTOCOL && u16(bytes, fieldAt) === 0)) return () => {};
  const isPartial = checksumAt(bytes, place) !== 'good' && isPartialSum(bytes, place);
  if (!isPartial) return withAddresses(ipAt, at, fieldAt, Math.min(end, at + length));
  return (before, after) => {
    followSum(after, fieldAt, growth(addressSum(before, ipAt), addressSum(after, ipAt)));
  };
}

const withAddresses =
  (ipAt: number, at: number, fieldAt: number, end: number): Follow =>
  (before, after) => {
    if (fieldAt + 2 > end) return;
    const covered = (octets: Uint8Array): number => (addressSum(octets, ipAt) + sumOf(octets, at, end)) % 0xffff;
    followComplement(after, fieldAt, growth(covered(before), covered(after)));
  };

const plainOf =
  (at: number, fieldAt: number, end: number): Follow =>
  (before, after) => {
    if (fieldAt + 2 <= end) followComplement(after, fieldAt, growth(sumOf(before, at, end), sumOf(after, at, end)));
  };

function greOf(bytes: Uint8Array, ipAt: number, end: number): Follow {
  const at = transportAtOf(bytes, ipAt);
  if (at + gre.LENGTH + 2 > end || (u16(bytes, at) & GRE_HAS_CHECKSUM) === 0) return () => {};
  return plainOf(at, at + gre.LENGTH, end);
}

const transportAtOf = (bytes: Uint8Array, ipAt: number): number =>
  ipv4.version(bytes, ipAt) === 4 ? ipAt + ipv4.headerLength(bytes, ipAt) : ipAt + ipv6.LENGTH;

/** The outer checksum of a tunnel may be right only after the card has added the inner one. */
function outerUdpOf(packet: Packet, ipAt: number, udpAt: number): Follow {
  const { bytes, end, transportAt: innerAt, protocol } = packet;
  const length = udp.length(bytes, udpAt);
  const place = { ipAt, transportAt: udpAt, protocol: udp.PROTOCOL, length, end };
  const fieldAt = udpAt + udp.CHECKSUM_AT;
  const isLeft = checksumAt(bytes, place) === 'bad' && isRightAfterOffload(packet, place);
  if (!isLeft) return pseudoHeaderOf(bytes, place);
  const innerField = innerAt + (protocol === tcp.PROTOCOL ? tcp.CHECKSUM_AT : udp.CHECKSUM_AT);
  return (before, after) => {
    const covered = (octets: Uint8Array): number =>
      (addressSum(octets, ipAt) + sumOf(octets, udpAt, innerAt) + 0xffff - u16(octets, innerField)) % 0xffff;
    followComplement(after, fieldAt, growth(covered(before), covered(after)));
  };
}

function crcOf(bytes: Uint8Array, at: number, wholeEnd: number, end: number): Follow {
  const isWhole = wholeEnd <= end && at + sctp.LENGTH <= end;
  if (!isWhole || u32le(bytes, at + SCTP_CHECKSUM_AT) !== crc32c(bytes, at, wholeEnd, at + SCTP_CHECKSUM_AT))
    return () => {};
  return (_before, after) => {
    const sum = crc32c(after, at, wholeEnd, at + SCTP_CHECKSUM_AT);
    new DataView(after.buffer, after.byteOffset).setUint32(at + SCTP_CHECKSUM_AT, sum, true);
  };
}

function addressSum(bytes: Uint8Array, ipAt: number): number {
  if (ipv4.version(bytes, ipAt) === 4) return sumOf(bytes, ipAt + 12, ipAt + ipv4.LENGTH);
  return sumOf(bytes, ipv6.sourceAt(ipAt), ipAt + ipv6.LENGTH);
}
