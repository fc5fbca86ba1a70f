import { addressAt, UNKNOWN } from './find-address.ts';
import { be16At, be32At, u8At } from './memory.ts';

export const PROTOCOL_TCP: i32 = 6;
export const PROTOCOL_UDP: i32 = 17;
const ETHERTYPE_IPV4: i32 = 0x0800;
const ETHERTYPE_IPV6: i32 = 0x86dd;
/** Octets of the headers without options. */
export const IPV4: i32 = 20;
export const IPV6: i32 = 40;
/** Version 4 and a header of five words. */
const VERSION_4_WITHOUT_OPTIONS: i32 = 0x45;
const VERSION_6: i32 = 6;
/** More fragments, and the offset of one. */
const IS_FRAGMENT: i32 = 0x3fff;
const DONT_FRAGMENT: i32 = 0x4000;

/** Address of the IP header. */
export let ip: i32 = 0;
export let isIpv6: boolean = false;
/** Octets of the IP packet. */
export let l3Length: i32 = 0;
/** IPv4 addresses, or numbers of IPv6 addresses. */
export let source: i32 = 0;
export let destination: i32 = 0;
export let protocol: i32 = 0;
export let ttl: i32 = 0;
export let dscp: i32 = 0;
export let ipId: i32 = 0;
export let dontFragment: boolean = false;
/** Address behind the header, behind what of the packet was captured, and behind it as it was on the wire. */
export let inside: i32 = 0;
export let capturedEnd: i32 = 0;
export let wireEnd: i32 = 0;

/**
 * Whether an IP header without options or extensions begins at `at`, of a packet that is no fragment.
 * @param end address behind what was captured
 * @param wire address behind what holds the packet, as it was on the wire
 */
export function isUsualNetwork(at: i32, type: i32, end: i32, wire: i32): boolean {
  ip = at;
  if (type === ETHERTYPE_IPV4) return isUsualIpv4(at, end) && isWithin(IPV4, end, wire);
  return type === ETHERTYPE_IPV6 && isUsualIpv6(at, end) && isWithin(IPV6, end, wire);
}

function isUsualIpv4(at: i32, end: i32): boolean {
  if (at + IPV4 > end || u8At(at) !== VERSION_4_WITHOUT_OPTIONS) return false;
  const word = be16At(at + 6);
  if ((word & IS_FRAGMENT) !== 0) return false;
  isIpv6 = false;
  dontFragment = (word & DONT_FRAGMENT) !== 0;
  l3Length = be16At(at + 2);
  ipId = be16At(at + 4);
  ttl = u8At(at + 8);
  dscp = u8At(at + 1) >> 2;
  protocol = u8At(at + 9);
  source = be32At(at + 12);
  destination = be32At(at + 16);
  return true;
}

function isUsualIpv6(at: i32, end: i32): boolean {
  if (at + IPV6 > end || u8At(at) >> 4 !== VERSION_6) return false;
  const told = be16At(at + 4);
  // A packet without a told length is larger than the field.
  if (told === 0) return false;
  isIpv6 = true;
  dontFragment = false;
  l3Length = IPV6 + told;
  ipId = 0;
  ttl = u8At(at + 7);
  dscp = (be16At(at) >> 6) & 0x3f;
  protocol = u8At(at + 6);
  source = addressAt(at + 8);
  destination = addressAt(at + 24);
  return source !== UNKNOWN && destination !== UNKNOWN;
}

function isWithin(header: i32, end: i32, wire: i32): boolean {
  wireEnd = ip + l3Length;
  inside = ip + header;
  capturedEnd = wireEnd < end ? wireEnd : end;
  return (wireEnd <= end || wireEnd <= wire) && inside <= capturedEnd;
}
