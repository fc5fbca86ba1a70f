import { AddressBook } from '../decode/address-book.ts';
import { PacketDecoder } from '../decode/decode-packet.ts';
import type { CaptureInterface, CaptureRecord, FileProblem, RecordSink } from '../decode/files/capture-record.ts';
import type { Packet } from '../decode/packet.ts';
import { packetSelection, type Selection } from '../filter/selection.ts';
import { endsKey, type WantedPackets } from './wanted-packets.ts';

/** A record to write: a copy, with what is said about it. */
export interface ChosenRecord {
  seconds: number;
  nanoseconds: number;
  bytes: Uint8Array;
  originalLength: number;
  interfaceIndex: number;
  flags: number;
  dropCount: number;
  comments: readonly string[];
}

export interface ChoosingOptions {
  wanted: WantedPackets;
  selection: Selection;
  /** Changes the octets of a copy in place, before it is written. */
  alter?: ((record: CaptureRecord, linkType: number) => void) | undefined;
}

const NO_COMMENTS: readonly string[] = [];

/** Gives the records that are wanted, and remembers the interfaces that they came from. */
export class ChosenRecords implements RecordSink {
  /** The latest description of each interface, by its index. */
  readonly interfaces: CaptureInterface[] = [];
  /** Text of the selection; undefined when every packet may be written. */
  readonly selected: string | undefined;
  #decoder = new PacketDecoder(new AddressBook());
  readonly #options: ChoosingOptions;
  readonly #selection: ReturnType<typeof packetSelection>;
  #give: (record: ChosenRecord) => void = () => {};
  #number = 0;

  constructor(options: ChoosingOptions) {
    this.#options = options;
    this.#selection = packetSelection(options.selection);
    this.selected = this.#selection?.text;
  }

  /** The same sink, which gives its records to `give`. */
  givingTo(give: (record: ChosenRecord) => void): this {
    this.#give = give;
    return this;
  }

  onInterface(described: CaptureInterface): void {
    this.interfaces[described.index] = { ...described };
  }

  /** The analysis told the defects already. */
  onProblem(_problem: FileProblem): void {}

  onRecord(record: CaptureRecord): void {
    const { wanted, alter } = this.#options;
    const number = ++this.#number;
    const comments = wanted.comments.get(number) ?? NO_COMMENTS;
    const isWanted = !wanted.isEvidenceOnly || comments.length > 0;
    const mayBeMember = !isWanted && wanted.conversations.size > 0;
    if (this.#selection !== undefined || mayBeMember) {
      const packet = this.#decode(record, number);
      // The selection is asked about every packet: the first one is the start of its times.
      if (this.#selection?.selects(packet) === false) return;
      if (!isWanted && !(mayBeMember && isMember(packet, wanted))) return;
    } else if (!isWanted) return;
    const { seconds, nanoseconds, originalLength, interfaceIndex, flags, dropCount } = record;
    // `slice` of a Buffer is no copy.
    const bytes = new Uint8Array(record.bytes.subarray(record.start, record.end));
    alter?.({ ...record, bytes, start: 0, end: bytes.length }, this.#linkTypeOf(record));
    this.#give({ seconds, nanoseconds, bytes, originalLength, interfaceIndex, flags, dropCount, comments });
  }

  #linkTypeOf({ interfaceIndex }: CaptureRecord): number {
    return this.interfaces[interfaceIndex]?.linkType ?? -1;
  }

  #decode(record: CaptureRecord, number: number): Packet {
    const linkType = this.#linkTypeOf(record);
    let packet = this.#decoder.decode(record, linkType);
    if (packet.stop?.kind === 'no-room') {
      // Numbers of addresses are needed for one packet only.
      this.#decoder = new PacketDecoder(new AddressBook());
      packet = this.#decoder.decode(record, linkType);
    }
    packet.number = number;
    return packet;
  }
}

function isMember(packet: Packet, { conversations }: WantedPackets): boolean {
  if (packet.ipVersion === 0) return false;
  const { addresses, source, sourcePort, destination, destinationPort } = packet;
  return conversations.has(
    endsKey(addresses.format(source), sourcePort, addresses.format(destination), destinationPort),
  );
}
