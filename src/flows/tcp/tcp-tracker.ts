import { speakerOf } from '../../decode/messages/opening.ts';
import type { Packet } from '../../decode/packet.ts';
import type { CapturePoint, Connection, Direction } from '../evidence/evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../evidence/evidence.ts';
import { advance } from '../sequence-number.ts';
import { type FlowRoom, LEFT_TO_BIFLOWS, type OtherRoom } from '../tables/capture-room.ts';
import { grownIn } from '../tables/columns.ts';
import type { LinearMemory } from '../tables/linear-memory.ts';
import { moveOn } from './advance-state.ts';
import { kindsOf } from './classify-segment.ts';
import type { AnyConnection } from './compact-connection.ts';
import { countConnections } from './connection-evidence.ts';
import { writeHistory } from './connection-history.ts';
import { ConnectionTable, NOT_FOUND } from './connection-table.ts';
import { Troubles } from './connection-trouble.ts';
import { countPacket } from './count-packet.ts';
import { followOrdinary, NOT_ORDINARY } from './follow-ordinary.ts';
import type { FollowedConnections } from './followed-connections.ts';
import { asObjects, type KeptConnections, keptConnections, mostlyCompact } from './kept-connections.ts';
import { LinkAddresses } from './link-addresses.ts';
import { markCalm } from './mark-calm.ts';
import { MeasuredTransfers } from './measured-transfer.ts';
import { isAnotherSynAck, noteHandshake, noteReset, noteSyn, noteSynAgain, startAgain } from './note-control.ts';
import { onAcknowledgement, onSack } from './note-delivery.ts';
import { noteEnd } from './note-end.ts';
import { noteSilence } from './note-silence.ts';
import { answersSynAgain, noteKinds } from './note-trouble.ts';
import { noteTurn } from './note-turn.ts';
import * as R from './record-marks.ts';
import { SegmentContext } from './segment-context.ts';
import { ACK, FIN, ORDINARY_KINDS, PORTS_REUSED, RETRANSMISSION, RST, SYN } from './segment-kind.ts';
import { UnackedSegments } from './unacked-segments.ts';

export interface TcpTrackerOptions {
  /** Returns the number of a new connection in the sightings. */
  nextFlow: () => number;
  formatAddress: (address: number) => string;
  formatMac: (mac: number) => string;
  /** Most connections that are followed; further ones are only counted. */
  connections: number;
  /** Most unacknowledged segments remembered, over all connections. */
  unackedSegments: number;
  /** Byte budget of connections, and of what is noted of those in trouble; without them there is room. */
  room?: FlowRoom;
  troubleRoom?: OtherRoom;
  /** False treats ordinary segments like any other. A test uses it to check that this makes no difference. */
  ordinaryApart?: boolean;
}

export interface FinishedConnections<T extends AnyConnection> extends KeptConnections<T> {
  total: number;
  evicted: number;
}

/** Ports below this are assigned to servers (RFC 6335, 6). */
const FIRST_USER_PORT = 1024;

/**
 * Follows TCP connections as an observer at one point sees them.
 *
 *   packet → connection (a new one for a SYN with another iss) ┬ ordinary → a dozen fields move on
 *                                                              └ any other → kinds → trouble, if any → state moves on
 */
export class TcpTracker implements FollowedConnections {
  /** Results for the latest packet: its connection, its number in the sightings, direction, and kinds of segment. */
  connection = 0;
  flow = 0;
  /** Nothing more of the content of its connection is read. */
  contentRead = false;
  direction: Direction = TO_SERVER;
  kinds = 0;
  /** Connections that did not fit into the table. */
  evicted = 0;
  readonly records = new ConnectionTable();
  readonly troubles: Troubles;
  readonly unacked: UnackedSegments;
  readonly linkAddresses = new LinkAddresses();
  readonly transfers = new MeasuredTransfers();
  readonly #options: TcpTrackerOptions;
  readonly #ordinaryApart: boolean;
  readonly superSegments = new Map<number, number>();
  /** Destination ports of SYNs. They identify the server of connections that began before the capture. */
  #serverPorts: Uint8Array = new Uint8Array(65536);
  readonly #context = new SegmentContext();

  constructor(options: TcpTrackerOptions) {
    this.#options = options;
    this.#ordinaryApart = options.ordinaryApart ?? true;
    this.troubles = new Troubles(undefined, undefined, options.troubleRoom);
    this.unacked = new UnackedSegments(options.unackedSegments);
  }

  /**
   * Processes one segment. Afterwards `flow`, `direction` and `kinds` describe it.
   * @param time seconds since the first packet of the capture
   * @param tunnel TunnelFlow index, -1 without a tunnel
   * @returns false when its connection does not fit into the table
   */
  onPacket(packet: Packet, point: number, time: number, tunnel: number, encapsulation: number): boolean {
    const isSyn = (packet.tcpFlags & (SYN | ACK)) === SYN;
    if (isSyn) this.#serverPorts[packet.destinationPort] = 1;
    const known = this.records.find(packet, point, encapsulation);
    let found = known;
    if (known === NOT_FOUND) found = this.#begin(packet, point, encapsulation);
    else if (isSyn && this.#isNewConnection(known, packet)) found = this.#beginAgain(known);
    if (found === NOT_FOUND || this.#isAbandoned(found >>> 1)) {
      // Of connections that are not followed, only the beginning can be recognised.
      if (isSyn || this.evicted === 0) this.evicted++;
      return false;
    }
    this.#setContext(found, time);
    this.#follow(packet, tunnel, known !== NOT_FOUND && found !== known);
    return true;
  }

  /** @param kept most connections returned; those in trouble first */
  finish(kept: number): FinishedConnections<Connection> {
    return this.#finish(keptConnections(this, { kept }, this.#options, asObjects));
  }

  /** The same, with records for ordinary connections. @param further ordinary ones beyond `kept` */
  finishCompact(kept: number, further: number): FinishedConnections<AnyConnection> {
    return this.#finish(keptConnections(this, { kept, further }, this.#options, mostlyCompact));
  }

  #finish = <T extends AnyConnection>(kept: KeptConnections<T>): FinishedConnections<T> => ({
    ...kept,
    total: this.records.length,
    evicted: this.evicted,
  });

  /** Moves all tables into linear memory, where they stay. */
  moveInto(linear: LinearMemory): void {
    for (const table of [this.records, this.unacked, this.linkAddresses, this.transfers]) table.moveInto(linear);
    this.#serverPorts = grownIn(linear, this.#serverPorts, this.#serverPorts.length);
  }

  /** Address of the ports of servers in linear memory. */
  get serverPorts(): number {
    return this.#serverPorts.byteOffset;
  }

  /** Connections that a core may add before a table has to grow. */
  get newConnections(): number {
    const { connections, room } = this.#options;
    const left = room === undefined ? connections : Math.max(0, room.left('connection') - LEFT_TO_BIFLOWS);
    return Math.min(connections - this.records.length, this.records.room, left);
  }

  /** Takes over the connections that a core has added. */
  countAdded(connections: number): void {
    if (connections === 0) return;
    this.records.countAdded(connections);
    this.#options.room?.take('connection', connections);
  }

  /** Describes a segment without new kinds that a core has followed. */
  setLatest(connection: number, direction: Direction): void {
    this.connection = connection;
    this.direction = direction;
    this.kinds = 0;
  }

  /** Adds segments above the MSS that a core has counted. */
  countSuperSegments(point: number, segments: number): void {
    if (segments > 0) this.superSegments.set(point, (this.superSegments.get(point) ?? 0) + segments);
  }

  /** Adds the results of the connections to the quality of their points. */
  countQuality(points: readonly CapturePoint[]): void {
    countConnections(this, points);
    for (const [point, count] of this.superSegments) points[point].quality.superSegments += count;
  }

  /** Without a SYN: by what the packet says, by SYNs to either port before, then by the ports themselves. */
  #isFromClient({ tcpFlags, sourcePort, destinationPort, bytes, payloadAt, payloadEnd }: Packet): boolean {
    if ((tcpFlags & SYN) !== 0) return (tcpFlags & ACK) === 0;
    const speaker = speakerOf(bytes, payloadAt, payloadEnd);
    if (speaker !== null) return speaker === 'client';
    if (this.#serverPorts[sourcePort] !== this.#serverPorts[destinationPort])
      return this.#serverPorts[destinationPort] === 1;
    if (sourcePort < FIRST_USER_PORT !== destinationPort < FIRST_USER_PORT) return destinationPort < FIRST_USER_PORT;
    return destinationPort <= sourcePort;
  }

  #begin(packet: Packet, point: number, encapsulation: number): number {
    const { records } = this;
    if (!this.#hasRoom()) return NOT_FOUND;
    const fromClient = this.#isFromClient(packet);
    const connection = records.add(packet, point, encapsulation, fromClient);
    const { tcpFlags } = packet;
    if ((tcpFlags & SYN) !== 0)
      this.#nameBeginning(connection, (tcpFlags & ACK) === 0 ? R.ROLES_FROM_SYN : R.ROLES_FROM_SYN_ACK);
    else this.#nameBeginning(connection, 0);
    return 2 * connection + (fromClient ? 0 : 1);
  }

  /**
   * Starts a connection between known end points. If the table is full, neither it nor the previous one can be
   * followed.
   */
  #beginAgain(found: number): number {
    const { records } = this;
    const known = found >>> 1;
    const side = found & 1;
    if (!this.#hasRoom()) {
      records.blockOf(known).addMarksAndLetters(ConnectionTable.placeOf(known), R.ABANDONED);
      return NOT_FOUND;
    }
    const connection = records.addAfter(known);
    this.#nameBeginning(connection, R.ROLES_FROM_SYN | (side === 1 ? R.FLIPPED : 0));
    return 2 * connection + side;
  }

  #hasRoom(): boolean {
    const { connections, room } = this.#options;
    return this.records.length < connections && room?.take('connection') !== false;
  }

  #nameBeginning(connection: number, marks: number): void {
    const block = this.records.blockOf(connection);
    const at = ConnectionTable.placeOf(connection);
    block.addMarksAndLetters(at, marks);
    block.setFlow(at, this.#options.nextFlow());
  }

  #isAbandoned(connection: number): boolean {
    const block = this.records.blockOf(connection);
    return block.hasMarksAndLetters(ConnectionTable.placeOf(connection), R.ABANDONED);
  }

  /**
   * RFC 9293, 3.10.7: a SYN with another sequence number is not a repetition. The first SYN of this side belongs to the
   * existing connection when the latter is the peer's SYN (simultaneous open) or its SYN-ACK, captured too early.
   */
  #isNewConnection(found: number, packet: Packet): boolean {
    this.#setContext(found, 0);
    const { mine, peer, block } = this.#context;

    if (block.hasMarks(mine, R.HAS_ISS)) return block.iss(mine) !== packet.tcpSeq;
    if (block.packets(mine) > 0) return true;
    if (block.hasMarks(peer, R.HAS_ACK))
      return block.highestAck(peer) !== advance(packet.tcpSeq, 1 + packet.payloadLength);
    return block.syns(peer) < block.packets(peer);
  }

  /** @param found twice the connection, plus the side of the record that sends */
  #setContext(found: number, time: number): void {
    const connection = found >>> 1;
    const block = this.records.blockOf(connection);
    const at = ConnectionTable.placeOf(connection);
    const flipped = !block.hasMarksAndLetters(at, R.FLIPPED) ? 0 : 1;
    this.#context.set(connection, block, at, ((found & 1) ^ flipped) === 0 ? TO_SERVER : TO_CLIENT, time);
  }

  #follow(packet: Packet, tunnel: number, reused: boolean): void {
    const context = this.#context;
    const kinds = this.#ordinaryApart && !reused ? followOrdinary(this, packet, context, tunnel) : NOT_ORDINARY;
    if (kinds === NOT_ORDINARY) this.#followAny(packet, context, tunnel, reused);
    else this.kinds = kinds;
    this.connection = context.connection;
    this.contentRead = context.block.hasMarksAndLetters(context.at, R.CONTENT_READ);
    this.flow = context.block.flow(context.at);
    this.direction = context.direction;
  }

  #followAny(packet: Packet, context: SegmentContext, tunnel: number, reused: boolean): void {
    const { at, mine, block } = context;
    noteSilence(this, packet, context);
    this.kinds = kindsOf(this, packet, context) | (reused ? PORTS_REUSED : 0);
    let { kinds } = this;
    if (isAnotherSynAck(packet, context)) {
      // By its number alone it would be ahead or a retransmission. It gets a kind of its own; nothing is missing or
      // repeated.
      startAgain(packet, context);
      kinds = PORTS_REUSED;
    }
    if ((kinds & RETRANSMISSION) !== 0 && (packet.tcpFlags & SYN) !== 0) noteSynAgain(this, packet, context);
    if (!answersSynAgain(packet, context, kinds)) {
      if ((kinds & ~ORDINARY_KINDS) !== 0) noteKinds(this, packet, context, kinds);
      if ((packet.tcpFlags & SYN) !== 0) noteSyn(this, packet, context);
    }
    if ((packet.tcpFlags & RST) !== 0) noteReset(this, packet, context);
    countPacket(this, packet, context, tunnel);
    noteHandshake(packet, context);
    if (packet.payloadLength > 0 || block.hasMarksAndLetters(at, R.WAITS_FOR_ANSWER))
      noteTurn(this, packet, context, kinds);
    if ((packet.tcpFlags & (FIN | RST)) !== 0 || block.hasEndMarks(at, R.HAS_END)) noteEnd(packet, context);
    if ((packet.tcpFlags & ACK) !== 0) {
      onAcknowledgement(this, packet, context);
      if (packet.tcpSackCount > 0) onSack(this, packet, context);
    }
    moveOn(this, packet, context, kinds);
    writeHistory(packet, context, kinds);
    block.setLastKinds(mine, kinds);
    markCalm(this, context);
  }
}
