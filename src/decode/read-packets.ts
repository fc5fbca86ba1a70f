import { createReadStream } from 'node:fs';
import { assertOptionKeys } from '../text/option-keys.ts';
import { AddressBook } from './address-book.ts';
import { PacketDecoder } from './decode-packet.ts';
import type { CaptureInterface, FileProblem, RecordSink } from './files/capture-record.ts';
import { type CaptureSource, type OfBytes, readCapture, sourceName } from './files/capture-source.ts';
import { type Packet, TUNNEL_KINDS, type TunnelKind } from './packet.ts';

/** One packet as plain data, for programs that only decode. The bytes are a copy. */
export interface DecodedPacket {
  /** Wireshark's frame.number, from 1. */
  number: number;
  /** Time of capture: whole seconds since 1970. */
  seconds: number;
  /** Time of capture: the rest in nanoseconds, 0 to 999,999,999. */
  nanoseconds: number;
  /** Octets in the file. */
  capturedLength: number;
  /** Octets on the wire, as the file says. */
  originalLength: number;
  /** Index of the interface in the file, from 0. */
  interfaceIndex: number;
  /** Outer headers, outermost first. */
  tunnels: DecodedTunnel[];
  /** Source address of the innermost packet; null without an IP header. */
  source: string | null;
  /** Destination address of the innermost packet; null without an IP header. */
  destination: string | null;
  /** Number of the IP protocol (IANA); 0 without an IP header. */
  protocol: number;
  /** Number of the TCP or UDP source port; 0 without one. */
  sourcePort: number;
  /** Number of the TCP or UDP destination port; 0 without one. */
  destinationPort: number;
  /** TTL or hop limit, a number of hops. */
  ttl: number;
  /** IP total length, octets. */
  l3Length: number;
  /** Payload of TCP or UDP by the headers, octets. */
  payloadLength: number;
  /** TCP header; null without one. */
  tcp: DecodedTcp | null;
  /** ICMP or ICMPv6 header; null without one. */
  icmp: DecodedIcmp | null;
  /** The octets of the frame, a copy. */
  bytes: Uint8Array;
}

/** One tunnel around a packet. */
export interface DecodedTunnel {
  /** Kind of the tunnel. */
  kind: TunnelKind;
  /** Outer source address. */
  source: string;
  /** Outer destination address. */
  destination: string;
  /** VXLAN or Geneve network identifier, key of GRE; the number 0 without one. */
  networkId: number;
  /** Number of the outer UDP destination port; 0 without one. */
  destinationPort: number;
}

/** Numbers of a TCP header as on the wire. */
export interface DecodedTcp {
  /** Sequence number, raw. */
  seq: number;
  /** Acknowledgement number, raw. */
  ack: number;
  /** Flags as a number: 1 FIN, 2 SYN, 4 RST, 8 PSH, 16 ACK, 32 URG. */
  flags: number;
  /** Window as a number of the header, without its scale. */
  window: number;
}

/** Numbers of an ICMP header (IANA, ICMP parameters). */
export interface DecodedIcmp {
  /** Type number. */
  type: number;
  /** Code number. */
  code: number;
}

/** What reading packets may be told. */
export interface PacketReadOptions {
  /** Called for each defect of the file. */
  onProblem?: (problem: FileProblem) => void;
  /** Stops reading: the next step of the iterator rejects with the reason of the signal. */
  signal?: AbortSignal;
  /** Octets that a compressed capture may give at most. */
  inflateLimit?: number;
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
 * @throws PcapdiagError when the source is not a capture; the reason of `signal` when it is aborted; broken records are skipped and reported to `onProblem`
 */
export async function* readPackets(
  source: CaptureSource,
  options: PacketReadOptions = {},
): AsyncGenerator<DecodedPacket, void, undefined> {
  assertOptionKeys(options, ['onProblem', 'signal', 'inflateLimit'], 'readPackets');
  options.signal?.throwIfAborted();
  const queue: DecodedPacket[] = [];
  const gate = new Gate();
  const sink = new DecodingSink(queue, options.onProblem);
  let failure: { error: unknown } | undefined;
  const { signal, inflateLimit } = options;
  const limits = { ...(signal && { signal }), ...(inflateLimit !== undefined && { inflateLimit }) };
  const reading = readCapture(gated(source, gate), sink, limits)
    .catch((error: unknown) => {
      failure = { error };
    })
    .finally(() => gate.finish());
  try {
    while (await gate.filled()) {
      for (const packet of queue.splice(0)) {
        signal?.throwIfAborted();
        yield packet;
      }
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
