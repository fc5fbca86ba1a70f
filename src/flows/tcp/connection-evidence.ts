import { FIRST_IPV6 } from '../../decode/address-book.ts';
import type { TunnelKind } from '../../decode/packet.ts';
import { tunnelKindsOf } from '../encapsulation.ts';
import type {
  CapturePoint,
  Connection,
  Direction,
  Endpoint,
  PacketRef,
  TcpDirection,
  TcpState,
  Turn,
} from '../evidence/evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../evidence/evidence.ts';
import { type ConnectionBlock, lastSpeaker } from './connection-block.ts';
import { historyOf } from './connection-history.ts';
import { ConnectionTable } from './connection-table.ts';
import { type ConnectionTrouble, keepLargest, TURNS_KEPT } from './connection-trouble.ts';
import { type DirectionPlaces, type DirectionSource, directionOf, rttOf } from './direction-evidence.ts';
import { EMPTY } from './empty-list.ts';
import type { FollowedConnections } from './followed-connections.ts';
import { idleGapsOf, NO_GAPS } from './idle-gaps.ts';
import type { MeasuredTransfers } from './measured-transfer.ts';
import { endOf } from './note-end.ts';
import { transferEvidence } from './note-transfer.ts';
import { settleTurn, turnOf } from './note-turn.ts';
import * as R from './record-marks.ts';

export interface Wording {
  formatAddress: (address: number) => string;
  formatMac: (mac: number) => string;
}

/**
 * Sums over all connections of each point: their number, those seen in one direction only, octets captured and octets
 * missed.
 */
export function countConnections({ records, troubles }: FollowedConnections, points: readonly CapturePoint[]): void {
  for (let number = 0; number < records.length; number++) {
    const block = records.blockOf(number);
    const at = ConnectionTable.placeOf(number);
    const there = at + R.DIRECTIONS_AT;
    const back = there + R.DIRECTION_BYTES;
    const { quality } = points[block.place(at) >>> 16];
    quality.connections++;
    if (block.packets(there) === 0 || block.packets(back) === 0) quality.oneWayConnections++;
    quality.tcpOctets += block.payloadOctets(there) + block.payloadOctets(back);
    const trouble = troubles.of(number);
    if (trouble === undefined) continue;
    for (const side of trouble.directions) quality.gapOctets += side?.gapOctets ?? 0;
  }
}

/** References to all state of one connection. */
export interface ConnectionSource extends DirectionSource {
  /** Offset of its record in the block, bytes. */
  at: number;
  trouble: ConnectionTrouble | undefined;
  /** In the form that `idleGapsOf` reads. */
  idleGaps: ArrayLike<number>;
  transfers: MeasuredTransfers;
  /** The first SYN-ACK, if it is not the first packet towards the client. */
  lateSynAck: PacketRef | undefined;
}

export const sourceOf = (
  { records, troubles, unacked, linkAddresses, transfers }: FollowedConnections,
  number: number,
): ConnectionSource => ({
  block: records.blockOf(number),
  at: ConnectionTable.placeOf(number),
  trouble: troubles.of(number),
  idleGaps: troubles.of(number)?.idleGaps ?? NO_GAPS,
  lateSynAck: records.lateSynAcks.get(number),
  unacked,
  linkAddresses,
  transfers,
});

/** Everything known about one connection, as plain data. */
export function connectionOf(source: ConnectionSource, index: number, wording: Wording): Connection {
  const { block, at, trouble } = source;

  const marks = block.marksAndLetters(at);
  const there = at + R.DIRECTIONS_AT;
  const back = there + R.DIRECTION_BYTES;
  const syn = synOf(source);
  const synAck =
    (marks & R.HAS_SYN_ACK) === 0 ? EMPTY : withFirst(source.lateSynAck ?? firstPacketOf(block, back), trouble?.synAck);
  const handshakeAck =
    block.handshakeAckPacket(at) === 0
      ? null
      : { packet: block.handshakeAckPacket(at), time: block.handshakeAckTime(at) };
  const directions: [TcpDirection, TcpDirection] = [
    directionOf(source, placesOf(at, TO_SERVER), trouble?.directions[0], wording.formatMac),
    directionOf(source, placesOf(at, TO_CLIENT), trouble?.directions[1], wording.formatMac),
  ];
  const speaker = lastSpeaker(block, at);
  const last = { packet: block.lastPacket(speaker), time: block.lastTime(speaker) };
  const turns = block.turns(at);
  return {
    index,
    point: block.place(at) >>> 16,
    flow: block.flow(at),
    client: clientOf(block, at, wording),
    server: serverOf(block, at, wording),
    ipVersion: (marks & R.IS_IPV6) === 0 ? 4 : 6,
    rolesFrom: rolesFrom(marks),
    encapsulation: encapsulationOf(block, at),
    directions,
    state: stateOf(directions, syn, synAck, handshakeAck),
    history: historyOf(block, at),
    syn,
    synAck,
    synAckAcks: synAck.length === 0 ? null : block.synAckAcks(at),
    handshakeAck,
    handshakeServerSide: syn.length === 1 && synAck.length > 0 ? synAck[0].time - syn[0].time : null,
    handshakeClientSide: synAck.length === 1 && handshakeAck !== null ? handshakeAck.time - synAck[0].time : null,
    rtt: [rttOf(block, there), rttOf(block, back)],
    events: trouble?.events ?? EMPTY,
    eventsTotal: trouble?.eventsTotal ?? 0,
    resets: trouble?.resets ?? EMPTY,
    zeroWindowSpans: trouble?.spans ?? EMPTY,
    idleGaps: source.idleGaps.length === 0 ? EMPTY : idleGapsOf(source.idleGaps),
    slowTurns: slowTurnsOf(block, at, trouble, last),
    turns,
    tlsTurns: block.tlsTurns(at),
    turnSeconds: block.turnSeconds(at),
    fastestTurn: turns === 0 ? 0 : block.fastestTurn(at),
    application: trouble?.application ?? null,
    end: endOf(block, at),
    transfer: transferEvidence(source.transfers, block, at),
    stalls: [block.stallsToServer(at), block.stallsToClient(at)],
    stallSeconds: block.stallSeconds(at),
    first: earlier(directions) ?? last,
    last,
    complete: true,
  };
}

const placesOf = (at: number, direction: Direction): DirectionPlaces => ({
  mine: at + R.DIRECTIONS_AT + direction * R.DIRECTION_BYTES,
  peer: at + R.DIRECTIONS_AT + (1 - direction) * R.DIRECTION_BYTES,
  ackedData: R.ackedDataOf(at, direction),
});

/** The point where a connection was seen, and its server. */
export const placeAndServer = (block: ConnectionBlock, at: number, wording: Wording) => ({
  point: block.place(at) >>> 16,
  server: serverOf(block, at, wording),
});

const isFlipped = (block: ConnectionBlock, at: number): boolean => block.hasMarksAndLetters(at, R.FLIPPED);

export const clientOf = (block: ConnectionBlock, at: number, wording: Wording): Endpoint =>
  isFlipped(block, at) ? secondOf(block, at, wording) : firstOf(block, at, wording);

export const serverOf = (block: ConnectionBlock, at: number, wording: Wording): Endpoint =>
  isFlipped(block, at) ? firstOf(block, at, wording) : secondOf(block, at, wording);

const firstOf = (block: ConnectionBlock, at: number, wording: Wording): Endpoint =>
  endpoint(block.client(at), block.ports(at) >>> 16, block.marksAndLetters(at), wording);

const secondOf = (block: ConnectionBlock, at: number, wording: Wording): Endpoint =>
  endpoint(block.server(at), block.ports(at) & 0xffff, block.marksAndLetters(at), wording);

/** @param marks of the record */
export const rolesFrom = (marks: number): Connection['rolesFrom'] =>
  (marks & R.ROLES_FROM_SYN) !== 0 ? 'syn' : (marks & R.ROLES_FROM_SYN_ACK) !== 0 ? 'syn-ack' : 'guess';

export const encapsulationOf = (block: ConnectionBlock, at: number): TunnelKind[] =>
  (block.place(at) & 0xffff) === 0 ? EMPTY : tunnelKindsOf(block.place(at) & 0xffff);

/** All SYNs of the client, if its first packet is a SYN. */
export const synOf = ({ block, at, trouble }: ConnectionSource): PacketRef[] =>
  block.hasMarksAndLetters(at, R.ROLES_FROM_SYN)
    ? withFirst(firstPacketOf(block, at + R.DIRECTIONS_AT), trouble?.syn)
    : EMPTY;

const withFirst = (first: PacketRef, others: readonly PacketRef[] | undefined): PacketRef[] =>
  others === undefined || others.length === 0 ? [first] : [first, ...others];

const endpoint = (address: number, port: number, marks: number, { formatAddress }: Wording): Endpoint => ({
  address: formatAddress((marks & R.IS_IPV6) === 0 ? address : FIRST_IPV6 + address),
  port,
});

function earlier([there, back]: [TcpDirection, TcpDirection]): PacketRef | null {
  if (there.first === null || back.first === null) return there.first ?? back.first;
  const later = there.first.time - back.first.time || there.first.packet - back.first.packet;
  return later < 0 ? there.first : back.first;
}

/** State of the connection as an observer last saw it (RFC 9293, 3.3.2, both ends combined). */
function stateOf(
  [there, back]: [TcpDirection, TcpDirection],
  syn: readonly PacketRef[],
  synAck: readonly PacketRef[],
  handshakeAck: PacketRef | null,
): TcpState {
  if (there.fins > 0 && back.fins > 0) return 'closed';
  if (there.resets + back.resets > 0) return 'reset';
  if (there.fins + back.fins > 0) return 'closing';
  if (handshakeAck !== null || there.dataSegments + back.dataSegments > 0) return 'established';
  if (synAck.length > 0) return 'syn-received';
  if (syn.length > 0) return back.packets === 0 ? 'syn-sent' : 'unknown';
  return 'unknown';
}

/** The slowest turns, including a request that is still unanswered at the end. */
function slowTurnsOf(
  block: ConnectionBlock,
  at: number,
  trouble: ConnectionTrouble | undefined,
  last: PacketRef,
): Turn[] {
  const known = trouble?.slowTurns ?? EMPTY;
  if (trouble !== undefined && trouble.latestTurn?.thinkSeconds === null) settleTurn(trouble, block, at, null);
  if (!block.hasMarksAndLetters(at, R.WAITS_FOR_ANSWER)) return known;
  const turns = [...known];
  const waiting = turnOf(block, at, null, last.time - block.requestTime(at));
  return keepLargest(turns, waiting, TURNS_KEPT, (turn) => turn.seconds);
}

export const firstPacketOf = (block: ConnectionBlock, mine: number): PacketRef => ({
  packet: block.firstPacket(mine),
  time: block.firstTime(mine),
});
