import { type Direction, TO_CLIENT, TO_SERVER } from '../../evidence/evidence.ts';
import { MARK_CUT, SIGHTING_TCP, SIGHTING_UDP } from '../../rows/row-marks.ts';
import { growColumns } from '../../tables/columns.ts';
import { hashPair } from '../../tables/mix.ts';
import type { Steps } from '../steps.ts';
import {
  type Biflow,
  endsOf,
  hasIsnPair,
  mayBeSame,
  PROTOCOL_TCP,
  sameEndpoint,
  sameEnds,
  socketOf,
} from './biflow.ts';
import type { SightingStore, Track } from './sighting-store.ts';
import { COUNTING_BITS, FINGERPRINTS_PER_DIRECTION, SAME_HOST_SECONDS } from './thresholds.ts';

const FLAG_SYN = 2;
const FLAG_ACK = 16;
/** Values below this are counters or constants of a simulation rather than random, so they are not used. */
const SMALL_VALUE = 1 << 16;
/** The first rows of a direction are always used, because a quiet flow repeats one packet and the hash may skip it. */
const FIRST_ROWS = 8;
/** Bits for a window or a length, which agree by chance too often to count for more. */
const LOW_BITS = 4;
/** Shorter payloads occur repeatedly by chance: keep-alives, counters, names. */
const TELLING_PAYLOAD = 24;

/** Fingerprints processed between two pauses for other work. */
const ROWS_A_STEP = 1024;

/** Agreement of two biflows: bits of the distinct packets that look the same at both, and their number. */
export interface Vote {
  a: number;
  b: number;
  bits: number;
  packets: number;
  /** Packets whose direction differs between the two, less those that agree. Above 0, one has wrong roles. */
  opposite: number;
  /** Smallest and largest difference of the second point's clock from the first's, seconds. */
  soonest: number;
  latest: number;
}

/** Initial capacity for fingerprints. */
const FIRST_FINGERPRINTS = 4096;

/** One row for each fingerprint: its two words, and its packet. */
class FingerprintColumns {
  low = new Uint32Array(FIRST_FINGERPRINTS);
  high = new Uint32Array(FIRST_FINGERPRINTS);
  biflow = new Int32Array(FIRST_FINGERPRINTS);
  ipId = new Uint16Array(FIRST_FINGERPRINTS);
  time = new Float64Array(FIRST_FINGERPRINTS);
  bits = new Uint8Array(FIRST_FINGERPRINTS);
  direction = new Uint8Array(FIRST_FINGERPRINTS);
}

/**
 * Fingerprints of packets from fields that NAT and tunnels do not change, and the biflows that share them.
 *
 * | packet         | fingerprint                   |
 * |----------------|-------------------------------|
 * | SYN            | ISN, TSval (or IP ID, window) |
 * | TCP with ACK   | seq, ack: of a handshake, the ISN pair |
 * | cut TCP header | seq, length, IP ID            |
 * | UDP, ICMP, …   | payload hash, IP ID, seq      |
 *
 * By payload, only for datagrams: the payload hash, for gateways that receive a datagram and send it again with another
 * IP ID.
 */
export class FingerprintVotes {
  readonly #columns = new FingerprintColumns();
  #length = 0;
  readonly #biflows: readonly Biflow[];
  /** Only payload lengths are used: hashes differ if one was truncated. Otherwise truncated packets are left out. */
  readonly #cut: boolean;
  /** IP IDs are ignored, and payloads that a flow repeats are left out. */
  readonly #byPayload: boolean;
  /** Some connections began before their capture, so ISN pairs do not identify them. Known once a segment asks. */
  #needsSegments: boolean | undefined;

  constructor(biflows: readonly Biflow[], options: { cut: boolean; byPayload?: boolean }) {
    this.#byPayload = options.byPayload ?? false;
    this.#biflows = biflows;
    this.#cut = options.cut;
  }

  /** Adds the segments of a biflow by the remaining fields of truncated headers: sequence number, length and IP ID. */
  enterCutSegments({ id }: Biflow, store: SightingStore): void {
    for (const direction of [TO_SERVER, TO_CLIENT] as Direction[]) {
      const { columns, rows } = store.track(this.#biflows[id], direction);
      const { seq, ipId, l3Length, time } = columns;
      const share = rows.length / FINGERPRINTS_PER_DIRECTION;
      for (const row of rows) {
        const high = hashPair((ipId[row] << 16) ^ l3Length[row], 3);
        if (share > 1 && hashPair(seq[row], high) > 0xffffffff / share) continue;
        const bits = randomBits(seq[row]) + (ipId[row] !== 0 ? 16 : 0) + LOW_BITS;
        this.#add(id, direction, seq[row], high, ipId[row], time[row], bits);
      }
    }
  }

  /** Adds the ISN pair, and the rows of both directions (the same sample at every point when there are many). */
  enter(biflow: Biflow, store: SightingStore): void {
    this.#enterIsnPair(biflow);
    for (const direction of [TO_SERVER, TO_CLIENT] as Direction[]) {
      const track = store.track(biflow, direction);
      if (biflow.kind === 'tcp') this.#enterSegments(biflow.id, direction, track);
      else this.#enterDatagrams(biflow, direction, track);
    }
  }

  #enterIsnPair({ id, connection }: Biflow): void {
    if (connection === null) return;
    const [toServer, toClient] = connection.directions;
    const iss = toServer.iss ?? (connection.synAckAcks === null ? null : (connection.synAckAcks - 1) >>> 0);
    const time = connection.first.time;
    if (iss !== null && toClient.iss !== null)
      this.#add(id, TO_CLIENT, toClient.iss, (iss + 1) >>> 0, 0, time, randomBits(iss) + randomBits(toClient.iss));
    else if (toServer.iss !== null && toServer.tsFirst !== null)
      this.#add(
        id,
        TO_SERVER,
        toServer.iss,
        hashPair(toServer.tsFirst, 1),
        0,
        time,
        randomBits(toServer.iss) + randomBits(toServer.tsFirst),
      );
  }

  #enterSegments(id: number, direction: Direction, { columns, rows }: Track): void {
    const { seq, ack, flags, tsValue, ipId, window, time } = columns;
    const share = rows.length / FINGERPRINTS_PER_DIRECTION;
    this.#needsSegments ??= this.#biflows.some(({ connection }) => connection !== null && !hasIsnPair(connection));
    for (let index = 0; index < rows.length; index++) {
      const row = rows[index];
      const isSyn = (flags[row] & FLAG_SYN) !== 0;
      if ((flags[row] & FLAG_ACK) !== 0) {
        // A hash decides, not a counter, so that every point keeps the same packets.
        if (!isSyn && !this.#needsSegments) continue;
        if (!isSyn && index >= FIRST_ROWS && share > 1 && hashPair(seq[row], ack[row]) > 0xffffffff / share) continue;
        this.#add(id, direction, seq[row], ack[row], 0, time[row], randomBits(seq[row]) + randomBits(ack[row]));
      } else if (isSyn && tsValue[row] !== 0) {
        const bits = randomBits(seq[row]) + randomBits(tsValue[row]);
        this.#add(id, direction, seq[row], hashPair(tsValue[row], 1), 0, time[row], bits);
      } else {
        const bits = randomBits(seq[row]) + (ipId[row] !== 0 ? 16 : 0) + LOW_BITS;
        this.#add(id, direction, seq[row], hashPair((ipId[row] << 16) | window[row], 2), ipId[row], time[row], bits);
      }
    }
  }

  #enterDatagrams({ id, protocol }: Biflow, direction: Direction, { columns, rows }: Track): void {
    const { seq, payloadHash, payloadLength, ipId, flags, kind, marks, time } = columns;
    const share = rows.length / FINGERPRINTS_PER_DIRECTION;
    for (const row of rows) {
      if (kind[row] === SIGHTING_TCP || (!this.#cut && (marks[row] & MARK_CUT) !== 0)) continue;
      const hash = this.#cut ? payloadLength[row] : payloadHash[row];
      const id16 = this.#byPayload ? 0 : ipId[row];
      if (this.#byPayload && payloadLength[row] < TELLING_PAYLOAD) continue;
      /** The payload contains the DNS id. For an echo the sequence is added, for a fragment the offset. */
      const number = kind[row] !== SIGHTING_UDP || hash === 0 || this.#cut ? seq[row] : 0;
      const low = hashPair(hash, (number << 8) ^ protocol);
      const high = hashPair((id16 << 16) | flags[row], payloadLength[row]);
      if (share > 1 && hashPair(low, high) > 0xffffffff / share) continue;
      const bits = (this.#cut || hash === 0 ? LOW_BITS : 32) + (id16 !== 0 ? 16 : 0);
      this.#add(id, direction, low, high, ipId[row], time[row], bits);
    }
  }

  #add(
    biflow: number,
    direction: Direction,
    low: number,
    high: number,
    ipId: number,
    time: number,
    bits: number,
  ): void {
    if (this.#length === this.#columns.low.length) growColumns(this.#columns, 2 * this.#length);
    const at = this.#length++;
    this.#columns.low[at] = low;
    this.#columns.high[at] = high;
    this.#columns.biflow[at] = biflow;
    this.#columns.ipId[at] = ipId;
    this.#columns.time[at] = time;
    this.#columns.bits[at] = Math.min(bits, 255);
    this.#columns.direction[at] = direction;
  }

  /** Pairs of biflows that share fingerprints, in order of the biflows. */
  *count(): Steps<Vote[]> {
    const votes = new Map<number, Vote>();
    const slots = 2 ** Math.ceil(Math.log2(this.#length + 1) + 1);
    const heads = new Int32Array(slots).fill(-1);
    const next = new Int32Array(this.#length);
    for (let at = this.#length - 1; at >= 0; at--) {
      const slot = hashPair(this.#columns.low[at], this.#columns.high[at]) & (slots - 1);
      next[at] = heads[slot];
      heads[slot] = at;
    }
    const done = new Uint8Array(this.#length);
    for (let at = 0; at < this.#length; at++) {
      if (at % ROWS_A_STEP === 0) yield;
      if (done[at] === 1) continue;
      let group: number[] | null = null;
      let repeats = false;
      for (let other = next[at]; other >= 0; other = next[other]) {
        if (this.#columns.low[other] !== this.#columns.low[at] || this.#columns.high[other] !== this.#columns.high[at])
          continue;
        done[other] = 1;
        // A biflow that sends a fingerprint several times counts once.
        if (this.#columns.biflow[other] !== this.#columns.biflow[(group ?? [at]).at(-1) as number])
          (group ??= [at]).push(other);
        else repeats = true;
      }
      if (group !== null && !(repeats && this.#byPayload)) this.#countGroup(group, votes);
    }
    return [...votes.values()].sort((x, y) => x.a - y.a || x.b - y.b);
  }

  /** A group that does not distinguish flows only counts for one client socket, or for the same end points. */
  #countGroup(group: number[], votes: Map<number, Vote>): void {
    if (!this.#isAmbiguous(group)) {
      this.#countNeighbours(group, votes);
      return;
    }
    for (const ofSocket of this.#partsOf(group, socketOf)) {
      const parts = this.#isAmbiguous(ofSocket) ? this.#partsOf(ofSocket, endsOf) : [ofSocket];
      for (const alike of parts) this.#countNeighbours(alike, votes);
    }
  }

  #partsOf(group: readonly number[], keyOf: (biflow: Biflow) => string | number): Iterable<number[]> {
    const parts = new Map<string | number, number[]>();
    for (const at of group) {
      const key = keyOf(this.#biflows[this.#columns.biflow[at]]);
      const known = parts.get(key);
      if (known === undefined) parts.set(key, [at]);
      else known.push(at);
    }
    return parts.values();
  }

  /** Neighbours in a group vote for each other, which links the whole group. */
  #countNeighbours(group: readonly number[], votes: Map<number, Vote>): void {
    for (let i = 1; i < group.length; i++) {
      for (let j = i - 1; j >= 0; j--) {
        const [a, b] = [this.#columns.biflow[group[j]], this.#columns.biflow[group[i]]];
        if (a === b) continue;
        if (!mayBeSame(this.#biflows[a], this.#biflows[b])) continue;
        const key = a * this.#biflows.length + b;
        const vote = votes.get(key) ?? { a, b, bits: 0, packets: 0, opposite: 0, soonest: Infinity, latest: -Infinity };
        const later = this.#columns.time[group[i]] - this.#columns.time[group[j]];
        vote.soonest = Math.min(vote.soonest, later);
        vote.latest = Math.max(vote.latest, later);
        vote.bits += this.#columns.bits[group[i]];
        if (this.#columns.direction[group[i]] !== this.#columns.direction[group[j]]) vote.opposite++;
        else vote.opposite--;
        if (this.#columns.bits[group[i]] >= COUNTING_BITS) vote.packets++;
        votes.set(key, vote);
        break;
      }
    }
  }

  /**
   * Whether two biflows with different addresses at one point share the fingerprint, although no packet passed twice
   * (NAT in between). Then it does not distinguish flows. NAT between two passes changes an address; two sockets of
   * one client that send the same to one server differ only in the port. One socket that sends the same to two servers
   * (musl queries all name servers at once, without IP ID) shows both at other points too.
   */
  #isAmbiguous(group: readonly number[]): boolean {
    for (const atPoint of this.#partsOf(group, ({ point }) => point))
      for (let i = 0; i < atPoint.length; i++)
        for (let j = i + 1; j < atPoint.length; j++) if (this.#areAmbiguous(group, atPoint[i], atPoint[j])) return true;
    return false;
  }

  #areAmbiguous(group: readonly number[], i: number, j: number): boolean {
    const { biflow, time, ipId } = this.#columns;
    const [a, b] = [this.#biflows[biflow[i]], this.#biflows[biflow[j]]];
    if (a === b || sameEnds(a, b)) return false;
    if (Math.abs(time[i] - time[j]) > SAME_HOST_SECONDS || ipId[i] !== ipId[j]) return true;
    if (a.client.address === b.client.address && sameEndpoint(a.server, b.server)) return true;
    return a.protocol !== PROTOCOL_TCP && this.#meetElsewhere(group, a, b);
  }

  #meetElsewhere(group: readonly number[], a: Biflow, b: Biflow): boolean {
    const others = group.map((at) => this.#biflows[this.#columns.biflow[at]]).filter(({ point }) => point !== a.point);
    const pointsOf = (one: Biflow) => others.filter((other) => sameEnds(one, other)).map(({ point }) => point);
    const ofB = new Set(pointsOf(b));
    return pointsOf(a).some((point) => ofB.has(point));
  }
}

const randomBits = (value: number): number => (value >= SMALL_VALUE ? 32 : LOW_BITS);
