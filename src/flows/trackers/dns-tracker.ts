import type { DnsMessage } from '../../decode/messages/dns-message.ts';
import type { Packet } from '../../decode/packet.ts';
import { type AnyLookup, withCompact } from '../compact/compact-lookup.ts';
import { LookupTable } from '../compact/lookup-table.ts';
import { encapsulationCode, tunnelKindsOf } from '../encapsulation.ts';
import type { DnsExchange, DnsResponse } from '../evidence/evidence.ts';
import type { Limits } from '../limits.ts';
import type { OtherRoom } from '../tables/capture-room.ts';
import { AgedMap } from './aged-map.ts';
import { isOrdinaryLookup, keptDns } from './kept-exchanges.ts';
import { BY_QUESTION, BY_QUESTION_AND_SERVER, type DnsSighting, OpenLookup, Question } from './open-lookup.ts';

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

/** Pairs DNS queries with their responses. mDNS and LLMNR use other ports and are not handled here. */
export class DnsTracker {
  exchanges: DnsExchange[] = [];
  /** What they were begun with, in the same order. */
  #lookups: OpenLookup[] = [];
  total = 0;
  /** Ordinary lookups that can get no further message, moved out of `exchanges` by `pack`. */
  readonly #packed = new LookupTable();
  /** Number of exchanges in both lists. */
  #begun = 0;
  readonly #limits: Limits;
  readonly #room: OtherRoom | undefined;
  readonly #open = AgedMap.by(BY_QUESTION_AND_SERVER);
  /** Exchanges without an answer that have left `#open`. */
  readonly #waiting = AgedMap.by(BY_QUESTION_AND_SERVER);
  /** The same exchanges as in `#open`, without the server's address, because a reply may come from another address than was asked. */
  readonly #byClient = AgedMap.by(BY_QUESTION);
  /** What the message at hand asks or answers. A lookup that it begins keeps it. */
  #question = new Question();
  /** Names seen so far. Exchanges about one name share its string. */
  readonly #names = new Map<string, string>();

  constructor(limits: Limits, room?: OtherRoom) {
    this.#room = room;
    this.#limits = limits;
  }

  /** Keeps the first `most` ordinary exchanges, and all others. */
  thin(most: number): void {
    const before = this.exchanges;
    this.exchanges = keptDns(before, most);
    const kept: OpenLookup[] = [];
    before.forEach((exchange, nth) => {
      const lookup = this.#lookups[nth];
      if (exchange === this.exchanges[kept.length]) kept.push(lookup);
      else lookup.exchange = undefined;
    });
    this.#lookups = kept;
    this.#room?.giveBack('lookup', before.length - this.exchanges.length);
  }

  /** Keeps the first `most` exchanges that are no records. The rest stays counted in `total`. */
  keepFirst(most: number): void {
    this.exchanges = this.exchanges.slice(0, most);
    this.#lookups = this.#lookups.slice(0, most);
  }

  /**
   * Turns ordinary exchanges that can get no further message into records.
   * @param time now; infinite at the end of the capture
   */
  pack(time: number): void {
    const before = this.exchanges.length;
    const lookups = this.#lookups.filter(({ exchange }) => exchange !== undefined && !this.#isPacked(exchange, time));
    this.exchanges = lookups.map(({ exchange }) => exchange as DnsExchange);
    this.#lookups = lookups;
    this.#room?.giveBack('lookup', before - lookups.length);
  }

  /** Adds the exchange to the records, if one can hold it, and nothing more belongs to it at that time. */
  #isPacked(exchange: DnsExchange, time: number): boolean {
    if (!isOrdinaryLookup(exchange) || !LookupTable.fits(exchange)) return false;
    if (time - exchange.responses[0].time < RETRY_SECONDS * 2) return false;
    this.#packed.add(exchange, encapsulationCode(exchange.encapsulation));
    return true;
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
    const question = this.#question;
    question.setMessage(message, sighting, packet.source, packet.sourcePort);
    question.setServer(packet.destination, packet.destinationPort);
    const known = this.#open.get(question) ?? this.#waiting.get(question);
    const open = known !== undefined && goesOn(known, time) ? known : this.#begin(packet, message, sighting);
    if (open === undefined) {
      // Its answer does not belong to an earlier exchange about the same question.
      for (const lookups of [this.#open, this.#waiting, this.#byClient]) lookups.delete(question);
      return;
    }
    this.#byClient.set(question, open);
    open.lastTime = time;
    const { exchange } = open;
    if (exchange === undefined) return;
    exchange.queriesTotal++;
    const query = { packet: packet.number, time, sourcePort: packet.sourcePort, l3Length: packet.l3Length };
    if (exchange.queries.length === 0) exchange.queries = [query];
    else if (exchange.queries.length < this.#limits.packetsPerItem) exchange.queries.push(query);
  }

  #begin(packet: Packet, message: DnsMessage, sighting: DnsSighting): OpenLookup | undefined {
    this.total++;
    const isRoom = this.exchanges.length + this.#packed.length < this.#limits.dnsExchanges;
    if (!isRoom || this.#room?.take('lookup') === false) return undefined;
    this.#closeOld(sighting.time);
    this.#byClient.dropOld(sighting.time, RETRY_SECONDS * 2);
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
    const question = this.#question;
    const open = new OpenLookup(question, exchange, sighting.time);
    this.#question = new Question();
    this.exchanges.push(exchange);
    this.#lookups.push(open);
    this.#waiting.delete(question);
    this.#open.setLast(question, open);
    return open;
  }

  #closeOld(time: number): void {
    this.#open.dropOld(time, RETRY_SECONDS * 2, this.#awaitLonger);
    this.#waiting.dropOld(time, ANSWER_SECONDS);
  }

  readonly #awaitLonger = (open: OpenLookup): void => {
    if (!open.isAnswered) this.#waiting.set(open.question, open);
  };

  #sharedName(name: string): string {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    if (this.#names.size < SHARED_NAMES) this.#names.set(name, name);
    return name;
  }

  #onResponse(packet: Packet, message: DnsMessage, sighting: DnsSighting): void {
    this.#question.setMessage(message, sighting, packet.destination, packet.destinationPort);
    this.#question.setServer(packet.source, packet.sourcePort);
    // A response to a query that was not captured is ignored.
    const open = this.#asked(sighting.time);
    if (open === undefined) return;
    open.lastTime = sighting.time;
    open.isAnswered = true;
    const { exchange } = open;
    if (exchange === undefined) return;
    const from = { address: packet.addresses.format(packet.source), port: packet.sourcePort };
    const response = responseOf(packet, message, sighting.time, from);
    if (exchange.responses.length === 0) exchange.responses = [response];
    else if (exchange.responses.length < this.#limits.packetsPerItem) exchange.responses.push(response);
  }

  /**
   * The exchange of a response: the one with the same server, else the one with the same question from the same port.
   */
  #asked(time: number): OpenLookup | undefined {
    const question = this.#question;
    const exact = this.#open.get(question) ?? this.#waiting.get(question);
    if (exact !== undefined && awaitsMore(exact, time)) return exact;
    const other = this.#byClient.get(question);
    return other !== undefined && time - other.lastTime < RETRY_SECONDS * 2 ? other : undefined;
  }
}

/** Whether a message about the same question at that time belongs to the exchange. */
const awaitsMore = ({ isAnswered, lastTime }: OpenLookup, time: number): boolean =>
  time - lastTime < (isAnswered ? RETRY_SECONDS * 2 : ANSWER_SECONDS);

const goesOn = (open: OpenLookup, time: number): boolean =>
  awaitsMore(open, time) && (!open.isAnswered || time - open.firstTime < RETRY_SECONDS);

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
