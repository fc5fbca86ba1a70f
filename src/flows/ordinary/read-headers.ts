import { ACK, FIN, RST, SYN } from '../tcp/segment-kind.ts';
import { MOST_PROBE_TTL } from '../trackers/probe-limits.ts';
import { be16At, be32At } from './memory.ts';
import * as L from './read-link.ts';
import * as N from './read-network.ts';
import * as O from './read-options.ts';
import * as R from './read-tunnel.ts';

/** Octets of the shortest frame with a TCP segment: of Ethernet, with IPv4. */
const LEAST_FRAME = 54;
const TCP = 20;
/** The only options of most segments: two of no operation, then timestamps (RFC 7323, appendix A). */
const TIMESTAMPS = 0x0101_080a;
const TIMESTAMPS_LENGTH = 12;

const PROTOCOL_TCP = 6;

const FLAGS = 0x1ff;
const DNS_PORT = 53;

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
 * Whether the frame in [start, end) holds a TCP segment that may be ordinary: a VLAN tag at most, IP without options or
 * extensions, whole, in one tunnel at most, no port of DNS, no RST, no options but those that every stack sends.
 * @param wireEnd address behind the frame as it was on the wire
 */
export function isOrdinaryFrame(start: i32, end: i32, wireEnd: i32): boolean {
  if (end - start < LEAST_FRAME || !L.isUsualLink(start)) return false;
  if (!N.isUsualNetwork(L.network, L.etherType, end, wireEnd)) return false;
  R.leaveTunnel();
  if (N.protocol !== PROTOCOL_TCP && !(R.isUsualTunnel() && N.protocol === PROTOCOL_TCP)) return false;
  return N.ttl > MOST_PROBE_TTL && isOrdinaryTcp();
}

function isOrdinaryTcp(): boolean {
  tcp = N.inside;
  payloadEnd = N.capturedEnd;
  if (tcp + TCP > payloadEnd) return false;
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
  payloadLength = N.wireEnd - payload;
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
