import { leafPlaces } from '../decode/messages/tls-certificate.ts';
import { CERTIFICATE, CLIENT_HELLO, HANDSHAKE_HEADER_OCTETS, SERVER_HELLO } from '../decode/messages/tls-handshake.ts';
import {
  ALERT,
  CHANGE_CIPHER_SPEC,
  CLEAR_ALERT_OCTETS,
  HANDSHAKE,
  isRecord,
  RECORD_HEADER_OCTETS,
  recordOctets,
  recordType,
} from '../decode/messages/tls-record.ts';
import { u16, u24, u32 } from '../decode/octets.ts';
import type { Marks } from './marks.ts';

/** Extensions of a hello (registry of IANA) whose content is of the protocol: groups, signatures, ALPN, versions. */
const KEPT_EXTENSIONS: ReadonlySet<number> = new Set([5, 10, 11, 13, 16, 22, 23, 43, 45, 50]);
const SERVER_NAME = 0;
const KEY_SHARE = 51;
const RANDOM_OCTETS = 32;
/** The random of a HelloRetryRequest begins so (RFC 8446, 4.1.3). */
const RETRY_RANDOM = 0xcf21ad74;
const MUCH_LATER = 0;

/** How far one direction is read. */
export interface TlsState {
  /** Octets of a handshake message that go on in the next record. */
  rest: number;
  /** What follows is encrypted. */
  changed: boolean;
}

/**
 * Marks the record at `at`.
 *
 * @param isFinal no further octets of what is at hand will come
 * @returns its octets; 0 when more are needed to read it; -1 when there is no record
 */
export function markTlsRecord(
  marks: Marks,
  state: TlsState,
  bytes: Uint8Array,
  at: number,
  end: number,
  isFinal: boolean,
): number {
  if (end - at < RECORD_HEADER_OCTETS) {
    marks.keep(at, end);
    return MUCH_LATER;
  }
  if (!isRecord(bytes, at, end)) return -1;
  const octets = recordOctets(bytes, at);
  const type = recordType(bytes, at);
  const [from, stop] = [at + RECORD_HEADER_OCTETS, Math.min(end, at + RECORD_HEADER_OCTETS + octets)];
  marks.keep(at, from);
  const whole = RECORD_HEADER_OCTETS + octets;
  if (type === HANDSHAKE && !state.changed) {
    const rest = markHandshake(marks, state.rest, bytes, from, stop, octets);
    if (stop - from < octets && !isFinal) return MUCH_LATER;
    state.rest = rest;
  } else if (type === CHANGE_CIPHER_SPEC) {
    marks.keep(from, stop);
    state.changed = true;
  } else if (type === ALERT && octets === CLEAR_ALERT_OCTETS) {
    marks.keep(from, stop);
    if (stop - from < octets && !isFinal) return MUCH_LATER;
  }
  return whole;
}

/** @returns octets of its last message that go on in the next record */
function markHandshake(
  marks: Marks,
  rest: number,
  bytes: Uint8Array,
  from: number,
  end: number,
  octets: number,
): number {
  let at = from + Math.min(rest, octets);
  const over = rest - (at - from);
  while (at + HANDSHAKE_HEADER_OCTETS <= end) {
    marks.keep(at, at + HANDSHAKE_HEADER_OCTETS);
    const next = at + HANDSHAKE_HEADER_OCTETS + u24(bytes, at + 1);
    const stop = Math.min(end, next);
    if (bytes[at] === CLIENT_HELLO || bytes[at] === SERVER_HELLO)
      markHello(marks, bytes, at + HANDSHAKE_HEADER_OCTETS, stop, bytes[at] === CLIENT_HELLO);
    else if (bytes[at] === CERTIFICATE) markCertificate(marks, bytes, at, stop);
    at = next;
  }
  if (at < end) marks.keep(at, end);
  return at > from + octets ? at - (from + octets) : over;
}

/** Random, session and keys become other octets; the server name gets its pseudonym; the rest stays. */
function markHello(marks: Marks, bytes: Uint8Array, from: number, end: number, isClient: boolean): void {
  const randomAt = from + 2;
  const sessionAt = randomAt + RANDOM_OCTETS;
  marks.keep(from, Math.min(end, randomAt));
  if (!isClient && sessionAt <= end && u32(bytes, randomAt) === RETRY_RANDOM) marks.keep(randomAt, sessionAt);
  if (sessionAt >= end) return;
  marks.keep(sessionAt, sessionAt + 1);
  let at = sessionAt + 1 + bytes[sessionAt];
  const suites = isClient ? (at + 2 <= end ? 2 + u16(bytes, at) : 2) : 2;
  const compressionAt = at + suites;
  const compression = isClient ? (compressionAt < end ? 1 + bytes[compressionAt] : 1) : 1;
  marks.keep(at, Math.min(end, compressionAt + compression + 2));
  at = compressionAt + compression + 2;
  while (at + 4 <= end) {
    const next = at + 4 + u16(bytes, at + 2);
    marks.keep(at, at + 4);
    markExtension(marks, bytes, u16(bytes, at), at + 4, Math.min(end, next), isClient);
    at = next;
  }
  if (at < end) marks.keep(at, end);
}

function markExtension(
  marks: Marks,
  bytes: Uint8Array,
  type: number,
  at: number,
  end: number,
  isClient: boolean,
): void {
  if (KEPT_EXTENSIONS.has(type)) marks.keep(at, end);
  else if (type === SERVER_NAME) {
    marks.keep(at, Math.min(end, at + 5));
    marks.words(at + 5, end);
  } else if (type === KEY_SHARE && !isClient) marks.keep(at, Math.min(end, at + 4));
  else if (type === KEY_SHARE) {
    marks.keep(at, Math.min(end, at + 2));
    for (let place = at + 2; place + 4 <= end; place += 4 + u16(bytes, place + 2))
      marks.keep(place, Math.min(end, place + 4));
  }
}

/** Lengths and times of the first certificate stay; issuer and subject stay equal where they are. */
function markCertificate(marks: Marks, bytes: Uint8Array, at: number, end: number): void {
  const listAt = at + HANDSHAKE_HEADER_OCTETS;
  marks.keep(listAt, Math.min(end, listAt + 6));
  const places = leafPlaces(bytes, at, end);
  for (const { from, to } of places.structure) marks.keep(from, Math.min(end, to));
  for (const { from, to } of places.names) marks.same(from, Math.min(end, to), to - from);
}
