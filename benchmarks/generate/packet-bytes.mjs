/**
 * The bytes of a packet as one capture point sees it: Ethernet, IPv4, TCP or UDP, and the overlay around them, with
 * correct checksums.
 */

const ETHERNET_BYTES = 14;
const IPV4_BYTES = 20;
const UDP_BYTES = 8;
const TCP_BYTES = 20;
const VXLAN_BYTES = 8;
const VXLAN_PORT = 8472; // the Linux default, which Flannel keeps
const VNI = 1;
const PROTOCOL_IPIP = 4;
export const PROTOCOL_TCP = 6;
export const PROTOCOL_UDP = 17;
const DONT_FRAGMENT = 0x4000;
const ETHERTYPE_IPV4 = 0x0800;
const SYN = 0x02;
const TTL_OF_LINUX = 64;
/** More than any header stack here plus a full segment. */
export const MOST_PACKET_BYTES = 2048;

function put16(bytes, at, value) {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

function put32(bytes, at, value) {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

function sumOfWords(bytes, at, end) {
  let sum = 0;
  for (; at + 1 < end; at += 2) sum += (bytes[at] << 8) | bytes[at + 1];
  if (at < end) sum += bytes[at] << 8;
  return sum;
}

/** The Internet checksum (RFC 1071) of octets whose 16-bit words add up to `sum`. */
function checksumOf(sum) {
  while (sum > 0xffff) sum = (sum % 0x10000) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

/**
 * What connections carry: one long text, of which an octet of a stream is a function of its place, so that data sent
 * again is the same data. The sums of its 16-bit words from any place to any other are known beforehand.
 */
export class StreamText {
  static #LENGTH = 1 << 16;
  #bytes;
  /** sums[i + 2] - sums[i] is the word at i; so sums of words that start at odd places are there, too. */
  #sums;

  constructor(random) {
    const length = StreamText.#LENGTH;
    this.#bytes = Buffer.alloc(length + MOST_PACKET_BYTES);
    const letters = 'etaoin shrdlu cmfwyp vbgkq 0123456789,.\n';
    for (let i = 0; i < length; i++) this.#bytes[i] = letters.charCodeAt(random.u32() % letters.length);
    this.#bytes.copyWithin(length, 0, MOST_PACKET_BYTES);
    this.#sums = new Float64Array(this.#bytes.length + 2);
    for (let i = 0; i + 1 < this.#bytes.length; i++) {
      this.#sums[i + 2] = this.#sums[i] + ((this.#bytes[i] << 8) | this.#bytes[i + 1]);
    }
  }

  /** Copies `length` octets from `place` of a stream to `bytes` at `at`; gives the sum of their 16-bit words. */
  copy(place, length, bytes, at) {
    const from = place % StreamText.#LENGTH;
    this.#bytes.copy(bytes, at, from, from + length);
    const even = length & ~1;
    const sum = this.#sums[from + even] - this.#sums[from];
    return even === length ? sum : sum + (this.#bytes[from + even] << 8);
  }
}

function putEthernet(bytes, at, source, destination) {
  // Locally administered addresses (first octet 02) made of the IPv4 addresses.
  put16(bytes, at, 0x0200);
  put32(bytes, at + 2, destination);
  put16(bytes, at + 6, 0x0200);
  put32(bytes, at + 8, source);
  put16(bytes, at + 12, ETHERTYPE_IPV4);
  return at + ETHERNET_BYTES;
}

function putIpv4(bytes, at, { source, destination, protocol, id, ttl, payloadLength }) {
  put16(bytes, at, 0x4500);
  put16(bytes, at + 2, IPV4_BYTES + payloadLength);
  put16(bytes, at + 4, id);
  put16(bytes, at + 6, DONT_FRAGMENT);
  bytes[at + 8] = ttl;
  bytes[at + 9] = protocol;
  put16(bytes, at + 10, 0);
  put32(bytes, at + 12, source);
  put32(bytes, at + 16, destination);
  put16(bytes, at + 10, checksumOf(sumOfWords(bytes, at, at + IPV4_BYTES)));
  return at + IPV4_BYTES;
}

const pseudoHeaderSum = (source, destination, protocol, length) =>
  (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff) + protocol + length;

function putTimestamps(bytes, at, packet) {
  put16(bytes, at, 0x080a);
  put32(bytes, at + 2, packet.tsVal);
  put32(bytes, at + 6, packet.tsEcr);
  return at + 10;
}

/** MSS, SACK permitted, timestamps, window scale: the order of Linux. */
function putHandshakeOptions(bytes, at, packet) {
  put16(bytes, at, 0x0204);
  put16(bytes, at + 2, packet.mss);
  put16(bytes, at + 4, 0x0402);
  at = putTimestamps(bytes, at + 6, packet);
  bytes[at] = 1;
  bytes[at + 1] = 3;
  bytes[at + 2] = 3;
  bytes[at + 3] = packet.windowScale;
  return at + 4;
}

function putSack(bytes, at, blocks, base) {
  put16(bytes, at, 0x0101);
  bytes[at + 2] = 5;
  bytes[at + 3] = 2 + 8 * blocks.length;
  at += 4;
  for (const [left, right] of blocks) {
    put32(bytes, at, (base + left) >>> 0);
    put32(bytes, at + 4, (base + right) >>> 0);
    at += 8;
  }
  return at;
}

function putTcp(bytes, at, packet, ends, text) {
  let end = at + TCP_BYTES;
  if (packet.flags & SYN) {
    end = putHandshakeOptions(bytes, end, packet);
  } else {
    put16(bytes, end, 0x0101);
    end = putTimestamps(bytes, end + 2, packet);
    if (packet.sack !== null) end = putSack(bytes, end, packet.sack, packet.ackBase);
  }
  put16(bytes, at, ends.sourcePort);
  put16(bytes, at + 2, ends.destinationPort);
  put32(bytes, at + 4, (packet.seqBase + packet.seq) >>> 0);
  put32(bytes, at + 8, packet.acks ? (packet.ackBase + packet.ack) >>> 0 : 0);
  bytes[at + 12] = ((end - at) / 4) << 4;
  bytes[at + 13] = packet.flags;
  put16(bytes, at + 14, packet.window);
  put32(bytes, at + 16, 0);
  let sum = sumOfWords(bytes, at, end);
  if (packet.length > 0) sum += text.copy(packet.textPlace + packet.seq, packet.length, bytes, end);
  end += packet.length;
  sum += pseudoHeaderSum(ends.source, ends.destination, PROTOCOL_TCP, end - at);
  put16(bytes, at + 16, checksumOf(sum));
  return end;
}

function putUdp(bytes, at, packet, ends) {
  const end = at + UDP_BYTES + packet.payload.length;
  put16(bytes, at, ends.sourcePort);
  put16(bytes, at + 2, ends.destinationPort);
  put16(bytes, at + 4, end - at);
  put16(bytes, at + 6, 0);
  bytes.set(packet.payload, at + UDP_BYTES);
  const sum = sumOfWords(bytes, at, end) + pseudoHeaderSum(ends.source, ends.destination, PROTOCOL_UDP, end - at);
  put16(bytes, at + 6, checksumOf(sum) || 0xffff); // RFC 768: 0 would mean "no checksum"
  return end;
}

function putInnerIp(bytes, at, packet, ends, ttl, text) {
  const transport = at + IPV4_BYTES;
  const { protocol, ipId: id } = packet;
  const end =
    protocol === PROTOCOL_TCP ? putTcp(bytes, transport, packet, ends, text) : putUdp(bytes, transport, packet, ends);
  const { source, destination } = ends;
  putIpv4(bytes, at, { source, destination, protocol, id, ttl, payloadLength: end - transport });
  return end;
}

/** Addresses and ports of a packet before or after the destination was translated. */
function endsOf(packet, afterNat) {
  const { client, clientPort, pod, podPort, service, servicePort } = packet.addresses;
  const server = afterNat ? pod : service;
  const serverPort = afterNat ? podPort : servicePort;
  return packet.fromClient
    ? { source: client, sourcePort: clientPort, destination: server, destinationPort: serverPort }
    : { source: server, sourcePort: serverPort, destination: client, destinationPort: clientPort };
}

/** The node of a pod: the third octet of the pod's address says it, as with one /24 for each node. */
const nodeOfPod = (pod) => (0xc000_0200 | ((pod >>> 8) & 0xff)) >>> 0; // 192.0.2.0/24, RFC 5737

/**
 * Writes a packet as `point` sees it into `bytes` at `at`. `point.nodeOf` gives the address of a pod's node; without it,
 * nodes are those of `nodeOfPod`.
 *
 * @returns {number} the place after its last byte
 */
export function putPacket(bytes, at, packet, point, text) {
  const ends = endsOf(packet, point.afterNat);
  const ttl = TTL_OF_LINUX - (packet.fromClient ? point.hopsFromClient : point.hopsFromServer);
  if (point.overlay === 'none') {
    return putInnerIp(bytes, putEthernet(bytes, at, ends.source, ends.destination), packet, ends, ttl, text);
  }
  const nodeOf = point.nodeOf ?? nodeOfPod;
  const source = nodeOf(ends.source);
  const destination = nodeOf(ends.destination);
  const id = packet.outerIpId;
  const outer = putEthernet(bytes, at, source, destination);
  const inner = outer + IPV4_BYTES;
  if (point.overlay === 'ipip') {
    const end = putInnerIp(bytes, inner, packet, ends, ttl, text);
    const payloadLength = end - inner;
    putIpv4(bytes, outer, { source, destination, protocol: PROTOCOL_IPIP, id, ttl: TTL_OF_LINUX, payloadLength });
    return end;
  }
  const vxlan = inner + UDP_BYTES;
  put32(bytes, vxlan, 0x0800_0000);
  put32(bytes, vxlan + 4, VNI << 8);
  const frame = putEthernet(bytes, vxlan + VXLAN_BYTES, ends.source, ends.destination);
  const end = putInnerIp(bytes, frame, packet, ends, ttl, text);
  const payloadLength = end - inner;
  // The source port spreads flows over paths: a function of the inner flow, another one for each direction.
  put16(bytes, inner, 32768 + ((ends.sourcePort * 31 + ends.destinationPort * 17 + ends.source) % 28232));
  put16(bytes, inner + 2, VXLAN_PORT);
  put16(bytes, inner + 4, payloadLength);
  put16(bytes, inner + 6, 0); // RFC 7348, 5: should be sent as 0
  putIpv4(bytes, outer, { source, destination, protocol: PROTOCOL_UDP, id, ttl: TTL_OF_LINUX, payloadLength });
  return end;
}
