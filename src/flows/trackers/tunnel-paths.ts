import { FIRST_IPV6 } from '../../decode/address-book.ts';
import { u32 } from '../../decode/octets.ts';
import type { Packet } from '../../decode/packet.ts';
import type { LinearMemory } from '../tables/linear-memory.ts';
import { finish, mix, SEED } from '../tables/mix.ts';
import { NO_ROW, RowTable } from '../tables/row-table.ts';
import { PathAccess } from './path-access.ts';
import { PATH_BYTES } from './path-layout.ts';
import { INNER_IPV6, INNER_LINK, KEY_AT, KEY_WORDS, OUTER_IPV6, OUTER_LINK, POINT_SHIFT } from './path-marks.ts';

const FIRST_PATHS = 64;
/** Most paths: pairs of 128 pods and their peers. A packet of any other takes the general way. */
const MOST_PATHS = 16_384;

/** What a core has counted of one path. */
export interface CountedPath {
  tunnel: number;
  packets: number;
  octets: number;
  lastPacket: number;
  lastTime: number;
  largest: number;
  withoutChecksum: number;
  ttl: number;
  /** The outer MACs are 48-bit numbers; null where the capture has none. */
  outerMacs: { source: number; destination: number } | null;
  innerMacs: { source: number; destination: number } | null;
  innerSource: number;
  innerDestination: number;
}

/**
 * Paths of packets in one tunnel: outer MACs, addresses and TTL, network identifier, inner MACs and addresses. A core counts
 * the packets of those that the general way has met; `TunnelTracker` adds them to the tunnel in the end.
 *
 *   words of the key   0-2 outer MACs   3, 4 outer addresses   5 kind, TTL, destination port   6 network identifier
 *                      7-9 inner MACs   10, 11 inner addresses   12 point, and which of these there are
 */
export class TunnelPaths {
  readonly #records: PathAccess;
  #length = 0;
  readonly #key = new Int32Array(KEY_WORDS);
  readonly #byKey = new RowTable((row) => this.#hashOf(row));

  constructor(linear: LinearMemory) {
    this.#records = new PathAccess(FIRST_PATHS * PATH_BYTES, linear);
    this.#byKey.moveInto(linear);
  }

  /** Where a core finds them: addresses of the records and of the slots, and the bits of a slot. */
  get places(): { paths: number; pathSlots: number; pathMask: number } {
    const { linearAddress: pathSlots, mask: pathMask } = this.#byKey;
    return { paths: this.#records.linearAddress, pathSlots, pathMask };
  }

  /**
   * Makes the path of a packet in a single tunnel known.
   * @param isVerified whether no further outer UDP checksum of the tunnel is verified
   */
  note(packet: Packet, point: number, tunnel: number, isVerified: boolean): void {
    this.#setKey(packet, point);
    const records = this.#records;
    const byKey = this.#byKey;
    for (let row = byKey.first(hashOf(this.#key)); row !== NO_ROW; row = byKey.next()) {
      const at = row * PATH_BYTES;
      if (!this.#hasKey(at)) continue;
      records.setIsVerified(at, isVerified ? 1 : 0);
      return;
    }
    if (this.#length >= MOST_PATHS) return;
    const row = this.#length++;
    const at = row * PATH_BYTES;
    if (at === records.capacity) records.resize(2 * at);
    this.#key.forEach((word, nth) => {
      records.setKey(at + KEY_AT + 4 * nth, word);
    });
    records.setTunnel(at, tunnel);
    records.setIsVerified(at, isVerified ? 1 : 0);
    byKey.put(row);
  }

  /** Those that a core has counted packets of. */
  *counted(): Generator<CountedPath> {
    for (let row = 0; row < this.#length; row++)
      if (this.#records.packets(row * PATH_BYTES) > 0) yield this.#countedAt(row * PATH_BYTES);
  }

  #countedAt(at: number): CountedPath {
    const records = this.#records;
    const word = (nth: number): number => records.key(at + KEY_AT + 4 * nth) >>> 0;
    const marks = word(12);
    const macs = (nth: number): { source: number; destination: number } => ({
      destination: word(nth) * 0x1_0000 + (word(nth + 1) >>> 16),
      source: (word(nth + 1) & 0xffff) * 0x1_0000_0000 + word(nth + 2),
    });
    const inner = (marks & INNER_IPV6) === 0 ? 0 : FIRST_IPV6;
    return {
      tunnel: records.tunnel(at),
      packets: records.packets(at),
      octets: records.octets(at),
      lastPacket: records.lastPacket(at),
      lastTime: records.lastTime(at),
      largest: records.largest(at),
      withoutChecksum: records.withoutChecksum(at),
      ttl: (word(5) >>> 16) & 0xff,
      outerMacs: (marks & OUTER_LINK) === 0 ? null : macs(0),
      innerMacs: (marks & INNER_LINK) === 0 ? null : macs(7),
      innerSource: inner + word(10),
      innerDestination: inner + word(11),
    };
  }

  #setKey(packet: Packet, point: number): void {
    const { bytes } = packet;
    const [outer] = packet.tunnels;
    const key = this.#key;
    const innerLink = packet.ethernetAt > outer.ipAt ? packet.ethernetAt : -1;
    let marks = point << POINT_SHIFT;
    if (outer.linkAt >= 0) marks |= OUTER_LINK;
    if (innerLink >= 0) marks |= INNER_LINK;
    if (outer.source >= FIRST_IPV6) marks |= OUTER_IPV6;
    if (packet.ipVersion === 6) marks |= INNER_IPV6;
    for (let nth = 0; nth < 3; nth++) {
      key[nth] = outer.linkAt < 0 ? 0 : u32(bytes, outer.linkAt + 4 * nth);
      key[7 + nth] = innerLink < 0 ? 0 : u32(bytes, innerLink + 4 * nth);
    }
    key[3] = outer.source;
    key[4] = outer.destination;
    key[5] = (outer.kind << 24) | (outer.ttl << 16) | outer.destinationPort;
    key[6] = outer.networkId;
    key[10] = packet.source;
    key[11] = packet.destination;
    key[12] = marks;
  }

  #hasKey(at: number): boolean {
    return this.#key.every((word, nth) => this.#records.key(at + KEY_AT + 4 * nth) === word);
  }

  #hashOf(row: number): number {
    const at = row * PATH_BYTES + KEY_AT;
    return hashOf(Int32Array.from({ length: KEY_WORDS }, (_, nth) => this.#records.key(at + 4 * nth)));
  }
}

function hashOf(key: Int32Array): number {
  let hash = SEED;
  for (let nth = 0; nth < KEY_WORDS; nth++) hash = mix(hash, key[nth]);
  return finish(hash);
}
