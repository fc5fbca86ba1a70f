import type { Packet } from '../../decode/packet.ts';
import type { PacketRef } from '../evidence/evidence.ts';
import { grownIn } from '../tables/columns.ts';
import type { LinearMemory } from '../tables/linear-memory.ts';
import { finish, mix, SEED } from '../tables/mix.ts';
import { NO_ROW, RowTable } from '../tables/row-table.ts';
import { ConnectionBlock } from './connection-block.ts';
import * as R from './record-marks.ts';

/** There is no connection between these end points yet. */
export const NOT_FOUND = -1;

const FIRST_BLOCKS = 16;

/**
 * The records of all connections, found by their end points.
 *
 * Records are in blocks that never move, so growing copies nothing and needs no second buffer. Records that were never
 * written take no memory, because the system allocates zeroed pages on first access.
 *
 * If several connections used the same end points one after the other, the latest one is found.
 */
export class ConnectionTable {
  length = 0;
  /**
   * First SYN-ACKs, by connection, that are not the first packet towards the client. Otherwise the record has the
   * SYN-ACK.
   */
  readonly lateSynAcks = new Map<number, PacketRef>();
  readonly #blocks: ConnectionBlock[] = [];
  readonly #byEnds = new RowTable((connection) => this.#hashOf(connection));
  #linear: LinearMemory | undefined;
  /** Addresses of the blocks in linear memory. */
  #addresses: Int32Array = new Int32Array(FIRST_BLOCKS);

  blockOf(connection: number): ConnectionBlock {
    return this.#blocks[connection >>> R.BLOCK_BITS];
  }

  /** Moves all records into linear memory, where they stay. */
  moveInto(linear: LinearMemory): void {
    this.#linear = linear;
    this.#byEnds.moveInto(linear);
    this.#addresses = grownIn(linear, this.#addresses, this.#addresses.length);
    for (const [index, block] of this.#blocks.entries()) {
      block.moveInto(linear, Math.min(R.BLOCK_RECORDS, this.length - index * R.BLOCK_RECORDS) * R.RECORD_BYTES);
      this.#addresses[index] = block.linearAddress;
    }
  }

  /** Where a core finds connections: addresses of the slots and of the addresses of blocks, and the bits of a slot. */
  get places(): { slots: number; slotMask: number; blocks: number } {
    return {
      slots: this.#byEnds.linearAddress,
      slotMask: this.#byEnds.mask,
      blocks: this.#addresses.byteOffset,
    };
  }

  /** Records that can be added before a block or the slots have to grow. */
  get room(): number {
    const inBlock = -this.length & (R.BLOCK_RECORDS - 1);
    return Math.min(inBlock, this.#byEnds.room(this.length));
  }

  /** Counts the records of new connections that a core has added. */
  countAdded(connections: number): void {
    this.length += connections;
    this.#byEnds.countPut(connections);
  }

  /** Offset of the record in its block, bytes. */
  static placeOf(connection: number): number {
    return (connection & (R.BLOCK_RECORDS - 1)) * R.RECORD_BYTES;
  }

  /**
   * Twice the connection of a packet, plus 1 when the sender is the record's server; `NOT_FOUND` when there is none.
   */
  find(packet: Packet, point: number, encapsulation: number): number {
    const source = packet.source | 0;
    const destination = packet.destination | 0;
    const { sourcePort, destinationPort } = packet;
    const ipv6 = packet.ipVersion === 6 ? R.IS_IPV6 : 0;
    const place = (point << 16) | encapsulation;
    const there = (sourcePort << 16) | destinationPort;
    const back = (destinationPort << 16) | sourcePort;
    const hashed = hashOfEnds(place ^ ipv6, source, destination, there ^ back);
    const byEnds = this.#byEnds;
    for (let connection = byEnds.first(hashed); connection !== NO_ROW; connection = byEnds.next()) {
      const block = this.#blocks[connection >>> R.BLOCK_BITS];
      const at = (connection & (R.BLOCK_RECORDS - 1)) * R.RECORD_BYTES;
      if (block.placeSigned(at) !== place || (block.marksAndLetters(at) & R.IS_IPV6) !== ipv6) continue;
      const client = block.clientSigned(at);
      const server = block.serverSigned(at);
      const ports = block.portsSigned(at);
      if (client === source && server === destination && ports === there) return 2 * connection;
      if (client === destination && server === source && ports === back) return 2 * connection + 1;
    }
    return NOT_FOUND;
  }

  /** Number of a new connection for a packet that `find` did not find. */
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
    this.#byEnds.put(connection);
    return connection;
  }

  /** Number of a new connection between the end points of `known`, which `find` returned. */
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
    this.#byEnds.put(connection);
    return connection;
  }

  #addRecord(): number {
    if ((this.length & (R.BLOCK_RECORDS - 1)) === 0) this.#addBlock();
    const connection = this.length++;
    const block = this.blockOf(connection);
    const at = ConnectionTable.placeOf(connection);
    block.setFastestTurn(at, Number.POSITIVE_INFINITY);
    for (const direction of [at + R.DIRECTIONS_AT, at + R.DIRECTIONS_AT + R.DIRECTION_BYTES])
      block.setWindowScale(direction, R.SCALE_UNKNOWN);
    return connection;
  }

  #addBlock(): void {
    const linear = this.#linear;
    const number = this.#blocks.push(new ConnectionBlock(R.BLOCK_RECORDS, linear));
    if (linear === undefined) return;
    if (number > this.#addresses.length) this.#addresses = grownIn(linear, this.#addresses, 2 * number);
    this.#addresses[number - 1] = this.#blocks[number - 1].linearAddress;
  }

  #hashOf(connection: number): number {
    const block = this.blockOf(connection);
    const at = ConnectionTable.placeOf(connection);
    const ports = block.portsSigned(at);
    return hashOfEnds(
      block.placeSigned(at) ^ (block.marksAndLetters(at) & R.IS_IPV6),
      block.clientSigned(at),
      block.serverSigned(at),
      ports ^ ((ports << 16) | (ports >>> 16)),
    );
  }
}

/** The same hash for both directions, because it combines the end points symmetrically. */
const hashOfEnds = (place: number, one: number, other: number, ports: number): number =>
  finish(mix(mix(mix(mix(SEED, place), one ^ other), ports), (one + other) | 0));
