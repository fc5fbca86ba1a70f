import type { Packet } from '../../decode/packet.ts';
import type { CapturePoint, Connection, Direction } from '../evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../evidence.ts';
import { FlowNumbers, NO_FLOW } from '../flow-numbers.ts';
import { advance } from '../sequence-number.ts';
import { kindsOf, type SegmentContext } from './classify-kinds.ts';
import * as C from './connection-columns.ts';
import { countConnections } from './connection-evidence.ts';
import { writeHistory } from './connection-history.ts';
import { Troubles } from './connection-trouble.ts';
import { countPacket } from './count-packet.ts';
import { keptConnections } from './kept-connections.ts';
import { LinkAddresses } from './link-addresses.ts';
import { moveOn } from './move-on.ts';
import { isAnotherSynAck, noteReset, noteSyn, startAgain } from './note-control.ts';
import { onAcknowledgement, onSack } from './note-delivery.ts';
import { noteSilence } from './note-silence.ts';
import { noteKinds } from './note-trouble.ts';
import { noteTurn } from './note-turn.ts';
import { ACK, ORDINARY_KINDS, PORTS_REUSED, RST, SYN } from './segment-kind.ts';
import { NONE, UnackedSegments } from './unacked-segments.ts';

export interface TcpTrackerOptions {
  /** Gives the number of a new connection in the sightings. */
  nextFlow: () => number;
  formatAddress: (address: number) => string;
  formatMac: (mac: number) => string;
  /** Connections tracked at most; further ones are counted and not followed. */
  connections: number;
  /** Unacknowledged segments remembered at most, over all connections. */
  unackedSegments: number;
}

const TCP = 6;
/** Ports below are given to servers (RFC 6335, 6). */
const FIRST_USER_PORT = 1024;

/**
 * Follows TCP connections as an observer at one point sees them.
 *
 *   packet → biflow → connection (a new one for a SYN with another iss) → kinds → state moves on
 *                                                                          └─ trouble, if any, becomes an object
 */
export class TcpTracker {
  /** Of the last packet: number of its connection in the sightings, direction, and kinds of segment. */
  flow = 0;
  direction: Direction = TO_SERVER;
  kinds = 0;
  /** Connections that found no room. */
  evicted = 0;
  readonly columns = new C.ConnectionColumns();
  readonly troubles = new Troubles();
  readonly unacked: UnackedSegments;
  readonly linkAddresses = new LinkAddresses();
  readonly #options: TcpTrackerOptions;
  /** End points of connections, by row. */
  readonly tuples: FlowNumbers;
  /** Connection of a tuple; -1 before the first packet. */
  #current = new Int32Array(256).fill(-1);
  #tupleCount = 0;
  /** Segments larger than the agreed MSS, by point. */
  readonly superSegments = new Map<number, number>();
  /** Ports that SYNs were sent to: they tell the server of connections that began before the capture. */
  readonly #serverPorts = new Uint8Array(65536);
  readonly #context: SegmentContext = {
    mine: 0,
    peer: 0,
    time: 0,
    troubleOfMine: undefined,
    troubleOfPeer: undefined,
  };

  constructor(options: TcpTrackerOptions) {
    this.#options = options;
    this.unacked = new UnackedSegments(options.unackedSegments);
    this.tuples = new FlowNumbers(options.connections, () => this.#tupleCount++);
  }

  /**
   * One segment. Afterwards `flow`, `direction` and `kinds` tell of it.
   * @param time seconds since the first packet of the capture
   * @param tunnel TunnelFlow index, -1 without a tunnel
   * @returns false when there is no room for its connection
   */
  onPacket(packet: Packet, point: number, time: number, tunnel: number, encapsulation: number): boolean {
    const { source, sourcePort, destination, destinationPort, tcpFlags } = packet;
    const isSyn = (tcpFlags & (SYN | ACK)) === SYN;
    if (isSyn) this.#serverPorts[destinationPort] = 1;
    const found = this.tuples.lookup(
      point,
      TCP,
      source,
      sourcePort,
      destination,
      destinationPort,
      encapsulation,
      this.#isFromClient(packet),
    );
    if (found === NO_FLOW) {
      // Of connections that are not followed only the beginning can be told from the rest.
      if (isSyn || this.evicted === 0) this.evicted++;
      return false;
    }
    const tuple = Math.floor(found / 2);
    const side = found % 2;
    const reused = this.#begin(packet, tuple, side, isSyn);
    this.#advance(packet, this.#current[tuple], side, time, tunnel, reused);
    return true;
  }

  /** @param kept connections handed on as objects at most; those in trouble first */
  finish(kept: number): { connections: Connection[]; total: number; evicted: number } {
    const { formatAddress, formatMac } = this.#options;
    return {
      connections: keptConnections(this, kept, { formatAddress, formatMac }),
      total: this.columns.length,
      evicted: this.evicted,
    };
  }

  /** Adds what the connections tell of the quality of their points. */
  countQuality(points: readonly CapturePoint[]): void {
    countConnections(this, points);
    for (const [point, count] of this.superSegments) points[point].quality.superSegments += count;
  }

  #isFromClient({ tcpFlags, sourcePort, destinationPort }: Packet): boolean {
    if ((tcpFlags & SYN) !== 0) return (tcpFlags & ACK) === 0;
    if (this.#serverPorts[sourcePort] !== this.#serverPorts[destinationPort])
      return this.#serverPorts[destinationPort] === 1;
    if (sourcePort < FIRST_USER_PORT !== destinationPort < FIRST_USER_PORT) return destinationPort < FIRST_USER_PORT;
    return destinationPort <= sourcePort;
  }

  /** Makes the connection of a tuple when there is none, or when a SYN with another iss begins a new one. */
  #begin(packet: Packet, tuple: number, side: number, isSyn: boolean): boolean {
    if (tuple >= this.#current.length) {
      const larger = new Int32Array(this.#current.length * 2).fill(-1);
      larger.set(this.#current);
      this.#current = larger;
    }
    const known = this.#current[tuple];
    const reused = known >= 0 && isSyn && this.#isNewConnection(known, packet, side);
    if (known >= 0 && !reused) return false;
    const connection = this.columns.add();
    this.#current[tuple] = connection;
    const columns = this.columns.connection;
    const hasSyn = (packet.tcpFlags & SYN) !== 0;
    const flipped = known >= 0 && isSyn && side === 1;
    columns.marks[connection] =
      (hasSyn ? (isSyn ? C.ROLES_FROM_SYN : C.ROLES_FROM_SYN_ACK) : 0) |
      (flipped ? C.FLIPPED : 0) |
      (packet.ipVersion === 6 ? C.IS_IPV6 : 0);
    columns.tuple[connection] = tuple;
    columns.flow[connection] = this.#options.nextFlow();
    columns.fastestTurn[connection] = Number.POSITIVE_INFINITY;
    const directions = this.columns.direction;
    for (const row of [2 * connection, 2 * connection + 1]) {
      directions.windowScale[row] = C.SCALE_UNKNOWN;
      directions.listHead[row] = NONE;
      directions.listTail[row] = NONE;
    }
    return reused;
  }

  /**
   * RFC 9293, 3.10.7: a SYN with another sequence number is no repetition. The first SYN of this side belongs to what
   * was seen before when that is the peer's SYN (simultaneous open), or its SYN-ACK, captured too early.
   */
  #isNewConnection(known: number, packet: Packet, side: number): boolean {
    const flipped = (this.columns.connection.marks[known] & C.FLIPPED) !== 0;
    const row = 2 * known + ((side === 1) !== flipped ? 1 : 0);
    const { marks, iss, packets, syns, highestAck } = this.columns.direction;
    if ((marks[row] & C.HAS_ISS) !== 0) return iss[row] !== packet.tcpSeq;
    if (packets[row] > 0) return true;
    const peer = row ^ 1;
    if ((marks[peer] & C.HAS_ACK) !== 0) return highestAck[peer] !== advance(packet.tcpSeq, 1 + packet.payloadLength);
    return syns[peer] < packets[peer];
  }

  #advance(packet: Packet, connection: number, side: number, time: number, tunnel: number, reused: boolean): void {
    const columns = this.columns;
    const { connection: perConnection, direction: perDirection } = columns;
    const direction: Direction =
      (side === 1) !== ((perConnection.marks[connection] & C.FLIPPED) !== 0) ? TO_CLIENT : TO_SERVER;
    const mine = 2 * connection + direction;
    const trouble = this.troubles.of(connection);
    const context = this.#context;
    context.mine = mine;
    context.peer = mine ^ 1;
    context.time = time;
    context.troubleOfMine = trouble?.directions[direction];
    context.troubleOfPeer = trouble?.directions[direction === TO_SERVER ? TO_CLIENT : TO_SERVER];

    noteSilence(this, packet, connection, direction, time);
    let kinds = kindsOf(columns, this.unacked, packet, context);
    this.kinds = reused ? kinds | PORTS_REUSED : kinds;
    if (isAnotherSynAck(columns, packet, connection, mine)) {
      // By its number alone it would be ahead, or sent again. It is named so, but nothing is missing and nothing repeated.
      startAgain(columns, packet, mine);
      kinds = PORTS_REUSED;
    } else kinds = this.kinds;
    if ((kinds & ~ORDINARY_KINDS) !== 0) noteKinds(this, packet, connection, direction, time, kinds);
    if ((packet.tcpFlags & (SYN | RST)) !== 0) this.#onControl(packet, connection, direction, time);
    countPacket(this, packet, mine, time, tunnel, connection, direction);
    this.#handshake(packet, connection, direction, time);
    if (packet.payloadLength > 0 || perConnection.marks[connection] & C.WAITS_FOR_ANSWER)
      noteTurn(this, packet, connection, direction, time, kinds);
    if ((packet.tcpFlags & ACK) !== 0) {
      onAcknowledgement(this, packet, mine ^ 1, time);
      if (packet.tcpSackCount > 0) onSack(this, packet, connection, direction, time);
    }
    moveOn(this, packet, connection, direction, mine, time, kinds);
    writeHistory(columns, packet, connection, direction, kinds);
    perDirection.lastKinds[mine] = kinds;
    this.flow = perConnection.flow[connection];
    this.direction = direction;
  }

  #onControl(packet: Packet, connection: number, direction: Direction, time: number): void {
    if ((packet.tcpFlags & SYN) !== 0) noteSyn(this, packet, connection, direction, time);
    if ((packet.tcpFlags & RST) !== 0) noteReset(this, packet, connection, direction, time);
  }

  #handshake(packet: Packet, connection: number, direction: Direction, time: number): void {
    const columns = this.columns.connection;
    if ((columns.marks[connection] & C.HANDSHAKE_DONE) !== 0) return;
    if ((packet.tcpFlags & (SYN | RST)) !== 0 || (packet.tcpFlags & ACK) === 0) return;
    if (columns.synAckPacket[connection] === 0) {
      if ((columns.marks[connection] & (C.ROLES_FROM_SYN | C.ROLES_FROM_SYN_ACK)) === 0)
        columns.marks[connection] |= C.HANDSHAKE_DONE;
      return;
    }
    if (direction !== TO_SERVER) return;
    columns.marks[connection] |= C.HANDSHAKE_DONE;
    columns.handshakeAckPacket[connection] = packet.number;
    columns.handshakeAckTime[connection] = time;
  }
}
