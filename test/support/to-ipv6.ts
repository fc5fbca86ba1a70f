import { LINKTYPE_ETHERNET, LINKTYPE_LINUX_SLL, LINKTYPE_LINUX_SLL2 } from '../../src/decode/link-types.ts';
import { concat } from './frames.ts';
import type { Kept } from './merged-captures.ts';

const IPV4 = 0x0800;
const ARP = 0x0806;
const IPV6 = 0x86dd;
const TCP = 6;
const UDP = 17;
const ICMPV6 = 58;
const FRAGMENT = 44;
const IPIP = 4;
const IP6IP6 = 41;
const VXLAN_HEADER = [8, 0, 0, 0];

type Bytes = Uint8Array;

const u16 = (bytes: Bytes, at: number): number => (bytes[at] << 8) | bytes[at + 1];
const be16 = (value: number): number[] => [(value >> 8) & 255, value & 255];

/** One's complement sum (RFC 1071), not yet inverted. */
function sumOf(bytes: Bytes | number[]): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += (bytes[at] << 8) | (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

/** A checksum whose pseudo header has changed (RFC 1624). */
const adapted = (checksum: number, before: Bytes, after: Bytes): number =>
  ~sumOf([...be16(~checksum & 0xffff), ...be16(~sumOf(before) & 0xffff), ...be16(sumOf(after))]) & 0xffff;

/** 10.244.57.25 becomes fd00:af4:39::19: what shares a /24 shares a /64. Service ranges of IPv6 are narrow: a /16 is a /112. */
function address6(address: Bytes): Bytes {
  const [a, b, c, d] = address;
  if (a + b + c + d === 0) return new Uint8Array(16);
  if (a >= 224) return concat([0xff, 2], new Uint8Array(13), [1]);
  const isService = a === 10 && (b === 96 || (b === 233 && c < 64));
  return isService
    ? concat([0xfd, 0, a, b], new Uint8Array(10), [c, d])
    : concat([0xfd, 0, a, b, 0, c], new Uint8Array(9), [d]);
}

/** The record with IPv6 for IPv4 on every layer, and neighbour discovery for ARP. */
export function toIpv6(record: Kept): Kept {
  const bytes = frame6(record.linkType, record.bytes);
  const grown = bytes.length - record.bytes.length;
  return { ...record, bytes, originalLength: Math.max(bytes.length, record.originalLength + grown) };
}

function frame6(linkType: number, frame: Bytes): Bytes {
  if (linkType === LINKTYPE_ETHERNET) return ethernet6(frame);
  if (linkType === LINKTYPE_LINUX_SLL) return network6(frame, 14, 16);
  if (linkType === LINKTYPE_LINUX_SLL2) return network6(frame, 0, 20);
  return frame[0] >> 4 === 4 ? packet6(frame) : frame;
}

function ethernet6(frame: Bytes): Bytes {
  let at = 12;
  while (u16(frame, at) === 0x8100) at += 4;
  const asksAll = u16(frame, at) === ARP && frame[0] === 255;
  const found = network6(u16(frame, at) === ARP ? frame.subarray(0, at + 30) : frame, at, at + 2);
  return asksAll ? concat([0x33, 0x33, 0xff, 0, 0, 1], found.subarray(6)) : found;
}

function network6(frame: Bytes, typeAt: number, networkAt: number): Bytes {
  const network = frame.subarray(networkAt);
  const type = u16(frame, typeAt);
  if (type !== IPV4 && type !== ARP) return frame;
  const headers = Uint8Array.from(frame.subarray(0, networkAt));
  headers.set(be16(IPV6), typeAt);
  return concat(headers, type === IPV4 ? packet6(network) : neighbour6(network));
}

function packet6(packet: Bytes): Bytes {
  const headerLength = (packet[0] & 15) * 4;
  if (packet.length < 20) return packet;
  const [total, id, fragment] = [u16(packet, 2), u16(packet, 4), u16(packet, 6) & 0x3fff];
  const addresses = packet.subarray(12, 20);
  const addresses6 = concat(address6(packet.subarray(12, 16)), address6(packet.subarray(16, 20)));
  const inner = packet.subarray(headerLength, Math.max(headerLength, total));
  const isLater = (fragment & 0x1fff) !== 0;
  const payload = isLater ? inner : payload6(packet[9], inner, addresses, addresses6, total - headerLength);
  const next = { 1: ICMPV6, [IPIP]: IP6IP6 }[packet[9]] ?? packet[9];
  const offset = ((fragment & 0x1fff) << 3) | ((fragment >> 13) & 1);
  const extension = fragment === 0 ? [] : [next, 0, ...be16(offset), 0, 0, ...be16(id)];
  const length = total - headerLength + payload.length - inner.length + extension.length;
  const first = [0x60 | (packet[1] >> 4), (packet[1] & 15) << 4, 0, 0, ...be16(length)];
  return concat(first, [fragment === 0 ? next : FRAGMENT, packet[8]], addresses6, extension, payload);
}

function payload6(protocol: number, payload: Bytes, before: Bytes, after: Bytes, length: number): Bytes {
  if (protocol === TCP && payload.length >= 18)
    return withChecksum(payload, 16, adapted(u16(payload, 16), before, after));
  if (protocol === UDP && payload.length >= 8) return datagram6(payload, before, after);
  if (protocol === IPIP) return packet6(payload);
  if (protocol !== 1 || payload.length < 8) return payload;
  return icmp6(payload, after, payload.length === length);
}

const withChecksum = (bytes: Bytes, at: number, checksum: number): Bytes =>
  concat(bytes.subarray(0, at), be16(checksum), bytes.subarray(at + 2));

function datagram6(datagram: Bytes, before: Bytes, after: Bytes): Bytes {
  const isVxlan = VXLAN_HEADER.every((octet, at) => datagram[8 + at] === octet) && datagram.length >= 8 + 8 + 14;
  const frame = datagram.subarray(16);
  const carried = isVxlan ? ethernet6(frame) : frame;
  const length = be16(u16(datagram, 4) + carried.length - frame.length);
  const built = concat(datagram.subarray(0, 4), length, datagram.subarray(6, 16), carried);
  const checksum = u16(datagram, 6);
  if (checksum === 0 || !isVxlan)
    return checksum === 0 ? built : withChecksum(built, 6, adapted(checksum, before, after));
  // What is carried has changed too: sound stays sound, and wrong stays wrong.
  const pseudo = (addresses: Bytes, octets: number): number[] => [...addresses, 0, UDP, ...be16(octets)];
  if (sumOf([...pseudo(before, datagram.length), ...datagram]) !== 0xffff) return built;
  const empty = withChecksum(built, 6, 0);
  return withChecksum(built, 6, ~sumOf([...pseudo(after, built.length), ...empty]) & 0xffff);
}

/** Protocol unreachable names the field that is not known (RFC 7915, 4.2): the next header of the quoted packet. */
const NEXT_HEADER_AT = 6;

/** Codes of "destination unreachable" of RFC 792 and RFC 1122 as RFC 4443 has them; those left out are 3. */
const UNREACHABLE: Record<number, number> = { 0: 0, 2: 4, 3: 4, 6: 0, 9: 1, 10: 1, 11: 0, 13: 1 };

function icmp6(message: Bytes, addresses: Bytes, isWhole: boolean): Bytes {
  const [type, code] = message;
  const rest = message.subarray(4);
  const quoting = (type6: number, code6: number, head: number[]): Bytes =>
    concat([type6, code6, 0, 0], head, packet6(rest.subarray(4)));
  let found = concat([type === 8 ? 128 : 129, 0, 0, 0], rest);
  if (type === 3 && code === 4) found = quoting(2, 0, [0, 0, ...be16(u16(rest, 2) + 20)]);
  else if (type === 3 && code === 2) found = quoting(4, 1, [0, 0, 0, NEXT_HEADER_AT]);
  else if (type === 3) found = quoting(1, UNREACHABLE[code] ?? 3, [0, 0, 0, 0]);
  else if (type === 11) found = quoting(3, code, [0, 0, 0, 0]);
  return isWhole ? withIcmpChecksum(found, addresses) : found;
}

const withIcmpChecksum = (message: Bytes, addresses: Bytes): Bytes =>
  withChecksum(
    message,
    2,
    ~sumOf([...message, ...(message.length % 2 === 1 ? [0] : []), ...addresses, ...be16(message.length), 0, ICMPV6]) &
      0xffff,
  );

/** Neighbour solicitation for an ARP request, advertisement for a reply or an announcement (RFC 4861). */
function neighbour6(arp: Bytes): Bytes {
  const [mac, asker, target] = [arp.subarray(8, 14), address6(arp.subarray(14, 18)), address6(arp.subarray(24, 28))];
  const announces = asker.join() === target.join();
  const asks = u16(arp, 6) === 1 && !announces;
  const isProbe = asker.every((octet) => octet === 0);
  const option = asks && isProbe ? [] : [asks ? 1 : 2, 1, ...mac];
  const flags = asks ? 0 : announces ? 0x20 : 0x60;
  const message = concat([asks ? 135 : 136, 0, 0, 0, flags, 0, 0, 0], asks ? target : asker, option);
  const group = concat([0xff, 2], new Uint8Array(9), [1, 0xff], target.subarray(13));
  const allNodes = concat([0xff, 2], new Uint8Array(13), [1]);
  const addresses = concat(asker, asks ? group : announces ? allNodes : target);
  return concat([0x60, 0, 0, 0, ...be16(message.length), ICMPV6, 255], addresses, withIcmpChecksum(message, addresses));
}
