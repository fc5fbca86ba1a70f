import { u8, u16 } from '../octets.ts';

/**
 * TLS record (RFC 8446, 5.1; RFC 5246, 6.2.1): type, version, length of the fragment.
 *
 *   | type 1 | 3 | minor | length 2 | fragment … |
 */
export const RECORD_HEADER_OCTETS = 5;
export const CHANGE_CIPHER_SPEC = 20;
export const ALERT = 21;
export const HANDSHAKE = 22;
export const APPLICATION_DATA = 23;
const HEARTBEAT = 24;
/** Most octets of a fragment: 2^14, and 2048 that encryption may add (RFC 5246, 6.2.3). */
const MOST_FRAGMENT = 16_384 + 2_048;
/** Versions are 3.0 (SSL 3) to 3.4. */
const MAJOR = 3;
const LAST_MINOR = 4;

/** An alert in the clear is two octets (RFC 8446, 6): level and description. */
export const CLEAR_ALERT_OCTETS = 2;
/**
 * An alert of TLS 1.3 as a record: two octets, the content type, and the tag of 16 octets that all cipher suites but
 * CCM_8 have (RFC 8446, 5.2; RFC 5116, 5).
 */
export const ENCRYPTED_ALERT_OCTETS = 19;

export const CLOSE_NOTIFY = 0;

/** Whether `bytes[at … end)` begins with the header of a record. */
export function isRecord(bytes: Uint8Array, at: number, end: number): boolean {
  if (at + RECORD_HEADER_OCTETS > end) return false;
  const type = u8(bytes, at);
  const length = recordOctets(bytes, at);
  if (type < CHANGE_CIPHER_SPEC || type > HEARTBEAT || u8(bytes, at + 1) !== MAJOR) return false;
  if (u8(bytes, at + 2) > LAST_MINOR || length === 0 || length > MOST_FRAGMENT) return false;
  return type !== CHANGE_CIPHER_SPEC || length === 1;
}

/** Type of the record whose header is at `at`. */
export const recordType = (bytes: Uint8Array, at: number): number => u8(bytes, at);
/** Octets of its fragment, without the header. */
export const recordOctets = (bytes: Uint8Array, at: number): number => u16(bytes, at + 3);
