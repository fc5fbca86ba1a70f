import type { Packet } from '../../decode/packet.ts';
import type { CapturePoint, Connection, Direction } from '../evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../evidence.ts';
import { FlowNumbers, NO_FLOW } from '../flow-numbers.ts';
import { macAt } from '../link-address.ts';
import { advance, distance, isAfter, isBefore } from '../sequence-number.ts';
import { kindsOf, type SegmentContext } from './classify-kinds.ts';
import * as C from './connection-columns.ts';
import { connectionsOf, countConnections } from './connection-evidence.ts';
import { countValue, Troubles, VALUES_KEPT } from './connection-trouble.ts';
import { LinkAddresses, NO_LINK_ADDRESS } from './link-addresses.ts';
import { noteHoles, onAcknowledgement, onSack } from './note-delivery.ts';
import { noteKinds, noteReset, noteSyn, noteTurn } from './note-trouble.ts';
import { ACK, FIN, PORTS_REUSED, RETRANSMISSION, RST, SYN, ZERO_WINDOW_PROBE } from './segment-kind.ts';
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
  /** Connections handed on as objects at most. */
  kept: number;
}

/** A silence this long, seconds, is kept as an idle gap: the initial retransmission timeout (RFC 6298, 2.1). */
const IDLE_SECONDS = 1;
const TCP = 6;
/** Ports below are given to servers (RFC 6335, 6). */
const FIRST_USER_PORT = 1024;

const HISTORY = 'SHADFRTGWQ';
/** Most letters of a history that fit a number. */
const HISTORY_LETTERS = 10;

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
  readonly #tuples: FlowNumbers;
  /** Connection of a tuple; -1 before the first packet. */
  #current = new Int32Array(256).fill(-1);
  #tupleCount = 0;
  /** Segments larger than the agreed MSS, by point. */
  readonly #superSegments = new Map<number, number>();
  /** Ports that SYNs were sent to: they tell the server of connections that began before the capture. */
  readonly #serverPorts = new Uint8Array(65536);
  readonly #context: SegmentContext = {
    mine: 0,
    peer: 0,
    time: 0,
    roundTrip: 0,
    troubleOfMine: undefined,
    troubleOfPeer: undefined,
  };

  constructor(options: TcpTrackerOptions) {
    this.#options = options;
    this.unacked = new UnackedSegments(options.unackedSegments);
    this.#tuples = new FlowNumbers(options.connections, () => this.#tupleCount++);
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
    const found = this.#tuples.lookup(
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
      this.evicted++;
      return false;
    }
    const tuple = Math.floor(found / 2);
    const side = found % 2;
    const reused = this.#begin(packet, point, encapsulation, tuple, side, isSyn);
    this.#advance(packet, this.#current[tuple], side, time, tunnel, reused);
    return true;
  }

  finish(): { connections: Connection[]; total: number; evicted: number } {
    const { formatAddress, formatMac, kept } = this.#options;
    return {
      connections: connectionsOf(this, { formatAddress, formatMac, kept }),
      total: this.columns.length,
      evicted: this.evicted,
    };
  }

  /** Adds what the connections tell of the quality of their points. */
  countQuality(points: readonly CapturePoint[]): void {
    countConnections(this, points);
    for (const [point, count] of this.#superSegments) points[point].quality.superSegments += count;
  }

  /** Word of the history so far: letters in order, upper case from the client. */
  historyOf(connection: number): string {
    const marks = this.columns.connection.marks[connection];
    let code = this.columns.connection.history[connection];
    let word = '';
    while (code > 0) {
      const letter = HISTORY[Math.floor((code % 32) / 2)];
      word = (code % 2 === 0 ? letter : letter.toLowerCase()) + word;
      code = Math.floor(code / 32) - 1;
    }
    return (marks & (C.ROLES_FROM_SYN | C.ROLES_FROM_SYN_ACK)) === 0 ? `^${word}` : word;
  }

  #isFromClient({ tcpFlags, sourcePort, destinationPort }: Packet): boolean {
    if ((tcpFlags & SYN) !== 0) return (tcpFlags & ACK) === 0;
    if (this.#serverPorts[sourcePort] !== this.#serverPorts[destinationPort])
      return this.#serverPorts[destinationPort] === 1;
    if (sourcePort < FIRST_USER_PORT !== destinationPort < FIRST_USER_PORT) return destinationPort < FIRST_USER_PORT;
    return destinationPort <= sourcePort;
  }

  /** Makes the connection of a tuple when there is none, or when a SYN with another iss begins a new one. */
  #begin(packet: Packet, point: number, encapsulation: number, tuple: number, side: number, isSyn: boolean): boolean {
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
    const fromClient = (side === 0) !== flipped;
    columns.point[connection] = point;
    columns.encapsulation[connection] = encapsulation;
    columns.client[connection] = fromClient ? packet.source : packet.destination;
    columns.server[connection] = fromClient ? packet.destination : packet.source;
    columns.clientPort[connection] = fromClient ? packet.sourcePort : packet.destinationPort;
    columns.serverPort[connection] = fromClient ? packet.destinationPort : packet.sourcePort;
    columns.flow[connection] = this.#options.nextFlow();
    columns.fastestTurn[connection] = Number.POSITIVE_INFINITY;
    const directions = this.columns.direction;
    for (const row of [2 * connection, 2 * connection + 1]) {
      directions.windowScale[row] = -1;
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
    context.roundTrip = handshakeSeconds(perConnection, connection);
    context.troubleOfMine = trouble?.directions[direction];
    context.troubleOfPeer = trouble?.directions[direction === TO_SERVER ? TO_CLIENT : TO_SERVER];

    this.#noteSilence(packet, connection, direction, time);
    let kinds = kindsOf(columns, this.unacked, packet, context);
    if (reused) kinds |= PORTS_REUSED;
    if (kinds !== 0) noteKinds(this, packet, connection, direction, time, kinds);
    if ((packet.tcpFlags & (SYN | RST)) !== 0) this.#onControl(packet, connection, direction, time);
    this.#countPacket(packet, mine, time, tunnel, connection, direction);
    this.#handshake(packet, connection, direction, time);
    if (packet.payloadLength > 0 || perConnection.marks[connection] & C.WAITS_FOR_ANSWER)
      noteTurn(this, packet, connection, direction, time, kinds);
    if ((packet.tcpFlags & ACK) !== 0) {
      onAcknowledgement(this, packet, mine ^ 1, time);
      if (packet.tcpSackCount > 0) onSack(this, packet, connection, direction);
    }
    this.#moveOn(packet, connection, direction, mine, time, kinds);
    this.#writeHistory(packet, connection, direction, kinds);
    perDirection.lastKinds[mine] = kinds;
    perConnection.lastPacket[connection] = packet.number;
    perConnection.lastTime[connection] = time;
    this.flow = perConnection.flow[connection];
    this.direction = direction;
    this.kinds = kinds;
  }

  #noteSilence(packet: Packet, connection: number, direction: Direction, time: number): void {
    const { lastPacket, lastTime, marks } = this.columns.connection;
    if (lastPacket[connection] === 0 || time - lastTime[connection] < IDLE_SECONDS) return;
    if ((marks[connection] & C.HANDSHAKE_DONE) === 0 && this.columns.direction.packets[2 * connection + 1] === 0)
      return;
    const gap = {
      seconds: time - lastTime[connection],
      from: { packet: lastPacket[connection], time: lastTime[connection] },
      to: { packet: packet.number, time },
      direction,
      octets: packet.payloadLength,
      keepAlive:
        packet.payloadLength <= 1 &&
        packet.tcpSeq === advance(this.columns.direction.nextSeq[2 * connection + direction], -1),
    };
    const { idleGaps } = this.troubles.make(connection);
    idleGaps.push(gap);
    idleGaps.sort((a, b) => b.seconds - a.seconds);
    if (idleGaps.length > 8) idleGaps.pop();
  }

  #onControl(packet: Packet, connection: number, direction: Direction, time: number): void {
    if ((packet.tcpFlags & SYN) !== 0) noteSyn(this, packet, connection, direction, time);
    if ((packet.tcpFlags & RST) !== 0) noteReset(this, packet, connection, direction, time);
  }

  #countPacket(
    packet: Packet,
    mine: number,
    time: number,
    tunnel: number,
    connection: number,
    direction: Direction,
  ): void {
    const columns = this.columns.direction;
    if (columns.packets[mine]++ === 0) {
      columns.firstPacket[mine] = packet.number;
      columns.firstTime[mine] = time;
      columns.ttl[mine] = packet.ttl;
      columns.tunnel[mine] = tunnel + 1;
      columns.sourceMac[mine] = this.#linkAddress(packet.bytes, packet.sourceMacAt);
      columns.destinationMac[mine] = this.#linkAddress(packet.bytes, packet.destinationMacAt);
      columns.seqLow[mine] = packet.tcpSeq;
    } else {
      if (columns.ttl[mine] !== packet.ttl || columns.tunnel[mine] !== tunnel + 1 || this.#hasOtherMacs(packet, mine))
        this.#noteOtherWay(packet, tunnel, mine, connection, direction);
      if (
        isBefore(packet.tcpSeq, columns.seqLow[mine]) &&
        distance(packet.tcpSeq, columns.seqLow[mine]) < 1 << 30 &&
        packet.tcpFlags !== RST
      )
        columns.seqLow[mine] = packet.tcpSeq;
    }
    columns.lastPacket[mine] = packet.number;
    columns.lastTime[mine] = time;
    if (packet.payloadLength > 0) {
      const most = columns.mss[mine ^ 1];
      if (most > 0 && packet.payloadLength > most) this.#countSuperSegment(this.columns.connection.point[connection]);
      columns.payloadOctets[mine] += packet.payloadLength;
      columns.dataSegments[mine]++;
      if (packet.l3Length > columns.largestL3[mine]) columns.largestL3[mine] = packet.l3Length;
    }
    if ((packet.tcpFlags & FIN) !== 0) columns.fins[mine]++;
    if ((packet.tcpFlags & RST) !== 0) columns.resets[mine]++;
    if (packet.dontFragment) columns.marks[mine] |= C.DONT_FRAGMENT;
  }

  #countSuperSegment(point: number): void {
    this.#superSegments.set(point, (this.#superSegments.get(point) ?? 0) + 1);
  }

  #linkAddress(bytes: Uint8Array, at: number): number {
    return at < 0 ? NO_LINK_ADDRESS : this.linkAddresses.numberOf(macAt(bytes, at));
  }

  #hasOtherMacs({ bytes, sourceMacAt, destinationMacAt }: Packet, mine: number): boolean {
    const { sourceMac, destinationMac } = this.columns.direction;
    const known = this.linkAddresses;
    return (
      (sourceMacAt >= 0 && macAt(bytes, sourceMacAt) !== known.addressOf(sourceMac[mine])) ||
      (destinationMacAt >= 0 && macAt(bytes, destinationMacAt) !== known.addressOf(destinationMac[mine]))
    );
  }

  /** TTL, tunnel or link addresses differ from the direction's first packet. */
  #noteOtherWay(packet: Packet, tunnel: number, mine: number, connection: number, direction: Direction): void {
    const columns = this.columns.direction;
    const trouble = this.troubles.makeDirection(connection, direction);
    const { bytes, sourceMacAt, destinationMacAt } = packet;
    if (columns.ttl[mine] !== packet.ttl) countValue(trouble.ttls, packet.ttl);
    if (columns.tunnel[mine] !== tunnel + 1 && tunnel >= 0 && trouble.tunnels.size < VALUES_KEPT)
      trouble.tunnels.add(tunnel);
    const source = this.#linkAddress(bytes, sourceMacAt);
    const destination = this.#linkAddress(bytes, destinationMacAt);
    if (source !== columns.sourceMac[mine]) countValue(trouble.macs[0], source);
    if (destination !== columns.destinationMac[mine]) countValue(trouble.macs[1], destination);
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

  /** The state after the segment: highest octets, acknowledgement, window, remembered segments. */
  #moveOn(packet: Packet, connection: number, direction: Direction, mine: number, time: number, kinds: number): void {
    const columns = this.columns.direction;
    const { tcpSeq, tcpFlags, payloadLength } = packet;
    const octets = payloadLength + ((tcpFlags & (SYN | FIN)) !== 0 ? 1 : 0);
    const end = advance(tcpSeq, octets);
    const probe = (kinds & ZERO_WINDOW_PROBE) !== 0;
    if (octets > 0 && !probe) this.#remember(packet, mine, end, time, kinds);
    noteHoles(this, packet, connection, direction, end, time, kinds);
    if ((tcpFlags & RST) === 0 || (columns.marks[mine] & C.HAS_NEXT) === 0) {
      const knows = (columns.marks[mine] & C.HAS_NEXT) !== 0;
      if (!probe && (!knows || isAfter(end, columns.nextSeq[mine]))) {
        this.#noteIpId(packet, mine, knows);
        columns.nextSeq[mine] = end;
        columns.marks[mine] |= C.HAS_NEXT;
      }
      if (
        !probe &&
        ((columns.marks[mine] & C.HAS_CONTIGUOUS) === 0 || !isAfter(tcpSeq, columns.contiguous[mine])) &&
        (!(columns.marks[mine] & C.HAS_CONTIGUOUS) || isAfter(end, columns.contiguous[mine]))
      ) {
        columns.contiguous[mine] = this.#contiguousFrom(mine, end, connection, direction);
        columns.marks[mine] |= C.HAS_CONTIGUOUS;
      }
    }
    if ((tcpFlags & ACK) !== 0) {
      if ((columns.marks[mine] & C.HAS_ACK) === 0 || isAfter(packet.tcpAck, columns.highestAck[mine]))
        columns.highestAck[mine] = packet.tcpAck;
      columns.lastAck[mine] = packet.tcpAck;
      columns.marks[mine] |= C.HAS_ACK;
    }
    columns.window[mine] = packet.tcpWindow;
    if (packet.tcpHasTimestamps) {
      if ((columns.marks[mine] & C.HAS_TIMESTAMPS) === 0) columns.tsFirst[mine] = packet.tcpTsValue;
      if ((columns.marks[mine] & C.HAS_TIMESTAMPS) === 0 || isAfter(packet.tcpTsValue, columns.tsLast[mine]))
        columns.tsLast[mine] = packet.tcpTsValue;
      columns.marks[mine] |= C.HAS_TIMESTAMPS;
    }
  }

  /** With holes open the octets are contiguous up to the first hole only. */
  #contiguousFrom(mine: number, end: number, connection: number, direction: Direction): number {
    const holes = this.troubles.of(connection)?.directions[direction]?.openHoles;
    if (holes === undefined || holes.length === 0) {
      const { nextSeq, marks } = this.columns.direction;
      return (marks[mine] & C.HAS_NEXT) !== 0 && isAfter(nextSeq[mine], end) ? nextSeq[mine] : end;
    }
    let first = this.columns.direction.nextSeq[mine];
    for (const hole of holes) if (isBefore(hole.start, first)) first = hole.start;
    return isAfter(first, end) ? first : end;
  }

  #noteIpId(packet: Packet, mine: number, knows: boolean): void {
    if (packet.ipId === 0) return;
    const columns = this.columns.direction;
    const before = columns.nextSeqIpId[mine];
    const step = ((packet.ipId - before) << 16) >> 16;
    if (knows && before !== 0 && (step <= 0 || step > 4096)) columns.marks[mine] |= C.IP_IDS_FALL;
    else if (knows && before !== 0) columns.marks[mine] |= C.HAS_IP_IDS;
    columns.nextSeqIpId[mine] = packet.ipId;
  }

  #remember(packet: Packet, mine: number, end: number, time: number, kinds: number): void {
    const columns = this.columns.direction;
    if (columns.listLength[mine] >= UnackedSegments.MOST_PER_LIST) return;
    const pool = this.unacked;
    const slot = pool.take();
    if (slot === NONE) return;
    pool.seq[slot] = packet.tcpSeq;
    pool.end[slot] = end;
    pool.time[slot] = time;
    pool.packet[slot] = packet.number;
    pool.l3Length[slot] = packet.l3Length;
    pool.reversePackets[slot] = columns.packets[mine ^ 1];
    pool.marks[slot] = kinds & RETRANSMISSION ? 1 : 0;
    pool.next[slot] = NONE;
    if (columns.listTail[mine] === NONE) columns.listHead[mine] = slot;
    else pool.next[columns.listTail[mine]] = slot;
    columns.listTail[mine] = slot;
    columns.listLength[mine]++;
    if ((columns.marks[mine ^ 1] & C.HAS_ACK) !== 0) {
      const flight = distance(columns.highestAck[mine ^ 1], end);
      if (flight > columns.largestFlight[mine]) columns.largestFlight[mine] = flight;
    }
  }

  #writeHistory(packet: Packet, connection: number, direction: Direction, kinds: number): void {
    const { tcpFlags, payloadLength } = packet;
    if (tcpFlags & SYN) this.#letter(connection, direction, tcpFlags & ACK ? 1 : 0);
    else if (payloadLength === 0 && tcpFlags & ACK && !(tcpFlags & (FIN | RST))) this.#letter(connection, direction, 2);
    if (payloadLength > 0) this.#letter(connection, direction, 3);
    if (tcpFlags & FIN) this.#letter(connection, direction, 4);
    if (tcpFlags & RST) this.#letter(connection, direction, 5);
    if (kinds === 0) return;
    if (kinds & RETRANSMISSION) this.#letter(connection, direction, 6);
    if (kinds & 16) this.#letter(connection, direction, 7);
    if (kinds & 64) this.#letter(connection, direction, 8);
    if (kinds & 8) this.#letter(connection, direction, 9);
  }

  #letter(connection: number, direction: Direction, letter: number): void {
    const columns = this.columns.connection;
    const bit = 1 << (letter * 2 + direction);
    const seen = columns.historySeen[connection];
    if ((seen & bit) !== 0 || seen >>> 28 >= HISTORY_LETTERS) return;
    columns.historySeen[connection] = (seen | bit) + (1 << 28);
    columns.history[connection] = (columns.history[connection] + 1) * 32 + letter * 2 + direction;
  }
}

/** SYN to the ACK of the handshake, seconds; 0 when not seen. */
function handshakeSeconds(columns: C.ConnectionColumns['connection'], connection: number): number {
  if (columns.synPacket[connection] === 0 || columns.handshakeAckPacket[connection] === 0) return 0;
  return columns.handshakeAckTime[connection] - columns.synTime[connection];
}
