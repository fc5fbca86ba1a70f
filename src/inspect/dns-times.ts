import { DNS_PORT, readDnsMessage } from '../decode/messages/dns-message.ts';
import type { Packet } from '../decode/packet.ts';

/** Times from the first query to its first answer, seconds; null without an answer. */
export interface DnsTimes {
  /** Number of queries. */
  queries: number;
  /** Queries that were sent again with the same identifier. */
  sentAgain: number;
  /** Number of queries that got an answer. */
  answered: number;
  /** Half of the answers came within this time, seconds. */
  median: number | null;
  /** 95 of 100 answers came within this time, seconds. */
  p95: number | null;
  /** The longest time, seconds. */
  slowest: number | null;
}

const UDP = 17; // IANA protocol numbers
/** Most queries whose answers are waited for. */
const MOST_QUERIES = 100_000;
/** Most servers that are told apart. */
const MOST_SERVERS = 1_000;
/** Most servers that are listed. */
const LISTED_SERVERS = 10;

/** Counts lookups over UDP, by server. */
export class DnsClock {
  readonly #asked = new Map<string, { time: number; server: ServerClock }>();
  readonly #servers = new Map<number, ServerClock>();
  readonly #all = new ServerClock('all');

  add(packet: Packet, time: number): void {
    if (packet.protocol !== UDP || packet.transportAt < 0) return;
    const isQuery = packet.destinationPort === DNS_PORT;
    if (!isQuery && packet.sourcePort !== DNS_PORT) return;
    const message = readDnsMessage(packet.bytes, packet.payloadAt, packet.payloadEnd);
    if (message === undefined || message.isResponse === isQuery) return;
    const [client, port, server] = isQuery
      ? [packet.source, packet.sourcePort, packet.destination]
      : [packet.destination, packet.destinationPort, packet.source];
    const key = `${client} ${port} ${server} ${message.id} ${message.nameHash} ${message.type}`;
    const asked = this.#asked.get(key);
    if (isQuery) this.#ask(key, asked?.server ?? this.#serverOf(server, packet), asked !== undefined, time);
    else if (asked !== undefined) {
      this.#asked.delete(key);
      for (const clock of [this.#all, asked.server]) clock.seconds.push(time - asked.time);
    }
  }

  finish(): DnsTimes & { servers: ({ name: string } & DnsTimes)[] } {
    const servers = [...this.#servers.values()].sort((a, b) => b.queries - a.queries || (a.name < b.name ? -1 : 1));
    return {
      ...this.#all.times(),
      servers: servers.slice(0, LISTED_SERVERS).map((clock) => ({ name: clock.name, ...clock.times() })),
    };
  }

  #ask(key: string, server: ServerClock, isAgain: boolean, time: number): void {
    for (const clock of [this.#all, server]) {
      if (isAgain) clock.sentAgain++;
      else if (this.#asked.size < MOST_QUERIES) clock.queries++;
    }
    if (!isAgain && this.#asked.size < MOST_QUERIES) this.#asked.set(key, { time, server });
  }

  /** Of more servers than are told apart, the later ones count as one. */
  #serverOf(address: number, packet: Packet): ServerClock {
    const known = this.#servers.get(address);
    if (known !== undefined) return known;
    const isOther = this.#servers.size >= MOST_SERVERS;
    const place = isOther ? -1 : address;
    const clock = this.#servers.get(place) ?? new ServerClock(isOther ? 'others' : packet.addresses.format(address));
    this.#servers.set(place, clock);
    return clock;
  }
}

class ServerClock {
  readonly name: string;
  readonly seconds: number[] = [];
  queries = 0;
  sentAgain = 0;

  constructor(name: string) {
    this.name = name;
  }

  times(): DnsTimes {
    const sorted = this.seconds.sort((a, b) => a - b);
    return {
      queries: this.queries,
      sentAgain: this.sentAgain,
      answered: sorted.length,
      median: sorted[Math.floor(sorted.length / 2)] ?? null,
      p95: sorted[Math.ceil(sorted.length * 0.95) - 1] ?? null,
      slowest: sorted.at(-1) ?? null,
    };
  }
}
