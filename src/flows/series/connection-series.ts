import type { Packet } from '../../decode/packet.ts';
import type { Connection, Direction, SegmentKind } from '../evidence/evidence.ts';
import type { SegmentSeries, SentKind } from '../evidence/series.ts';
import { distance } from '../sequence-number.ts';
import { BoundedMarks } from './bounded-marks.ts';
import { Delivery } from './delivery.ts';

const FIN = 0x01;
const SYN = 0x02;
const RST = 0x04;
const ACK = 0x10;
/** Bins of the throughput. */
const RATE_BINS = 120;
/** Shortest time of a connection that is divided into bins, seconds. */
const LEAST_SECONDS = 1e-6;

const KINDS: Partial<Record<SegmentKind, SentKind>> = {
  retransmission: 'again',
  fastRetransmission: 'again',
  spuriousRetransmission: 'again',
  outOfOrder: 'late',
  keepAlive: 'probe',
  zeroWindowProbe: 'probe',
};

/** One direction of a connection at one point, segment by segment, in the order of time. */
export class ConnectionSeries {
  readonly #connection: Connection;
  readonly #direction: Direction;
  readonly #marks: BoundedMarks;
  readonly #delivery = new Delivery();
  readonly #kinds = new Map<number, SentKind>();
  readonly #fresh: number[] = Array.from({ length: RATE_BINS }, () => 0);
  readonly #again: number[] = Array.from({ length: RATE_BINS }, () => 0);
  readonly #width: number;
  /** Raw number that counts as 0, and the highest number beyond it that was seen, with its raw form. */
  #base: number | undefined;
  #highest = 0;
  #highestRaw = 0;
  #lastAck = -1;
  #lastWindow = -1;
  #packets = 0;
  /** A SYN was cut before its options ended: whether windows are scaled cannot be told. */
  #isScaleCut = false;

  constructor(connection: Connection, direction: Direction) {
    const { first, last, directions, events } = connection;
    const duration = Math.max(LEAST_SECONDS, last.time - first.time);
    this.#connection = connection;
    this.#direction = direction;
    this.#marks = new BoundedMarks(directions[0].packets + directions[1].packets, duration);
    this.#width = duration / RATE_BINS;
    for (const { packet, kind } of events) {
      const known = KINDS[kind];
      if (known !== undefined) this.#kinds.set(packet, known);
    }
  }

  /** @param direction of the packet in the connection */
  add(packet: Packet, time: number, direction: Direction): void {
    this.#packets++;
    if ((packet.tcpFlags & SYN) !== 0) this.#isScaleCut ||= packet.tcpOptionsIncomplete;
    if (direction === this.#direction) this.#onSegment(packet, time);
    else this.#onAnswer(packet, time);
  }

  finish(point: number, connection: number): SegmentSeries {
    const sizes = this.#delivery.finish();
    const { sent, acks, sacks, roundTrips, leftOut } = this.#marks;
    return {
      point,
      connection,
      direction: this.#direction,
      sent,
      acks,
      sacks,
      roundTrips,
      rate: { start: this.#connection.first.time, width: this.#width, fresh: this.#fresh, again: this.#again },
      sizes,
      packets: this.#packets,
      leftOut: { ...leftOut, sizes: this.#delivery.leftOut },
    };
  }

  #onSegment(packet: Packet, time: number): void {
    const { tcpFlags, tcpSeq, payloadLength, l3Length } = packet;
    const isSyn = (tcpFlags & SYN) !== 0;
    this.#base ??= this.#connection.directions[this.#direction].iss ?? tcpSeq;
    const from = this.#relative(tcpSeq);
    const to = from + payloadLength + (isSyn ? 1 : 0) + ((tcpFlags & FIN) !== 0 ? 1 : 0);
    const kind = this.#kindOf(packet, from, to);
    if (to > this.#highest) {
      this.#highest = to;
      this.#highestRaw = (tcpSeq + (to - from)) >>> 0;
    }
    if (kind === undefined) return;
    this.#marks.addSent({ time, until: time, from, to, packets: 1, kind });
    if (payloadLength === 0 || kind === 'probe') return;
    this.#delivery.sent(time, from, to, l3Length);
    const bin = Math.min(RATE_BINS - 1, Math.max(0, Math.floor((time - this.#connection.first.time) / this.#width)));
    (kind === 'again' ? this.#again : this.#fresh)[bin] += payloadLength;
  }

  /** Undefined for a segment that takes no sequence number: a bare acknowledgement. */
  #kindOf({ tcpFlags, number, payloadLength }: Packet, from: number, to: number): SentKind | undefined {
    if ((tcpFlags & RST) !== 0) return 'reset';
    const told = this.#kinds.get(number);
    if (told !== undefined) return told;
    if (to === from) return undefined;
    if (from < this.#highest && to <= this.#highest) return 'again';
    if ((tcpFlags & SYN) !== 0) return 'open';
    return payloadLength === 0 ? 'close' : 'new';
  }

  #onAnswer(packet: Packet, time: number): void {
    const { tcpFlags, tcpAck, tcpSackCount, tcpSack } = packet;
    if ((tcpFlags & ACK) === 0 || (tcpFlags & RST) !== 0 || this.#base === undefined) return;
    const ack = this.#relative(tcpAck);
    const window = this.#windowOf(packet);
    const duplicate = ack === this.#lastAck && window === this.#lastWindow && packet.payloadLength === 0;
    this.#lastAck = ack;
    this.#lastWindow = window ?? -1;
    this.#marks.addAck({ time, ack, limit: window === null ? null : ack + window, duplicate });
    let roundTrip = this.#delivery.acknowledged(time, ack);
    for (let block = 0; block < tcpSackCount; block++) {
      const range = { time, from: this.#relative(tcpSack[2 * block]), to: this.#relative(tcpSack[2 * block + 1]) };
      if (range.from < 0 || range.to <= range.from) continue;
      this.#marks.addSack({ ...range });
      roundTrip = this.#delivery.selectively(range) ?? roundTrip;
    }
    if (roundTrip !== undefined) this.#marks.addRoundTrip(time, roundTrip);
  }

  /** Octets; null when the scale is not known. A SYN's window is not scaled (RFC 7323, 2.2). */
  #windowOf({ tcpFlags, tcpWindow }: Packet): number | null {
    if ((tcpFlags & SYN) !== 0) return tcpWindow;
    const { directions } = this.#connection;
    if (directions[0].iss === null || directions[1].iss === null || this.#isScaleCut) return tcpWindow === 0 ? 0 : null;
    const [own, other] = [directions[1 - this.#direction].windowScale, directions[this.#direction].windowScale];
    return own === null || other === null ? tcpWindow : tcpWindow * 2 ** own;
  }

  /** Beyond 2³² too: numbers are counted from the highest one so far. */
  #relative(raw: number): number {
    if (this.#highest === 0) return distance(this.#base ?? raw, raw);
    return this.#highest + distance(this.#highestRaw, raw);
  }
}
