import { u8, u32 } from '../octets.ts';

/** Long header: form and fixed bit set; type in two bits; version in four octets (RFC 9000, 17.2). */
const LONG_FORM_AND_FIXED = 0xc0;
const TYPE_BITS = 0x30;
const VERSION_1 = 1;
/** RFC 9369: its Initial has type 1. */
const VERSION_2 = 0x6b3343cf;
/** Drafts 0xff0000xx, which deployed clients still offer. */
const DRAFTS = 0xff0000;
/** A client pads its Initial to this many octets (RFC 9000, 14.1). */
export const LEAST_INITIAL_OCTETS = 1_200;
/** Most octets of a connection identifier in version 1 (RFC 9000, 17.2). */
const MOST_IDENTIFIER = 20;

/**
 * Whether the datagram `bytes[at … end)` begins with an Initial packet of QUIC.
 *
 * @param octets of the datagram on the wire
 */
export function isQuicInitial(bytes: Uint8Array, at: number, end: number, octets: number): boolean {
  if (octets < LEAST_INITIAL_OCTETS || at + 6 > end) return false;
  const first = u8(bytes, at);
  const version = u32(bytes, at + 1);
  if ((first & LONG_FORM_AND_FIXED) !== LONG_FORM_AND_FIXED || u8(bytes, at + 5) > MOST_IDENTIFIER) return false;
  const type = first & TYPE_BITS;
  if (version === VERSION_2) return type === 0x10;
  return type === 0 && (version === VERSION_1 || version >>> 8 === DRAFTS);
}
