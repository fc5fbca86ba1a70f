import type { Packet } from '../../decode/packet.ts';
import type { PacketRef } from '../evidence/evidence.ts';
import * as R from './record-layout.ts';

/** No connection between these end points yet. */
export const NOT_FOUND = -1;

export const BLOCK_BITS = 12;
export const BLOCK_RECORDS = 1 << BLOCK_BITS;
const FIRST_SLOTS = 1024;
const MOST_TAKEN = 0.8;

/**
 * The records of all connections, found by their end points.
 *
 * Records lie in blocks that are never moved: growing copies nothing and needs no second room, and records that were
 * never written take no memory, as the system gives zeroed pages on first touch.
 *
 * A slot holds a number of a connection, from 1, in its low bits, as many as the slots need, and above them the same
 * bits of the hash: a record is looked at only when these agree. Of connections that follow each other between the same
 * end points the slot holds the latest.
 * Invariant: at most four fifths of the slots are taken.
 */
export class ConnectionRecords {
  length = 0;
  /** First SYN-ACKs, by connection, that are not the first packet towards the client: elsewhere the record has them. */
  readonly lateSynAcks = new Map<number, PacketRef>();
  readonly #blocks: R.ConnectionBlock[] = [];
  #slots = new Int32Array(FIRST_SLOTS);
  #slotsTaken = 0;
  /** Where `find` ended: the slot, and the hash of the end points. */
  #slot = 0;
  #hash = 0;

  blockOf(connection: number): R.ConnectionBlock {
    return this.#blocks[connection >>> BLOCK_BITS];
  }

  /** Where the record begins in its block, words. */
  static placeOf(connection: number): number {
    return (connection & (BLOCK_RECORDS - 1)) * R.RECORD_WORDS;
  }

  /** Twice the connection of a packet, plus 1 when its sender is the record's server; `NOT_FOUND` when there is none. */
  find(packet: Packet, point: number, encapsulation: number): number {
    const source = packet.source | 0;
    const destination = packet.destination | 0;
    const { sourcePort, destinationPort } = packet;
    const ipv6 = packet.ipVersion === 6 ? R.IS_IPV6 : 0;
    const place = (point << 16) | encapsulation;
    const there = (sourcePort << 16) | destinationPort;
    const back = (destinationPort << 16) | sourcePort;
    const hashed = hash(place ^ ipv6, source, destination, there ^ back);
    const slots = this.#slots;
    const mask = slots.length - 1;
    this.#hash = hashed;
    let slot = hashed & mask;
    for (; ; slot = (slot + 1) & mask) {
      const held = slots[slot];
      if (held === 0) break;
      if (((held ^ hashed) & ~mask) !== 0) continue;
      const connection = (held & mask) - 1;
      const { signed } = this.#blocks[connection >>> BLOCK_BITS];
      const at = (connection & (BLOCK_RECORDS - 1)) * R.RECORD_WORDS;
      if (signed[at + R.PLACE] !== place || (signed[at + R.MARKS_AND_LETTERS] & R.IS_IPV6) !== ipv6) continue;
      const client = signed[at + R.CLIENT];
      const server = signed[at + R.SERVER];
      const ports = signed[at + R.PORTS];
      const side = client === source && server === destination && ports === there ? 0 : 1;
      if (side === 1 && (client !== destination || server !== source || ports !== back)) continue;
      this.#slot = slot;
      return 2 * connection + side;
    }
    this.#slot = slot;
    return NOT_FOUND;
  }

  /** Number of a new connection of the packet that `find` did not find. */
  add(packet: Packet, point: number, encapsulation: number, fromClient: boolean): number {
    const connection = this.#addRecord();
    const { words } = this.blockOf(connection);
    const at = ConnectionRecords.placeOf(connection);
    const { source, sourcePort, destination, destinationPort } = packet;
    words[at + R.CLIENT] = fromClient ? source : destination;
    words[at + R.SERVER] = fromClient ? destination : source;
    words[at + R.PORTS] = fromClient ? (sourcePort << 16) | destinationPort : (destinationPort << 16) | sourcePort;
    words[at + R.PLACE] = (point << 16) | encapsulation;
    if (packet.ipVersion === 6) words[at + R.MARKS_AND_LETTERS] = R.IS_IPV6;
    this.#setSlot(connection);
    if (++this.#slotsTaken > this.#slots.length * MOST_TAKEN) this.#rehash();
    return connection;
  }

  /** Number of a new connection between the end points of `known`, which `find` found. */
  addAfter(known: number): number {
    const connection = this.#addRecord();
    const { words } = this.blockOf(connection);
    const at = ConnectionRecords.placeOf(connection);
    const { words: knownWords } = this.blockOf(known);
    const knownAt = ConnectionRecords.placeOf(known);
    for (const field of [R.CLIENT, R.SERVER, R.PORTS, R.PLACE]) words[at + field] = knownWords[knownAt + field];
    words[at + R.MARKS_AND_LETTERS] = knownWords[knownAt + R.MARKS_AND_LETTERS] & R.IS_IPV6;
    this.#setSlot(connection);
    return connection;
  }

  #addRecord(): number {
    if ((this.length & (BLOCK_RECORDS - 1)) === 0) this.#blocks.push(new R.ConnectionBlock(BLOCK_RECORDS));
    const connection = this.length++;
    const { floats, octets } = this.blockOf(connection);
    const at = ConnectionRecords.placeOf(connection);
    floats[at + R.FASTEST_TURN] = Number.POSITIVE_INFINITY;
    for (const direction of [at + R.DIRECTIONS_AT, at + R.DIRECTIONS_AT + R.DIRECTION_WORDS])
      octets[(direction << 2) + R.WINDOW_SCALE] = R.SCALE_UNKNOWN;
    return connection;
  }

  #setSlot(connection: number): void {
    const mask = this.#slots.length - 1;
    this.#slots[this.#slot] = (this.#hash & ~mask) | (connection + 1);
    // More connections than end points: the low bits of a slot may not hold the next number.
    if (connection + 2 > mask) this.#rehash();
  }

  #rehash(): void {
    const known = this.#slots;
    const slots = new Int32Array(known.length * 2);
    const mask = slots.length - 1;
    for (const held of known) {
      if (held === 0) continue;
      const number = held & (known.length - 1);
      const { signed } = this.blockOf(number - 1);
      const at = ConnectionRecords.placeOf(number - 1);
      const ports = signed[at + R.PORTS];
      const hashed = hash(
        signed[at + R.PLACE] ^ (signed[at + R.MARKS_AND_LETTERS] & R.IS_IPV6),
        signed[at + R.CLIENT],
        signed[at + R.SERVER],
        ports ^ ((ports << 16) | (ports >>> 16)),
      );
      let slot = hashed & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = (hashed & ~mask) | number;
    }
    this.#slots = slots;
  }
}

/** The same for both directions: only symmetric combinations of the end points go in. */
function hash(place: number, one: number, other: number, ports: number): number {
  let h = Math.imul(place ^ 0x9e3779b1, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15) ^ one ^ other, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 13) ^ ports, 0x27d4eb2f);
  h = Math.imul(h ^ (h >>> 15) ^ ((one + other) | 0), 0x165667b1);
  return h ^ (h >>> 14);
}
