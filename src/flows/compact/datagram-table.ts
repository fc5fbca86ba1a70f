import type { Packet } from '../../decode/packet.ts';
import { tunnelKindsOf } from '../encapsulation.ts';
import { type DatagramFlow, type Direction, type PacketRef, TO_CLIENT, TO_SERVER } from '../evidence/evidence.ts';
import { type AddressTexts, type Ipv6Texts, Ipv6TextsOf, wordOf } from './address-texts.ts';

/**
 * What is remembered of a datagram flow: a record of 112 bytes.
 *
 *            0                   8                    18
 *   record   │ who, tunnels      │ towards the server │ towards the client │ 28 words of 4 bytes
 *
 * Offsets are counted in elements of the view that their comment names, from the beginning of the record (`at`) or of a
 * direction (`mine`), which are counted in words: `words[mine + PACKETS]`, `doubles[(mine >> 1) + LAST_TIME]`.
 */
const RECORD_WORDS = 28;
/** words: addresses as `wordOf` gives them; client port << 16 | server port; point << 16 | encapsulation. */
const CLIENT = 0;
const SERVER = 1;
const PORTS = 2;
const PLACE = 3;
/** words: number in the sightings; IP protocol, and IS_IPV6. */
const FLOW = 4;
const PROTOCOL = 5;
const IS_IPV6 = 0x100;
/** words: the first two tunnels, TunnelFlow index plus one. */
const TUNNEL = 6;
const OTHER_TUNNEL = 7;
const DIRECTIONS_AT = 8;
const DIRECTION_WORDS = 10;
/** words, then doubles, then words. */
const PACKETS = 0;
const LARGEST_L3 = 1;
const OCTETS = 2 / 2;
const FIRST_TIME = 4 / 2;
const LAST_TIME = 6 / 2;
const FIRST_PACKET = 8;
const LAST_PACKET = 9;

/** Tunnels kept of one flow; the two directions have one each as a rule. */
const MOST_TUNNELS = 8;
const FIRST_RECORDS = 256;

/** As plain data for a worker's message. */
export interface DatagramRecordsData {
  words: Uint32Array<ArrayBuffer>;
  ipv6: Ipv6Texts;
  samples: ReadonlyMap<number, readonly number[]>;
  tunnels: ReadonlyMap<number, readonly number[]>;
}

/** Datagram flows by number, counted from 0 in the order of their first packets. */
export class DatagramRecords {
  length = 0;
  #words = new Uint32Array(FIRST_RECORDS * RECORD_WORDS);
  #doubles = new Float64Array(this.#words.buffer);
  /** Sampled packets after the first one of a direction, packet and time in turn; by 2 × record + direction. */
  readonly #samples = new Map<number, number[]>();
  /** Tunnels after the second. */
  readonly #tunnels = new Map<number, number[]>();

  /** A new record for the flow of a packet, which goes in `direction`. */
  add(packet: Packet, point: number, encapsulation: number, flow: number, direction: Direction): number {
    const number = this.length++;
    if (this.length * RECORD_WORDS > this.#words.length) this.#grow();
    const at = number * RECORD_WORDS;
    const { source, sourcePort, destination, destinationPort } = packet;
    const isFromClient = direction === TO_SERVER;
    const words = this.#words;
    words[at + CLIENT] = wordOf(isFromClient ? source : destination);
    words[at + SERVER] = wordOf(isFromClient ? destination : source);
    words[at + PORTS] = isFromClient ? (sourcePort << 16) | destinationPort : (destinationPort << 16) | sourcePort;
    words[at + PLACE] = (point << 16) | encapsulation;
    words[at + FLOW] = flow;
    words[at + PROTOCOL] = packet.protocol | (packet.ipVersion === 6 ? IS_IPV6 : 0);
    return number;
  }

  /** @param mostSamples packets of a direction that are kept by number, at most */
  count(number: number, packet: Packet, time: number, tunnel: number, direction: Direction, mostSamples: number): void {
    const mine = mineOf(number, direction);
    const words = this.#words;
    const doubles = this.#doubles;
    const packets = ++words[mine + PACKETS];
    doubles[(mine >> 1) + OCTETS] += packet.payloadLength;
    doubles[(mine >> 1) + LAST_TIME] = time;
    words[mine + LAST_PACKET] = packet.number;
    if (packets === 1) {
      doubles[(mine >> 1) + FIRST_TIME] = time;
      words[mine + FIRST_PACKET] = packet.number;
    } else if (packets <= mostSamples) this.#sample(2 * number + direction, packet.number, time);
    if (packet.l3Length > words[mine + LARGEST_L3]) words[mine + LARGEST_L3] = packet.l3Length;
    if (tunnel >= 0) this.#countTunnel(number, tunnel);
  }

  packets(number: number, direction: Direction): number {
    return this.#words[mineOf(number, direction) + PACKETS];
  }

  octets(number: number, direction: Direction): number {
    return this.#doubles[(mineOf(number, direction) >> 1) + OCTETS];
  }

  flow(number: number): number {
    return this.#words[number * RECORD_WORDS + FLOW];
  }

  point(number: number): number {
    return this.#words[number * RECORD_WORDS + PLACE] >>> 16;
  }

  protocol(number: number): number {
    return this.#words[number * RECORD_WORDS + PROTOCOL] & 0xff;
  }

  encapsulation(number: number): DatagramFlow['encapsulation'] {
    return tunnelKindsOf(this.#words[number * RECORD_WORDS + PLACE] & 0xffff);
  }

  ends(number: number, texts: AddressTexts): Pick<DatagramFlow, 'client' | 'server'> {
    const at = number * RECORD_WORDS;
    const isIpv6 = (this.#words[at + PROTOCOL] & IS_IPV6) !== 0;
    const ports = this.#words[at + PORTS];
    return {
      client: texts.endpoint(this.#words[at + CLIENT], isIpv6, ports >>> 16),
      server: texts.endpoint(this.#words[at + SERVER], isIpv6, ports & 0xffff),
    };
  }

  first(number: number, direction: Direction): PacketRef | null {
    const mine = mineOf(number, direction);
    if (this.#words[mine + PACKETS] === 0) return null;
    return { packet: this.#words[mine + FIRST_PACKET], time: this.#doubles[(mine >> 1) + FIRST_TIME] };
  }

  /** Everything that is known of a flow, as plain data. */
  flowOf(number: number, index: number, texts: AddressTexts): DatagramFlow {
    const words = this.#words;
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
      largestL3: [words[there + LARGEST_L3], words[back + LARGEST_L3]],
      samples: both(this.#samplesOf),
      encapsulation: this.encapsulation(number),
      tunnels: this.tunnels(number),
    };
  }

  /** TunnelFlow indexes, in the order in which they were met. */
  tunnels(number: number): number[] {
    const at = number * RECORD_WORDS;
    return [this.#words[at + TUNNEL], this.#words[at + OTHER_TUNNEL], ...(this.#tunnels.get(number) ?? [])]
      .filter((tunnel) => tunnel > 0)
      .map((tunnel) => tunnel - 1);
  }

  toTransferable(format: (address: number) => string): DatagramRecordsData {
    const ipv6 = new Ipv6TextsOf(format);
    for (let at = 0; at < this.length * RECORD_WORDS; at += RECORD_WORDS) {
      if ((this.#words[at + PROTOCOL] & IS_IPV6) === 0) continue;
      ipv6.add(this.#words[at + CLIENT]);
      ipv6.add(this.#words[at + SERVER]);
    }
    const words = this.#words.slice(0, this.length * RECORD_WORDS);
    return { words, ipv6: ipv6.texts, samples: this.#samples, tunnels: this.#tunnels };
  }

  static from({ words, samples, tunnels }: DatagramRecordsData): DatagramRecords {
    const records = new DatagramRecords();
    records.length = words.length / RECORD_WORDS;
    records.#words = words;
    records.#doubles = new Float64Array(words.buffer);
    for (const [key, sampled] of samples) records.#samples.set(key, [...sampled]);
    for (const [key, others] of tunnels) records.#tunnels.set(key, [...others]);
    return records;
  }

  #last(number: number, direction: Direction): PacketRef | null {
    const mine = mineOf(number, direction);
    if (this.#words[mine + PACKETS] === 0) return null;
    return { packet: this.#words[mine + LAST_PACKET], time: this.#doubles[(mine >> 1) + LAST_TIME] };
  }

  #samplesOf(number: number, direction: Direction): PacketRef[] {
    const first = this.first(number, direction);
    if (first === null) return [];
    const others = this.#samples.get(2 * number + direction) ?? [];
    const list = [first];
    for (let at = 0; at < others.length; at += 2) list.push({ packet: others[at], time: others[at + 1] });
    return list;
  }

  #sample(key: number, packet: number, time: number): void {
    const known = this.#samples.get(key);
    if (known === undefined) this.#samples.set(key, [packet, time]);
    else known.push(packet, time);
  }

  #countTunnel(number: number, tunnel: number): void {
    const at = number * RECORD_WORDS;
    const words = this.#words;
    const mark = tunnel + 1;
    if (words[at + TUNNEL] === mark || words[at + OTHER_TUNNEL] === mark) return;
    if (words[at + TUNNEL] === 0) words[at + TUNNEL] = mark;
    else if (words[at + OTHER_TUNNEL] === 0) words[at + OTHER_TUNNEL] = mark;
    else {
      const others = this.#tunnels.get(number) ?? [];
      if (others.includes(mark) || others.length + 2 >= MOST_TUNNELS) return;
      this.#tunnels.set(number, [...others, mark]);
    }
  }

  #grow(): void {
    const larger = new Uint32Array(this.#words.length * 2);
    larger.set(this.#words);
    this.#words = larger;
    this.#doubles = new Float64Array(larger.buffer);
  }
}

const mineOf = (number: number, direction: Direction): number =>
  number * RECORD_WORDS + DIRECTIONS_AT + direction * DIRECTION_WORDS;
