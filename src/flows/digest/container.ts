import { createHash } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { PcapdiagError } from '../../text/pcapdiag-error.ts';
import { type Column, type ColumnType, isColumnType, type PlainData } from './plain-data.ts';

/**
 * A file of plain data with a head that can be read alone. Numbers are little-endian.
 *
 *      0   8  magic: 0x89 "PCD" CR LF 0x1a 0, which a transfer as text would break
 *      8   4  version of this form
 *     12   4  octets of the head
 *     16   n  head: JSON with what the caller gives, and `body`: sizes and columns
 *   16+n   m  body: text and columns one after the other, compressed (RFC 1951)
 *  16+n+m  32 SHA-256 of all octets before
 *
 * The head holds the SHA-256 of the body before compression, so two files of equal content are known without
 * unpacking them, however they were compressed.
 */
export const MAGIC = Uint8Array.of(0x89, 0x50, 0x43, 0x44, 0x0d, 0x0a, 0x1a, 0x00);
/** Forms that this version reads: its own, and the one before when there is one. */
export const FORMAT = 1;
const OLDEST_FORMAT = 1;

const FIXED_OCTETS = 16;
const HASH_OCTETS = 32;
/** Octets of a head that is believed; what is written stays below 1 MB, also with 10,000 columns. */
const MOST_HEAD_OCTETS = 16 * 1024 * 1024;
/** A deflated octet gives at most so many (zlib's technical description: 1032 to 1). */
const MOST_RATIO = 1032;
/** Speed before size: level 6 takes three times as long and saves a tenth (measured on rows of 600,000 packets). */
const COMPRESSION_LEVEL = 2;

interface Body {
  /** Octets of the text. */
  text: number;
  /** Type and octets of each column. */
  columns: [ColumnType, number][];
  /** SHA-256 before compression. */
  sha256: string;
}

export type Head = Record<string, unknown>;

export interface Contained {
  head: Head;
  /** Unpacks and checks the body. @throws PcapdiagError */
  body: () => PlainData;
}

export function writeContainer(head: Head, { text, columns }: PlainData): Uint8Array {
  const parts = [Buffer.from(text), ...columns.map(({ octets }) => octets)];
  const body: Body = {
    text: parts[0].length,
    columns: columns.map(({ type, octets }) => [type, octets.length]),
    sha256: sha256(parts).toString('hex'),
  };
  const headOctets = Buffer.from(JSON.stringify({ ...head, body }));
  const fixed = Buffer.alloc(FIXED_OCTETS);
  fixed.set(MAGIC);
  fixed.writeUInt32LE(FORMAT, 8);
  fixed.writeUInt32LE(headOctets.length, 12);
  const packed = deflateRawSync(Buffer.concat(parts), { level: COMPRESSION_LEVEL });
  const all = [fixed, headOctets, packed];
  return Buffer.concat([...all, sha256(all)]);
}

export const isContainer = (octets: Uint8Array): boolean => MAGIC.every((octet, at) => octets[at] === octet);

/**
 * Reads a file that `writeContainer` wrote. Every octet is checked before anything of it is used.
 *
 * @throws PcapdiagError 'unsupported-format' for another version, 'corrupt-header' for everything else that is wrong
 */
export function readContainer(octets: Uint8Array): Contained {
  const file = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
  if (!isContainer(file)) throw corrupt('it does not begin as a digest does');
  if (file.length < FIXED_OCTETS + HASH_OCTETS) throw corrupt('it is cut');
  const version = file.readUInt32LE(8);
  if (version < OLDEST_FORMAT || version > FORMAT) throw otherVersion(version);
  const end = file.length - HASH_OCTETS;
  if (!sha256([file.subarray(0, end)]).equals(file.subarray(end)))
    throw corrupt('its checksum is wrong: it was cut or changed after it was written');
  const headLength = file.readUInt32LE(12);
  if (headLength > MOST_HEAD_OCTETS || FIXED_OCTETS + headLength > end)
    throw corrupt('the length of its head is wrong');
  const { body, ...head } = jsonOf(file.subarray(FIXED_OCTETS, FIXED_OCTETS + headLength));
  const packed = file.subarray(FIXED_OCTETS + headLength, end);
  return { head, body: () => bodyOf(checkedBody(body), packed) };
}

function bodyOf({ text, columns, sha256: told }: Body, packed: Uint8Array): PlainData {
  const octets = columns.reduce((sum, [, length]) => sum + length, text);
  if (octets > Math.max(packed.length, 1) * MOST_RATIO) throw corrupt('its columns are longer than its body can be');
  let body: Buffer;
  try {
    body = inflateRawSync(packed, { maxOutputLength: octets + 1 });
  } catch {
    throw corrupt('its body cannot be unpacked');
  }
  if (body.length !== octets) throw corrupt(`its body has ${body.length} octets, its head says ${octets}`);
  if (sha256([body]).toString('hex') !== told) throw corrupt('the checksum of its body is wrong');
  let at = text;
  const unpacked: Column[] = columns.map(([type, length]) => {
    at += length;
    return { type, octets: body.subarray(at - length, at) };
  });
  return { text: body.toString('utf8', 0, text), columns: unpacked };
}

function jsonOf(octets: Uint8Array): Head {
  try {
    const head: unknown = JSON.parse(Buffer.from(octets).toString());
    if (typeof head === 'object' && head !== null && !Array.isArray(head)) return head as Head;
  } catch {
    // Told below.
  }
  throw corrupt('its head is no JSON object');
}

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function checkedBody(body: unknown): Body {
  const { text, columns, sha256: hash } = (body ?? {}) as Partial<Record<keyof Body, unknown>>;
  const isRight =
    isSize(text) &&
    typeof hash === 'string' &&
    Array.isArray(columns) &&
    columns.every((column) => Array.isArray(column) && isColumnType(column[0]) && isSize(column[1]));
  if (!isRight) throw corrupt('its head does not describe a body');
  return body as Body;
}

function sha256(parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

const corrupt = (why: string): PcapdiagError =>
  new PcapdiagError('corrupt-header', `no digest that can be used: ${why}`);

const otherVersion = (version: number): PcapdiagError =>
  new PcapdiagError(
    'unsupported-format',
    version > FORMAT
      ? `a digest of a newer form (${version}; this program reads ${FORMAT}): use the version that wrote it, or a newer one`
      : `a digest of an older form (${version}; this program reads ${FORMAT}): make it again from the capture`,
  );
