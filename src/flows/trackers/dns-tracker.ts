import type { DnsMessage } from '../../decode/messages/dns-message.ts';
import type { Packet } from '../../decode/packet.ts';
import { type AnyLookup, withCompact } from '../compact/compact-lookup.ts';
import { LookupTable } from '../compact/lookup-table.ts';
import { encapsulationCode, tunnelKindsOf } from '../encapsulation.ts';
import type { DnsExchange, DnsResponse } from '../evidence/evidence.ts';
import type { Limits } from '../limits.ts';
import type { OtherRoom } from '../tables/capture-room.ts';
import { dropOld } from './drop-old.ts';
import { isOrdinaryLookup, keptDns } from './kept-exchanges.ts';

/**
 * A query with the same id and port as an earlier one counts as a retry within this many seconds: three times the 5 s
 * timeout of resolv.conf(5).
 */
const RETRY_SECONDS = 15;

/**
 * An answer, or the next repetition, is awaited for this many seconds as long as there is none: five attempts of 30 s,
 * the largest values that resolv.conf(5) takes.
 */
const ANSWER_SECONDS = 150;

/** Most names that are cached to share their strings. */
const SHARED_NAMES = 10_000;

interface Open {
  exchange: DnsExchange;
  firstTime: number;
  lastTime: number;
}

/** Where a message was seen, apart from the packet itself. */
export interface DnsSighting {
  point: number;
  time: number;
  encapsulation: number;
  flow: number;
  transport: 'udp' | 'tcp';
}

/** Pairs DNS queries with their responses. mDNS and LLMNR use other ports and are not handled here. */
export class DnsTracker {
  exchanges: DnsExchange[] = [];
  total = 0;
  /** Ordinary lookups that can get no further message, moved out of `exchanges` by `pack`. */
  readonly #packed = new LookupTable();
  /** Number of exchanges in both lists. */
  #begun = 0;
  readonly #limits: Limits;
  readonly #room: OtherRoom | undefined;
  readonly #open = new Map<string, Open>();
  /** Exchanges without an answer that have left `#open`. */
  readonly #waiting = new Map<string, Open>();
  /** The same exchanges as in `#open`, without the server's address, because a reply may come from another address than was asked. */
  readonly #byClient = new Map<string, Open>();
  /** Names seen so far. Exchanges about one name share its string. */
  readonly #names = new Map<string, string>();

  constructor(limits: Limits, room?: OtherRoom) {
    this.#room = room;
    this.#limits = limits;
  }

  /** Keeps the first `most` ordinary exchanges, and all others. */
  thin(most: number): void {
    const before = this.exchanges.length;
    this.exchanges = keptDns(this.exchanges, most);
    this.#room?.giveBack('lookup', before - this.exchanges.length);
  }

  /** Keeps the first `most` exchanges that are no records. The rest stays counted in `total`. */
  keepFirst(most: number): void {
    if (this.exchanges.length > most) this.exchanges = this.exchanges.slice(0, most);
  }

  /**
   * Turns ordinary exchanges that can get no further message into records.
   * @param time now; infinite at the end of the capture
   */
  pack(time: number): void {
    const before = this.exchanges.length;
    this.exchanges = this.exchanges.filter((exchange) => {
      if (!isOrdinaryLookup(exchange) || !LookupTable.fits(exchange)) return true;
      if (time - exchange.responses[0].time < RETRY_SECONDS * 2) return true;
      this.#packed.add(exchange, encapsulationCode(exchange.encapsulation));
      return false;
    });
    this.#room?.giveBack('lookup', before - this.exchanges.length);
  }

  /** All exchanges in order; ordinary ones as records. The tracker accepts no further messages. */
  finishCompact(): AnyLookup[] {
    this.pack(Number.POSITIVE_INFINITY);
    return withCompact(this.exchanges, this.#packed);
  }

  onMessage(packet: Packet, message: DnsMessage, sighting: DnsSighting): void {
    if (message.isResponse) this.#onResponse(packet, message, sighting);
    else this.#onQuery(packet, message, sighting);
  }

  #onQuery(packet: Packet, message: DnsMessage, sighting: DnsSighting): void {
    const { time } = sighting;
    const question = questionKey(message, sighting, packet.source, packet.sourcePort);
    const key = `${question} ${packet.destination} ${packet.destinationPort}`;
    const known = this.#open.get(key) ?? this.#waiting.get(key);
    const open = known !== undefined && goesOn(known, time) ? known : this.#begin(packet, message, sighting, key);
    if (open === undefined) {
      // Its answer does not belong to an earlier exchange about the same question.
      for (const exchanges of [this.#open, this.#waiting]) exchanges.delete(key);
      this.#byClient.delete(question);
      return;
    }
    this.#byClient.set(question, open);
    open.lastTime = time;
    open.exchange.queriesTotal++;
    const query = { packet: packet.number, time, sourcePort: packet.sourcePort, l3Length: packet.l3Length };
    if (open.exchange.queries.length === 0) open.exchange.queries = [query];
    else if (open.exchange.queries.length < this.#limits.packetsPerItem) open.exchange.queries.push(query);
  }

  #begin(packet: Packet, message: DnsMessage, sighting: DnsSighting, key: string): Open | undefined {
    this.total++;
    const isRoom = this.exchanges.length + this.#packed.length < this.#limits.dnsExchanges;
    if (!isRoom || this.#room?.take('lookup') === false) return undefined;
    this.#closeOld(sighting.time);
    dropOld(this.#byClient, sighting.time, RETRY_SECONDS * 2);
    const exchange: DnsExchange = {
      index: this.#begun++,
      point: sighting.point,
      flow: sighting.flow,
      client: { address: packet.addresses.format(packet.source), port: packet.sourcePort },
      server: { address: packet.addresses.format(packet.destination), port: packet.destinationPort },
      transport: sighting.transport,
      id: message.id,
      name: this.#sharedName(message.name),
      type: message.type,
      queries: [],
      queriesTotal: 0,
      responses: [],
      encapsulation: tunnelKindsOf(sighting.encapsulation),
    };
    this.exchanges.push(exchange);
    const open = { exchange, firstTime: sighting.time, lastTime: sighting.time };
    // Moved to the end of the map, as `dropOld` requires.
    this.#open.delete(key);
    this.#waiting.delete(key);
    this.#open.set(key, open);
    return open;
  }

  #closeOld(time: number): void {
    for (const [key, open] of this.#open) {
      if (time - open.lastTime < RETRY_SECONDS * 2) break;
      this.#open.delete(key);
      if (open.exchange.responses.length === 0) this.#waiting.set(key, open);
    }
    dropOld(this.#waiting, time, ANSWER_SECONDS);
  }

  #sharedName(name: string): string {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    if (this.#names.size < SHARED_NAMES) this.#names.set(name, name);
    return name;
  }

  #onResponse(packet: Packet, message: DnsMessage, sighting: DnsSighting): void {
    const question = questionKey(message, sighting, packet.destination, packet.destinationPort);
    const key = `${question} ${packet.source} ${packet.sourcePort}`;
    // A response to a query that was not captured is ignored.
    const open = this.#asked(key, question, sighting.time);
    if (open === undefined) return;
    const from = { address: packet.addresses.format(packet.source), port: packet.sourcePort };
    open.lastTime = sighting.time;
    const response = responseOf(packet, message, sighting.time, from);
    if (open.exchange.responses.length === 0) open.exchange.responses = [response];
    else if (open.exchange.responses.length < this.#limits.packetsPerItem) open.exchange.responses.push(response);
  }

  /**
   * The exchange of a response: the one with the same server, else the one with the same question from the same port.
   */
  #asked(key: string, question: string, time: number): Open | undefined {
    const exact = this.#open.get(key) ?? this.#waiting.get(key);
    if (exact !== undefined && awaitsMore(exact, time)) return exact;
    const other = this.#byClient.get(question);
    return other !== undefined && time - other.lastTime < RETRY_SECONDS * 2 ? other : undefined;
  }
}

/** Whether a message about the same question at that time belongs to the exchange. */
const awaitsMore = ({ exchange, lastTime }: Open, time: number): boolean =>
  time - lastTime < (exchange.responses.length === 0 ? ANSWER_SECONDS : RETRY_SECONDS * 2);

const goesOn = (open: Open, time: number): boolean =>
  awaitsMore(open, time) && (open.exchange.responses.length === 0 || time - open.firstTime < RETRY_SECONDS);

const questionKey = (message: DnsMessage, sighting: DnsSighting, client: number, port: number): string =>
  `${sighting.point} ${sighting.encapsulation} ${sighting.transport} ${client} ${port} ${message.id} ${message.type} ${message.name.toLowerCase()}`;

const responseOf = (packet: Packet, message: DnsMessage, time: number, from: DnsResponse['from']): DnsResponse => ({
  packet: packet.number,
  time,
  from,
  rcode: message.rcode,
  truncated: message.truncated,
  answers: message.answers,
  addresses: message.addresses,
  l3Length: packet.l3Length,
  ...(message.extendedError !== undefined && { extendedError: message.extendedError }),
});
