import { u8, u32 } from '../octets.ts';
import { printableText } from './octet-text.ts';

/** NTP over UDP (RFC 5905, 7.2 and 7.3). */
export const NTP_PORT = 123;
const HEADER_OCTETS = 48;
const MODE_SERVER = 4;
/** Leap indicator 3: the clock is not synchronised. */
export const LEAP_UNKNOWN = 3;
/** Stratum 0 is a kiss-o'-death; 16 is unsynchronised. */
export const STRATUM_KISS = 0;
export const STRATUM_UNSYNCHRONISED = 16;

export interface NtpAnswer {
  leap: number;
  stratum: number;
  /** The code of a kiss-o'-death, or the identifier of the reference clock where it is text; empty otherwise. */
  reference: string;
  /** Time of the server when it answered, seconds since 1970; 0 when the server sends none. */
  transmitted: number;
}

/** Seconds from 1900 to 1970 (RFC 5905, 6). */
const NTP_TO_UNIX = 2_208_988_800;

/** The answer of a server in `bytes[at … end)`; null when it is none. */
export function readNtpAnswer(bytes: Uint8Array, at: number, end: number): NtpAnswer | null {
  if (at + HEADER_OCTETS > end) return null;
  const first = u8(bytes, at);
  const version = (first >>> 3) & 7;
  if ((first & 7) !== MODE_SERVER || version < 1 || version > 4) return null;
  const stratum = u8(bytes, at + 1);
  const seconds = u32(bytes, at + 40);
  return {
    leap: first >>> 6,
    stratum,
    reference: stratum <= 1 ? printableText(bytes, at + 12, at + 16) : '',
    transmitted: seconds === 0 ? 0 : seconds - NTP_TO_UNIX,
  };
}
