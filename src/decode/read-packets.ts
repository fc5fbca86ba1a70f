import { createReadStream } from 'node:fs';
import { AddressBook } from './address-book.ts';
import { PacketDecoder } from './decode-packet.ts';
import type { CaptureInterface, FileProblem, RecordSink } from './files/capture-record.ts';
import { type CaptureSource, type OfBytes, readCapture, sourceName } from './files/capture-source.ts';
import { type Packet, TUNNEL_KINDS, type TunnelKind } from './packet.ts';

/** One packet as plain data, for programs that only decode. The bytes are a copy. */
export interface DecodedPacket {
  /** Wireshark's frame.number, from 1. */
  number: number;
  /** Whole seconds since 1970 and nanoseconds. */
  seconds: number;
  nanoseconds: number;
  capturedLength: number;
  originalLength: number;
  interfaceIndex: number;
  /** Outer headers, outermost first. */
  tunnels: { kind: TunnelKind; source: string; destination: string; networkId: number; destinationPort: number }[];
  /** Innermost packet; null without an IP header. */
  source: string | null;
  destination: string | null;
  /** IP protocol number; 0 without an IP header. */
  protocol: number;
  sourcePort: number;
  destinationPort: number;
  ttl: number;
  /** IP total length, octets. */
  l3Length: number;
  payloadLength: number;
  tcp: { seq: number; ack: number; flags: number; window: number } | null;
  icmp: { type: number; code: number } | null;
  bytes: Uint8Array;
}

const TCP = 6; // IANA protocol numbers
const ICMP = 1;
const ICMPV6 = 58;
/** Bytes decoded before the consumer gets control. */
const PIECE = 1 << 16;

/**
 * Iterates over the packets of a capture, decoded down to the innermost header. Reading waits for the consumer, so
 * memory use is limited to one chunk of the file.
 *
 * @throws PcapdiagError when the source is not a capture; broken records are skipped and reported to `onProblem`
 */
export async function* readPackets(
  source: CaptureSource,
  options: { onProblem?: (problem: FileProblem) => void } = {},
): AsyncGenerator<DecodedPacket, void, undefined> {
  const queue: DecodedPacket[] = [];
  const gate = new Gate();
  const sink = new DecodingSink(queue, options.onProblem);
  let failure: { error: unknown } | undefined;
  const reading = readCapture(gated(source, gate), sink)
    .catch((error: unknown) => {
      failure = { error };
    })
    .finally(() => gate.finish());
  try {
    while (await gate.filled()) {
      yield* queue.splice(0);
      gate.drained();
    }
    yield* queue.splice(0);
  } finally {
    gate.finish();
    await reading;
  }
  if (failure !== undefined) throw failure.error;
}

/** Decodes each record into a plain object in `queue`. */
class DecodingSink implements RecordSink {
  readonly #addresses = new AddressBook();
  readonly #decoder = new PacketDecoder(this.#addresses);
  readonly #linkTypes: number[] = [];
  readonly #queue: DecodedPacket[];
  readonly #onProblem: ((problem: FileProblem) => void) | undefined;
  #count = 0;

  constructor(queue: DecodedPacket[], onProblem: ((problem: FileProblem) => void) | undefined) {
    this.#queue = queue;
    this.#onProblem = onProblem;
  }

  onInterface({ index, linkType }: CaptureInterface): void {
    this.#linkTypes[index] = linkType;
  }

  onRecord(record: Parameters<RecordSink['onRecord']>[0]): void {
    const packet = this.#decoder.decode(record, this.#linkTypes[record.interfaceIndex] ?? 0);
    packet.number = ++this.#count;
    this.#queue.push(plain(packet, this.#addresses));
  }

  onProblem(problem: FileProblem): void {
    this.#onProblem?.(problem);
  }
}

function plain(packet: Packet, addresses: AddressBook): DecodedPacket {
  const hasIp = packet.ipVersion !== 0;
  const hasTransport = packet.transportAt >= 0;
  return {
    number: packet.number,
    seconds: packet.seconds,
    nanoseconds: packet.nanoseconds,
    capturedLength: packet.end - packet.start,
    originalLength: packet.originalLength,
    interfaceIndex: packet.interfaceIndex,
    tunnels: packet.tunnels.slice(0, packet.depth).map((tunnel) => ({
      kind: TUNNEL_KINDS[tunnel.kind],
      source: addresses.format(tunnel.source),
      destination: addresses.format(tunnel.destination),
      networkId: tunnel.networkId,
      destinationPort: tunnel.destinationPort,
    })),
    source: hasIp ? addresses.format(packet.source) : null,
    destination: hasIp ? addresses.format(packet.destination) : null,
    protocol: hasIp ? packet.protocol : 0,
    sourcePort: packet.sourcePort,
    destinationPort: packet.destinationPort,
    ttl: packet.ttl,
    l3Length: packet.l3Length,
    payloadLength: packet.payloadLength,
    tcp:
      hasTransport && packet.protocol === TCP
        ? { seq: packet.tcpSeq, ack: packet.tcpAck, flags: packet.tcpFlags, window: packet.tcpWindow }
        : null,
    icmp:
      hasTransport && (packet.protocol === ICMP || packet.protocol === ICMPV6)
        ? { type: packet.icmpType, code: packet.icmpCode }
        : null,
    bytes: packet.bytes.slice(packet.start, packet.end),
  };
}

/** Lets the reader continue only after the consumer has emptied the queue. */
class Gate {
  #finished = false;
  #wakeConsumer: (() => void) | undefined;
  #wakeReader: (() => void) | undefined;
  #hasChunk = false;

  /** Called by the consumer: true when a chunk was decoded, false at the end. */
  async filled(): Promise<boolean> {
    while (!this.#hasChunk && !this.#finished) await new Promise<void>((resolve) => (this.#wakeConsumer = resolve));
    return this.#hasChunk;
  }

  /** Called by the consumer: the queue is empty. */
  drained(): void {
    this.#hasChunk = false;
    this.#wakeReader?.();
  }

  /** Called by the reader: a chunk was decoded. Resolves when it has been consumed. */
  async consumed(): Promise<void> {
    if (this.#finished) return;
    this.#hasChunk = true;
    this.#wakeConsumer?.();
    await new Promise<void>((resolve) => (this.#wakeReader = resolve));
  }

  finish(): void {
    this.#finished = true;
    this.#wakeConsumer?.();
    this.#wakeReader?.();
  }

  get finished(): boolean {
    return this.#finished;
  }
}

/** The source, one chunk at a time. The next chunk is read only after the previous one was consumed. */
function gated(source: CaptureSource, gate: Gate): CaptureSource {
  if (typeof source === 'object' && ('readInto' in source || 'parts' in source)) return source;
  const name = sourceName(source) ?? 'capture';
  return { name, data: chunksOf(source, gate) };
}

async function* chunksOf(source: OfBytes, gate: Gate): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytesOf(source)) {
    yield chunk;
    await gate.consumed();
    if (gate.finished) return;
  }
}

function bytesOf(source: OfBytes): AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
  if (source === '-') return process.stdin as AsyncIterable<Uint8Array>;
  if (typeof source === 'string') return createReadStream(source) as AsyncIterable<Uint8Array>;
  if (source instanceof Uint8Array) return piecesOf(source);
  if ('file' in source) return createReadStream(Buffer.from(source.file)) as AsyncIterable<Uint8Array>;
  if ('data' in source) return source.data instanceof Uint8Array ? piecesOf(source.data) : source.data;
  return source as AsyncIterable<Uint8Array>;
}

function* piecesOf(bytes: Uint8Array): Iterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
}
