import type { TunnelKind } from '../../decode/packet.ts';
import { type ListOffsets, NO_OFFSETS } from '../compact/offsets.ts';
import type { Connection, Endpoint, PacketRef, TcpDirection } from '../evidence/evidence.ts';
import { type CompactConnectionsData, CompactConnectionTable } from './compact-connection-table.ts';
import type { ConnectionBlock } from './connection-block.ts';
import {
  clientOf,
  connectionOf,
  encapsulationOf,
  firstPacketOf,
  rolesFrom,
  serverOf,
  synOf,
} from './connection-evidence.ts';
import { ConnectionTable } from './connection-table.ts';
import { issOf, mssOf, windowScaleOf } from './direction-evidence.ts';
import * as R from './record-marks.ts';

/**
 * An ordinary connection without an object. The fields that the comparison of captures needs are read from its record.
 */
export class CompactConnection {
  readonly index: number;
  readonly records: CompactConnectionTable;
  /** Position in `records`. */
  readonly place: number;
  readonly #offsets: ListOffsets;

  constructor(records: CompactConnectionTable, place: number, index: number, offsets = NO_OFFSETS) {
    this.records = records;
    this.place = place;
    this.index = index;
    this.#offsets = offsets;
  }

  /** The same connection, indexed for the lists of all captures. */
  placed(index: number, offsets: ListOffsets): CompactConnection {
    return new CompactConnection(this.records, this.place, index, offsets);
  }

  /** Everything known about it, as an object. @param index in the new list */
  toObject(index: number): Connection {
    const { firstPoint, firstTunnel } = this.#offsets;
    const connection = connectionOf(this.records.source(this.place), index, this.records.wording);
    connection.point += firstPoint;
    for (const direction of connection.directions)
      direction.tunnels = direction.tunnels.map((tunnel) => tunnel + firstTunnel);
    return connection;
  }

  get point(): number {
    return this.#offsets.firstPoint + (this.#block.place(this.#at) >>> 16);
  }

  get flow(): number {
    return this.#block.flow(this.#at);
  }

  get client(): Endpoint {
    return clientOf(this.#block, this.#at, this.records.wording);
  }

  get server(): Endpoint {
    return serverOf(this.#block, this.#at, this.records.wording);
  }

  get encapsulation(): TunnelKind[] {
    return encapsulationOf(this.#block, this.#at);
  }

  get rolesFrom(): Connection['rolesFrom'] {
    return rolesFrom(this.#block.marksAndLetters(this.#at));
  }

  get syn(): PacketRef[] {
    return synOf(this.records.source(this.place));
  }

  get synAckAcks(): number | null {
    return this.#block.hasMarksAndLetters(this.#at, R.HAS_SYN_ACK) ? this.#block.synAckAcks(this.#at) : null;
  }

  get first(): PacketRef {
    const block = this.#block;
    const [there, back] = this.#sides;
    const isThere = block.firstPacket(there) < block.firstPacket(back);
    return firstPacketOf(this.#block, isThere ? there : back);
  }

  get directions(): [CompactDirection, CompactDirection] {
    const [there, back] = this.#sides;
    return [
      new CompactDirection(this.records, this.#block, there),
      new CompactDirection(this.records, this.#block, back),
    ];
  }

  get #block(): ConnectionBlock {
    return this.records.blockOf(this.place);
  }

  get #at(): number {
    return ConnectionTable.placeOf(this.place);
  }

  get #sides(): [number, number] {
    const there = this.#at + R.DIRECTIONS_AT;
    return [there, there + R.DIRECTION_BYTES];
  }
}

/** A connection, or the record of an ordinary one. Both have the fields that the comparison of captures needs. */
export type AnyConnection = Connection | CompactConnection;

type ComparedFields =
  | 'packets'
  | 'payloadOctets'
  | 'iss'
  | 'tsFirst'
  | 'syns'
  | 'mss'
  | 'windowScale'
  | 'sackPermitted'
  | 'timestamps'
  | 'destinationMacs';

/** One direction of a compact connection. */
class CompactDirection implements Pick<TcpDirection, ComparedFields> {
  readonly #records: CompactConnectionTable;
  readonly #block: ConnectionBlock;
  readonly #mine: number;

  constructor(records: CompactConnectionTable, block: ConnectionBlock, mine: number) {
    this.#records = records;
    this.#block = block;
    this.#mine = mine;
  }

  get packets(): number {
    return this.#block.packets(this.#mine);
  }

  get payloadOctets(): number {
    return this.#block.payloadOctets(this.#mine);
  }

  get iss(): number | null {
    return issOf(this.#block, this.#mine);
  }

  get tsFirst(): number | null {
    return this.timestamps ? this.#block.tsFirst(this.#mine) : null;
  }

  get syns(): number {
    return this.#block.syns(this.#mine);
  }

  get mss(): number | null {
    return mssOf(this.#block, this.#mine);
  }

  get windowScale(): number | null {
    return windowScaleOf(this.#block, this.#mine);
  }

  get sackPermitted(): boolean {
    return this.#has(R.SACK_PERMITTED);
  }

  get timestamps(): boolean {
    return this.#has(R.HAS_TIMESTAMPS);
  }

  get destinationMacs(): TcpDirection['destinationMacs'] {
    const mac = this.#records.linkAddress(this.#block.destinationMac(this.#mine));
    return mac === null ? [] : [{ value: mac, count: this.packets }];
  }

  #has(mark: number): boolean {
    return this.#block.hasMarks(this.#mine, mark);
  }
}

/** The compact connections of a list, as plain data. */
export interface CompactConnections {
  data: CompactConnectionsData;
  /** The position of each one in the list. */
  indexes: Uint32Array;
}

/** Splits the list of one capture into connections that are objects and connections that are records. */
export function splitConnections(list: readonly AnyConnection[]): {
  connections: AnyConnection[];
  compact: CompactConnections | null;
} {
  const connections: AnyConnection[] = [];
  const records: CompactConnection[] = [];
  for (const connection of list)
    if (connection instanceof CompactConnection) records.push(connection);
    else connections.push(connection);
  if (records.length === 0) return { connections, compact: null };
  const indexes = Uint32Array.from(records, ({ index }) => index);
  return { connections, compact: { data: records[0].records.toTransferable(), indexes } };
}

/** The list that was given to `splitConnections`. */
export function mergeConnections(
  connections: readonly AnyConnection[],
  compact: CompactConnections | null,
): AnyConnection[] {
  if (compact === null) return [...connections];
  const records = new CompactConnectionTable(compact.data);
  const all: AnyConnection[] = [];
  let place = 0;
  for (const connection of connections) {
    while (compact.indexes[place] === all.length) all.push(new CompactConnection(records, place++, all.length));
    all.push(connection);
  }
  while (place < compact.indexes.length) all.push(new CompactConnection(records, place++, all.length));
  return all;
}
