import { DNS_PORT } from '../../decode/messages/dns-message.ts';
import { u16, u32 } from '../../decode/octets.ts';
import { FRAGMENT_NONE, type Packet } from '../../decode/packet.ts';
import type { PacketLoop } from '../evidence/evidence.ts';
import type { Limits } from '../limits.ts';
import { finish, mix, SEED } from '../tables/mix.ts';
import { ECHO_REPLY, ECHO_REQUEST, V6_ECHO_REPLY, V6_ECHO_REQUEST } from '../trackers/echo-tracker.ts';
import type { Seen } from '../trackers/observation.ts';
import { PacketLoops } from './packet-loops.ts';

/** Packets in the look-back window: the 50 ms of a routed copy at 80,000 packets a second. They fit into the cache. */
const RING_ROWS = 1 << 12;
const RING_MASK = RING_ROWS - 1;
/** Most entries of one hash bucket that are compared. */
const LONGEST_WALK = 8;

/** Most seconds between a packet and its copy on the same link (docs/thresholds.md, copy-on-link). */
const SAME_LINK_SECONDS = 0.005;
/** Most seconds between a packet and a copy that was routed or bridged (docs/thresholds.md, copy-on-link). */
const OTHER_LINK_SECONDS = 0.05;
/** The same on one link without IP identification, when the payload is equal (docs/thresholds.md, copy-on-link). */
const WITHOUT_ID_SECONDS = 0.001;
/** Share of copies above which a packet that looks like a copy counts as one: every twentieth. */
const USUAL_COPIES = 0.05;
/** Share of copies in a capture that holds everything twice: half, less a fifth for packets from elsewhere. */
const SHARE_OF_DOUBLED = 0.4;
/** Fewest packets to judge that: a handshake and a request, each twice, and as many from another host. */
const FEWEST_OF_DOUBLED = 8;
/** Most seconds in which a looping packet returns: far above a round trip, and its TTL has fallen. */
const LOOP_SECONDS = 1;

const SYN = 0x02;
const FIN = 0x01;
const ACK = 0x10;
const NO_ROW = -1;
const MOST_TIMES = 0xffff;
const TCP = 6;
const UDP = 17;
const ICMP = 1;
const ICMPV6 = 58;

/**
 * Recognises copies: one packet that was captured several times at one point (SPAN of both directions, `any` without
 * interfaces, merged files, a bridge that bridges and routes it).
 *
 * Two packets are the same one under three conditions. All fields that hops do not change agree (addresses, ports, IP
 * identification, fragment offset, sequence numbers, flags, window, timestamps, SACK, payload). They are close in time.
 * A true retransmission cannot look like that:
 *
 *   IP id ≠ 0                a sender gives each transmission a new one    → copy
 *   IP id ≠ 0, TCP stamp     however late: captures of two places far      → copy
 *                            apart, or with clocks that differ, merged
 *   IP id 0, other link      MACs, TTL, VLAN or direction differ           → copy
 *   IP id 0, same link       within 1 ms: TCP with payload, SYN or FIN;    → copy
 *                            ICMP echo and DNS, which have numbers
 *   … and the peer spoke     in between, and copies are rare so far: a     → two packets
 *                            fast retransmission where round trips are short
 *   IP id 0, same link       pure ACK: duplicate ACKs look like this;      → two packets
 *                            RST, SYN-ACK: answers, one to each segment;
 *                            other datagrams: equal ones in a row are ordinary
 *   … and all comes twice    what is sent once was captured twice so far   → copy
 *
 * Hot path: the last 2¹² packets are in columns, found by hash.
 */
export class Copies {
  readonly #buckets = new Int32Array(RING_ROWS).fill(NO_ROW);
  readonly #hashA = new Int32Array(RING_ROWS);
  readonly #hashB = new Int32Array(RING_ROWS);
  readonly #time = new Float64Array(RING_ROWS);
  readonly #link = new Int32Array(RING_ROWS);
  readonly #ttl = new Uint8Array(RING_ROWS);
  readonly #packet = new Uint32Array(RING_ROWS);
  readonly #next = new Int32Array(RING_ROWS);
  readonly #bucketOf = new Int32Array(RING_ROWS).fill(NO_ROW);
  /** Value given to `setFlow`. */
  readonly #flow = new Uint32Array(RING_ROWS);
  readonly #direction = new Uint8Array(RING_ROWS);
  readonly #isCopy = new Uint8Array(RING_ROWS);
  /** How often the packet was seen so far with the same hop limit. */
  readonly #times = new Uint16Array(RING_ROWS);
  #packets = 0;
  #copies = 0;
  /** Packets without IP ID that a sender would not send twice at once, and how many of these were copies. */
  #sentOnce = 0;
  #copiesOfThose = 0;
  #nextRow = 0;
  /** Row of the most recent packet. */
  #row = 0;

  readonly #loops: PacketLoops;

  constructor(limits: Limits, formatAddress: (address: number) => string) {
    const rows = { ttl: this.#ttl, time: this.#time, packet: this.#packet };
    this.#loops = new PacketLoops(rows, limits.loops, formatAddress);
  }

  get loops(): PacketLoop[] {
    return this.#loops.loops;
  }

  /** Stores the biflow and direction of the most recent packet. */
  setFlow(flow: number, direction: number): void {
    this.#flow[this.#row] = flow;
    this.#direction[this.#row] = direction;
  }

  /** The biflow stored for the original of the copy just found. */
  get flow(): number {
    return this.#flow[this.#row];
  }

  get direction(): number {
    return this.#direction[this.#row];
  }

  /** How often the most recent packet was seen in a row with the same hop limit, up to 65,535. */
  get times(): number {
    return this.#times[this.#row];
  }

  /**
   * Whether `packet`, an IP packet, is a copy of a recent packet at the same point.
   * @param seen with point, time and payload hash
   */
  isCopy(packet: Packet, seen: Seen, encapsulation: number): boolean {
    const { point, time, payloadHash: payload } = seen;
    const hashA = identityHash(packet, point, encapsulation, payload);
    const hashB = finish(mix(mix(hashA ^ payload, packet.ipId + 1), packet.source | 0));
    const bucket = finish(hashA) & RING_MASK;
    const earlier = this.#find(bucket, hashA | 0, hashB);
    const link = linkHash(packet);
    const falling = earlier !== NO_ROW && packet.ttl < this.#ttl[earlier];
    const copy = earlier !== NO_ROW && this.#isSame(earlier, packet, time, link, falling, payload);
    const row = this.#add(bucket, hashA | 0, hashB);
    this.#time[row] = time;
    this.#link[row] = link;
    this.#ttl[row] = packet.ttl;
    this.#packet[row] = packet.number;
    this.#loops.begin(row);
    this.#isCopy[row] = copy ? 1 : 0;
    this.#times[row] = copy && packet.ttl === this.#ttl[earlier] ? Math.min(MOST_TIMES, this.#times[earlier] + 1) : 1;
    this.#packets++;
    if (packet.ipId === 0 && isOncePerSending(packet, payload)) {
      this.#sentOnce++;
      if (copy) this.#copiesOfThose++;
    }
    if (copy) {
      this.#copies++;
      this.#flow[row] = this.#flow[earlier];
      this.#direction[row] = this.#direction[earlier];
      this.#loops.again(row, earlier, packet, point);
    }
    this.#row = row;
    return copy;
  }

  #isSame(earlier: number, packet: Packet, time: number, link: number, falling: boolean, payload: number): boolean {
    const apart = Math.abs(time - this.#time[earlier]);
    const otherLink = link !== this.#link[earlier] || packet.ttl !== this.#ttl[earlier];
    if (packet.ipId !== 0) {
      if (packet.protocol === TCP && packet.tcpHasTimestamps) return true;
      if (falling && apart <= LOOP_SECONDS) return true;
      return apart <= (otherLink ? OTHER_LINK_SECONDS : SAME_LINK_SECONDS);
    }
    if (otherLink) return apart <= OTHER_LINK_SECONDS;
    if (apart > WITHOUT_ID_SECONDS) return false;
    return isOncePerSending(packet, payload) ? !this.#isAnsweredSince(earlier) : this.#isDoubled();
  }

  /** Whether nearly everything that a sender sends once was captured twice so far. */
  #isDoubled(): boolean {
    return this.#sentOnce >= FEWEST_OF_DOUBLED && this.#copiesOfThose >= SHARE_OF_DOUBLED * this.#sentOnce;
  }

  /** Whether the peer sent something after the row: three duplicate ACKs cause a repetition at once (RFC 5681, 3.2). */
  #isAnsweredSince(earlier: number): boolean {
    if (this.#copies >= USUAL_COPIES * this.#packets) return false;
    for (let row = (earlier + 1) & RING_MASK; row !== this.#nextRow; row = (row + 1) & RING_MASK) {
      const isOfPeer = this.#flow[row] === this.#flow[earlier] && this.#direction[row] !== this.#direction[earlier];
      if (isOfPeer && this.#isCopy[row] === 0) return true;
    }
    return false;
  }

  #find(bucket: number, hashA: number, hashB: number): number {
    let row = this.#buckets[bucket];
    for (let steps = 0; row !== NO_ROW && steps < LONGEST_WALK; steps++) {
      // A reused row is now in another bucket, or is the new head of this one. The rest of the chain is older.
      if (this.#bucketOf[row] !== bucket) return NO_ROW;
      if (this.#hashA[row] === hashA && this.#hashB[row] === hashB) return row;
      const next = this.#next[row];
      if (next !== NO_ROW && this.#age(next) <= this.#age(row)) return NO_ROW;
      row = next;
    }
    return NO_ROW;
  }

  /** Rows since `row` was written, 1 to RING_ROWS. */
  #age(row: number): number {
    return (((this.#nextRow - 1 - row) & RING_MASK) + 1) | 0;
  }

  #add(bucket: number, hashA: number, hashB: number): number {
    const row = this.#nextRow;
    this.#nextRow = (row + 1) & RING_MASK;
    const head = this.#buckets[bucket];
    this.#next[row] = head === row ? NO_ROW : head;
    this.#buckets[bucket] = row;
    this.#bucketOf[row] = bucket;
    this.#hashA[row] = hashA;
    this.#hashB[row] = hashB;
    return row;
  }
}

/** Whether a sender would not send such a packet twice at once. */
function isOncePerSending(packet: Packet, payload: number): boolean {
  if (packet.protocol === TCP) {
    const flags = packet.tcpFlags;
    // A SYN-ACK may be sent twice at once: by its timer, and as the answer to a repeated SYN.
    return payload !== 0 || (flags & FIN) !== 0 || (flags & (SYN | ACK)) === SYN;
  }
  // A query has its own id, and is repeated only after seconds (RFC 1035, 4.2.1).
  if (packet.protocol === UDP)
    return payload !== 0 && (packet.sourcePort === DNS_PORT || packet.destinationPort === DNS_PORT);
  const echo = packet.icmpType === ECHO_REQUEST || packet.icmpType === ECHO_REPLY;
  const echo6 = packet.icmpType === V6_ECHO_REQUEST || packet.icmpType === V6_ECHO_REPLY;
  return packet.protocol === ICMP ? echo : packet.protocol === ICMPV6 && echo6;
}

/** Fields that stay equal on every hop. */
function identityHash(packet: Packet, point: number, encapsulation: number, payload: number): number {
  let hash = mix(mix(SEED, point), encapsulation);
  hash = mix(hash, packet.source | 0);
  hash = mix(hash, packet.destination | 0);
  hash = mix(hash, (packet.ipVersion << 24) | (packet.protocol << 16) | (packet.ipId & 0xffff));
  hash = mix(hash, (packet.sourcePort << 16) | packet.destinationPort);
  hash = mix(hash, packet.l3Length);
  hash = mix(hash, payload);
  if (packet.protocol === TCP) return tcpHash(packet, hash);
  if (packet.fragment !== FRAGMENT_NONE) hash = mix(hash, packet.fragmentOffset | (packet.ipId >>> 16));
  return mix(hash, (packet.icmpType << 24) | (packet.icmpCode << 16) | packet.icmpSequence);
}

function tcpHash(packet: Packet, before: number): number {
  let hash = mix(before, packet.tcpSeq);
  hash = mix(hash, packet.tcpAck);
  hash = mix(hash, (packet.tcpFlags << 16) | packet.tcpWindow);
  if (packet.tcpHasTimestamps) hash = mix(mix(hash, packet.tcpTsValue), packet.tcpTsEcho);
  for (let at = 0; at < packet.tcpSackCount * 2; at++) hash = mix(hash, packet.tcpSack[at] | 0);
  return packet.fragment === FRAGMENT_NONE ? hash : mix(hash, packet.fragmentOffset);
}

/** Fields, besides the inner TTL, that a hop changes: outermost link addresses, VLAN, direction, outer TTL. */
function linkHash(packet: Packet): number {
  const { bytes, depth } = packet;
  let hash = mix(mix(SEED, packet.vlan), packet.direction);
  const ethernetAt = depth > 0 ? packet.tunnels[0].linkAt : packet.ethernetAt;
  if (ethernetAt >= 0) {
    hash = mix(hash, u32(bytes, ethernetAt));
    hash = mix(hash, u32(bytes, ethernetAt + 4));
    hash = mix(hash, u32(bytes, ethernetAt + 8));
  } else if (depth === 0 && packet.sourceMacAt >= 0) {
    hash = mix(hash, u32(bytes, packet.sourceMacAt));
    hash = mix(hash, u16(bytes, packet.sourceMacAt + 4));
  }
  return depth > 0 ? mix(hash, packet.tunnels[0].ttl) : hash;
}
