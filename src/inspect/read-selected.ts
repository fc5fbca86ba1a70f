import { AddressBook } from '../decode/address-book.ts';
import { PacketDecoder } from '../decode/decode-packet.ts';
import type { CaptureInterface, CaptureRecord, FileProblem, RecordSink } from '../decode/files/capture-record.ts';
import { type CaptureSource, readCapture } from '../decode/files/capture-source.ts';
import type { Packet } from '../decode/packet.ts';
import { packetSelection, type Selection } from '../filter/selection.ts';

/** What reading packets of a capture may be told. */
export interface InspectOptions {
  /** The packets that are listed or followed; all without it. They keep their numbers. */
  selection?: Selection;
  /** Ends reading where it is: what was read so far is the result. */
  stop?: AbortSignal;
  /** Stops reading: the promise rejects with the reason of the signal. */
  signal?: AbortSignal;
  /** Octets that a compressed capture may give at most. */
  inflateLimit?: number;
  /** Called for each defect of the file. */
  onProblem?: (problem: FileProblem) => void;
}

/** Keys of `InspectOptions`. */
export const INSPECT_KEYS = [
  'selection',
  'stop',
  'signal',
  'inflateLimit',
  'onProblem',
] as const satisfies (keyof InspectOptions)[];

const NANOSECONDS = 1e9;

/**
 * Decodes a capture packet by packet, in the order of the file; nothing is kept.
 *
 * @param onPacket the packet is valid until it returns; `time` is seconds since the first packet of the capture
 * @throws PcapdiagError as `readCapture` does, and for a wrong selection
 */
export async function readSelected(
  source: CaptureSource,
  options: InspectOptions,
  onPacket: (packet: Packet, time: number) => void,
): Promise<void> {
  const { stop, signal, inflateLimit } = options;
  const sink = new SelectedPackets(options, onPacket);
  signal?.throwIfAborted();
  await readCapture(source, sink, {
    ...(stop && { stop }),
    ...(signal && { signal }),
    ...(inflateLimit !== undefined && { inflateLimit }),
  });
  signal?.throwIfAborted();
}

class SelectedPackets implements RecordSink {
  readonly #decoder = new PacketDecoder(new AddressBook());
  readonly #linkTypes: number[] = [];
  readonly #selection: ReturnType<typeof packetSelection>;
  readonly #options: InspectOptions;
  readonly #onPacket: (packet: Packet, time: number) => void;
  #number = 0;
  #first: { seconds: number; nanoseconds: number } | undefined;

  constructor(options: InspectOptions, onPacket: (packet: Packet, time: number) => void) {
    this.#options = options;
    this.#selection = packetSelection(options.selection ?? {});
    this.#onPacket = onPacket;
  }

  onInterface({ index, linkType }: CaptureInterface): void {
    this.#linkTypes[index] = linkType;
  }

  onProblem(problem: FileProblem): void {
    this.#options.onProblem?.(problem);
  }

  onRecord(record: CaptureRecord): void {
    const packet = this.#decoder.decode(record, this.#linkTypes[record.interfaceIndex] ?? -1);
    packet.number = ++this.#number;
    this.#first ??= { seconds: record.seconds, nanoseconds: record.nanoseconds };
    // The rest of the chunk is passed over after `stop`.
    if (this.#options.stop?.aborted || this.#selection?.selects(packet) === false) return;
    const { seconds, nanoseconds } = this.#first;
    this.#onPacket(packet, record.seconds - seconds + (record.nanoseconds - nanoseconds) / NANOSECONDS);
  }
}
