import type { DnsExchange, Endpoint } from '../evidence/evidence.ts';
import { LookupRecords, type LookupRecordsData } from './lookup-table.ts';
import { BY_ITSELF, type Standing } from './offsets.ts';

/** A DNS exchange, or the record of an ordinary one. */
export type AnyLookup = DnsExchange | RecordedLookup;

/** An ordinary lookup of which there is no object: what tells whether one in trouble belongs to it is read from its record. */
export class RecordedLookup {
  readonly index: number;
  readonly records: LookupRecords;
  readonly #number: number;
  readonly #standing: Standing;

  /** @param number of its record */
  constructor(records: LookupRecords, number: number, index: number, standing = BY_ITSELF) {
    this.index = index;
    this.records = records;
    this.#number = number;
    this.#standing = standing;
  }

  /** The same one in the lists of all captures. */
  placed(index: number, standing: Standing): RecordedLookup {
    return new RecordedLookup(this.records, this.#number, index, standing);
  }

  /** Everything that is known of it. @param index in the list that it comes into */
  whole(index: number): DnsExchange {
    const exchange = this.records.exchangeOf(this.#number, index);
    exchange.point += this.#standing.firstPoint;
    return exchange;
  }

  get point(): number {
    return this.#standing.firstPoint + this.records.point(this.#number);
  }

  get flow(): number {
    return this.records.flow(this.#number);
  }

  get client(): Endpoint {
    return this.records.client(this.#number);
  }

  /** When it was asked, seconds since the first packet of its capture. */
  get time(): number {
    return this.records.time(this.#number);
  }

  get name(): string {
    return this.records.name(this.#number);
  }
}

/** All lookups of a capture in order: of some there are records, of the others objects. */
export function withRecords(exchanges: readonly DnsExchange[], records: LookupRecords): AnyLookup[] {
  const all: AnyLookup[] = [...exchanges];
  for (let number = 0; number < records.length; number++)
    all.push(new RecordedLookup(records, number, records.index(number)));
  return all.sort((a, b) => a.index - b.index);
}

/** Lookups of one capture as plain data for a worker's message, and back. */
export interface LookupList {
  exchanges: DnsExchange[];
  recorded: LookupRecordsData | null;
}

export function lookupList(all: readonly AnyLookup[]): LookupList {
  const isRecorded = (lookup: AnyLookup): lookup is RecordedLookup => lookup instanceof RecordedLookup;
  const recorded = all.find(isRecorded)?.records.toTransferable() ?? null;
  return { exchanges: all.filter((lookup): lookup is DnsExchange => !isRecorded(lookup)), recorded };
}

export const lookupsOf = ({ exchanges, recorded }: LookupList): AnyLookup[] =>
  recorded === null ? exchanges : withRecords(exchanges, LookupRecords.from(recorded));
