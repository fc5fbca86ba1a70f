import { tunnelKindsOf } from '../encapsulation.ts';
import type { DnsExchange, Endpoint } from '../evidence/evidence.ts';
import { LookupAccess } from './lookup-access.ts';
import { RECORD_BYTES } from './lookup-layout.ts';

/** Set in the field of the response code: the lookup used TCP. */
const OVER_TCP = 0x8000;
const CODE_MASK = 0x7fff;

const FIRST_RECORDS = 256;
const MOST_L3 = 0xffff;
/** Separates addresses; no address contains it. */
const SEPARATOR = ' ';

/** The table as plain data for a worker's message. */
export interface LookupTableData {
  records: ArrayBuffer;
  texts: readonly string[];
}

/** Ordinary lookups by number, in the order in which they were added. */
export class LookupTable {
  length: number;
  readonly #records: LookupAccess;
  readonly #texts: string[];
  readonly #numbers = new Map<string, number>();

  /** @param data from `toTransferable`; without it, the table is empty */
  constructor({ records, texts }: Partial<LookupTableData> = {}) {
    this.#records = new LookupAccess(records ?? FIRST_RECORDS * RECORD_BYTES);
    this.length = (records?.byteLength ?? 0) / RECORD_BYTES;
    this.#texts = [...(texts ?? [])];
  }

  /** Whether a record can hold everything known about this ordinary lookup. */
  static fits({ queries: [query], responses: [response] }: DnsExchange): boolean {
    if (response.extendedError !== undefined) return false;
    return query.l3Length <= MOST_L3 && response.l3Length <= MOST_L3 && response.rcode <= CODE_MASK;
  }

  /** @param exchange an ordinary one (`isOrdinaryLookup`) that `fits` @param encapsulation code of its tunnels */
  add(exchange: DnsExchange, encapsulation: number): void {
    const { client, server, queries, responses } = exchange;
    const [query] = queries;
    const [response] = responses;
    const records = this.#records;
    const at = this.length++ * RECORD_BYTES;
    if (at === records.buffer.byteLength) records.resize(2 * at);
    records.setClient(at, this.#numberOf(client.address));
    records.setServer(at, this.#numberOf(server.address));
    records.setName(at, this.#numberOf(exchange.name));
    records.setAddresses(at, this.#numberOf(response.addresses.join(SEPARATOR)));
    records.setClientPort(at, client.port);
    records.setServerPort(at, server.port);
    records.setPoint(at, exchange.point);
    records.setEncapsulation(at, encapsulation);
    records.setFlow(at, exchange.flow);
    records.setIndex(at, exchange.index);
    records.setId(at, exchange.id);
    records.setType(at, exchange.type);
    records.setAnswers(at, response.answers);
    records.setCodeAndTransport(at, response.rcode | (exchange.transport === 'tcp' ? OVER_TCP : 0));
    records.setQueryL3Length(at, query.l3Length);
    records.setResponseL3Length(at, response.l3Length);
    records.setQueryPacket(at, query.packet);
    records.setResponsePacket(at, response.packet);
    records.setQueryTime(at, query.time);
    records.setResponseTime(at, response.time);
  }

  /** Position among all lookups of its capture. */
  index(number: number): number {
    return this.#records.index(number * RECORD_BYTES);
  }

  point(number: number): number {
    return this.#records.point(number * RECORD_BYTES);
  }

  flow(number: number): number {
    return this.#records.flow(number * RECORD_BYTES);
  }

  client(number: number): Endpoint {
    const at = number * RECORD_BYTES;
    return { address: this.#texts[this.#records.client(at)], port: this.#records.clientPort(at) };
  }

  name(number: number): string {
    return this.#texts[this.#records.name(number * RECORD_BYTES)];
  }

  /** Time of the query. */
  time(number: number): number {
    return this.#records.queryTime(number * RECORD_BYTES);
  }

  /** The lookup that was added. */
  exchangeOf(number: number, index: number): DnsExchange {
    const at = number * RECORD_BYTES;
    const records = this.#records;
    const client = this.client(number);
    const server = { address: this.#texts[records.server(at)], port: records.serverPort(at) };
    const addresses = this.#texts[records.addresses(at)];
    return {
      index,
      point: this.point(number),
      flow: this.flow(number),
      client,
      server,
      transport: (records.codeAndTransport(at) & OVER_TCP) === 0 ? 'udp' : 'tcp',
      id: records.id(at),
      name: this.name(number),
      type: records.type(at),
      queries: [
        {
          packet: records.queryPacket(at),
          time: records.queryTime(at),
          sourcePort: client.port,
          l3Length: records.queryL3Length(at),
        },
      ],
      queriesTotal: 1,
      responses: [
        {
          packet: records.responsePacket(at),
          time: records.responseTime(at),
          from: { ...server },
          rcode: records.codeAndTransport(at) & CODE_MASK,
          truncated: false,
          answers: records.answers(at),
          addresses: addresses === '' ? [] : addresses.split(SEPARATOR),
          l3Length: records.responseL3Length(at),
        },
      ],
      encapsulation: tunnelKindsOf(records.encapsulation(at)),
    };
  }

  toTransferable(): LookupTableData {
    return { records: this.#records.buffer.slice(0, this.length * RECORD_BYTES), texts: this.#texts };
  }

  #numberOf(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.#texts.length);
    return this.#texts.push(text) - 1;
  }
}
