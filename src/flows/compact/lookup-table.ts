import { tunnelKindsOf } from '../encapsulation.ts';
import type { DnsExchange, Endpoint } from '../evidence/evidence.ts';

/**
 * What is left of an ordinary lookup, asked once and answered once by the server that was asked: a record of 72 bytes
 * where its objects take 600.
 *
 * Offsets are counted in elements of the view that their comment names, from the beginning of the record (`at`), which is
 * counted in words: `words[at + CLIENT]`, `doubles[(at >> 1) + QUERY_TIME]`.
 */
const RECORD_WORDS = 18;
/** words: numbers of texts. */
const CLIENT = 0;
const SERVER = 1;
const NAME = 2;
/** words: number of the text of all addresses of the answer, one after the other. */
const ADDRESSES = 3;
/** words: client port << 16 | server port; point << 16 | encapsulation. */
const PORTS = 4;
const PLACE = 5;
/** words */
const FLOW = 6;
const INDEX = 7;
/** words: DNS id << 16 | type; number of answers << 16 | response code, and OVER_TCP. */
const ID_AND_TYPE = 8;
const ANSWERS_AND_CODE = 9;
const OVER_TCP = 0x8000;
const CODE_MASK = 0x7fff;
/** words: octets of the IP packets, query << 16 | response; packet numbers. */
const L3_LENGTHS = 10;
const QUERY_PACKET = 11;
const RESPONSE_PACKET = 12;
/** doubles */
const QUERY_TIME = 14 / 2;
const RESPONSE_TIME = 16 / 2;

const FIRST_RECORDS = 256;
const MOST_L3 = 0xffff;
/** Between addresses: none has one. */
const SEPARATOR = ' ';

/** As plain data for a worker's message. */
export interface LookupRecordsData {
  words: Uint32Array<ArrayBuffer>;
  texts: readonly string[];
}

/** Ordinary lookups by number, in the order in which they came in. */
export class LookupRecords {
  length = 0;
  #words = new Uint32Array(FIRST_RECORDS * RECORD_WORDS);
  #doubles = new Float64Array(this.#words.buffer);
  #texts: string[] = [];
  readonly #numbers = new Map<string, number>();

  /** Whether a record holds all that is known of this ordinary lookup. */
  static fits({ queries: [query], responses: [response] }: DnsExchange): boolean {
    return query.l3Length <= MOST_L3 && response.l3Length <= MOST_L3 && response.rcode <= CODE_MASK;
  }

  /** @param exchange ordinary (`isOrdinaryLookup`), and one that `fits` @param encapsulation code of its tunnels */
  add(exchange: DnsExchange, encapsulation: number): void {
    const { client, server, queries, responses } = exchange;
    const [query] = queries;
    const [response] = responses;
    if (++this.length * RECORD_WORDS > this.#words.length) this.#grow();
    const at = (this.length - 1) * RECORD_WORDS;
    const words = this.#words;
    words[at + CLIENT] = this.#numberOf(client.address);
    words[at + SERVER] = this.#numberOf(server.address);
    words[at + NAME] = this.#numberOf(exchange.name);
    words[at + ADDRESSES] = this.#numberOf(response.addresses.join(SEPARATOR));
    words[at + PORTS] = (client.port << 16) | server.port;
    words[at + PLACE] = (exchange.point << 16) | encapsulation;
    words[at + FLOW] = exchange.flow;
    words[at + INDEX] = exchange.index;
    words[at + ID_AND_TYPE] = (exchange.id << 16) | exchange.type;
    words[at + ANSWERS_AND_CODE] =
      (response.answers << 16) | response.rcode | (exchange.transport === 'tcp' ? OVER_TCP : 0);
    words[at + L3_LENGTHS] = (query.l3Length << 16) | response.l3Length;
    words[at + QUERY_PACKET] = query.packet;
    words[at + RESPONSE_PACKET] = response.packet;
    this.#doubles[(at >> 1) + QUERY_TIME] = query.time;
    this.#doubles[(at >> 1) + RESPONSE_TIME] = response.time;
  }

  /** Where it stands among all lookups of its capture. */
  index(number: number): number {
    return this.#words[number * RECORD_WORDS + INDEX];
  }

  point(number: number): number {
    return this.#words[number * RECORD_WORDS + PLACE] >>> 16;
  }

  flow(number: number): number {
    return this.#words[number * RECORD_WORDS + FLOW];
  }

  client(number: number): Endpoint {
    const at = number * RECORD_WORDS;
    return { address: this.#texts[this.#words[at + CLIENT]], port: this.#words[at + PORTS] >>> 16 };
  }

  name(number: number): string {
    return this.#texts[this.#words[number * RECORD_WORDS + NAME]];
  }

  /** Of the query. */
  time(number: number): number {
    return this.#doubles[((number * RECORD_WORDS) >> 1) + QUERY_TIME];
  }

  /** The lookup that was added. */
  exchangeOf(number: number, index: number): DnsExchange {
    const at = number * RECORD_WORDS;
    const words = this.#words;
    const client = this.client(number);
    const server = { address: this.#texts[words[at + SERVER]], port: words[at + PORTS] & 0xffff };
    const addresses = this.#texts[words[at + ADDRESSES]];
    return {
      index,
      point: this.point(number),
      flow: this.flow(number),
      client,
      server,
      transport: (words[at + ANSWERS_AND_CODE] & OVER_TCP) === 0 ? 'udp' : 'tcp',
      id: words[at + ID_AND_TYPE] >>> 16,
      name: this.name(number),
      type: words[at + ID_AND_TYPE] & 0xffff,
      queries: [
        {
          packet: words[at + QUERY_PACKET],
          time: this.#doubles[(at >> 1) + QUERY_TIME],
          sourcePort: client.port,
          l3Length: words[at + L3_LENGTHS] >>> 16,
        },
      ],
      queriesTotal: 1,
      responses: [
        {
          packet: words[at + RESPONSE_PACKET],
          time: this.#doubles[(at >> 1) + RESPONSE_TIME],
          from: { ...server },
          rcode: words[at + ANSWERS_AND_CODE] & CODE_MASK,
          truncated: false,
          answers: words[at + ANSWERS_AND_CODE] >>> 16,
          addresses: addresses === '' ? [] : addresses.split(SEPARATOR),
          l3Length: words[at + L3_LENGTHS] & 0xffff,
        },
      ],
      encapsulation: tunnelKindsOf(words[at + PLACE] & 0xffff),
    };
  }

  toTransferable(): LookupRecordsData {
    return { words: this.#words.slice(0, this.length * RECORD_WORDS), texts: this.#texts };
  }

  static from({ words, texts }: LookupRecordsData): LookupRecords {
    const records = new LookupRecords();
    records.length = words.length / RECORD_WORDS;
    records.#words = words;
    records.#doubles = new Float64Array(words.buffer);
    records.#texts = [...texts];
    return records;
  }

  #numberOf(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.#texts.length);
    return this.#texts.push(text) - 1;
  }

  #grow(): void {
    const larger = new Uint32Array(this.#words.length * 2);
    larger.set(this.#words);
    this.#words = larger;
    this.#doubles = new Float64Array(larger.buffer);
  }
}
