import { FIRST_IPV6 } from '../../decode/address-book.ts';
import type { TunnelKind } from '../../decode/packet.ts';
import { tunnelKindsOf } from '../encapsulation.ts';
import type {
  CapturePoint,
  Connection,
  Endpoint,
  PacketRef,
  TcpDirection,
  TcpState,
  Turn,
} from '../evidence/evidence.ts';
import { historyOf } from './connection-history.ts';
import { ConnectionRecords } from './connection-table.ts';
import { type ConnectionTrouble, keepLargest, TURNS_KEPT } from './connection-trouble.ts';
import { type DirectionSource, directionOf, rttOf } from './direction-evidence.ts';
import { EMPTY } from './empty-list.ts';
import type { FollowedConnections } from './followed-connections.ts';
import { idleGapsOf, NO_GAPS } from './idle-gaps.ts';
import { turnOf } from './note-turn.ts';
import * as R from './record-layout.ts';

export interface Wording {
  formatAddress: (address: number) => string;
  formatMac: (mac: number) => string;
}

/** Adds up, over all connections of each point: their number, those seen one way, octets captured and octets missed. */
export function countConnections({ records, troubles }: FollowedConnections, points: readonly CapturePoint[]): void {
  for (let number = 0; number < records.length; number++) {
    const { words, doubles } = records.blockOf(number);
    const at = ConnectionRecords.placeOf(number);
    const there = at + R.DIRECTIONS_AT;
    const back = there + R.DIRECTION_WORDS;
    const { quality } = points[words[at + R.PLACE] >>> 16];
    quality.connections++;
    if (words[there + R.PACKETS] === 0 || words[back + R.PACKETS] === 0) quality.oneWayConnections++;
    quality.tcpOctets += doubles[(there >> 1) + R.PAYLOAD_OCTETS] + doubles[(back >> 1) + R.PAYLOAD_OCTETS];
    const trouble = troubles.of(number);
    if (trouble === undefined) continue;
    for (const side of trouble.directions) quality.gapOctets += side?.gapOctets ?? 0;
  }
}

/** Where everything that is known of one connection lies. */
export interface ConnectionSource extends DirectionSource {
  /** Where its record begins in the block, words. */
  at: number;
  trouble: ConnectionTrouble | undefined;
  /** As `idleGapsOf` reads them. */
  idleGaps: ArrayLike<number>;
  /** The first SYN-ACK, where it is not the first packet towards the client. */
  lateSynAck: PacketRef | undefined;
}

export const sourceOf = (
  { records, troubles, unacked, linkAddresses }: FollowedConnections,
  number: number,
): ConnectionSource => ({
  block: records.blockOf(number),
  at: ConnectionRecords.placeOf(number),
  trouble: troubles.of(number),
  idleGaps: troubles.of(number)?.idleGaps ?? NO_GAPS,
  lateSynAck: records.lateSynAcks.get(number),
  unacked,
  linkAddresses,
});

/** Everything that is known of one connection, as plain data. */
export function connectionOf(source: ConnectionSource, index: number, wording: Wording): Connection {
  const { block, at, trouble } = source;
  const { words, floats, doubles } = block;
  const marks = words[at + R.MARKS_AND_LETTERS];
  const there = at + R.DIRECTIONS_AT;
  const back = there + R.DIRECTION_WORDS;
  const syn = synOf(source);
  const synAck =
    (marks & R.HAS_SYN_ACK) === 0 ? EMPTY : withFirst(source.lateSynAck ?? firstPacketOf(block, back), trouble?.synAck);
  const handshakeAck =
    words[at + R.HANDSHAKE_ACK_PACKET] === 0
      ? null
      : { packet: words[at + R.HANDSHAKE_ACK_PACKET], time: doubles[(at >> 1) + R.HANDSHAKE_ACK_TIME] };
  const directions: [TcpDirection, TcpDirection] = [
    directionOf(source, there, back, trouble?.directions[0], wording.formatMac),
    directionOf(source, back, there, trouble?.directions[1], wording.formatMac),
  ];
  const speaker = R.lastSpeaker(block, at);
  const last = { packet: words[speaker + R.LAST_PACKET], time: doubles[(speaker >> 1) + R.LAST_TIME] };
  const turns = words[at + R.TURNS];
  return {
    index,
    point: words[at + R.PLACE] >>> 16,
    flow: words[at + R.FLOW],
    client: clientOf(words, at, wording),
    server: serverOf(words, at, wording),
    ipVersion: (marks & R.IS_IPV6) === 0 ? 4 : 6,
    rolesFrom: rolesFrom(marks),
    encapsulation: encapsulationOf(words, at),
    directions,
    state: stateOf(directions, syn, synAck, handshakeAck),
    history: historyOf(block, at),
    syn,
    synAck,
    synAckAcks: synAck.length === 0 ? null : words[at + R.SYN_ACK_ACKS],
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
    turnSeconds: floats[at + R.TURN_SECONDS],
    fastestTurn: turns === 0 ? 0 : floats[at + R.FASTEST_TURN],
    first: earlier(directions) ?? last,
    last,
    complete: true,
  };
}

/** Where a connection was seen, and its server. */
export const placeAndServer = (words: Uint32Array, at: number, wording: Wording) => ({
  point: words[at + R.PLACE] >>> 16,
  server: serverOf(words, at, wording),
});

const isFlipped = (words: Uint32Array, at: number): boolean => (words[at + R.MARKS_AND_LETTERS] & R.FLIPPED) !== 0;

export const clientOf = (words: Uint32Array, at: number, wording: Wording): Endpoint =>
  isFlipped(words, at) ? secondOf(words, at, wording) : firstOf(words, at, wording);

export const serverOf = (words: Uint32Array, at: number, wording: Wording): Endpoint =>
  isFlipped(words, at) ? firstOf(words, at, wording) : secondOf(words, at, wording);

const firstOf = (words: Uint32Array, at: number, wording: Wording): Endpoint =>
  endpoint(words[at + R.CLIENT], words[at + R.PORTS] >>> 16, words[at + R.MARKS_AND_LETTERS], wording);

const secondOf = (words: Uint32Array, at: number, wording: Wording): Endpoint =>
  endpoint(words[at + R.SERVER], words[at + R.PORTS] & 0xffff, words[at + R.MARKS_AND_LETTERS], wording);

/** @param marks those of the record */
export const rolesFrom = (marks: number): Connection['rolesFrom'] =>
  (marks & R.ROLES_FROM_SYN) !== 0 ? 'syn' : (marks & R.ROLES_FROM_SYN_ACK) !== 0 ? 'syn-ack' : 'guess';

export const encapsulationOf = (words: Uint32Array, at: number): TunnelKind[] =>
  (words[at + R.PLACE] & 0xffff) === 0 ? EMPTY : tunnelKindsOf(words[at + R.PLACE] & 0xffff);

/** All SYNs of the client, where the first packet is one. */
export const synOf = ({ block, at, trouble }: ConnectionSource): PacketRef[] =>
  (block.words[at + R.MARKS_AND_LETTERS] & R.ROLES_FROM_SYN) === 0
    ? EMPTY
    : withFirst(firstPacketOf(block, at + R.DIRECTIONS_AT), trouble?.syn);

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

/** State of the connection as the observer saw it last (RFC 9293, 3.3.2, both ends in one). */
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

/** The slowest turns, with the request that still waits at the end. */
function slowTurnsOf(
  block: R.ConnectionBlock,
  at: number,
  trouble: ConnectionTrouble | undefined,
  last: PacketRef,
): Turn[] {
  const known = trouble?.slowTurns ?? EMPTY;
  if ((block.words[at + R.MARKS_AND_LETTERS] & R.WAITS_FOR_ANSWER) === 0) return known;
  const turns = [...known];
  const waiting = turnOf(block, at, null, last.time - block.doubles[(at >> 1) + R.REQUEST_TIME]);
  return keepLargest(turns, waiting, TURNS_KEPT, (turn) => turn.seconds);
}

export const firstPacketOf = ({ words, doubles }: R.ConnectionBlock, mine: number): PacketRef => ({
  packet: words[mine + R.FIRST_PACKET],
  time: doubles[(mine >> 1) + R.FIRST_TIME],
});
