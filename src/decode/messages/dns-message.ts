import { formatIpv4, formatIpv6 } from '../address-book.ts';
import { u8, u16, u32 } from '../octets.ts';
import { printableText } from './octet-text.ts';
import type { RecentNames } from './recent-names.ts';

/**
 * DNS message (RFC 1035, 4).
 *
 *  |              ID               |QR|  OPCODE |AA|TC|RD|RA|Z|..| RCODE |
 *  |            QDCOUNT            |            ANCOUNT                   |
 *  |            NSCOUNT            |            ARCOUNT                   |
 *  |  question: name, type, class  |  records: name, type, class, TTL, length, data
 */
const HEADER_LENGTH = 12;
const RESPONSE = 0x8000;
const TRUNCATED = 0x0200;
/** Reserved, zero in all queries and responses (RFC 1035, 4.1.1). */
const RESERVED = 0x0040;
/** Octets of type and class after the name of a question. */
const QUESTION_FIXED_LENGTH = 4;
/** Octets of type, class, TTL and length after the name of a record. */
const RECORD_FIXED_LENGTH = 10;
const TYPE_A = 1;
const TYPE_AAAA = 28;
const TYPE_OPT = 41;

/** Most questions in one message. Nobody sends DNS with more (RFC 9619 allows one). */
const MOST_QUESTIONS = 16;
/** Highest opcode assigned: DSO (RFC 8490). */
const LAST_OPCODE = 6;
const MOST_ADDRESSES = 8;
/** Port of DNS over UDP and TCP (RFC 1035, 4.2). */
export const DNS_PORT = 53;

/** Most octets of a name, including the label lengths (RFC 1035, 2.3.4). So there are at most 127 labels. */
const MOST_NAME_OCTETS = 255;
const MOST_LABELS = 127;
const POINTER = 0xc0;

/** Why a server could not answer as asked (RFC 8914, 2): a code of the registry, and a text of the server. */
export interface ExtendedError {
  code: number;
  text: string;
}

export interface DnsMessage {
  id: number;
  isResponse: boolean;
  opcode: number;
  /** Response code, with the upper bits of EDNS (RFC 6891, 6.1.3). */
  rcode: number;
  /** The TC bit: the answer did not fit. */
  truncated: boolean;
  /**
   * Name of the first question; '.' for the root, '' without a question. Escaped as in RFC 4343, 2.1, so it is
   * printable.
   */
  name: string;
  /** Hash of `name` that ignores the case of ASCII letters, 0 to 2³²-1. */
  nameHash: number;
  /** Type of the first question; 0 without one. */
  type: number;
  /** Number of records in the answer section, by the header. */
  answers: number;
  /** The first 8 addresses in the answer section. */
  addresses: string[];
  /** Largest UDP payload that the sender accepts (EDNS), octets; 0 without EDNS. */
  udpSize: number;
  /** The first extended error (RFC 8914); absent without one. */
  extendedError?: ExtendedError;
  /** The message continues beyond `end`; its later part is missing here. */
  cut: boolean;
}

/** Position in a message, and whether reading has failed. */
interface Cursor {
  at: number;
  state: 'good' | 'cut' | 'malformed';
}

/**
 * Reads the message in `bytes[at … end)`; `undefined` when it is not DNS. If its records are malformed, the result
 * lacks everything after the defect.
 * @param names read before; it changes no result
 */
export function readDnsMessage(
  bytes: Uint8Array,
  at: number,
  end: number,
  names?: RecentNames,
): DnsMessage | undefined {
  if (at + HEADER_LENGTH > end) return undefined;
  const flags = u16(bytes, at + 2);
  const opcode = (flags >>> 11) & 15;
  const questions = u16(bytes, at + 4);
  if ((flags & RESERVED) !== 0 || opcode > LAST_OPCODE || questions > MOST_QUESTIONS) return undefined;
  const message: DnsMessage = {
    id: u16(bytes, at),
    isResponse: (flags & RESPONSE) !== 0,
    opcode,
    rcode: flags & 15,
    truncated: (flags & TRUNCATED) !== 0,
    name: '',
    nameHash: 0,
    type: 0,
    answers: u16(bytes, at + 6),
    addresses: [],
    udpSize: 0,
    cut: false,
  };
  const cursor: Cursor = { at: at + HEADER_LENGTH, state: 'good' };
  for (let index = 0; index < questions && cursor.state === 'good'; index++) {
    if (index > 0) skipQuestion(bytes, at, end, cursor);
    else readQuestion(bytes, at, end, cursor, message, names);
  }
  if (cursor.state === 'malformed') return undefined;
  readRecords(bytes, at, end, cursor, message);
  message.cut = cursor.state === 'cut';
  return message;
}

function readQuestion(
  bytes: Uint8Array,
  start: number,
  end: number,
  cursor: Cursor,
  into: DnsMessage,
  names: RecentNames | undefined,
): void {
  const from = cursor.at;
  skipName(bytes, start, end, cursor);
  if (cursor.state !== 'good') return;
  setName(bytes, from, cursor.at, into, names);
  if (cursor.at + QUESTION_FIXED_LENGTH <= end) into.type = u16(bytes, cursor.at);
  skipFixed(cursor, end);
}

function skipQuestion(bytes: Uint8Array, start: number, end: number, cursor: Cursor): void {
  skipName(bytes, start, end, cursor);
  if (cursor.state === 'good') skipFixed(cursor, end);
}

function skipFixed(cursor: Cursor, end: number): void {
  if (cursor.at + QUESTION_FIXED_LENGTH > end) cursor.state = 'cut';
  else cursor.at += QUESTION_FIXED_LENGTH;
}

/** Sets the texts of the well-formed name in [from, end). The first one of a message has nothing to point to. */
function setName(bytes: Uint8Array, from: number, end: number, into: DnsMessage, names: RecentNames | undefined): void {
  const octets = names === undefined ? 0 : hashOfOctets(bytes, from, end);
  const known = names?.find(bytes, from, end, octets);
  into.name = known?.name ?? nameAt(bytes, from);
  into.nameHash = known?.nameHash ?? hashOf(into.name);
  if (known === undefined) names?.add(bytes, from, end, octets, into.name, into.nameHash);
}

/** Reads the three sections of records: addresses from the first, EDNS from the last. */
function readRecords(bytes: Uint8Array, start: number, end: number, cursor: Cursor, message: DnsMessage): void {
  const beforeAdditional = message.answers + u16(bytes, start + 8);
  const total = beforeAdditional + u16(bytes, start + 10);
  for (let index = 0; index < total && cursor.state === 'good'; index++) {
    skipName(bytes, start, end, cursor);
    if (cursor.state !== 'good') return;
    const at = cursor.at;
    const dataAt = at + RECORD_FIXED_LENGTH;
    const next = dataAt <= end ? dataAt + u16(bytes, at + 8) : end + 1;
    if (next > end) {
      cursor.state = 'cut';
      return;
    }
    if (index < message.answers) addAddress(bytes, u16(bytes, at), dataAt, next, message.addresses);
    else if (index >= beforeAdditional && u16(bytes, at) === TYPE_OPT) readEdns(bytes, at, next, message);
    cursor.at = next;
  }
}

function addAddress(bytes: Uint8Array, type: number, at: number, end: number, addresses: string[]): void {
  if (addresses.length === MOST_ADDRESSES) return;
  if (type === TYPE_A && end - at === 4) addresses.push(formatIpv4(u32(bytes, at)));
  if (type !== TYPE_AAAA || end - at !== 16) return;
  addresses.push(formatIpv6([u32(bytes, at), u32(bytes, at + 4), u32(bytes, at + 8), u32(bytes, at + 12)]));
}

/** Option of EDNS for an extended error, and octets of its text that are kept (RFC 8914, 2). */
const EXTENDED_ERROR = 15;
const MOST_TEXT = 120;

/**
 * In an OPT record the class is the payload size, and the TTL begins with the upper bits of the response code. Its data
 * are options: code, length, value.
 *
 * @param next end of the record, which is not beyond the captured octets
 */
function readEdns(bytes: Uint8Array, at: number, next: number, message: DnsMessage): void {
  message.udpSize = u16(bytes, at + 2);
  message.rcode |= u8(bytes, at + 4) << 4;
  for (let option = at + RECORD_FIXED_LENGTH; option + 4 <= next; option += 4 + u16(bytes, option + 2)) {
    const end = option + 4 + u16(bytes, option + 2);
    if (u16(bytes, option) !== EXTENDED_ERROR || option + 6 > end || end > next) continue;
    const text = printableText(bytes, option + 6, Math.min(end, option + 6 + MOST_TEXT));
    message.extendedError ??= { code: u16(bytes, option + 4), text };
  }
}

/**
 * Moves the cursor past a name. Pointers are only followed backwards, so reading ends (RFC 1035, 4.1.4: they point to "a
 * prior occurrence").
 */
function skipName(bytes: Uint8Array, start: number, end: number, cursor: Cursor): void {
  cursor.state = stateBehindName(bytes, start, end, cursor);
}

function stateBehindName(bytes: Uint8Array, start: number, end: number, cursor: Cursor): Cursor['state'] {
  let at = cursor.at;
  let lowest = at;
  let jumped = false;
  let octets = 1;
  let labels = 0;
  for (;;) {
    if (at >= end) return 'cut';
    const length = u8(bytes, at);
    if (length === 0) break;
    if (length >= POINTER) {
      if (at + 2 > end) return 'cut';
      const target = start + (u16(bytes, at) & 0x3fff);
      if (!jumped) cursor.at = at + 2;
      jumped = true;
      if (target >= lowest || target < start + HEADER_LENGTH) return 'malformed';
      at = lowest = target;
      continue;
    }
    octets += length + 1;
    if (length > 63 || octets > MOST_NAME_OCTETS || labels === MOST_LABELS) return 'malformed';
    if (at + 1 + length > end) return 'cut';
    labels++;
    at += 1 + length;
  }
  if (!jumped) cursor.at = at + 1;
  return 'good';
}

/** Text of the well-formed name at `at`, which has no pointer. */
function nameAt(bytes: Uint8Array, at: number): string {
  let text = '';
  for (let from = at; u8(bytes, from) !== 0; from += 1 + u8(bytes, from))
    text += (text === '' ? '' : '.') + labelText(bytes, from + 1, u8(bytes, from));
  return text === '' ? '.' : text;
}

const DOT = 0x2e;
const BACKSLASH = 0x5c;

/**
 * Printable ASCII is unchanged. Everything else, and characters that would look like punctuation, becomes `\` and three
 * decimal digits.
 */
function labelText(bytes: Uint8Array, at: number, length: number): string {
  let text = '';
  for (let index = at; index < at + length; index++) {
    const octet = u8(bytes, index);
    const plain = octet > 0x20 && octet < 0x7f && octet !== DOT && octet !== BACKSLASH;
    text += plain ? String.fromCharCode(octet) : `\\${String(octet).padStart(3, '0')}`;
  }
  return text;
}

/**
 * FNV-1a hash (draft-eastlake-fnv) of the name in lower case, because DNS compares names without regard to case (RFC
 * 4343).
 */
function hashOf(name: string): number {
  const lower = name.toLowerCase();
  let hash = 0x811c9dc5;
  for (let index = 0; index < lower.length; index++) hash = Math.imul(hash ^ lower.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}

function hashOfOctets(bytes: Uint8Array, at: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let index = at; index < end; index++) hash = Math.imul(hash ^ u8(bytes, index), 0x01000193);
  return hash ^ (hash >>> 15);
}
