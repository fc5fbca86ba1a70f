import { isQuicInitial } from '../../decode/messages/quic.ts';
import { isToGroup, type Packet } from '../../decode/packet.ts';
import { tunnelKindsOf } from '../encapsulation.ts';
import {
  type DatagramFlow,
  type Direction,
  type PacketRef,
  type SinceAnswer,
  TO_CLIENT,
  TO_SERVER,
  type UnansweredRequests,
} from '../evidence/evidence.ts';
import { type AddressTexts, type Ipv6Texts, Ipv6TextsOf, wordOf } from './address-texts.ts';
import { DatagramAccess } from './datagram-access.ts';
import { DIRECTION_BYTES, DIRECTIONS_AT, RECORD_BYTES } from './datagram-layout.ts';

/** Most tunnels kept for one flow. Usually each of the two directions has one. */
const MOST_TUNNELS = 8;
const UDP = 17;
const FIRST_RECORDS = 256;

/** The table as plain data for a worker's message. */
export interface DatagramTableData {
  records: ArrayBuffer;
  ipv6: Ipv6Texts;
  samples: ReadonlyMap<number, readonly number[]>;
  tunnels: ReadonlyMap<number, readonly number[]>;
  unanswered: ReadonlyMap<number, readonly number[]>;
}

/** Datagram flows by number, counted from 0 in the order of their first packets. */
export class DatagramTable {
  length: number;
  readonly #records: DatagramAccess;
  /**
   * Sampled packets after the first one of a direction: packet and time alternate. The key is 2 × record + direction.
   */
  readonly #samples = new Map<number, number[]>();
  /** Tunnels after the second. */
  readonly #tunnels = new Map<number, number[]>();
  /** The first unanswered requests of a record: packet and time alternate. */
  readonly #unanswered = new Map<number, number[]>();

  /** @param records a buffer of records only; without it, the table is empty */
  constructor(records?: ArrayBuffer) {
    this.#records = new DatagramAccess(records ?? FIRST_RECORDS * RECORD_BYTES);
    this.length = (records?.byteLength ?? 0) / RECORD_BYTES;
  }

  /** Creates a record for the flow of a packet that goes in `direction`. */
  add(packet: Packet, point: number, encapsulation: number, flow: number, direction: Direction): number {
    const number = this.length++;
    const records = this.#records;
    if (this.length * RECORD_BYTES > records.buffer.byteLength) records.resize(2 * records.buffer.byteLength);
    const at = number * RECORD_BYTES;
    const { source, sourcePort, destination, destinationPort } = packet;
    const isFromClient = direction === TO_SERVER;
    records.setClient(at, wordOf(isFromClient ? source : destination));
    records.setServer(at, wordOf(isFromClient ? destination : source));
    records.setPorts(at, isFromClient ? (sourcePort << 16) | destinationPort : (destinationPort << 16) | sourcePort);
    records.setPlace(at, (point << 16) | encapsulation);
    records.setFlow(at, flow);
    records.setProtocol(at, packet.protocol);
    if (isFromClient && packet.protocol === UDP && packet.transportAt >= 0) {
      const { bytes, payloadAt, payloadEnd, payloadLength } = packet;
      if (isQuicInitial(bytes, payloadAt, payloadEnd, payloadLength)) records.setQuic(at, 1);
    }
    records.setIpv6(at, packet.ipVersion === 6 ? 1 : 0);
    return number;
  }

  /** @param mostSamples most packets of a direction whose numbers are kept */
  count(number: number, packet: Packet, time: number, tunnel: number, direction: Direction, mostSamples: number): void {
    const mine = mineOf(number, direction);
    const records = this.#records;
    const packets = records.packets(mine) + 1;
    this.#countTurn(number, time, direction, mostSamples);
    records.setPackets(mine, packets);
    records.setOctets(mine, records.octets(mine) + packet.payloadLength);
    records.setLastTime(mine, time);
    records.setLastPacket(mine, packet.number);
    if (packets === 1) {
      records.setFirstTime(mine, time);
      records.setFirstPacket(mine, packet.number);
    } else if (packets <= mostSamples) this.#sample(2 * number + direction, packet.number, time);
    if (packet.l3Length > records.largestL3(mine)) records.setLargestL3(mine, packet.l3Length);
    if (tunnel >= 0) this.#countTunnel(number, tunnel);
    const at = number * RECORD_BYTES;
    if (isToGroup(packet)) records.setToGroup(at, records.toGroup(at) | (1 << direction));
    if (direction === TO_CLIENT) records.setSincePackets(at, 0);
    else if (records.packets(mineOf(number, TO_CLIENT)) > 0) this.#countSinceAnswer(at, packet, time);
  }

  packets(number: number, direction: Direction): number {
    return this.#records.packets(mineOf(number, direction));
  }

  octets(number: number, direction: Direction): number {
    return this.#records.octets(mineOf(number, direction));
  }

  flow(number: number): number {
    return this.#records.flow(number * RECORD_BYTES);
  }

  point(number: number): number {
    return this.#records.place(number * RECORD_BYTES) >>> 16;
  }

  protocol(number: number): number {
    return this.#records.protocol(number * RECORD_BYTES);
  }

  encapsulation(number: number): DatagramFlow['encapsulation'] {
    return tunnelKindsOf(this.#records.place(number * RECORD_BYTES) & 0xffff);
  }

  ends(number: number, texts: AddressTexts): Pick<DatagramFlow, 'client' | 'server'> {
    const records = this.#records;
    const at = number * RECORD_BYTES;
    const isIpv6 = records.ipv6(at) === 1;
    const ports = records.ports(at);
    return {
      client: texts.endpoint(records.client(at), isIpv6, ports >>> 16),
      server: texts.endpoint(records.server(at), isIpv6, ports & 0xffff),
    };
  }

  first(number: number, direction: Direction): PacketRef | null {
    const mine = mineOf(number, direction);
    if (this.#records.packets(mine) === 0) return null;
    return { packet: this.#records.firstPacket(mine), time: this.#records.firstTime(mine) };
  }

  /** Everything known about a flow, as plain data. */
  flowOf(number: number, index: number, texts: AddressTexts): DatagramFlow {
    const records = this.#records;
    const at = number * RECORD_BYTES;
    const [there, back] = [mineOf(number, TO_SERVER), mineOf(number, TO_CLIENT)];
    const both = <T>(one: (number: number, direction: Direction) => T): [T, T] => [
      one.call(this, number, TO_SERVER),
      one.call(this, number, TO_CLIENT),
    ];
    return {
      index,
      point: this.point(number),
      flow: this.flow(number),
      protocol: this.protocol(number),
      ...this.ends(number, texts),
      packets: both(this.packets),
      octets: both(this.octets),
      first: both(this.first),
      last: both(this.#last),
      largestL3: [records.largestL3(there), records.largestL3(back)],
      samples: both(this.#samplesOf),
      encapsulation: this.encapsulation(number),
      tunnels: this.tunnels(number),
      toGroup: [(this.#records.toGroup(at) & 1) !== 0, (this.#records.toGroup(at) & 2) !== 0],
      quic: this.#records.quic(at) === 1,
      sinceAnswer: this.#sinceAnswer(at),
      unanswered: this.#unansweredOf(number),
    };
  }

  /** TunnelFlow indexes, in order of first appearance. */
  tunnels(number: number): number[] {
    const at = number * RECORD_BYTES;
    return [this.#records.tunnel(at), this.#records.otherTunnel(at), ...(this.#tunnels.get(number) ?? [])]
      .filter((tunnel) => tunnel > 0)
      .map((tunnel) => tunnel - 1);
  }

  toTransferable(format: (address: number) => string): DatagramTableData {
    const ipv6 = new Ipv6TextsOf(format);
    const records = this.#records;
    const end = this.length * RECORD_BYTES;
    for (let at = 0; at < end; at += RECORD_BYTES) {
      if (records.ipv6(at) === 0) continue;
      ipv6.add(records.client(at));
      ipv6.add(records.server(at));
    }
    const [samples, tunnels, unanswered] = [this.#samples, this.#tunnels, this.#unanswered];
    return { records: records.buffer.slice(0, end), ipv6: ipv6.texts, samples, tunnels, unanswered };
  }

  static from({ records, samples, tunnels, unanswered }: DatagramTableData): DatagramTable {
    const table = new DatagramTable(records);
    for (const [key, sampled] of samples) table.#samples.set(key, [...sampled]);
    for (const [key, others] of tunnels) table.#tunnels.set(key, [...others]);
    for (const [key, requests] of unanswered) table.#unanswered.set(key, [...requests]);
    return table;
  }

  /**
   * Who speaks after whom, from the first answer on. Asked before the packet itself is counted. A request that follows a
   * request tells that the one before got no answer, and how long the client waited for it.
   */
  #countTurn(number: number, time: number, direction: Direction, mostSamples: number): void {
    const records = this.#records;
    const at = number * RECORD_BYTES;
    const asked = mineOf(number, TO_SERVER);
    const isWaiting = records.sincePackets(at) > 0;
    const waited = time - records.lastTime(asked);
    if (direction === TO_CLIENT) {
      if (!isWaiting) {
        if (records.packets(mineOf(number, TO_CLIENT)) > 0) records.setAnswersAgain(at, records.answersAgain(at) + 1);
      } else if (waited > records.longestAnswer(at)) records.setLongestAnswer(at, waited);
      return;
    }
    if (!isWaiting) return;
    const unanswered = records.unanswered(at) + 1;
    records.setUnanswered(at, unanswered);
    if (unanswered === 1 || waited < records.shortestWait(at)) records.setShortestWait(at, waited);
    if (unanswered > mostSamples) return;
    const known = this.#unanswered.get(number) ?? [];
    known.push(records.lastPacket(asked), records.lastTime(asked));
    this.#unanswered.set(number, known);
  }

  #unansweredOf(number: number): UnansweredRequests | null {
    const records = this.#records;
    const at = number * RECORD_BYTES;
    const requests = records.unanswered(at);
    if (requests === 0) return null;
    return {
      requests,
      packets: pairsOf(this.#unanswered.get(number) ?? []),
      answersAgain: records.answersAgain(at),
      longestAnswer: records.longestAnswer(at),
      shortestWait: records.shortestWait(at),
    };
  }

  #countSinceAnswer(at: number, packet: Packet, time: number): void {
    const records = this.#records;
    const packets = records.sincePackets(at) + 1;
    records.setSincePackets(at, packets);
    records.setSinceOctets(at, packet.payloadLength + (packets === 1 ? 0 : records.sinceOctets(at)));
    if (packets > 1) return;
    records.setSinceTime(at, time);
    records.setSincePacket(at, packet.number);
  }

  #sinceAnswer(at: number): SinceAnswer | null {
    const records = this.#records;
    const packets = records.sincePackets(at);
    if (packets === 0) return null;
    const first = { packet: records.sincePacket(at), time: records.sinceTime(at) };
    return { packets, octets: records.sinceOctets(at), first };
  }

  #last(number: number, direction: Direction): PacketRef | null {
    const mine = mineOf(number, direction);
    if (this.#records.packets(mine) === 0) return null;
    return { packet: this.#records.lastPacket(mine), time: this.#records.lastTime(mine) };
  }

  #samplesOf(number: number, direction: Direction): PacketRef[] {
    const first = this.first(number, direction);
    if (first === null) return [];
    return [first, ...pairsOf(this.#samples.get(2 * number + direction) ?? [])];
  }

  #sample(key: number, packet: number, time: number): void {
    const known = this.#samples.get(key);
    if (known === undefined) this.#samples.set(key, [packet, time]);
    else known.push(packet, time);
  }

  #countTunnel(number: number, tunnel: number): void {
    const at = number * RECORD_BYTES;
    const records = this.#records;
    const mark = tunnel + 1;
    if (records.tunnel(at) === mark || records.otherTunnel(at) === mark) return;
    if (records.tunnel(at) === 0) records.setTunnel(at, mark);
    else if (records.otherTunnel(at) === 0) records.setOtherTunnel(at, mark);
    else {
      const others = this.#tunnels.get(number) ?? [];
      if (others.includes(mark) || others.length + 2 >= MOST_TUNNELS) return;
      this.#tunnels.set(number, [...others, mark]);
    }
  }
}

const mineOf = (number: number, direction: Direction): number =>
  number * RECORD_BYTES + DIRECTIONS_AT + direction * DIRECTION_BYTES;

/** Packets whose numbers and times alternate in a list. */
function pairsOf(numbers: readonly number[]): PacketRef[] {
  const list: PacketRef[] = [];
  for (let at = 0; at < numbers.length; at += 2) list.push({ packet: numbers[at], time: numbers[at + 1] });
  return list;
}
