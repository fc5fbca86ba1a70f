import type { ApplicationError } from '../../flows/evidence/evidence.ts';

/** Names of codes in registries of IANA, for people. */

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

const ERRORS = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
];

/** "ENHANCE_YOUR_CALM", or "error 99" (RFC 9113, 7). */
export const http2ErrorName = (code: number): string => ERRORS[code] ?? `error ${code}`;

const RST_STREAM = 'RST_STREAM';

/** "503", or "RST_STREAM REFUSED_STREAM" of a stream that was reset. */
export const answerName = ({ kind, code }: Pick<ApplicationError, 'kind' | 'code'>): string =>
  kind === 'stream-reset' ? `${RST_STREAM} ${http2ErrorName(Number(code))}` : code;

/** @param name of `answerName` */
export const isReset = (name: string): boolean => name.startsWith(RST_STREAM);

/** "status 503", or "RST_STREAM REFUSED_STREAM". @param name of `answerName` */
export const withKind = (name: string): string => (isReset(name) ? name : `status ${name}`);
