import type { Packet } from '../../decode/packet.ts';
import { type ApplicationUse, TO_SERVER } from '../evidence/evidence.ts';
import type { Limits } from '../limits.ts';
import { advance, distance } from '../sequence-number.ts';
import { ConnectionTable } from '../tcp/connection-table.ts';
import * as R from '../tcp/record-marks.ts';
import { KEEP_ALIVE, RETRANSMISSION, SYN, ZERO_WINDOW_PROBE } from '../tcp/segment-kind.ts';
import { HEAD_OCTETS, NO_HEAD, StreamHeads } from '../tcp/stream-head.ts';
import type { TcpTracker } from '../tcp/tcp-tracker.ts';
import { notableFactsOf } from './content-evidence.ts';
import * as M from './content-marks.ts';
import { ContentTable } from './content-table.ts';
import { ErrorList } from './error-list.ts';
import { MessageAt, MORE, WRONG } from './message-at.ts';
import { beginDirection, isFoundAgain, openAgain, openDirection } from './open-direction.ts';
import { followBody, noteMoreOfRequest } from './read-http1.ts';
import { readHttp2Frame } from './read-http2.ts';
import { isEstablished, readTlsRecord } from './read-tls.ts';
import { readTurn } from './read-turn.ts';
import { noteHandshakeTurns } from './tls-turns.ts';
import { type AfterTurn, turnOf } from './turn-octets.ts';
import { isUnknownOpening, takeOver, waitsForServer } from './unknown-opening.ts';
import { UseTable } from './use-table.ts';

/** Segments after which the search for the next message of a direction is given up. */
const MOST_TRIES = 200;
/** Kinds of segments that bring nothing new. */
const NOTHING_NEW = RETRANSMISSION | KEEP_ALIVE | ZERO_WINDOW_PROBE;

/**
 * Reads what programs say in the clear: the first octets of both directions of a connection, then the messages that
 * follow each other by their length (TLS until the handshake is over, HTTP/2), or the first octets of each turn.
 *
 *   segment → done? (one bit of the TCP record)
 *           ├ both sides begin with what is not known (`unknown-opening`): done
 *           └ record of the connection ┬ opening   → which protocol
 *                                      ├ frames    → one message after the other, by sequence number
 *                                      └ turns     → requests, statuses, errors
 *   end     → facts of notable connections, counts of the others by client and server
 */
export class ContentTracker {
  readonly #tcp: TcpTracker;
  readonly table: ContentTable;
  readonly #heads = new StreamHeads();
  readonly #errors: ErrorList;
  readonly #uses: UseTable;
  readonly #message: MessageAt;
  readonly #unknownApart: boolean;
  /** Whether the octets at hand are those of a head. */
  #bytes: Uint8Array = new Uint8Array(0);
  #from = 0;
  #end = 0;
  #sequence = 0;

  /**
   * @param unknownApart false reads connections of protocols that are not known like any other. A test uses it to check
   *   that this makes no difference.
   */
  constructor(tcp: TcpTracker, limits: Limits, formatAddress: (address: number) => string, unknownApart = true) {
    this.#tcp = tcp;
    this.#unknownApart = unknownApart;
    this.table = new ContentTable(limits.contents);
    this.#errors = new ErrorList(limits.applicationErrors);
    this.#uses = new UseTable(limits.applicationUses, formatAddress);
    this.#message = new MessageAt(this.table);
  }

  /**
   * Reads a segment with payload that the TCP tracker has just followed, and whose connection is not read to its end.
   * @param time seconds
   */
  onSegment(packet: Packet, time: number): void {
    const table = this.table;
    const { connection, direction, kinds } = this.#tcp;
    if ((packet.tcpFlags & SYN) !== 0) return;
    const found = table.find(connection);
    const isShort = found < 0 && this.#unknownApart;
    if (isShort && isUnknownOpening(this.#tcp, this.#uses, packet, (kinds & NOTHING_NEW) !== 0)) return;
    const at = found >= 0 ? found : this.#open(connection);
    const { records } = table;
    const mine = at + M.DIRECTIONS_AT + direction * M.DIRECTION_BYTES;
    const isTurn = records.lastDirection(at) !== direction + 1;
    const state = records.state(mine);
    if (state === M.TURNS && (!isTurn || (kinds & NOTHING_NEW) !== 0)) {
      if ((kinds & NOTHING_NEW) !== 0) return;
      if (records.body(mine) !== M.BODY_UNKNOWN) this.#followBody(packet, at, mine, time);
      else if (direction === TO_SERVER) noteMoreOfRequest(table, at, time);
      return;
    }
    if (records.began(mine) === 0) beginDirection(this.#tcp, table, packet, at, mine);
    if ((kinds & NOTHING_NEW) === 0) records.setLastDirection(at, direction + 1);
    if (state === M.OVER) return;
    this.#message.set(at, direction, packet.number, time);
    if (state === M.OPENING && records.hasMarks(at, M.MID_STREAM)) {
      if (!isTurn) return;
      records.setNext(mine, packet.tcpSeq);
    }
    if (state === M.TURNS) this.#goOn(readTurn(this.#message, this.#errors, turnOf(packet)));
    else if (state !== M.LOST || isFoundAgain(this.#message, packet, MOST_TRIES)) this.#readOn(packet);
    this.#finishEarly();
  }

  /** What was read of all connections. Facts of notable ones go to the trouble of their connection. */
  finish(): ApplicationUse[] {
    const { records } = this.#tcp;
    for (let connection = 0; connection < records.length; connection++) {
      const at = this.table.find(connection);
      const block = records.blockOf(connection);
      const place = ConnectionTable.placeOf(connection);
      if (at >= 0) this.#settle(at);
      else if (waitsForServer(block, place)) this.#uses.addUnknown(block, place);
    }
    return this.#uses.list();
  }

  #open(connection: number): number {
    const at = this.table.add(connection, this.#settle);
    const isBegun = this.#tcp.records
      .blockOf(connection)
      .hasMarksAndLetters(ConnectionTable.placeOf(connection), R.REQUEST_UNKNOWN);
    if (isBegun) takeOver(this.table, at);
    return at;
  }

  /** Reads all messages that begin in the octets at hand: those of the segment, or of the head that it completes. */
  #readOn(packet: Packet): void {
    const { mine } = this.#message;
    const { records } = this.table;
    const isCut = packet.payloadEnd - packet.payloadAt < packet.payloadLength;
    this.#takeOctets(packet);
    for (;;) {
      const offset = distance(this.#sequence, records.next(mine));
      const octets = this.#end - this.#from;
      if (offset < 0) {
        // Octets before these are missing: they may come late.
        if (octets - offset <= HEAD_OCTETS && !isCut) this.#keep(packet);
        else this.#lose(false);
        break;
      }
      if (offset >= octets) break;
      if (records.state(mine) === M.OPENING) {
        this.#message.isFinal = isCut;
        if (openDirection(this.#message, this.#bytes, this.#from + offset, this.#end) === MORE) {
          this.#keep(packet);
          break;
        }
        if (records.state(mine) === M.OPENING && distance(this.#sequence, records.next(mine)) === offset) break;
        continue;
      }
      if (records.state(mine) !== M.FRAMES) {
        if (records.state(mine) === M.TURNS) this.#readFirstTurn(packet, this.#from + offset);
        break;
      }
      const head = records.head(mine);
      const isFull = head !== NO_HEAD && offset === 0 && octets === HEAD_OCTETS;
      this.#message.isFinal = isCut || isFull;
      const read = this.#readFrame(this.#from + offset);
      if (read === MORE) {
        this.#keep(packet);
        break;
      }
      if (read === WRONG) {
        this.#lose(isCut);
        break;
      }
      records.setNext(mine, advance(records.next(mine), read));
    }
    this.#closeHead();
    if (isCut && records.state(mine) === M.FRAMES) this.#loseInCut(packet);
  }

  #takeOctets(packet: Packet): void {
    const { records } = this.table;
    const head = records.head(this.#message.mine);
    if (head === NO_HEAD) {
      this.#bytes = packet.bytes;
      this.#from = packet.payloadAt;
      this.#end = packet.payloadEnd;
      this.#sequence = packet.tcpSeq;
      return;
    }
    const heads = this.#heads;
    heads.put(head, packet.tcpSeq, packet.bytes, packet.payloadAt, packet.payloadEnd);
    this.#bytes = heads.bytes;
    this.#from = heads.startOf(head);
    this.#end = this.#from + heads.octetsOf(head);
    this.#sequence = heads.baseOf(head);
  }

  #readFrame(at: number): number {
    return this.table.records.framing(this.#message.mine) === M.TLS_RECORDS
      ? readTlsRecord(this.#message, this.#bytes, at, this.#end)
      : readHttp2Frame(this.#message, this.#errors, this.#bytes, at, this.#end);
  }

  /** Keeps the octets of the segment from the next message on, until further ones come. */
  #keep(packet: Packet): void {
    const { mine, at, direction } = this.#message;
    const { records } = this.table;
    const known = records.head(mine);
    const next = records.next(mine);
    if (known !== NO_HEAD) {
      this.#heads.moveTo(known, next);
      return;
    }
    const owner = at * 2 + direction;
    const head = this.#heads.open(owner, next, this.#onHeadEvicted);
    records.setHead(mine, head);
    this.#heads.put(head, packet.tcpSeq, packet.bytes, packet.payloadAt, packet.payloadEnd);
  }

  #onHeadEvicted = (owner: number): void => {
    const { records } = this.table;
    const at = Math.floor(owner / 2);
    const mine = at + M.DIRECTIONS_AT + (owner % 2) * M.DIRECTION_BYTES;
    records.setHead(mine, NO_HEAD);
    records.setState(mine, records.framing(mine) === 0 ? M.OVER : M.LOST);
  };

  /** Closes a head that has been read. */
  #closeHead(): void {
    const { mine } = this.#message;
    const { records } = this.table;
    const head = records.head(mine);
    if (head === NO_HEAD) return;
    const read = distance(this.#heads.baseOf(head), records.next(mine));
    if (records.state(mine) === M.OPENING || (records.state(mine) === M.FRAMES && read < this.#heads.octetsOf(head)))
      return;
    if (records.state(mine) === M.FRAMES && read === 0) return;
    this.#heads.close(head);
    records.setHead(mine, NO_HEAD);
  }

  #lose(isCut: boolean): void {
    const { mine } = this.#message;
    const { records } = this.table;
    if (isCut) records.setCut(mine, 1);
    records.setState(mine, records.framing(mine) === 0 ? M.OVER : M.LOST);
  }

  /** The next message begins in octets of the segment that were cut. */
  #loseInCut({ payloadAt, payloadEnd, payloadLength, tcpSeq }: Packet): void {
    const offset = distance(tcpSeq, this.table.records.next(this.#message.mine));
    if (offset >= payloadEnd - payloadAt && offset < payloadLength) this.#lose(true);
  }

  /** The turn that begins with the opening: at `at`, and up to the end of the segment, captured or not. */
  #readFirstTurn({ tcpSeq, payloadLength }: Packet, at: number): void {
    const sequence = this.table.records.next(this.#message.mine);
    const octets = Math.max(this.#end - at, distance(sequence, advance(tcpSeq, payloadLength)));
    const turn = { bytes: this.#bytes, at, end: this.#end, octets, sequence };
    this.#goOn(readTurn(this.#message, this.#errors, turn));
  }

  #goOn(after: AfterTurn): void {
    if (after === 'opens-again') openAgain(this.#tcp, this.table, this.#message.at);
    else if (after === 'over')
      for (const side of [this.#message.mine, this.#message.peer]) this.table.records.setState(side, M.OVER);
  }

  /** More of an HTTP/1 answer, after its first segment. */
  #followBody(packet: Packet, at: number, mine: number, time: number): void {
    if (distance(packet.tcpSeq, this.table.records.bodyNext(mine)) >= packet.payloadLength) return;
    this.#message.set(at, this.#tcp.direction, packet.number, time);
    this.#goOn(followBody(this.#message, this.#errors, turnOf(packet)));
    this.#finishEarly();
  }

  /** Ends the reading of a connection of which everything is known. */
  #finishEarly(): void {
    const { at, mine, peer } = this.#message;
    const { records } = this.table;
    const isTls = records.framing(mine) === M.TLS_RECORDS;
    if (isTls && records.sealed(at + M.DIRECTIONS_AT) > 0) noteHandshakeTurns(this.table, at, this.#tcp);
    const isOver = records.state(mine) === M.OVER && records.state(peer) === M.OVER;
    if (!isOver && records.tries(at) < MOST_TRIES && !(isTls && isEstablished(this.#message))) return;
    this.#settle(at);
  }

  /** Counts a connection, keeps its facts if they are notable, and reads no more of it. */
  #settle = (at: number): void => {
    const table = this.table;
    const { records } = table;
    const connection = records.connection(at);
    this.#forgetHead(records.head(at + M.DIRECTIONS_AT));
    this.#forgetHead(records.head(at + M.DIRECTIONS_AT + M.DIRECTION_BYTES));
    noteHandshakeTurns(table, at, this.#tcp);
    const block = this.#tcp.records.blockOf(connection);
    this.#uses.add(table, at, block, ConnectionTable.placeOf(connection));
    const facts = notableFactsOf(table, at, this.#errors.of(connection), block, ConnectionTable.placeOf(connection));
    if (facts !== null) this.#tcp.troubles.make(connection).application = facts;
    table.end(connection);
    block.addMarksAndLetters(ConnectionTable.placeOf(connection), R.CONTENT_READ);
  };

  #forgetHead(head: number): void {
    if (head !== NO_HEAD) this.#heads.close(head);
  }
}
