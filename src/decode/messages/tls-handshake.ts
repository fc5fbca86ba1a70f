import { u8, u16, u24, u32 } from '../octets.ts';

/** Types of handshake messages (RFC 8446, 4; RFC 5246, 7.4). */
export const CLIENT_HELLO = 1;
export const SERVER_HELLO = 2;
export const CERTIFICATE = 11;
export const CERTIFICATE_REQUEST = 13;
/** Type and length before each handshake message. */
export const HANDSHAKE_HEADER_OCTETS = 4;

const SERVER_NAME = 0;
const ALPN = 16;
const SUPPORTED_VERSIONS = 43;
const KEY_SHARE = 51;
const RANDOM_OCTETS = 32;
/** Hybrid groups with ML-KEM, and the draft with Kyber (registry of IANA, TLS Supported Groups). */
const POST_QUANTUM_GROUPS: ReadonlySet<number> = new Set([0x11eb, 0x11ec, 0x11ed, 0x6399]);
/** The random of a HelloRetryRequest begins so (RFC 8446, 4.1.3). */
const RETRY_RANDOM = [0xcf21ad74, 0xe59a6111];
/** Versions of GREASE have two equal octets that end in 0xa (RFC 8701). */
const isGrease = (value: number): boolean => (value & 0x0f0f) === 0x0a0a;
export const TLS_1_2 = 0x0303;
export const TLS_1_3 = 0x0304;

/** What is read of a hello. One instance is reused; places are offsets in the bytes that were read. */
export class Hello {
  /** Octets of the message by its own length, without its header. */
  octets = 0;
  /** The highest version offered, or the version chosen. */
  version = 0;
  /** Cipher suites offered; the chosen one in a ServerHello. */
  suites = 0;
  /** Place and octets of the server name (RFC 6066, 3); 0 octets without one. */
  nameAt = 0;
  nameOctets = 0;
  /** Place and octets of the first protocol of ALPN (RFC 7301); 0 octets without one. */
  protocolAt = 0;
  protocolOctets = 0;
  /** The client sends a key share of a post-quantum group. */
  postQuantum = false;
  /** The server asks for another hello. */
  isRetry = false;
  /** Everything up to the end of the message was there. */
  whole = false;

  clear(): void {
    this.octets = this.version = this.suites = 0;
    this.nameAt = this.nameOctets = this.protocolAt = this.protocolOctets = 0;
    this.postQuantum = this.isRetry = this.whole = false;
  }
}

/**
 * Reads the hello whose handshake header is at `at`, as far as `bytes[at … end)` has it. Fields behind a cut or a
 * defect keep their initial values.
 *
 * @param isClient ClientHello or ServerHello
 */
export function readHello(bytes: Uint8Array, at: number, end: number, isClient: boolean, hello: Hello): void {
  hello.clear();
  if (at + HANDSHAKE_HEADER_OCTETS > end) return;
  hello.octets = u24(bytes, at + 1);
  let place = at + HANDSHAKE_HEADER_OCTETS;
  const messageEnd = place + hello.octets;
  const stop = Math.min(end, messageEnd);
  if (place + 2 + RANDOM_OCTETS + 1 > stop) {
    if (place + 2 <= stop) hello.version = u16(bytes, place);
    return;
  }
  hello.version = u16(bytes, place);
  hello.isRetry = !isClient && u32(bytes, place + 2) === RETRY_RANDOM[0] && u32(bytes, place + 6) === RETRY_RANDOM[1];
  place += 2 + RANDOM_OCTETS;
  place += 1 + u8(bytes, place);
  if (isClient) {
    if (place + 2 > stop) return;
    hello.suites = u16(bytes, place) >> 1;
    place += 2 + u16(bytes, place);
    if (place + 1 > stop) return;
    place += 1 + u8(bytes, place);
  } else {
    if (place + 3 > stop) return;
    hello.suites = u16(bytes, place);
    place += 3;
  }
  hello.whole = messageEnd <= end;
  if (place + 2 > stop) return;
  readExtensions(bytes, place + 2, stop, isClient, hello);
}

function readExtensions(bytes: Uint8Array, from: number, stop: number, isClient: boolean, hello: Hello): void {
  let at = from;
  while (at + 4 <= stop) {
    const type = u16(bytes, at);
    const next = at + 4 + u16(bytes, at + 2);
    const until = Math.min(next, stop);
    if (type === SUPPORTED_VERSIONS) readVersions(bytes, at + 4, until, isClient, hello);
    else if (isClient) readOffer(bytes, type, at + 4, until, hello);
    at = next;
  }
}

function readVersions(bytes: Uint8Array, at: number, until: number, isClient: boolean, hello: Hello): void {
  if (!isClient) {
    if (at + 2 <= until) hello.version = u16(bytes, at);
    return;
  }
  let highest = 0;
  for (let place = at + 1; place + 2 <= until; place += 2) {
    const version = u16(bytes, place);
    if (!isGrease(version) && version > highest) highest = version;
  }
  if (highest > 0) hello.version = highest;
}

function readOffer(bytes: Uint8Array, type: number, at: number, until: number, hello: Hello): void {
  if (type === SERVER_NAME && at + 5 <= until && u8(bytes, at + 2) === 0) {
    hello.nameAt = at + 5;
    hello.nameOctets = Math.min(u16(bytes, at + 3), until - hello.nameAt);
  } else if (type === ALPN && at + 3 <= until) {
    hello.protocolAt = at + 3;
    hello.protocolOctets = Math.min(u8(bytes, at + 2), until - hello.protocolAt);
  } else if (type === KEY_SHARE) {
    for (let place = at + 2; place + 4 <= until; place += 4 + u16(bytes, place + 2))
      if (POST_QUANTUM_GROUPS.has(u16(bytes, place))) hello.postQuantum = true;
  }
}
