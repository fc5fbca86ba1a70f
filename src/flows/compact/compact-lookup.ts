import type { DnsExchange, Endpoint } from '../evidence/evidence.ts';
import { LookupTable, type LookupTableData } from './lookup-table.ts';
import { type ListOffsets, NO_OFFSETS } from './offsets.ts';

/** A DNS exchange, or the record of an ordinary one. */
export type AnyLookup = DnsExchange | CompactLookup;

/** An ordinary lookup without an object. Its record tells whether a lookup in trouble belongs to it. */
export class CompactLookup {
  readonly index: number;
  readonly records: LookupTable;
  readonly #number: number;
  readonly #offsets: ListOffsets;

  /** @param number of its record */
  constructor(records: LookupTable, number: number, index: number, offsets = NO_OFFSETS) {
    this.index = index;
    this.records = records;
    this.#number = number;
    this.#offsets = offsets;
  }

  /** The same lookup, indexed for the lists of all captures. */
  placed(index: number, offsets: ListOffsets): CompactLookup {
    return new CompactLookup(this.records, this.#number, index, offsets);
  }

  /** Everything known about it, as an object. @param index in the new list */
  toObject(index: number): DnsExchange {
    const exchange = this.records.exchangeOf(this.#number, index);
    exchange.point += this.#offsets.firstPoint;
    return exchange;
  }

  get point(): number {
    return this.#offsets.firstPoint + this.records.point(this.#number);
  }

  get flow(): number {
    return this.records.flow(this.#number);
  }

  get client(): Endpoint {
    return this.records.client(this.#number);
  }

  /** Time of the query, seconds since the first packet of its capture. */
  get time(): number {
    return this.records.time(this.#number);
  }

  get name(): string {
    return this.records.name(this.#number);
  }
}

/** All lookups of a capture in order. Some are records, the others objects. */
export function withCompact(exchanges: readonly DnsExchange[], records: LookupTable): AnyLookup[] {
  const all: AnyLookup[] = [...exchanges];
  for (let number = 0; number < records.length; number++)
    all.push(new CompactLookup(records, number, records.index(number)));
  return all.sort((a, b) => a.index - b.index);
}

/** Lookups of one capture as plain data for a worker's message. */
export interface LookupList {
  exchanges: DnsExchange[];
  compact: LookupTableData | null;
}

export function lookupList(all: readonly AnyLookup[]): LookupList {
  const isCompact = (lookup: AnyLookup): lookup is CompactLookup => lookup instanceof CompactLookup;
  const compact = all.find(isCompact)?.records.toTransferable() ?? null;
  return { exchanges: all.filter((lookup): lookup is DnsExchange => !isCompact(lookup)), compact };
}

export const lookupsOf = ({ exchanges, compact }: LookupList): AnyLookup[] =>
  compact === null ? exchanges : withCompact(exchanges, new LookupTable(compact));
