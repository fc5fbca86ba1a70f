import { BLOCK } from './pcapng-blocks.ts';
import { OPTION } from './pcapng-options.ts';

/** An interface to write. */
export interface InterfaceToWrite {
  name: string;
  description: string;
  /** LINKTYPE_ number. */
  linkType: number;
  /** 0: no limit given. */
  snaplen: number;
  /** Capture filter (if_filter), as text. */
  filter?: string | undefined;
}

/** Packets that an interface dropped, as the capture says it. */
export interface DropsToWrite {
  /** isb_ifdrop. */
  interfaceDropped?: number | undefined;
  /** isb_osdrop. */
  systemDropped?: number | undefined;
}

/** A packet to write; times are those of its own capture. */
export interface PacketToWrite {
  /** Number that `addInterface` returned. */
  interface: number;
  seconds: number;
  nanoseconds: number;
  bytes: Uint8Array;
  originalLength: number;
  /** One option for each; an empty text writes none. */
  comment: string | readonly string[];
  /** epb_flags; 0 writes none. */
  flags?: number;
  /** epb_dropcount; 0 writes none. */
  dropCount?: number;
}

/** if_tsresol: nanoseconds, the finest resolution of a `CaptureRecord`. */
const NANOSECONDS = 9;
/** Most octets of a text option. The field allows 65,535, but nobody reads that in a packet list. */
const LONGEST_TEXT = 1000;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
/** Section length that means "not specified". */
const LENGTH_UNKNOWN = 0xffffffff;

const UTF8 = new TextEncoder();

/**
 * Writes one little-endian pcapng section (draft-ietf-opsawg-pcapng, 4): a section header, an interface description for
 * each interface, and an enhanced packet block for each packet.
 */
export class PcapngWriter {
  #blocks: Uint8Array[] = [];
  #interfaces = 0;

  /**
   * @param application the writing program (shb_userappl)
   * @param comments of the whole file, one option for each
   */
  constructor(application: string, comments: readonly string[] = []) {
    this.#add(BLOCK.sectionHeader, [
      words(BYTE_ORDER_MAGIC, 1, LENGTH_UNKNOWN, LENGTH_UNKNOWN),
      textOption(OPTION.sectionApplication, application),
      ...comments.map((comment) => textOption(OPTION.comment, comment)),
      END_OF_OPTIONS,
    ]);
  }

  /** @returns number of the interface, for its packets */
  addInterface({ name, description, linkType, snaplen, filter = '' }: InterfaceToWrite): number {
    this.#add(BLOCK.interfaceDescription, [
      words(linkType, snaplen),
      textOption(OPTION.interfaceName, name),
      textOption(OPTION.interfaceDescription, description),
      option(OPTION.interfaceResolution, Uint8Array.of(NANOSECONDS)),
      filter === '' ? NOTHING : option(OPTION.interfaceFilter, concatenated([FILTER_IS_TEXT, shortened(filter)])),
      END_OF_OPTIONS,
    ]);
    return this.#interfaces++;
  }

  addPacket(packet: PacketToWrite): void {
    // A time before 1970 wraps to 64 bits, as readers of this field expect.
    const time = BigInt.asUintN(64, BigInt(packet.seconds) * 1_000_000_000n + BigInt(packet.nanoseconds));
    this.#add(BLOCK.enhancedPacket, [
      words(
        packet.interface,
        Number(time >> 32n),
        Number(time & 0xffffffffn),
        packet.bytes.length,
        packet.originalLength,
      ),
      padded(packet.bytes),
      ...[packet.comment].flat().map((comment) => textOption(OPTION.comment, comment)),
      packet.flags ? option(OPTION.packetFlags, words(packet.flags)) : NOTHING,
      packet.dropCount ? option(OPTION.packetDropCount, words(packet.dropCount, 0)) : NOTHING,
      END_OF_OPTIONS,
    ]);
  }

  /** What an interface dropped, after its last packet; the time of the count is not told. */
  addDrops(of: number, { interfaceDropped, systemDropped }: DropsToWrite): void {
    this.#add(BLOCK.interfaceStatistics, [
      words(of, 0, 0),
      counterOption(OPTION.statisticsInterfaceDrop, interfaceDropped),
      counterOption(OPTION.statisticsSystemDrop, systemDropped),
      END_OF_OPTIONS,
    ]);
  }

  /** Takes what was written since the last call. */
  take(): Uint8Array {
    const written = concatenated(this.#blocks);
    this.#blocks = [];
    return written;
  }

  /** The file so far. */
  bytes(): Uint8Array {
    return concatenated(this.#blocks);
  }

  #add(type: number, parts: readonly Uint8Array[]): void {
    const length = 12 + parts.reduce((sum, part) => sum + part.length, 0);
    this.#blocks.push(words(type, length), ...parts, words(length));
  }
}

/** Writes 32-bit words. The link type and the following reserved field form one word. */
function words(...values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  for (const [index, value] of values.entries()) view.setUint32(4 * index, value, true);
  return new Uint8Array(view.buffer);
}

function option(code: number, value: Uint8Array): Uint8Array {
  const head = new DataView(new ArrayBuffer(4));
  head.setUint16(0, code, true);
  head.setUint16(2, value.length, true);
  return concatenated([new Uint8Array(head.buffer), padded(value)]);
}

const NOTHING = new Uint8Array(0);
/** First octet of if_filter: what follows is text, not compiled code. */
const FILTER_IS_TEXT = Uint8Array.of(0);
const END_OF_OPTIONS = option(OPTION.end, new Uint8Array(0));

/** An empty text writes no option. */
const textOption = (code: number, text: string): Uint8Array =>
  text === '' ? new Uint8Array(0) : option(code, shortened(text));

/** An unsigned option of 8 octets. */
const counterOption = (code: number, value: number | undefined): Uint8Array =>
  value === undefined ? NOTHING : option(code, words(value % 2 ** 32, Math.floor(value / 2 ** 32)));

/** UTF-8, cut between characters: `encodeInto` never writes part of a character. */
function shortened(text: string): Uint8Array {
  const octets = new Uint8Array(LONGEST_TEXT);
  return octets.subarray(0, UTF8.encodeInto(text, octets).written);
}

/** Pads to 32 bits. */
function padded(bytes: Uint8Array): Uint8Array {
  if (bytes.length % 4 === 0) return bytes;
  const whole = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  whole.set(bytes);
  return whole;
}

function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
