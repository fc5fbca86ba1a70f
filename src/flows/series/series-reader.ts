import { AddressBook } from '../../decode/address-book.ts';
import { PacketDecoder } from '../../decode/decode-packet.ts';
import type { CaptureInterface, CaptureRecord } from '../../decode/files/capture-record.ts';
import type { Packet } from '../../decode/packet.ts';
import type { PacketSelection } from '../../decode/packet-selection.ts';
import { CaptureClock } from '../capture/capture-clock.ts';
import { CapturePoints } from '../capture/capture-points.ts';
import { Copies } from '../capture/copies.ts';
import type { NumberedSink } from '../capture/time-order.ts';
import { encapsulationCode, encapsulationOf } from '../encapsulation.ts';
import { type CapturePoint, type Connection, type Direction, TO_CLIENT, TO_SERVER } from '../evidence/evidence.ts';
import type { PacketFields, SegmentSeries } from '../evidence/series.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import { payloadHash } from '../rows/payload-hash.ts';
import { NOTHING_SEEN } from '../trackers/observation.ts';
import { ConnectionSeries } from './connection-series.ts';
import { fieldsOf } from './packet-fields.ts';

const TCP = 6;
/** Seconds around a connection in which its packets are looked for: clocks of files are exact, sums of doubles are not. */
const SLACK_SECONDS = 1e-6;

/** What is wanted of one capture. */
export interface WantedOfCapture {
  capture: number;
  connections: { index: number; connection: Connection; point: CapturePoint; direction: Direction }[];
  packets: ReadonlySet<number>;
}

interface Followed {
  index: number;
  connection: Connection;
  point: CapturePoint;
  series: ConnectionSeries;
  encapsulation: number;
  copies: Copies;
}

/**
 * Reads one capture again, for pictures. Records before the first and after the last packet that is wanted are counted
 * and not decoded.
 */
export class SeriesReader implements NumberedSink {
  readonly #addresses = new AddressBook();
  readonly #decoder = new PacketDecoder(this.#addresses);
  readonly #clock = new CaptureClock();
  readonly #points = new CapturePoints(DEFAULT_LIMITS, '');
  readonly #wanted: WantedOfCapture;
  readonly #selection: PacketSelection | undefined;
  readonly #followed: Followed[];
  readonly #from: number;
  readonly #until: number;
  readonly #lastPacket: number;
  readonly #packets: PacketFields[] = [];
  /** Everything that is wanted was read. */
  isDone = false;

  constructor(wanted: WantedOfCapture, selection: PacketSelection | undefined) {
    this.#wanted = wanted;
    this.#selection = selection;
    this.#followed = wanted.connections.map(({ index, connection, point, direction }) => ({
      index,
      connection,
      point,
      series: new ConnectionSeries(connection, direction),
      encapsulation: encapsulationCode(connection.encapsulation),
      copies: new Copies(DEFAULT_LIMITS, (address) => this.#addresses.format(address)),
    }));
    this.#from = Math.min(...wanted.connections.map(({ connection }) => connection.first.time)) - SLACK_SECONDS;
    this.#until = Math.max(...wanted.connections.map(({ connection }) => connection.last.time)) + SLACK_SECONDS;
    this.#lastPacket = [...wanted.packets].reduce((last, number) => Math.max(last, number), 0);
  }

  onInterface(described: CaptureInterface): void {
    this.#points.onInterface(described);
  }

  onProblem(): void {}

  onRecord(record: CaptureRecord, number: number): void {
    const time = this.#clock.timeOf(record);
    const isSingle = this.#wanted.packets.has(number);
    const isInTime = time >= this.#from && time <= this.#until;
    if (!isSingle && !isInTime && this.#selection === undefined) {
      this.isDone ||= time > this.#until + 1 && number > this.#lastPacket;
      return;
    }
    const packet = this.#decoder.decode(record, this.#points.linkTypeOf(record.interfaceIndex));
    packet.number = number;
    // A selection may count what it saw, so it sees every packet.
    if (this.#selection?.selects(packet) === false) return;
    if (isSingle) this.#packets.push({ capture: this.#wanted.capture, packet: number, fields: fieldsOf(packet) });
    if (isInTime && packet.protocol === TCP && packet.transportAt >= 0 && packet.ipVersion !== 0)
      this.#onSegment(packet, time);
  }

  finish(): { connections: SegmentSeries[]; packets: PacketFields[] } {
    return {
      connections: this.#followed.map(({ series, point, index }) => series.finish(point.index, index)),
      packets: this.#packets,
    };
  }

  #onSegment(packet: Packet, time: number): void {
    for (const followed of this.#followed) {
      const { connection, point, encapsulation } = followed;
      const direction = directionOf(packet, connection);
      if (direction === undefined || encapsulationOf(packet) !== encapsulation) continue;
      const own = this.#points.pointOf(packet);
      if (own.fileInterface !== point.fileInterface || own.linkInterface !== point.linkInterface) continue;
      if (time < connection.first.time - SLACK_SECONDS || time > connection.last.time + SLACK_SECONDS) continue;
      const seen = { ...NOTHING_SEEN, time, payloadHash: payloadHash(packet) };
      const isCopy = followed.copies.isCopy(packet, seen, encapsulation);
      followed.copies.setFlow(0, direction);
      if (!isCopy) followed.series.add(packet, time, direction);
    }
  }
}

/** Undefined for a packet of another connection. Ports first: they are numbers. */
function directionOf(packet: Packet, { client, server }: Connection): Direction | undefined {
  const { sourcePort, destinationPort, addresses } = packet;
  const isBetween = (from: Connection['client'], to: Connection['client']): boolean =>
    sourcePort === from.port &&
    destinationPort === to.port &&
    addresses.format(packet.source) === from.address &&
    addresses.format(packet.destination) === to.address;
  if (isBetween(client, server)) return TO_SERVER;
  return isBetween(server, client) ? TO_CLIENT : undefined;
}
