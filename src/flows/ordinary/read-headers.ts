import { ACK, FIN, RST, SYN } from '../tcp/segment-kind.ts';
import { MOST_PROBE_TTL } from '../trackers/probe-limits.ts';
import { be16At, be32At, u8At } from './memory.ts';
import * as L from './read-link.ts';
import * as N from './read-network.ts';
import * as O from './read-options.ts';
import * as R from './read-tunnel.ts';

/** Octets of the shortest frame that is taken: of Ethernet, with IPv4, and a TCP header or a DNS header in UDP. */
const LEAST_FRAME = 54;
const TCP = 20;
const UDP = 8;
const DNS_HEADER = 12;
/** The only options of most segments: two of no operation, then timestamps (RFC 7323, appendix A). */
const TIMESTAMPS = 0x0101_080a;
const TIMESTAMPS_LENGTH = 12;

const FLAGS = 0x1ff;
const DNS_PORT = 53;
/** Ports below this are assigned to servers (RFC 6335, 6). */
const FIRST_USER_PORT = 1024;
/** Another user port on which the payload is looked at, as on those of VXLAN. */
const ESP_PORT = 4500;
/** First octet of VXLAN with a group policy, which leaves the rest of its header free. */
const VXLAN_POLICY = 0x88;
/** Flags of DNS (RFC 1035, 4.1.1): a response; opcode and the reserved bit, zero in queries and responses; RD; the response code. */
const RESPONSE = 0x8000;
const OPCODE_OR_RESERVED = 0x7840;
const RECURSION_DESIRED = 0x0100;
const RESPONSE_CODE = 0x000f;

/** Whether it is a datagram of DNS, and whether the server sent it. */
export let isDatagram: boolean = false;
export let isFromServer: boolean = false;
/** Address of the TCP or UDP header. */
export let transport: i32 = 0;
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
 * Whether the frame in [start, end) holds a packet that may be ordinary: a VLAN tag at most, IP without options or
 * extensions, whole, in one tunnel at most. A TCP segment has no port of DNS, no RST, no options but those that every stack
 * sends. A datagram holds a query or response of DNS, and can be nothing else.
 * @param wireEnd address behind the frame as it was on the wire
 */
export function isOrdinaryFrame(start: i32, end: i32, wireEnd: i32): boolean {
  if (end - start < LEAST_FRAME || !L.isUsualLink(start)) return false;
  if (!N.isUsualNetwork(L.network, L.etherType, end, wireEnd)) return false;
  R.leaveTunnel();
  isDatagram = isUsualDns();
  if (!isDatagram && N.protocol !== N.PROTOCOL_TCP) {
    if (!R.isUsualTunnel()) return false;
    isDatagram = isUsualDns();
  }
  return N.ttl > MOST_PROBE_TTL && (isDatagram || (N.protocol === N.PROTOCOL_TCP && isOrdinaryTcp()));
}

/** Whether it is a datagram between port 53 and a client's port, whole on the wire, to one station, of a usual message. */
function isUsualDns(): boolean {
  if (N.protocol !== N.PROTOCOL_UDP) return false;
  transport = N.inside;
  payload = transport + UDP;
  payloadEnd = N.capturedEnd;
  if (payload + DNS_HEADER > payloadEnd || be16At(transport + 4) !== N.wireEnd - transport) return false;
  ports = be32At(transport);
  isFromServer = ports >>> 16 === DNS_PORT;
  if (!isFromServer && (ports & 0xffff) !== DNS_PORT) return false;
  if (!isClientPort(isFromServer ? ports & 0xffff : ports >>> 16) || !isUsualMessage()) return false;
  if (L.destinationMac !== L.NOT_THERE && (u8At(L.destinationMac) & L.GROUP) !== 0) return false;
  payloadLength = N.wireEnd - payload;
  seq = be16At(payload);
  ack = 0;
  flags = 0;
  window = 0;
  O.forgetOptions();
  hasTimestamps = false;
  return true;
}

function isClientPort(port: i32): boolean {
  return port >= FIRST_USER_PORT && port !== R.VXLAN_PORT && port !== R.VXLAN_LINUX_PORT && port !== ESP_PORT;
}

/** Whether these are flags of a query or a response, and no header of a tunnel or of WireGuard has their bits. */
function isUsualMessage(): boolean {
  const word = be16At(payload + 2);
  if ((word & OPCODE_OR_RESERVED) !== 0 || u8At(payload) === VXLAN_POLICY) return false;
  return (word & RESPONSE) !== 0 || ((word & RECURSION_DESIRED) !== 0 && (word & RESPONSE_CODE) === 0);
}

function isOrdinaryTcp(): boolean {
  transport = N.inside;
  payloadEnd = N.capturedEnd;
  if (transport + TCP > payloadEnd) return false;
  const word = be16At(transport + 12);
  flags = word & FLAGS;
  if ((flags & RST) !== 0 || (flags & (SYN | ACK)) === 0 || (flags & (SYN | FIN)) === (SYN | FIN)) return false;
  const length = (word >> 12) << 2;
  payload = transport + length;
  if (length < TCP || payload > payloadEnd) return false;
  ports = be32At(transport);
  if (ports >>> 16 === DNS_PORT || (ports & 0xffff) === DNS_PORT) return false;
  if (!areOptionsUsual()) return false;
  seq = be32At(transport + 4);
  ack = be32At(transport + 8);
  window = be16At(transport + 14);
  payloadLength = N.wireEnd - payload;
  return true;
}

function areOptionsUsual(): boolean {
  const from = transport + TCP;
  O.forgetOptions();
  const isAligned = payload - from === TIMESTAMPS_LENGTH && be32At(from) === TIMESTAMPS;
  if (isAligned) O.readTimestamps(from + 4);
  else if (payload > from && !O.areUsualOptions(from, payload, (flags & SYN) !== 0)) return false;
  hasTimestamps = O.hasTimestamps;
  tsValue = O.tsValue;
  tsEcho = O.tsEcho;
  return true;
}
