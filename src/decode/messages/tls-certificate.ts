import { u8, u16, u24 } from '../octets.ts';
import { decimalAt } from './octet-text.ts';
import { HANDSHAKE_HEADER_OCTETS } from './tls-handshake.ts';

/** Tags of DER (X.690, 8.1.2). */
const SEQUENCE = 0x30;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
const VERSION = 0xa0;

/** What is read of the Certificate message of TLS 1.2 (RFC 5246, 7.4.2). One instance is reused. */
export class LeafCertificate {
  /** The message has no certificate: a client without one answers so. */
  isEmpty = false;
  /** Validity of the first certificate, seconds since 1970; NaN when it could not be read. */
  notBefore = Number.NaN;
  notAfter = Number.NaN;
  /** Issuer and subject are equal (RFC 5280, 3.2). */
  selfSigned = false;

  clear(): void {
    this.isEmpty = this.selfSigned = false;
    this.notBefore = this.notAfter = Number.NaN;
  }
}

/** Where the content of an element begins and where it ends, by its own length. */
interface Element {
  tag: number;
  at: number;
  end: number;
}

/**
 * Reads the first certificate of the message whose handshake header is at `at`, as far as `bytes[at … end)` has it.
 *
 *   Certificate { tbsCertificate { [0] version, serial, signature, issuer, validity { notBefore, notAfter }, subject … } }
 */
export function readLeafCertificate(bytes: Uint8Array, at: number, end: number, leaf: LeafCertificate): void {
  leaf.clear();
  const listAt = at + HANDSHAKE_HEADER_OCTETS;
  if (listAt + 3 > end) return;
  leaf.isEmpty = u24(bytes, listAt) === 0;
  if (leaf.isEmpty) return;
  const certificate = elementAt(bytes, listAt + 6, end);
  const body = certificate && elementAt(bytes, certificate.at, end);
  if (body?.tag !== SEQUENCE) return;
  let part = elementAt(bytes, body.at, end);
  if (part?.tag === VERSION) part = elementAt(bytes, part.end, end);
  // Serial number, then the algorithm of the signature, then the issuer.
  const algorithm = part && elementAt(bytes, part.end, end);
  const issuer = algorithm && elementAt(bytes, algorithm.end, end);
  const validity = issuer && elementAt(bytes, issuer.end, end);
  if (issuer?.tag !== SEQUENCE || validity?.tag !== SEQUENCE) return;
  const from = elementAt(bytes, validity.at, end);
  const to = from && elementAt(bytes, from.end, end);
  if (from === null || to === null) return;
  leaf.notBefore = timeOf(bytes, from, end);
  leaf.notAfter = timeOf(bytes, to, end);
  const subject = elementAt(bytes, validity.end, end);
  leaf.selfSigned = subject !== null && subject.end <= end && areEqual(bytes, issuer, subject);
}

/** Octets of a message, from one offset to another; they may reach beyond what was captured. */
export interface Place {
  from: number;
  to: number;
}

/**
 * What `readLeafCertificate` reads, as places: tags, lengths and times of the first certificate, and the contents of
 * issuer and subject.
 */
export function leafPlaces(bytes: Uint8Array, at: number, end: number): { structure: Place[]; names: Place[] } {
  const places = { structure: [] as Place[], names: [] as Place[] };
  const open = (from: number): Element | null => {
    const element = elementAt(bytes, from, end);
    if (element !== null) places.structure.push({ from, to: element.at });
    return element;
  };
  const certificate = open(at + HANDSHAKE_HEADER_OCTETS + 6);
  const body = certificate && open(certificate.at);
  if (body?.tag !== SEQUENCE) return places;
  let part = open(body.at);
  if (part?.tag === VERSION) part = open(part.end);
  const algorithm = part && open(part.end);
  const issuer = algorithm && open(algorithm.end);
  const validity = issuer && open(issuer.end);
  if (issuer?.tag !== SEQUENCE || validity?.tag !== SEQUENCE) return places;
  places.names.push({ from: issuer.at, to: issuer.end });
  places.structure.push({ from: validity.at, to: validity.end });
  const subject = open(validity.end);
  if (subject !== null) places.names.push({ from: subject.at, to: subject.end });
  return places;
}

/** The element whose tag is at `at`; null when its tag and length are not there. */
function elementAt(bytes: Uint8Array, at: number, end: number): Element | null {
  if (at + 2 > end) return null;
  const tag = u8(bytes, at);
  const first = u8(bytes, at + 1);
  if (first < 0x80) return { tag, at: at + 2, end: at + 2 + first };
  if (first === 0x81 && at + 3 <= end) return { tag, at: at + 3, end: at + 3 + u8(bytes, at + 2) };
  if (first === 0x82 && at + 4 <= end) return { tag, at: at + 4, end: at + 4 + u16(bytes, at + 2) };
  return null;
}

/** Two-digit years up to 49 are of this century (RFC 5280, 4.1.2.5.1). */
const LAST_YEAR_OF_CENTURY = 49;

/** Seconds since 1970 of "YYMMDDHHMMSSZ" or "YYYYMMDDHHMMSSZ"; NaN when it is neither. */
function timeOf(bytes: Uint8Array, { tag, at, end: elementEnd }: Element, end: number): number {
  if (elementEnd > end || (tag !== UTC_TIME && tag !== GENERALIZED_TIME)) return Number.NaN;
  const digits = tag === UTC_TIME ? 2 : 4;
  const written = decimalAt(bytes, at, elementEnd, digits);
  const year = digits === 4 ? written : written + (written > LAST_YEAR_OF_CENTURY ? 1900 : 2000);
  const [month, day, hour, minute, second] = [0, 2, 4, 6, 8].map((offset) =>
    decimalAt(bytes, at + digits + offset, elementEnd, 2),
  );
  if (Math.min(written, month, day, hour, minute, second) < 0) return Number.NaN;
  return Date.UTC(year, month - 1, day, hour, minute, second) / 1000;
}

function areEqual(bytes: Uint8Array, one: Element, other: Element): boolean {
  const octets = one.end - one.at;
  if (other.end - other.at !== octets) return false;
  for (let index = 0; index < octets; index++)
    if (u8(bytes, one.at + index) !== u8(bytes, other.at + index)) return false;
  return true;
}
