import { type DatagramFlow, type Endpoint, type PacketRef, TO_CLIENT, TO_SERVER } from '../evidence/evidence.ts';
import { AddressTexts } from './address-texts.ts';
import { DatagramTable, type DatagramTableData } from './datagram-table.ts';
import { type ListOffsets, NO_OFFSETS } from './offsets.ts';

/** A datagram flow or its record. Both have the fields that the comparison of captures needs. */
export type AnyDatagram = DatagramFlow | CompactDatagram;

/** The records of a capture, in readable form and in the form for a worker's message. */
interface DatagramSource {
  records: DatagramTable;
  texts: AddressTexts;
  data: DatagramTableData;
}

/** A datagram flow without an object. The fields that the comparison of captures needs are read from its record. */
export class CompactDatagram {
  readonly index: number;
  readonly source: DatagramSource;
  readonly #number: number;
  readonly #offsets: ListOffsets;

  /** @param number of its record */
  constructor(source: DatagramSource, number: number, index: number, offsets = NO_OFFSETS) {
    this.index = index;
    this.source = source;
    this.#number = number;
    this.#offsets = offsets;
  }

  /** The same flow, indexed for the lists of all captures. */
  placed(index: number, offsets: ListOffsets): CompactDatagram {
    return new CompactDatagram(this.source, this.#number, index, offsets);
  }

  /** Everything known about it, as an object. @param index in the new list */
  toObject(index: number): DatagramFlow {
    const { firstPoint, firstTunnel } = this.#offsets;
    const flow = this.source.records.flowOf(this.#number, index, this.source.texts);
    return { ...flow, point: flow.point + firstPoint, tunnels: flow.tunnels.map((tunnel) => tunnel + firstTunnel) };
  }

  get point(): number {
    return this.#offsets.firstPoint + this.source.records.point(this.#number);
  }

  get flow(): number {
    return this.source.records.flow(this.#number);
  }

  get protocol(): number {
    return this.source.records.protocol(this.#number);
  }

  get client(): Endpoint {
    return this.source.records.ends(this.#number, this.source.texts).client;
  }

  get server(): Endpoint {
    return this.source.records.ends(this.#number, this.source.texts).server;
  }

  get encapsulation(): DatagramFlow['encapsulation'] {
    return this.source.records.encapsulation(this.#number);
  }

  get first(): [PacketRef | null, PacketRef | null] {
    return [this.source.records.first(this.#number, TO_SERVER), this.source.records.first(this.#number, TO_CLIENT)];
  }

  get packets(): [number, number] {
    return [this.source.records.packets(this.#number, TO_SERVER), this.source.records.packets(this.#number, TO_CLIENT)];
  }

  get octets(): [number, number] {
    return [this.source.records.octets(this.#number, TO_SERVER), this.source.records.octets(this.#number, TO_CLIENT)];
  }
}

/** Flows of a capture from their records, in order. */
export function compactDatagrams(data: DatagramTableData): CompactDatagram[] {
  const source = { records: DatagramTable.from(data), texts: new AddressTexts(data.ipv6), data };
  return Array.from({ length: source.records.length }, (_, number) => new CompactDatagram(source, number, number));
}

/**
 * The input from which `compactDatagrams` created the flows of a capture; null when they are objects, or there are
 * none.
 */
export function datagramData([flow]: readonly AnyDatagram[]): DatagramTableData | null {
  return flow instanceof CompactDatagram ? flow.source.data : null;
}
