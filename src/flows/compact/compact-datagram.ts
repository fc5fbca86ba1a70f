import { type DatagramFlow, type Endpoint, type PacketRef, TO_CLIENT, TO_SERVER } from '../evidence/evidence.ts';
import { AddressTexts } from './address-texts.ts';
import { DatagramRecords, type DatagramRecordsData } from './datagram-table.ts';
import { BY_ITSELF, type Standing } from './offsets.ts';

/** A datagram flow, or its record: what both have is enough to compare captures. */
export type AnyDatagram = DatagramFlow | RecordedDatagram;

/** The records of a capture, as they are read and as they are sent. */
interface DatagramSource {
  records: DatagramRecords;
  texts: AddressTexts;
  data: DatagramRecordsData;
}

/** A datagram flow of which there is no object: what comparing captures asks of it is read from its record. */
export class RecordedDatagram {
  readonly index: number;
  readonly source: DatagramSource;
  readonly #number: number;
  readonly #standing: Standing;

  /** @param number of its record */
  constructor(source: DatagramSource, number: number, index: number, standing = BY_ITSELF) {
    this.index = index;
    this.source = source;
    this.#number = number;
    this.#standing = standing;
  }

  /** The same one in the lists of all captures. */
  placed(index: number, standing: Standing): RecordedDatagram {
    return new RecordedDatagram(this.source, this.#number, index, standing);
  }

  /** Everything that is known of it. @param index in the list that it comes into */
  whole(index: number): DatagramFlow {
    const { firstPoint, firstTunnel } = this.#standing;
    const flow = this.source.records.flowOf(this.#number, index, this.source.texts);
    return { ...flow, point: flow.point + firstPoint, tunnels: flow.tunnels.map((tunnel) => tunnel + firstTunnel) };
  }

  get point(): number {
    return this.#standing.firstPoint + this.source.records.point(this.#number);
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
export function recordedDatagrams(data: DatagramRecordsData): RecordedDatagram[] {
  const source = { records: DatagramRecords.from(data), texts: new AddressTexts(data.ipv6), data };
  return Array.from({ length: source.records.length }, (_, number) => new RecordedDatagram(source, number, number));
}

/** What `recordedDatagrams` made the flows of a capture of; null when they are objects, or none. */
export function datagramData([flow]: readonly AnyDatagram[]): DatagramRecordsData | null {
  return flow instanceof RecordedDatagram ? flow.source.data : null;
}
