import {
  type ChecksumResult,
  checksumAt,
  ipv4HeaderChecksum,
  isRightAfterOffload,
  transportChecksum,
} from '../../decode/checksum.ts';
import * as ipv4 from '../../decode/headers/ipv4.ts';
import * as tcp from '../../decode/headers/tcp.ts';
import * as udp from '../../decode/headers/udp.ts';
import { FRAGMENT_LATER, type Packet } from '../../decode/packet.ts';
import type { CheckedDirection, CheckedSender, ChecksumHeader, Direction, TunnelFates } from '../evidence/evidence.ts';
import type { Limits } from '../limits.ts';
import { advance, distance } from '../sequence-number.ts';
import { growColumns, grownIn } from '../tables/columns.ts';
import type { LinearMemory } from '../tables/linear-memory.ts';
import { ACK, RST, SYN } from '../tcp/segment-kind.ts';
import { CheckedSenders, NO_SENDER } from './checked-senders.ts';
import { DATAGRAMS, FIRST_DATA, HAS_OPEN, PARTIAL, RIGHT, TROUBLED, WAITS, WAITS_RIGHT } from './fate-marks.ts';
import { FatesOfTunnels } from './fates-of-tunnels.ts';
import type { Seen } from './observation.ts';
import { OpenPackets } from './open-packets.ts';
import { SENDER_BYTES } from './sender-layout.ts';

const FIRST_ROWS = 512;

type FatePlaces = CheckedSenders['places'] &
  FatesOfTunnels['places'] &
  Readonly<
    Record<'fates' | 'fateRows' | 'fateFlows' | 'expected' | 'fateSenders' | 'fateTunnels' | 'firstData', number>
  >;

/** A row for each direction of a biflow: twice its number, plus the direction. */
class FateColumns {
  state: Uint8Array = new Uint8Array(FIRST_ROWS);
  /** TCP: the acknowledgement that answers the last verified packet. */
  expected: Uint32Array = new Uint32Array(FIRST_ROWS);
  /** Index of the sender of the last verified packet. */
  sender: Uint16Array = new Uint16Array(FIRST_ROWS);
  /** Index of the outermost tunnel of the last verified packet plus one; 0 without. */
  tunnel: Uint16Array = new Uint16Array(FIRST_ROWS);
}

/**
 * Verifies the checksums of the packets that have to be answered, and notes which were.
 *
 *   TCP      SYNs, SYN-ACKs, what is sent again, and of each sender the first data of so many directions: adding
 *            their octets up costs most, and what is lost is sent again
 *   others   the first three of a direction
 *
 * Of any other packet it reads two octets of state.
 */
export class PacketFates {
  readonly #limits: Limits;
  readonly #columns = new FateColumns();
  #linear: LinearMemory | undefined;
  readonly #open: OpenPackets;
  readonly #senders: CheckedSenders;
  readonly #tunnels = new FatesOfTunnels();

  constructor(limits: Limits) {
    this.#limits = limits;
    this.#senders = new CheckedSenders(limits.checkedSenders);
    this.#open = new OpenPackets(limits.packetsPerItem, limits.checkedDirections);
  }

  /** A packet that is no copy, once its biflow is known. */
  onPacket(packet: Packet, seen: Seen): void {
    if (seen.flow >= this.#limits.checkedFlows || packet.transportAt < 0) return;
    const row = 2 * seen.flow + seen.direction;
    const columns = this.#columns;
    if (row >= columns.state.length - 1) this.#grow(2 * (row + 2));
    const back = row ^ 1;
    if ((columns.state[back] & (WAITS | HAS_OPEN)) !== 0) this.#answer(packet, back);
    if (isWanted(packet, seen, columns.state[row])) this.#verify(packet, seen, row);
  }

  /** Moves states and senders into linear memory, where they stay. */
  moveInto(linear: LinearMemory): void {
    this.#linear = linear;
    this.#grow(this.#columns.state.length);
    this.#senders.moveInto(linear);
    this.#tunnels.moveInto(linear);
  }

  /** Where a core finds them: addresses of the columns, their rows, and biflows that have some; and of the senders. */
  get places(): FatePlaces {
    const { state, expected, sender, tunnel } = this.#columns;
    const { checkedFlows, checkedFirstData } = this.#limits;
    return {
      fates: state.byteOffset,
      fateRows: state.length,
      fateFlows: checkedFlows,
      expected: expected.byteOffset,
      fateSenders: sender.byteOffset,
      fateTunnels: tunnel.byteOffset,
      firstData: checkedFirstData,
      ...this.#senders.places,
      ...this.#tunnels.places,
    };
  }

  finish(): { checked: CheckedDirection[]; senders: CheckedSender[] } {
    return {
      checked: this.#directions(),
      senders: this.#senders.finish(),
    };
  }

  ofTunnel(index: number): TunnelFates {
    return this.#tunnels.of(index);
  }

  #verify(packet: Packet, seen: Seen, row: number): void {
    const columns = this.#columns;
    const { records } = this.#senders;
    const sender = this.#senders.find(packet, seen.point);
    const senderAt = sender * SENDER_BYTES;
    if (packet.protocol === tcp.PROTOCOL && (packet.tcpFlags & SYN) === 0 && !seen.retransmission) {
      columns.state[row] |= FIRST_DATA;
      if (sender === NO_SENDER) return;
      const data = records.data(senderAt);
      records.setData(senderAt, data + 1);
      if (data >= this.#limits.checkedFirstData) return;
    }
    const outer = outerFault(packet);
    const inner = innerResult(packet);
    const fault = outer ?? (typeof inner === 'string' ? inner : undefined);
    const isSegment = packet.protocol === tcp.PROTOCOL;
    let state = columns.state[row];
    if ((state & HAS_OPEN) !== 0 && fault === undefined) this.#open.resend(row, packet);
    if ((state & WAITS) !== 0 && isSegment) state |= TROUBLED;
    state = isSegment ? state | (packet.payloadLength > 0 ? FIRST_DATA : 0) : state + 1;
    state = (state & ~WAITS_RIGHT) | WAITS;
    if (inner === RIGHT || inner === PARTIAL) state |= inner;
    if (fault === undefined && inner === RIGHT) state |= WAITS_RIGHT;
    columns.sender[row] = sender;
    columns.tunnel[row] = seen.tunnel + 1;
    columns.expected[row] = expectedAck(packet);
    if (seen.tunnel >= 0) this.#tunnels.add('sent', seen.tunnel);
    if (fault !== undefined) {
      if (sender !== NO_SENDER && outer === undefined) records.setWrong(senderAt, records.wrong(senderAt) + 1);
      if (outer !== undefined && seen.tunnel >= 0) this.#tunnels.add('wrong', seen.tunnel);
      if (this.#open.add(row, packet, seen, fault, columns.expected[row])) state |= HAS_OPEN;
    }
    columns.state[row] = state;
  }

  /** @param row of the direction that `packet` may answer */
  #answer(packet: Packet, row: number): void {
    const columns = this.#columns;
    const { records } = this.#senders;
    const state = columns.state[row];
    const sender = columns.sender[row];
    const senderAt = sender * SENDER_BYTES;
    if ((state & WAITS) !== 0 && answers(packet, columns.expected[row])) {
      columns.state[row] = state & ~WAITS;
      const tunnel = columns.tunnel[row] - 1;
      if (tunnel >= 0) this.#tunnels.add('answered', tunnel);
      if ((state & WAITS_RIGHT) !== 0 && sender !== NO_SENDER)
        records.setRightAnswered(senderAt, records.rightAnswered(senderAt) + 1);
    }
    if ((state & HAS_OPEN) === 0) return;
    const isLast = this.#open.close(
      row,
      (expected) => answers(packet, expected),
      ({ header, tunnel }) => {
        if (header === 'outer-ip' || header === 'outer-udp') {
          if (tunnel >= 0) this.#tunnels.add('wrongAnswered', tunnel);
        } else if (sender !== NO_SENDER) records.setWrongAnswered(senderAt, records.wrongAnswered(senderAt) + 1);
      },
    );
    if (isLast) columns.state[row] &= ~HAS_OPEN;
  }

  #grow(rows: number): void {
    const columns = this.#columns;
    const linear = this.#linear;
    if (linear === undefined) {
      growColumns(columns, rows);
      return;
    }
    columns.state = grownIn(linear, columns.state, rows);
    columns.expected = grownIn(linear, columns.expected, rows);
    columns.sender = grownIn(linear, columns.sender, rows);
    columns.tunnel = grownIn(linear, columns.tunnel, rows);
  }

  /** Those with wrong checksums, and as many that were not answered at once: other points may show them wrong. */
  #directions(): CheckedDirection[] {
    const { sender, state } = this.#columns;
    const found: CheckedDirection[] = [];
    let others = 0;
    for (let row = 0; row < state.length; row++) {
      const wrong = this.#open.of(row);
      if ((state[row] === 0 && wrong === undefined) || sender[row] === NO_SENDER) continue;
      if (wrong === undefined) {
        const isOfUse = (state[row] & (RIGHT | PARTIAL)) !== 0 && (state[row] & (WAITS | TROUBLED)) !== 0;
        if (!isOfUse || others >= this.#limits.checkedDirections) continue;
        others++;
      }
      found.push({
        point: this.#senders.pointOf(sender[row]),
        flow: row >>> 1,
        direction: (row & 1) as Direction,
        mac: this.#senders.macOf(sender[row]),
        right: (state[row] & RIGHT) !== 0,
        partial: (state[row] & PARTIAL) !== 0,
        wrong: wrong?.packets ?? [],
        wrongTotal: wrong?.total ?? 0,
      });
    }
    return found;
  }
}

function isWanted(packet: Packet, seen: Seen, state: number): boolean {
  if (packet.fragment === FRAGMENT_LATER) return false;
  if (packet.protocol !== tcp.PROTOCOL) return (state & DATAGRAMS) !== DATAGRAMS;
  if ((packet.tcpFlags & SYN) !== 0) return true;
  return packet.payloadLength > 0 && (seen.retransmission || (state & FIRST_DATA) === 0);
}

/** The acknowledgement number that says that the packet was taken. Data in a SYN may be left (RFC 7413, 2). */
function expectedAck({ protocol, tcpFlags, tcpSeq, payloadLength }: Packet): number {
  if (protocol !== tcp.PROTOCOL) return 0;
  return advance(tcpSeq, (tcpFlags & SYN) !== 0 ? 1 : payloadLength);
}

/** Any datagram of the other side is an answer; of segments a reset, and one that acknowledges so much. */
function answers({ protocol, tcpFlags, tcpAck }: Packet, expected: number): boolean {
  if (protocol !== tcp.PROTOCOL || (tcpFlags & RST) !== 0) return true;
  return (tcpFlags & ACK) !== 0 && distance(expected, tcpAck) >= 0;
}

/** The outer header with a wrong checksum, of the outermost tunnel. */
function outerFault(packet: Packet): ChecksumHeader | undefined {
  if (packet.depth === 0) return undefined;
  const { bytes, end } = packet;
  const { ipAt, udpAt, moreFragments } = packet.tunnels[0];
  if (ipv4.version(bytes, ipAt) === 4 && ipv4HeaderChecksum(bytes, ipAt, end) === 'bad') return 'outer-ip';
  if (udpAt < 0 || moreFragments) return undefined;
  const place = { ipAt, transportAt: udpAt, protocol: udp.PROTOCOL, length: udp.length(bytes, udpAt), end };
  return checksumAt(bytes, place) === 'bad' && !isRightAfterOffload(packet, place) ? 'outer-udp' : undefined;
}

/** The innermost header with a wrong checksum, else `RIGHT` or `PARTIAL`; 0 when nothing could be verified. */
function innerResult(packet: Packet): ChecksumHeader | typeof RIGHT | typeof PARTIAL | 0 {
  if (packet.ipVersion === 4 && ipv4HeaderChecksum(packet.bytes, packet.ipAt, packet.end) === 'bad') return 'ip';
  const result: ChecksumResult | undefined = transportChecksum(packet);
  if (result === 'bad') return packet.protocol === tcp.PROTOCOL ? 'tcp' : 'udp';
  if (result === 'good') return RIGHT;
  return result === 'partial' ? PARTIAL : 0;
}
