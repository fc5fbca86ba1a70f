import type { CaptureSource } from '../decode/files/capture-source.ts';
import type { Packet } from '../decode/packet.ts';
import { DnsClock } from './dns-times.ts';
import { FlowBook } from './flow-book.ts';
import { type InspectOptions, readSelected } from './read-selected.ts';

/** What can be measured of the traffic of one capture. */
export interface TrafficMeasures {
  packets: number;
  dns: {
    queries: number;
    /** Seconds to the answers, shortest first. */
    seconds: number[];
  };
  tcp: {
    /** Connections of which the SYN was captured. */
    connections: number;
    /** Those that were refused or got no answer. */
    failed: number;
    /** Segments with payload, repeated ones included. */
    dataSegments: number;
    /** Those of which every octet was sent before. */
    sentAgain: number;
    /** Seconds from the SYN to the acknowledgement of its SYN-ACK, shortest first. */
    roundTrips: number[];
  };
  /** Smallest MSS that an address offers, octets. */
  mss: Record<string, number>;
  /** Smallest MTU that ICMP told an address, octets. */
  toldMtu: Record<string, number>;
  /** The TTL or hop limit that most packets of an address have here. */
  ttl: Record<string, number>;
}

/** Addresses of which MSS, MTU and TTL are kept. */
const MOST_ADDRESSES = 10_000;

/** @throws PcapdiagError when the source is no capture, or the selection is wrong */
export async function measureTraffic(source: CaptureSource, options: InspectOptions = {}): Promise<TrafficMeasures> {
  const book = new FlowBook();
  const dns = new DnsClock();
  const [mss, mtu] = [new Smallest(), new Smallest()];
  const ttls = new MostFrequent();
  let packets = 0;
  await readSelected(source, options, (packet, time) => {
    packets++;
    book.add(packet, time);
    dns.add(packet, time);
    if (packet.ipVersion === 0) return;
    ttls.add(packet.source, packet.ttl, packet);
    if (packet.tcpMss > 0 && packet.transportAt >= 0) mss.add(packet.source, packet.tcpMss, packet);
    if (packet.icmpMtu > 0 && packet.quotedAt >= 0) mtu.add(packet.destination, packet.icmpMtu, packet);
  });
  const flows = book.flows.filter(({ isTcp }) => isTcp);
  const opened = flows.filter(({ synSeq }) => synSeq >= 0).map((flow) => flow.finish());
  const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
  return {
    packets,
    dns: { queries: dns.queries, seconds: dns.sorted() },
    tcp: {
      connections: opened.length,
      failed: opened.filter(({ state }) => state === 'no answer' || state === 'refused').length,
      dataSegments: sum(flows.map(({ dataSegments }) => dataSegments)),
      sentAgain: sum(flows.map(({ row }) => row.sentAgain)),
      roundTrips: opened.flatMap(({ roundTrip }) => (roundTrip === null ? [] : [roundTrip])).sort((a, b) => a - b),
    },
    mss: mss.byAddress,
    toldMtu: mtu.byAddress,
    ttl: ttls.byAddress(),
  };
}

class Smallest {
  readonly byAddress: Record<string, number> = {};
  #kept = 0;

  add(address: number, value: number, { addresses }: Packet): void {
    const text = addresses.format(address);
    const known = this.byAddress[text];
    if (known === undefined && this.#kept++ >= MOST_ADDRESSES) return;
    if (known === undefined || value < known) this.byAddress[text] = value;
  }
}

class MostFrequent {
  readonly #counts = new Map<number, Map<number, number>>();
  #addresses: Packet['addresses'] | undefined;

  add(address: number, value: number, packet: Packet): void {
    this.#addresses = packet.addresses;
    let counts = this.#counts.get(address);
    if (counts === undefined) {
      if (this.#counts.size >= MOST_ADDRESSES) return;
      this.#counts.set(address, (counts = new Map()));
    }
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }

  byAddress(): Record<string, number> {
    return Object.fromEntries(
      [...this.#counts].map(([address, counts]) => {
        const [[value]] = [...counts].sort(([a, m], [b, n]) => n - m || b - a);
        return [String(this.#addresses?.format(address)), value];
      }),
    );
  }
}
