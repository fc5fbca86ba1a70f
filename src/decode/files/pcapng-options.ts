import { u8, u16, u16le, u32, u32le } from '../octets.ts';

/**
 * Option codes of draft-ietf-opsawg-pcapng that are read. Codes above 1 have a different meaning in each kind of block.
 */
export const OPTION = {
  end: 0,
  comment: 1,
  interfaceName: 2,
  interfaceDescription: 3,
  interfaceResolution: 9,
  interfaceFilter: 11,
  interfaceOffset: 14,
  packetFlags: 2,
  packetDropCount: 4,
  sectionApplication: 4,
  statisticsInterfaceDrop: 5,
  statisticsSystemDrop: 7,
} as const;

const UTF8 = new TextDecoder('utf-8');

/**
 * Walks the options from `at` to `end`: code, length, value, padding to 32 bits. An option that exceeds `end` stops the
 * walk; the options before it are kept.
 */
export function eachOption(
  bytes: Uint8Array,
  at: number,
  end: number,
  littleEndian: boolean,
  visit: (code: number, at: number, length: number) => void,
): void {
  while (end - at >= 4) {
    const code = littleEndian ? u16le(bytes, at) : u16(bytes, at);
    const length = littleEndian ? u16le(bytes, at + 2) : u16(bytes, at + 2);
    if (code === OPTION.end || at + 4 + length > end) return;
    visit(code, at + 4, length);
    at += 4 + ((length + 3) & ~3);
  }
}

/** Text of an option. Some writers include a final NUL in its length. */
export function optionText(bytes: Uint8Array, at: number, length: number): string {
  let end = at + length;
  while (end > at && u8(bytes, end - 1) === 0) end--;
  return UTF8.decode(bytes.subarray(at, end));
}

/** An unsigned option of 8 octets; exact up to 2⁵³. */
export function optionCounter(bytes: Uint8Array, at: number, littleEndian: boolean): number {
  const first = littleEndian ? u32le(bytes, at) : u32(bytes, at);
  const second = littleEndian ? u32le(bytes, at + 4) : u32(bytes, at + 4);
  return littleEndian ? second * 2 ** 32 + first : first * 2 ** 32 + second;
}

/** A signed option of 8 octets; exact within ±2⁵³. */
export function optionSigned(bytes: Uint8Array, at: number, littleEndian: boolean): number {
  const high = littleEndian ? u32le(bytes, at + 4) : u32(bytes, at);
  const low = littleEndian ? u32le(bytes, at) : u32(bytes, at + 4);
  return (high | 0) * 2 ** 32 + low;
}
