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
}

/** A packet to write; times are those of its own capture. */
export interface PacketToWrite {
  /** Number that `addInterface` returned. */
  interface: number;
  seconds: number;
  nanoseconds: number;
  bytes: Uint8Array;
  originalLength: number;
  comment: string;
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
  readonly #blocks: Uint8Array[] = [];
  #interfaces = 0;

  /** @param application the writing program (shb_userappl) */
  constructor(application: string) {
    const fixed = words(BYTE_ORDER_MAGIC, 1, LENGTH_UNKNOWN, LENGTH_UNKNOWN);
    this.#add(BLOCK.sectionHeader, [fixed, textOption(OPTION.sectionApplication, application), END_OF_OPTIONS]);
  }

  /** @returns number of the interface, for its packets */
  addInterface({ name, description, linkType, snaplen }: InterfaceToWrite): number {
    this.#add(BLOCK.interfaceDescription, [
      words(linkType, snaplen),
      textOption(OPTION.interfaceName, name),
      textOption(OPTION.interfaceDescription, description),
      option(OPTION.interfaceResolution, Uint8Array.of(NANOSECONDS)),
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
      textOption(OPTION.comment, packet.comment),
      END_OF_OPTIONS,
    ]);
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

const END_OF_OPTIONS = option(OPTION.end, new Uint8Array(0));

/** An empty text writes no option. */
const textOption = (code: number, text: string): Uint8Array =>
  text === '' ? new Uint8Array(0) : option(code, shortened(text));

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
