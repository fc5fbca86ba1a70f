import { ACK, FIN, RST, SYN } from '../tcp/segment-kind.ts';
import { be16At, be32At, i32At, u8At } from './memory.ts';
import * as O from './read-options.ts';
import * as S from './state-offsets.ts';

const ETHERNET = 14;
const TAG = 4;
const IPV4 = 20;
const TCP = 20;
/** The only options of most segments: two of no operation, then timestamps (RFC 7323, appendix A). */
const TIMESTAMPS = 0x0101_080a;
const TIMESTAMPS_LENGTH = 12;

const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_VLAN = 0x8100;
const PROTOCOL_TCP = 6;
/** Version 4 and a header of five words. */
const VERSION_4_WITHOUT_OPTIONS = 0x45;
/** More fragments, and the offset of one. */
const IS_FRAGMENT = 0x3fff;
const DONT_FRAGMENT = 0x4000;

const FLAGS = 0x1ff;
const DNS_PORT = 53;

/** VLAN of the frame; -1 without a tag. */
export let vlan: i32 = -1;
/** Address of the IP header. */
export let ip: i32 = 0;
/** Octets of the IP packet. */
export let l3Length: i32 = 0;
export let source: i32 = 0;
export let destination: i32 = 0;
export let ttl: i32 = 0;
export let ipId: i32 = 0;
export let dontFragment: boolean = false;
/** Address of the TCP header. */
export let tcp: i32 = 0;
/** Source port << 16 | destination port. */
export let ports: i32 = 0;
export let seq: i32 = 0;
export let ack: i32 = 0;
export let flags: i32 = 0;
export let window: i32 = 0;
export let hasTimestamps: boolean = false;
export let tsValue: i32 = 0;
export let tsEcho: i32 = 0;
/** Octets of payload, captured or not. */
export let payloadLength: i32 = 0;
/** Address of the payload, and the end of its captured part. */
export let payload: i32 = 0;
export let payloadEnd: i32 = 0;

/**
 * Whether the frame in [start, end) holds a TCP segment that may be ordinary: a VLAN tag at most, IPv4 without options,
 * whole, no port of DNS, no RST, no options but those that every stack sends. Fields are those of
 * `decode-ordinary.ts`, which reads the same frames.
 * @param wireEnd address behind the frame as it was on the wire
 */
export function isOrdinaryFrame(start: i32, end: i32, wireEnd: i32): boolean {
  if (end - start < ETHERNET + IPV4 + TCP) return false;
  let type: i32 = be16At(start + 12);
  ip = start + ETHERNET;
  vlan = -1;
  if (type === ETHERTYPE_VLAN) {
    vlan = be16At(ip) & 0x0fff;
    type = be16At(ip + 2);
    ip += TAG;
  }
  return type === ETHERTYPE_IPV4 && isOrdinaryIp(end, wireEnd) && isOrdinaryTcp();
}

function isOrdinaryIp(end: i32, wireEnd: i32): boolean {
  if (u8At(ip) !== VERSION_4_WITHOUT_OPTIONS || u8At(ip + 9) !== PROTOCOL_TCP) return false;
  const word = be16At(ip + 6);
  l3Length = be16At(ip + 2);
  ttl = u8At(ip + 8);
  if ((word & IS_FRAGMENT) !== 0 || ttl <= i32At(S.MOST_PROBE_TTL)) return false;
  const ipEnd = ip + l3Length;
  if (ipEnd > end && ipEnd > wireEnd) return false;
  payloadEnd = ipEnd < end ? ipEnd : end;
  tcp = ip + IPV4;
  if (tcp + TCP > payloadEnd) return false;
  dontFragment = (word & DONT_FRAGMENT) !== 0;
  ipId = be16At(ip + 4);
  source = be32At(ip + 12);
  destination = be32At(ip + 16);
  return true;
}

function isOrdinaryTcp(): boolean {
  const word = be16At(tcp + 12);
  flags = word & FLAGS;
  if ((flags & RST) !== 0 || (flags & (SYN | ACK)) === 0 || (flags & (SYN | FIN)) === (SYN | FIN)) return false;
  const length = (word >> 12) << 2;
  payload = tcp + length;
  if (length < TCP || payload > payloadEnd) return false;
  ports = be32At(tcp);
  if (ports >>> 16 === DNS_PORT || (ports & 0xffff) === DNS_PORT) return false;
  if (!areOptionsUsual()) return false;
  seq = be32At(tcp + 4);
  ack = be32At(tcp + 8);
  window = be16At(tcp + 14);
  payloadLength = ip + l3Length - payload;
  return true;
}

function areOptionsUsual(): boolean {
  const from = tcp + TCP;
  O.forgetOptions();
  const isAligned = payload - from === TIMESTAMPS_LENGTH && be32At(from) === TIMESTAMPS;
  if (isAligned) O.readTimestamps(from + 4);
  else if (payload > from && !O.areUsualOptions(from, payload, (flags & SYN) !== 0)) return false;
  hasTimestamps = O.hasTimestamps;
  tsValue = O.tsValue;
  tsEcho = O.tsEcho;
  return true;
}
