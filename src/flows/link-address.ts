import { u16, u32 } from '../decode/octets.ts';

/** The Ethernet address at `at` as a number below 2⁴⁸. */
export const macAt = (bytes: Uint8Array, at: number): number => u16(bytes, at) * 0x1_0000_0000 + u32(bytes, at + 2);

/** "02:00:00:00:00:01". */
export const formatMac = (mac: number): string =>
  mac
    .toString(16)
    .padStart(12, '0')
    .replace(/..(?!$)/g, '$&:');
