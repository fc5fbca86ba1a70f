import { u16, u32 } from '../../decode/octets.ts';
import { RecentTexts } from '../../text/recent-texts.ts';

/** Most texts of Ethernet addresses that are cached. */
const REMEMBERED_TEXTS = 1024;

/** The Ethernet address at `at` as a number below 2⁴⁸. */
export const macAt = (bytes: Uint8Array, at: number): number => u16(bytes, at) * 0x1_0000_0000 + u32(bytes, at + 2);

const texts = new RecentTexts(REMEMBERED_TEXTS, (mac) =>
  mac
    .toString(16)
    .padStart(12, '0')
    .replace(/..(?!$)/g, '$&:'),
);

/** "02:00:00:00:00:01". */
export const formatMac = (mac: number): string => texts.of(mac);
