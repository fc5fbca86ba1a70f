import type { Packet } from '../../decode/packet.ts';
import type { PacketLoop } from '../evidence/evidence.ts';
import type { Limits } from '../limits.ts';
import type { StateAccess } from '../ordinary/state-access.ts';
import { grownIn } from '../tables/columns.ts';
import { LONGEST_WALK, RING_MASK, RING_ROWS } from '../tables/copy-ring.ts';
import type { LinearMemory } from '../tables/linear-memory.ts';
import { finish, mix } from '../tables/mix.ts';
import { isDns } from '../trackers/dns-messages.ts';
import { ECHO_REPLY, ECHO_REQUEST, V6_ECHO_REPLY, V6_ECHO_REQUEST } from '../trackers/echo-tracker.ts';
import type { Seen } from '../trackers/observation.ts';
import { CopyAccess } from './copy-access.ts';
import { identityHash, linkHash } from './copy-hashes.ts';
import { COPY_BYTES } from './copy-layout.ts';
import { PacketLoops } from './packet-loops.ts';

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
 * Hot path: the last 2¹² packets are in records, found by hash.
 */
export class Copies {
  #buckets: Int32Array = new Int32Array(RING_ROWS).fill(NO_ROW);
  readonly #rows = new CopyAccess(RING_ROWS * COPY_BYTES);
  #packets = 0;
  #copies = 0;
  /** Packets without IP ID that a sender would not send twice at once, and how many of these were copies. */
  #sentOnce = 0;
  #copiesOfThose = 0;
  #nextRow = 0;
  /** Place of the most recent packet. */
  #row = 0;

  readonly #loops: PacketLoops;

  constructor(limits: Limits, formatAddress: (address: number) => string) {
    this.#loops = new PacketLoops(this.#rows, limits.loops, formatAddress);
    for (let row = 0; row < RING_ROWS; row++) this.#rows.setBucket(row * COPY_BYTES, NO_ROW);
  }

  get loops(): PacketLoop[] {
    return this.#loops.loops;
  }

  /** Moves all that is remembered into linear memory, where it stays. */
  moveInto(linear: LinearMemory): void {
    this.#rows.moveInto(linear);
    this.#buckets = grownIn(linear, this.#buckets, RING_ROWS);
  }

  /** Tells a core where it finds that. */
  describe(state: StateAccess): void {
    state.setRows(0, this.#rows.linearAddress);
    state.setBuckets(0, this.#buckets.byteOffset);
  }

  /** Row of the next packet. */
  get nextRow(): number {
    return this.#nextRow;
  }

  /**
   * Takes over what a core has remembered: packets of which none is a copy.
   * @param sentOnce those without IP ID that a sender would not send twice at once
   */
  takeBack(nextRow: number, packets: number, sentOnce: number): void {
    this.#nextRow = nextRow;
    this.#packets += packets;
    this.#sentOnce += sentOnce;
  }

  /** Stores the biflow and direction of the most recent packet. */
  setFlow(flow: number, direction: number): void {
    this.#rows.setFlow(this.#row, flow);
    this.#rows.setDirection(this.#row, direction);
  }

  /** The biflow stored for the original of the copy just found. */
  get flow(): number {
    return this.#rows.flow(this.#row);
  }

  get direction(): number {
    return this.#rows.direction(this.#row);
  }

  /** How often the most recent packet was seen in a row with the same hop limit, up to 65,535. */
  get times(): number {
    return this.#rows.times(this.#row);
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
    const earlierRow = this.#find(bucket, hashA | 0, hashB);
    const isKnown = earlierRow !== NO_ROW;
    const earlier = earlierRow * COPY_BYTES;
    const rows = this.#rows;
    const { ttl } = packet;
    const link = linkHash(packet);
    const falling = isKnown && ttl < rows.ttl(earlier);
    const copy = isKnown && this.#isSame(earlierRow, packet, time, link, falling, payload);
    const again = copy && ttl === rows.ttl(earlier);
    const row = this.#add(bucket, hashA | 0, hashB);
    const at = row * COPY_BYTES;
    const times = again ? Math.min(MOST_TIMES, rows.times(earlier) + 1) : 1;
    rows.setTime(at, time);
    rows.setLink(at, link);
    rows.setTtl(at, ttl);
    rows.setPacket(at, packet.number);
    this.#loops.begin(row);
    rows.setIsCopy(at, copy ? 1 : 0);
    rows.setTimes(at, times);
    this.#packets++;
    if (packet.ipId === 0 && isOncePerSending(packet, payload)) {
      this.#sentOnce++;
      if (copy) this.#copiesOfThose++;
    }
    if (copy) {
      this.#copies++;
      rows.setFlow(at, rows.flow(earlier));
      rows.setDirection(at, rows.direction(earlier));
      this.#loops.again(row, earlierRow, packet, point);
    }
    this.#row = at;
    return copy;
  }

  #isSame(earlier: number, packet: Packet, time: number, link: number, falling: boolean, payload: number): boolean {
    const at = earlier * COPY_BYTES;
    const apart = Math.abs(time - this.#rows.time(at));
    const otherLink = link !== this.#rows.link(at) || packet.ttl !== this.#rows.ttl(at);
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
    const rows = this.#rows;
    const flow = rows.flow(earlier * COPY_BYTES);
    const direction = rows.direction(earlier * COPY_BYTES);
    for (let row = (earlier + 1) & RING_MASK; row !== this.#nextRow; row = (row + 1) & RING_MASK) {
      const at = row * COPY_BYTES;
      if (rows.flow(at) === flow && rows.direction(at) !== direction && rows.isCopy(at) === 0) return true;
    }
    return false;
  }

  #find(bucket: number, hashA: number, hashB: number): number {
    const rows = this.#rows;
    let row = this.#buckets[bucket];
    for (let steps = 0; row !== NO_ROW && steps < LONGEST_WALK; steps++) {
      const at = row * COPY_BYTES;
      // A reused row is now in another bucket, or is the new head of this one. The rest of the chain is older.
      if (rows.bucket(at) !== bucket) return NO_ROW;
      if (rows.hashA(at) === hashA && rows.hashB(at) === hashB) return row;
      const next = rows.next(at);
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
    const rows = this.#rows;
    const at = row * COPY_BYTES;
    rows.setNext(at, head === row ? NO_ROW : head);
    this.#buckets[bucket] = row;
    rows.setBucket(at, bucket);
    rows.setHashA(at, hashA);
    rows.setHashB(at, hashB);
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
  if (packet.protocol === UDP) return payload !== 0 && isDns(packet);
  const echo = packet.icmpType === ECHO_REQUEST || packet.icmpType === ECHO_REPLY;
  const echo6 = packet.icmpType === V6_ECHO_REQUEST || packet.icmpType === V6_ECHO_REPLY;
  return packet.protocol === ICMP ? echo : packet.protocol === ICMPV6 && echo6;
}
