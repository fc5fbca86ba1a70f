import { tunnelKindsOf } from '../encapsulation.ts';
import type {
  CapturePoint,
  Connection,
  CountedValue,
  Direction,
  PacketRef,
  RttSummary,
  TcpDirection,
  TcpState,
  Turn,
} from '../evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../evidence.ts';
import { distance, isAfter } from '../sequence-number.ts';
import * as C from './connection-columns.ts';
import { historyOf } from './connection-history.ts';
import {
  type ConnectionTrouble,
  type DirectionTrouble,
  keepLargest,
  noDirectionTrouble,
  TURNS_KEPT,
} from './connection-trouble.ts';
import { NO_LINK_ADDRESS } from './link-addresses.ts';
import { turnOf } from './note-turn.ts';
import type { TcpTracker } from './tcp-tracker.ts';
import { NONE } from './unacked-segments.ts';

export interface Wording {
  formatAddress: (address: number) => string;
  formatMac: (mac: number) => string;
}

/** Adds up, over all connections of each point: their number, those seen one way, octets captured and octets missed. */
export function countConnections({ columns, troubles, tuples }: TcpTracker, points: readonly CapturePoint[]): void {
  const { direction } = columns;
  for (let number = 0; number < columns.length; number++) {
    const { quality } = points[tuples.pointOf(columns.connection.tuple[number])];
    const [there, back] = [2 * number, 2 * number + 1];
    quality.connections++;
    if (direction.packets[there] === 0 || direction.packets[back] === 0) quality.oneWayConnections++;
    quality.tcpOctets += direction.payloadOctets[there] + direction.payloadOctets[back];
    for (const side of troubles.of(number)?.directions ?? []) quality.gapOctets += side?.gapOctets ?? 0;
  }
}

const ref = (packet: number, time: number): PacketRef => ({ packet, time });

/** Everything that is known of one connection, as plain data. */
export function connectionOf(tracker: TcpTracker, number: number, index: number, wording: Wording): Connection {
  const { connection: columns, direction } = tracker.columns;
  const { tuples } = tracker;
  const trouble = tracker.troubles.of(number);
  const marks = columns.marks[number];
  const syn =
    (marks & C.ROLES_FROM_SYN) === 0
      ? []
      : [ref(direction.firstPacket[2 * number], direction.firstTime[2 * number]), ...(trouble?.syn ?? [])];
  const synAck =
    columns.synAckPacket[number] === 0
      ? []
      : [ref(columns.synAckPacket[number], columns.synAckTime[number]), ...(trouble?.synAck ?? [])];
  const handshakeAck =
    columns.handshakeAckPacket[number] === 0
      ? null
      : ref(columns.handshakeAckPacket[number], columns.handshakeAckTime[number]);
  const directions: [TcpDirection, TcpDirection] = [
    directionOf(tracker, number, TO_SERVER, trouble, wording),
    directionOf(tracker, number, TO_CLIENT, trouble, wording),
  ];
  const speaker = C.lastSpeaker(direction, number);
  const last = ref(direction.lastPacket[speaker], direction.lastTime[speaker]);
  const tuple = columns.tuple[number];
  const flipped = (marks & C.FLIPPED) !== 0;
  const ports = tuples.portsOf(tuple);
  const first = { address: wording.formatAddress(tuples.clientOf(tuple)), port: ports >>> 16 };
  const second = { address: wording.formatAddress(tuples.serverOf(tuple)), port: ports & 0xffff };
  return {
    index,
    point: tuples.pointOf(tuple),
    flow: columns.flow[number],
    client: flipped ? second : first,
    server: flipped ? first : second,
    ipVersion: marks & C.IS_IPV6 ? 6 : 4,
    rolesFrom: marks & C.ROLES_FROM_SYN ? 'syn' : marks & C.ROLES_FROM_SYN_ACK ? 'syn-ack' : 'guess',
    encapsulation: tunnelKindsOf(tuples.encapsulationOf(tuple)),
    directions,
    state: stateOf(directions, syn, synAck, handshakeAck),
    history: historyOf(tracker.columns, number),
    syn,
    synAck,
    synAckAcks: synAck.length === 0 ? null : columns.synAckAcks[number],
    handshakeAck,
    handshakeServerSide: syn.length === 1 && synAck.length > 0 ? synAck[0].time - syn[0].time : null,
    handshakeClientSide: synAck.length === 1 && handshakeAck !== null ? handshakeAck.time - synAck[0].time : null,
    rtt: [rttOf(direction, 2 * number), rttOf(direction, 2 * number + 1)],
    events: trouble?.events ?? [],
    eventsTotal: trouble?.eventsTotal ?? 0,
    resets: trouble?.resets ?? [],
    zeroWindowSpans: trouble?.spans ?? [],
    idleGaps: trouble?.idleGaps ?? [],
    slowTurns: slowTurnsOf(tracker, number, trouble, last),
    turns: columns.turns[number],
    turnSeconds: columns.turnSeconds[number],
    fastestTurn: columns.turns[number] === 0 ? 0 : columns.fastestTurn[number],
    first: firstOf(directions) ?? last,
    last,
    complete: true,
  };
}

function firstOf([there, back]: [TcpDirection, TcpDirection]): PacketRef | null {
  if (there.first === null || back.first === null) return there.first ?? back.first;
  return there.first.packet < back.first.packet ? there.first : back.first;
}

/** State of the connection as the observer saw it last (RFC 9293, 3.3.2, both ends in one). */
function stateOf(
  [there, back]: [TcpDirection, TcpDirection],
  syn: PacketRef[],
  synAck: PacketRef[],
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

function rttOf(direction: C.ConnectionColumns['direction'], row: number): RttSummary | null {
  if (direction.rttSamples[row] === 0) return null;
  return {
    samples: direction.rttSamples[row],
    min: direction.rttMin[row],
    median: direction.rttMedian[row],
    max: direction.rttMax[row],
  };
}

/** The slowest turns, with the request that still waits at the end. */
function slowTurnsOf(
  { columns }: TcpTracker,
  number: number,
  trouble: ConnectionTrouble | undefined,
  last: PacketRef,
): Turn[] {
  const turns = [...(trouble?.slowTurns ?? [])];
  if ((columns.connection.marks[number] & C.WAITS_FOR_ANSWER) !== 0) {
    const waiting = turnOf(columns, number, null, last.time - columns.connection.requestTime[number]);
    keepLargest(turns, waiting, TURNS_KEPT, (turn) => turn.seconds);
  }
  return turns;
}

function directionOf(
  tracker: TcpTracker,
  number: number,
  direction: Direction,
  trouble: ConnectionTrouble | undefined,
  { formatMac }: Wording,
): TcpDirection {
  const columns = tracker.columns.direction;
  const row = 2 * number + direction;
  const marks = columns.marks[row];
  const side = trouble?.directions[direction] ?? noDirectionTrouble();
  const seen = columns.packets[row] > 0;
  return {
    packets: columns.packets[row],
    payloadOctets: columns.payloadOctets[row],
    dataSegments: columns.dataSegments[row],
    first: seen ? ref(columns.firstPacket[row], columns.firstTime[row]) : null,
    last: seen ? ref(columns.lastPacket[row], columns.lastTime[row]) : null,
    syns: columns.syns[row],
    fins: columns.fins[row],
    resets: columns.resets[row],
    iss: marks & C.HAS_ISS ? columns.iss[row] : null,
    seqLow: seen ? columns.seqLow[row] : null,
    seqHigh: marks & C.HAS_NEXT ? columns.nextSeq[row] : null,
    ackHigh: marks & C.HAS_ACK ? columns.highestAck[row] : null,
    mss: marks & C.HAS_ISS && columns.mss[row] > 0 ? columns.mss[row] : null,
    windowScale: columns.windowScale[row] < 0 ? null : columns.windowScale[row],
    sackPermitted: (marks & C.SACK_PERMITTED) !== 0,
    timestamps: (marks & C.HAS_TIMESTAMPS) !== 0,
    tsFirst: marks & C.HAS_TIMESTAMPS ? columns.tsFirst[row] : null,
    tsLast: marks & C.HAS_TIMESTAMPS ? columns.tsLast[row] : null,
    ...countersOf(side),
    largestL3: columns.largestL3[row],
    largestAckedL3: columns.largestAckedL3[row],
    ...unackedOf(tracker, row),
    repeats: repeatsOf(side),
    repeatsTotal: side.repeatsTotal,
    holes: side.holes,
    holesTotal: side.holesTotal,
    ttls: seen ? counted(columns.ttl[row], columns.packets[row], side.ttls, (value) => value) : [],
    sourceMacs: macsOf(tracker, columns.sourceMac[row], columns.packets[row], side.macs[0], formatMac),
    destinationMacs: macsOf(tracker, columns.destinationMac[row], columns.packets[row], side.macs[1], formatMac),
    tunnels: [...new Set([...(columns.tunnel[row] > 0 ? [columns.tunnel[row] - 1] : []), ...side.tunnels])].sort(
      (a, b) => a - b,
    ),
    dontFragment: (marks & C.DONT_FRAGMENT) !== 0,
    largestFlight: columns.largestFlight[row],
  };
}

function countersOf(side: DirectionTrouble) {
  const {
    retransmissions,
    retransmittedOctets,
    fastRetransmissions,
    spuriousRetransmissions,
    timeoutRetransmissions,
    outOfOrder,
  } = side;
  const {
    previousSegmentNotCaptured,
    ackedUnseen,
    gapOctets,
    dupAcks,
    zeroWindows,
    keepAlives,
    zeroWindowProbes,
    duplicateSacks,
  } = side;
  return {
    retransmissions,
    retransmittedOctets,
    fastRetransmissions,
    spuriousRetransmissions,
    timeoutRetransmissions,
    outOfOrder,
    previousSegmentNotCaptured,
    ackedUnseen,
    gapOctets,
    dupAcks,
    zeroWindows,
    keepAlives,
    zeroWindowProbes,
    duplicateSacks,
  };
}

function unackedOf(
  { columns, unacked }: TcpTracker,
  row: number,
): { unackedOctets: number; unackedSince: PacketRef | null } {
  const { direction } = columns;
  const peerAcked = (direction.marks[row ^ 1] & C.HAS_ACK) !== 0;
  const pending = peerAcked && isAfter(direction.nextSeq[row], direction.highestAck[row ^ 1]);
  const slot = direction.listHead[row];
  return {
    unackedOctets: pending ? distance(direction.highestAck[row ^ 1], direction.nextSeq[row]) : 0,
    unackedSince: slot === NONE || (peerAcked && !pending) ? null : ref(unacked.packet[slot], unacked.time[slot]),
  };
}

const repeatsOf = (side: DirectionTrouble) =>
  side.repeats.map(({ rawStart: _, rawEnd: __, reverseBefore: ___, ...repeat }) => repeat);

function counted<T>(
  first: number,
  packets: number,
  others: readonly CountedValue<number>[],
  word: (value: number) => T,
): CountedValue<T>[] {
  const rest = others.reduce((sum, { count }) => sum + count, 0);
  const all = [
    { value: word(first), count: packets - rest },
    ...others.map(({ value, count }) => ({ value: word(value), count })),
  ];
  return all.sort((a, b) => b.count - a.count);
}

const macsOf = (
  { linkAddresses }: TcpTracker,
  first: number,
  packets: number,
  others: readonly CountedValue<number>[],
  formatMac: (mac: number) => string,
): CountedValue<string>[] =>
  packets === 0 || first === NO_LINK_ADDRESS
    ? []
    : counted(first, packets, others, (number) =>
        number === NO_LINK_ADDRESS ? '' : formatMac(linkAddresses.addressOf(number)),
      ).filter(({ value }) => value !== '');
