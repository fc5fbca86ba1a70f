import type { CaptureSource } from '../decode/files/capture-source.ts';
import { type Packet, TUNNEL_KINDS } from '../decode/packet.ts';
import { grouped } from '../text/counted.ts';
import { assertOptionKeys } from '../text/option-keys.ts';
import { DnsClock, type DnsTimes } from './dns-times.ts';
import { FlowBook } from './flow-book.ts';
import { protocolName } from './packet-words.ts';
import { INSPECT_KEYS, type InspectOptions, readSelected } from './read-selected.ts';

/** Packets and their octets. */
export interface Count {
  /** Number of packets. */
  packets: number;
  /** Octets of the frames on the wire. */
  octets: number;
}

/** A count of what has a name: a protocol, a tunnel, an address. */
export interface NamedCount extends Count {
  /** The name. */
  name: string;
}

/** Lookups at one DNS server. */
export interface ServerTimes extends DnsTimes {
  /** Address of the server. */
  name: string;
}

/** DNS over UDP. */
export interface DnsStats extends DnsTimes {
  /** By server, most queries first. */
  servers: ServerTimes[];
}

/** TCP of all connections. */
export interface TcpStats {
  /** Number of connections. */
  connections: number;
  /** Number of segments. */
  segments: number;
  /** Number of data segments of which every octet was sent before. */
  sentAgain: number;
}

/** What a capture holds. */
export interface CaptureStats {
  /** All packets. */
  all: Count;
  /** Seconds from the first to the last packet. */
  duration: number;
  /** By protocol of the innermost packet, most packets first. */
  protocols: NamedCount[];
  /** By tunnel; a packet counts in each tunnel around it. */
  tunnels: NamedCount[];
  /** Addresses with most octets, sent and received. */
  endpoints: NamedCount[];
  /** Lookups over UDP: all, and by server, most queries first. */
  dns: DnsStats;
  /** TCP. */
  tcp: TcpStats;
}

const MOST_ENDPOINTS = 10;

/**
 * Counts the packets of a capture.
 *
 * @throws PcapdiagError when the source is no capture, or the selection is wrong
 */
export async function captureStats(source: CaptureSource, options: InspectOptions = {}): Promise<CaptureStats> {
  assertOptionKeys(options, INSPECT_KEYS, 'captureStats');
  const book = new FlowBook();
  const all: Count = { packets: 0, octets: 0 };
  const [protocols, tunnels, endpoints] = [new Tally(), new Tally(), new Tally()];
  const dns = new DnsClock();
  let first = Number.NaN;
  let last = 0;
  await readSelected(source, options, (packet, time) => {
    if (Number.isNaN(first)) first = time;
    last = time;
    all.packets++;
    all.octets += packet.originalLength;
    protocols.add(nameOf(packet), packet);
    for (let depth = 0; depth < packet.depth; depth++) {
      const { kind, networkId } = packet.tunnels[depth];
      tunnels.add(networkId === 0 ? TUNNEL_KINDS[kind] : `${TUNNEL_KINDS[kind]} ${networkId}`, packet);
    }
    if (packet.ipVersion !== 0) {
      endpoints.add(packet.addresses.format(packet.source), packet);
      endpoints.add(packet.addresses.format(packet.destination), packet);
    }
    dns.add(packet, time);
    book.add(packet, time);
  });
  const connections = book.flows.filter(({ isTcp }) => isTcp).map((flow) => flow.finish());
  const sum = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0);
  return {
    all,
    duration: Number.isNaN(first) ? 0 : last - first,
    protocols: protocols.sorted(),
    tunnels: tunnels.sorted(),
    endpoints: endpoints.sorted('octets').slice(0, MOST_ENDPOINTS),
    dns: dns.finish(),
    tcp: {
      connections: connections.length,
      segments: sum(connections.map(({ packets }) => packets[0] + packets[1])),
      sentAgain: sum(connections.map(({ sentAgain }) => sentAgain)),
    },
  };
}

const nameOf = (packet: Packet): string => {
  if (packet.ipVersion !== 0) return protocolName(packet.protocol);
  return packet.etherType === 0x0806 ? 'ARP' : 'not IP';
};

class Tally {
  readonly #counts = new Map<string, Count>();

  add(name: string, { originalLength }: Packet): void {
    let count = this.#counts.get(name);
    if (count === undefined) this.#counts.set(name, (count = { packets: 0, octets: 0 }));
    count.packets++;
    count.octets += originalLength;
  }

  sorted(by: keyof Count = 'packets'): ({ name: string } & Count)[] {
    return [...this.#counts]
      .map(([name, count]) => ({ name, ...count }))
      .sort((a, b) => b[by] - a[by] || (a.name < b.name ? -1 : 1));
  }
}

/** The counts as text for a terminal. */
export function formatStats(stats: CaptureStats): string {
  const { all, duration, dns, tcp } = stats;
  const block = (title: string, rows: ({ name: string } & Count)[]): string[] =>
    rows.length === 0
      ? []
      : [
          '',
          title,
          ...rows.map(
            ({ name, packets, octets }) =>
              `  ${name.padEnd(40)} ${grouped(packets).padStart(12)} packets ${grouped(octets).padStart(15)} octets`,
          ),
        ];
  return `${[
    `${grouped(all.packets)} packets, ${grouped(all.octets)} octets in ${duration.toFixed(3)} s`,
    ...block('Protocols', stats.protocols),
    ...block('Tunnels', stats.tunnels),
    ...block('Addresses with most octets', stats.endpoints),
    '',
    `TCP  ${grouped(tcp.connections)} connections, ${grouped(tcp.segments)} segments, ${grouped(tcp.sentAgain)} data segments sent again`,
    dnsLine('DNS', dns),
    ...(dns.servers.length > 1 ? dns.servers.map((server) => dnsLine(`  ${server.name}`, server)) : []),
  ].join('\n')}\n`;
}

const milliseconds = (seconds: number | null): string => (seconds === null ? '-' : `${(seconds * 1000).toFixed(3)} ms`);

const dnsLine = (name: string, { queries, sentAgain, answered, median, p95, slowest }: DnsTimes): string =>
  `${name}  ${grouped(queries)} queries, ${grouped(sentAgain)} sent again, ${grouped(answered)} answered; median ${milliseconds(median)}, 95 % within ${milliseconds(p95)}, slowest ${milliseconds(slowest)}`;
