import type { Packet } from '../../decode/packet.ts';
import type { PacketRef } from '../evidence/evidence.ts';
import { ConnectionBlock } from './connection-block.ts';
import * as R from './record-marks.ts';

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
export class ConnectionTable {
  length = 0;
  /** First SYN-ACKs, by connection, that are not the first packet towards the client: elsewhere the record has them. */
  readonly lateSynAcks = new Map<number, PacketRef>();
  readonly #blocks: ConnectionBlock[] = [];
  #slots = new Int32Array(FIRST_SLOTS);
  #slotsTaken = 0;
  /** Where `find` ended: the slot, and the hash of the end points. */
  #slot = 0;
  #hash = 0;

  blockOf(connection: number): ConnectionBlock {
    return this.#blocks[connection >>> BLOCK_BITS];
  }

  /** Where the record begins in its block, bytes. */
  static placeOf(connection: number): number {
    return (connection & (BLOCK_RECORDS - 1)) * R.RECORD_BYTES;
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
      const block = this.#blocks[connection >>> BLOCK_BITS];
      const at = (connection & (BLOCK_RECORDS - 1)) * R.RECORD_BYTES;
      if (block.placeSigned(at) !== place || (block.marksAndLetters(at) & R.IS_IPV6) !== ipv6) continue;
      const client = block.clientSigned(at);
      const server = block.serverSigned(at);
      const ports = block.portsSigned(at);
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
    const block = this.blockOf(connection);
    const at = ConnectionTable.placeOf(connection);
    const { source, sourcePort, destination, destinationPort } = packet;
    block.setClient(at, fromClient ? source : destination);
    block.setServer(at, fromClient ? destination : source);
    block.setPorts(at, fromClient ? (sourcePort << 16) | destinationPort : (destinationPort << 16) | sourcePort);
    block.setPlace(at, (point << 16) | encapsulation);
    if (packet.ipVersion === 6) block.setMarksAndLetters(at, R.IS_IPV6);
    this.#setSlot(connection);
    if (++this.#slotsTaken > this.#slots.length * MOST_TAKEN) this.#rehash();
    return connection;
  }

  /** Number of a new connection between the end points of `known`, which `find` found. */
  addAfter(known: number): number {
    const connection = this.#addRecord();
    const block = this.blockOf(connection);
    const at = ConnectionTable.placeOf(connection);
    const knownBlock = this.blockOf(known);
    const knownAt = ConnectionTable.placeOf(known);
    block.setClient(at, knownBlock.client(knownAt));
    block.setServer(at, knownBlock.server(knownAt));
    block.setPorts(at, knownBlock.ports(knownAt));
    block.setPlace(at, knownBlock.place(knownAt));
    block.setMarksAndLetters(at, knownBlock.marksAndLetters(knownAt) & R.IS_IPV6);
    this.#setSlot(connection);
    return connection;
  }

  #addRecord(): number {
    if ((this.length & (BLOCK_RECORDS - 1)) === 0) this.#blocks.push(new ConnectionBlock(BLOCK_RECORDS));
    const connection = this.length++;
    const block = this.blockOf(connection);
    const at = ConnectionTable.placeOf(connection);
    block.setFastestTurn(at, Number.POSITIVE_INFINITY);
    for (const direction of [at + R.DIRECTIONS_AT, at + R.DIRECTIONS_AT + R.DIRECTION_BYTES])
      block.setWindowScale(direction, R.SCALE_UNKNOWN);
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
      const block = this.blockOf(number - 1);
      const at = ConnectionTable.placeOf(number - 1);
      const ports = block.portsSigned(at);
      const hashed = hash(
        block.placeSigned(at) ^ (block.marksAndLetters(at) & R.IS_IPV6),
        block.clientSigned(at),
        block.serverSigned(at),
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
