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

export const LEVEL_FATAL = 2;
export const CLOSE_NOTIFY = 0;
export const USER_CANCELED = 90;

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

const ALERTS: Readonly<Record<number, string>> = {
  0: 'close_notify',
  10: 'unexpected_message',
  20: 'bad_record_mac',
  21: 'decryption_failed',
  22: 'record_overflow',
  30: 'decompression_failure',
  40: 'handshake_failure',
  41: 'no_certificate',
  42: 'bad_certificate',
  43: 'unsupported_certificate',
  44: 'certificate_revoked',
  45: 'certificate_expired',
  46: 'certificate_unknown',
  47: 'illegal_parameter',
  48: 'unknown_ca',
  49: 'access_denied',
  50: 'decode_error',
  51: 'decrypt_error',
  60: 'export_restriction',
  70: 'protocol_version',
  71: 'insufficient_security',
  80: 'internal_error',
  86: 'inappropriate_fallback',
  90: 'user_canceled',
  100: 'no_renegotiation',
  109: 'missing_extension',
  110: 'unsupported_extension',
  111: 'certificate_unobtainable',
  112: 'unrecognized_name',
  113: 'bad_certificate_status_response',
  114: 'bad_certificate_hash_value',
  115: 'unknown_psk_identity',
  116: 'certificate_required',
  120: 'no_application_protocol',
  121: 'ech_required',
};

/** "handshake_failure", or "alert 200" (RFC 8446, 6 and the registry of IANA). */
export const alertName = (description: number): string => ALERTS[description] ?? `alert ${description}`;
