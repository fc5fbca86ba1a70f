import { u8 } from '../octets.ts';
import { pcapVariant } from './pcap-header.ts';

/** Octets that are enough to recognise any format here. A whole file may be shorter. */
export const SNIFF_LENGTH = 24;

export type Compression = 'gzip' | 'zstd' | 'xz';
const COMPRESSIONS: ReadonlySet<string> = new Set<Compression>(['gzip', 'zstd', 'xz']);

/** Result of recognising the first bytes of a file. */
export type Sniffed =
  | { kind: 'pcap' }
  | { kind: 'pcapng' }
  | { kind: Compression }
  /** A known format that is not read; `instead` says what to do. */
  | { kind: 'unsupported'; name: string; instead: string }
  /** Readable text, such as what tcpdump prints. */
  | { kind: 'text' }
  | { kind: 'unknown' };

const CONVERT = 'convert it with: editcap -F pcapng FILE out.pcapng';
const ascii = (text: string): number[] => [...text].map((character) => character.charCodeAt(0));
const pipe = (command: string): string => `use: ${command} FILE | pcapdiag analyze -`;

/** First bytes, the format that they mark, and what to do; -1 matches any octet. */
const SIGNATURES: readonly (readonly [bytes: number[], kind: string, instead?: string])[] = [
  [[0x0a, 0x0d, 0x0d, 0x0a], 'pcapng'],
  [[0x1f, 0x8b], 'gzip'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'zstd'],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], 'xz'],
  [ascii('BZh'), 'bzip2 compression', pipe('bzip2 -dc')],
  [[0x04, 0x22, 0x4d, 0x18], 'lz4 compression', pipe('lz4 -dc')],
  [[0x1f, 0x9d], 'compress (.Z)', pipe('uncompress -c')],
  [[0x50, 0x4b, 0x03, 0x04], 'a zip archive', pipe('unzip -p')],
  [[0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], 'a 7-Zip archive', pipe('7z x -so')],
  [ascii('snoop\0\0\0'), 'Sun snoop', CONVERT],
  [ascii('btsnoop\0'), 'Bluetooth btsnoop', CONVERT],
  [ascii('GMBU'), 'Microsoft Network Monitor 2', CONVERT],
  [ascii('RTSS'), 'Microsoft Network Monitor 1', CONVERT],
  [ascii('TRSNIFF data'), 'Network General Sniffer', CONVERT],
  [ascii('XCP\0'), 'NetXray', CONVERT],
  [ascii('iptrace '), 'AIX iptrace', CONVERT],
  [[0x1c, 0x00, 0x01, 0xab], 'IXIA lcap (software)', CONVERT],
  [[0x1c, 0x00, 0x01, 0xac], 'IXIA lcap (hardware)', CONVERT],
  [[0xab, 0x01, 0x00, 0x1c], 'IXIA lcap (software)', CONVERT],
  [[0xac, 0x01, 0x00, 0x1c], 'IXIA lcap (hardware)', CONVERT],
  [[0x34, 0x3c, 0xb2, 0xa1], "pcap of Navtel's tcpdump", CONVERT],
  [[0xa1, 0xb2, 0x3c, 0x34], "pcap of Navtel's tcpdump", CONVERT],
  [[0x30, 0x82, -1, -1, 0x02, 0x01], 'ASN.1 data', 'a capture file is needed, such as: tcpdump -w FILE'],
];

/**
 * A tar archive has its mark after the name of its first member, too far in to be seen here. It is reported as unknown.
 */
export function sniff(bytes: Uint8Array): Sniffed {
  if (bytes.length >= 4 && pcapVariant(bytes, 0) !== undefined) return { kind: 'pcap' };
  for (const [signature, kind, instead] of SIGNATURES) {
    if (!startsWith(bytes, signature)) continue;
    if (instead !== undefined) return { kind: 'unsupported', name: kind, instead };
    return { kind: kind === 'pcapng' ? 'pcapng' : (kind as Compression) };
  }
  if (isSkippableZstd(bytes)) return { kind: 'zstd' };
  return bytes.length > 0 && bytes.every(isTextOctet) ? { kind: 'text' } : { kind: 'unknown' };
}

/** Whether a file that begins so is a capture, or compressed: as far as its first octets tell. */
export function isCapture(first: Uint8Array): boolean {
  const { kind } = sniff(first);
  return kind !== 'unknown' && kind !== 'text' && kind !== 'unsupported';
}

export const isCompression = (sniffed: Sniffed): sniffed is { kind: Compression } => COMPRESSIONS.has(sniffed.kind);

function startsWith(bytes: Uint8Array, signature: readonly number[]): boolean {
  return bytes.length >= signature.length && signature.every((octet, at) => octet < 0 || u8(bytes, at) === octet);
}

/** pzstd and seekable files begin with a skippable frame (RFC 8878, 3.1.2). */
function isSkippableZstd(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && (u8(bytes, 0) & 0xf0) === 0x50 && startsWith(bytes.subarray(1), [0x2a, 0x4d, 0x18]);
}

const isTextOctet = (octet: number): boolean =>
  (octet >= 0x20 && octet !== 0x7f) || (octet >= 0x09 && octet <= 0x0d) || octet === 0x1b;
