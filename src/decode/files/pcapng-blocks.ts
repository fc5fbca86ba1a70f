import { u32, u32le } from '../octets.ts';

/** Block types of draft-ietf-opsawg-pcapng, 11.1. */
export const BLOCK = {
  interfaceDescription: 1,
  packet: 2,
  simplePacket: 3,
  nameResolution: 4,
  interfaceStatistics: 5,
  enhancedPacket: 6,
  decryptionSecrets: 10,
  custom: 0x0bad,
  customNotCopied: 0x40000bad,
  /** This number is the same in both byte orders. */
  sectionHeader: 0x0a0d0d0a,
} as const;

const KNOWN_BLOCKS: ReadonlySet<number> = new Set(Object.values(BLOCK));
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
/** Type, total length, and total length again. It also reaches the end of the byte-order magic of a section header. */
export const MIN_BLOCK_LENGTH = 12;
/** Longest block that is accepted: Wireshark's limit (wiretap/pcapng.c, MAX_BLOCK_SIZE). */
export const MAX_BLOCK_LENGTH = 16 << 20;
/** Longest block at which reading resumes after damage: a packet of the largest usual snaplen, and options. */
const MAX_RESYNC_LENGTH = 1 << 20;

/**
 * Whether the block at `at` is little-endian. A section header says so by its magic number; undefined when that is
 * missing. Other blocks have the byte order of their section.
 */
export function blockByteOrder(bytes: Uint8Array, at: number, sectionIsLittleEndian: boolean): boolean | undefined {
  if (u32(bytes, at) !== BLOCK.sectionHeader) return sectionIsLittleEndian;
  if (u32le(bytes, at + 8) === BYTE_ORDER_MAGIC) return true;
  return u32(bytes, at + 8) === BYTE_ORDER_MAGIC ? false : undefined;
}

/** `more`: more bytes are needed to decide. */
export type Candidate = 'yes' | 'no' | 'more';

/** Whether there is a block of a known type at `at` that ends, by `end`, with the same length as it began with. */
export function looksLikeBlock(
  bytes: Uint8Array,
  at: number,
  end: number,
  sectionIsLittleEndian: boolean,
  atEndOfFile: boolean,
): Candidate {
  if (end - at < MIN_BLOCK_LENGTH) return atEndOfFile ? 'no' : 'more';
  const littleEndian = blockByteOrder(bytes, at, sectionIsLittleEndian);
  if (littleEndian === undefined) return 'no';
  const read = littleEndian ? u32le : u32;
  if (!KNOWN_BLOCKS.has(read(bytes, at))) return 'no';
  const length = read(bytes, at + 4);
  if (length < MIN_BLOCK_LENGTH || length > MAX_RESYNC_LENGTH || length % 4 !== 0) return 'no';
  if (end - at < length) return atEndOfFile ? 'no' : 'more';
  return read(bytes, at + length - 4) === length ? 'yes' : 'no';
}
