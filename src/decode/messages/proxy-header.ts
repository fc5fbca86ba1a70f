import { u8, u16 } from '../octets.ts';
import { beginsWith } from './octet-text.ts';

/** Header of the PROXY protocol (haproxy, doc/proxy-protocol.txt, 2): version 1 is a line of at most 107 octets. */
const LINE = 'PROXY ';
const MOST_LINE_OCTETS = 107;
/** Version 2: 12 octets of signature, version and command, family, length of the rest. */
const SIGNATURE = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];
const FIXED_OCTETS = 16;
const LINE_FEED = 0x0a;

export function isProxyHeader(bytes: Uint8Array, at: number, end: number): boolean {
  if (beginsWith(bytes, at, end, LINE)) return true;
  return at + SIGNATURE.length <= end && SIGNATURE.every((octet, index) => u8(bytes, at + index) === octet);
}

/** Octets of the header at `at`, for which `isProxyHeader` is true; 0 when it is cut before its length is known. */
export function proxyHeaderOctets(bytes: Uint8Array, at: number, end: number): number {
  if (u8(bytes, at) !== SIGNATURE[0]) {
    const stop = Math.min(end, at + MOST_LINE_OCTETS);
    for (let index = at; index < stop; index++) if (u8(bytes, index) === LINE_FEED) return index + 1 - at;
    return 0;
  }
  return at + FIXED_OCTETS <= end ? FIXED_OCTETS + u16(bytes, at + 14) : 0;
}
