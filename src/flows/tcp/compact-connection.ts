import type { TunnelKind } from '../../decode/packet.ts';
import { BY_ITSELF, type Standing } from '../compact/offsets.ts';
import type { Connection, Endpoint, PacketRef, TcpDirection } from '../evidence/evidence.ts';
import { RecordedConnections, type RecordedConnectionsData } from './compact-connection-table.ts';
import {
  clientOf,
  connectionOf,
  encapsulationOf,
  firstPacketOf,
  rolesFrom,
  serverOf,
  synOf,
} from './connection-evidence.ts';
import { ConnectionRecords } from './connection-table.ts';
import { issOf, mssOf, windowScaleOf } from './direction-evidence.ts';
import * as R from './record-layout.ts';

/** An ordinary connection of which there is no object: what comparing captures asks of it is read from its record. */
export class RecordedConnection {
  readonly index: number;
  readonly records: RecordedConnections;
  /** In `records`. */
  readonly place: number;
  readonly #standing: Standing;

  constructor(records: RecordedConnections, place: number, index: number, standing = BY_ITSELF) {
    this.records = records;
    this.place = place;
    this.index = index;
    this.#standing = standing;
  }

  /** The same one in the lists of all captures. */
  placed(index: number, standing: Standing): RecordedConnection {
    return new RecordedConnection(this.records, this.place, index, standing);
  }

  /** Everything that is known of it. @param index in the list that it comes into */
  whole(index: number): Connection {
    const { firstPoint, firstTunnel } = this.#standing;
    const connection = connectionOf(this.records.source(this.place), index, this.records.wording);
    connection.point += firstPoint;
    for (const direction of connection.directions)
      direction.tunnels = direction.tunnels.map((tunnel) => tunnel + firstTunnel);
    return connection;
  }

  get point(): number {
    return this.#standing.firstPoint + (this.#word(R.PLACE) >>> 16);
  }

  get flow(): number {
    return this.#word(R.FLOW);
  }

  get client(): Endpoint {
    return clientOf(this.#block.words, this.#at, this.records.wording);
  }

  get server(): Endpoint {
    return serverOf(this.#block.words, this.#at, this.records.wording);
  }

  get encapsulation(): TunnelKind[] {
    return encapsulationOf(this.#block.words, this.#at);
  }

  get rolesFrom(): Connection['rolesFrom'] {
    return rolesFrom(this.#word(R.MARKS_AND_LETTERS));
  }

  get syn(): PacketRef[] {
    return synOf(this.records.source(this.place));
  }

  get synAckAcks(): number | null {
    return (this.#word(R.MARKS_AND_LETTERS) & R.HAS_SYN_ACK) === 0 ? null : this.#word(R.SYN_ACK_ACKS);
  }

  get first(): PacketRef {
    const { words } = this.#block;
    const [there, back] = this.#sides;
    const isThere = words[there + R.FIRST_PACKET] < words[back + R.FIRST_PACKET];
    return firstPacketOf(this.#block, isThere ? there : back);
  }

  get directions(): [RecordedDirection, RecordedDirection] {
    const [there, back] = this.#sides;
    return [
      new RecordedDirection(this.records, this.#block, there),
      new RecordedDirection(this.records, this.#block, back),
    ];
  }

  get #block(): R.ConnectionBlock {
    return this.records.blockOf(this.place);
  }

  get #at(): number {
    return ConnectionRecords.placeOf(this.place);
  }

  get #sides(): [number, number] {
    const there = this.#at + R.DIRECTIONS_AT;
    return [there, there + R.DIRECTION_WORDS];
  }

  #word(field: number): number {
    return this.#block.words[this.#at + field];
  }
}

/** A connection, or the record of an ordinary one: what both have is enough to compare captures. */
export type AnyConnection = Connection | RecordedConnection;

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

/** One direction of it. */
class RecordedDirection implements Pick<TcpDirection, ComparedFields> {
  readonly #records: RecordedConnections;
  readonly #block: R.ConnectionBlock;
  readonly #mine: number;

  constructor(records: RecordedConnections, block: R.ConnectionBlock, mine: number) {
    this.#records = records;
    this.#block = block;
    this.#mine = mine;
  }

  get packets(): number {
    return this.#block.words[this.#mine + R.PACKETS];
  }

  get payloadOctets(): number {
    return this.#block.doubles[(this.#mine >> 1) + R.PAYLOAD_OCTETS];
  }

  get iss(): number | null {
    return issOf(this.#block, this.#mine);
  }

  get tsFirst(): number | null {
    return this.timestamps ? this.#block.words[this.#mine + R.TS_FIRST] : null;
  }

  get syns(): number {
    return this.#block.halves[(this.#mine << 1) + R.SYNS];
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
    const mac = this.#records.linkAddress(this.#block.halves[(this.#mine << 1) + R.DESTINATION_MAC]);
    return mac === null ? [] : [{ value: mac, count: this.packets }];
  }

  #has(mark: number): boolean {
    return (this.#block.halves[(this.#mine << 1) + R.MARKS] & mark) !== 0;
  }
}

/** Recorded connections of a list, as plain data. */
export interface RecordedList {
  data: RecordedConnectionsData;
  /** Where each stands in the list. */
  indexes: Uint32Array;
}

/** A list of one capture without those of which there are only records, and these. */
export function apart(list: readonly AnyConnection[]): { connections: AnyConnection[]; recorded: RecordedList | null } {
  const connections: AnyConnection[] = [];
  const records: RecordedConnection[] = [];
  for (const connection of list)
    if (connection instanceof RecordedConnection) records.push(connection);
    else connections.push(connection);
  if (records.length === 0) return { connections, recorded: null };
  const indexes = Uint32Array.from(records, ({ index }) => index);
  return { connections, recorded: { data: records[0].records.toTransferable(), indexes } };
}

/** The list that `apart` was given. */
export function together(connections: readonly AnyConnection[], recorded: RecordedList | null): AnyConnection[] {
  if (recorded === null) return [...connections];
  const records = new RecordedConnections(recorded.data);
  const all: AnyConnection[] = [];
  let place = 0;
  for (const connection of connections) {
    while (recorded.indexes[place] === all.length) all.push(new RecordedConnection(records, place++, all.length));
    all.push(connection);
  }
  while (place < recorded.indexes.length) all.push(new RecordedConnection(records, place++, all.length));
  return all;
}
