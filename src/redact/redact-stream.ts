import { isStatusLine } from '../decode/messages/http1.ts';
import { isPreface, PREFACE } from '../decode/messages/http2.ts';
import { clientOpening, HTTP1, HTTP2, PROXY, serverOpening, TLS } from '../decode/messages/opening.ts';
import { proxyHeaderOctets } from '../decode/messages/proxy-header.ts';
import { isRecord } from '../decode/messages/tls-record.ts';
import type { Packet } from '../decode/packet.ts';
import { type Http1State, markHttp1 } from './mark-http1.ts';
import { markHttp2Frame } from './mark-http2.ts';
import { markTlsRecord, type TlsState } from './mark-tls.ts';
import { markTurn } from './mark-turn.ts';
import { applyMarks, type Mark, Marks } from './marks.ts';
import type { Pseudonyms } from './pseudonyms.ts';

/** Directions that are followed; the one that was begun first is forgotten. */
const MOST_STREAMS = 20_000;
/** Marks of a direction that are remembered, for octets that are sent again. */
const MOST_MARKS = 256;
/** Octets of a message that wait for more: the largest record of TLS. */
const MOST_HELD = 20_000;
const SYN = 0x02;

interface Stream extends TlsState, Http1State {
  framing: typeof TLS | typeof HTTP2 | typeof HTTP1;
  /** Sequence number of the next message; its octets so far are in `held`. */
  message: number;
  held: Uint8Array;
  /** Sequence number behind what was read. */
  next: number;
  marks: Mark[];
}

/**
 * Payload of TCP. Messages of TLS and HTTP/2 are followed through the segments, so that their headers stay; of other
 * protocols the first octets of each segment are looked at.
 */
export class StreamRedaction {
  readonly #pseudonyms: Pseudonyms;
  readonly #marks: Marks;
  readonly #streams = new Map<string, Stream>();

  constructor(pseudonyms: Pseudonyms) {
    this.#pseudonyms = pseudonyms;
    this.#marks = new Marks(pseudonyms);
  }

  /** @param ends the two ends before they were replaced */
  redact(packet: Packet, ends: string, end: number): void {
    const { bytes, payloadAt: at, payloadLength } = packet;
    if (at >= end) return;
    const marks = this.#marksOf(packet, ends, at, end);
    applyMarks(this.#pseudonyms, marks, bytes, at, end, payloadLength);
  }

  /** Marks by offset in the packet. */
  #marksOf(packet: Packet, ends: string, at: number, end: number): readonly Mark[] {
    const { bytes, payloadLength, tcpFlags, tcpSeq } = packet;
    const seq = (tcpFlags & SYN) === 0 ? tcpSeq : (tcpSeq + 1) >>> 0;
    const marks = this.#marks;
    let stream = this.#streams.get(ends);
    let skipped = 0;
    marks.begin(bytes);
    // What follows on CONNECT is another protocol.
    if (stream?.framing === HTTP1 && serverOpening(bytes, at, end) === TLS) stream = undefined;
    if (stream === undefined) {
      skipped = this.#skipProxy(bytes, at, end);
      stream = this.#open(ends, bytes, at + skipped, end, (seq + skipped) >>> 0);
    }
    const before = [...marks.list];
    if (stream === undefined) {
      if (skipped === 0) markTurn(marks, bytes, at, end, payloadLength);
      else markTurn(marks, bytes, at + skipped, end, payloadLength - skipped);
      return marks.list;
    }
    const isCut = end - at < payloadLength;
    this.#read(stream, bytes, at + skipped, end, (seq + skipped) >>> 0, (seq + payloadLength) >>> 0, isCut);
    return [...before, ...stream.marks.map(({ from, octets }) => ({ from: at + distance(from, seq), octets }))];
  }

  /** The header of a load balancer, whose addresses get their pseudonyms. @returns its octets */
  #skipProxy(bytes: Uint8Array, at: number, end: number): number {
    if (clientOpening(bytes, at, end) !== PROXY) return 0;
    const octets = proxyHeaderOctets(bytes, at, end);
    const stop = Math.min(end, at + octets);
    const marks = this.#marks;
    if (bytes[at] === 0x50) {
      const family = bytes.indexOf(0x20, at + 6);
      const addresses = family < 0 || family >= stop ? stop : family;
      marks.keep(at, addresses);
      marks.words(addresses, stop);
      return octets;
    }
    marks.keep(at, Math.min(stop, at + 16));
    const size = bytes[at + 13] >>> 4 === 1 ? 4 : 16;
    const first = at + 16;
    if (first + 2 * size + 4 > stop) return octets;
    marks.address(first, first + size);
    marks.address(first + size, first + 2 * size);
    marks.keep(first + 2 * size, first + 2 * size + 4);
    return octets;
  }

  #open(ends: string, bytes: Uint8Array, at: number, end: number, seq: number): Stream | undefined {
    const client = clientOpening(bytes, at, end);
    const kind = client === TLS || client === HTTP2 ? client : serverOpening(bytes, at, end);
    if (kind !== TLS && kind !== HTTP2 && !(kind === HTTP1 && isStatusLine(bytes, at, end))) return undefined;
    const stream: Stream = {
      framing: kind,
      message: seq,
      held: new Uint8Array(0),
      next: seq,
      marks: [],
      rest: 0,
      changed: false,
      body: 'head',
    };
    if (this.#streams.size >= MOST_STREAMS) {
      const [oldest] = this.#streams.keys();
      if (oldest !== undefined) this.#streams.delete(oldest);
    }
    this.#streams.set(ends, stream);
    return stream;
  }

  /** Reads the messages of the segment `bytes[at … end)` at `seq`; its octets end at `after`, captured or not. */
  #read(stream: Stream, bytes: Uint8Array, at: number, end: number, seq: number, after: number, isCut: boolean): void {
    const ahead = distance(seq, stream.next);
    if (ahead < 0 && distance(after, stream.next) <= 0) return;
    let from = at;
    if (ahead < 0) from -= ahead;
    else if (ahead > 0) {
      // Octets are missing: a message that begins here is found again.
      if (!isBegun(stream, bytes, at, end)) return;
      beginAt(stream, seq);
    } else if (stream.framing === HTTP1 && distance(stream.message, seq) > 0 && isStatusLine(bytes, at, end))
      // An answer to HEAD has a length and no body.
      beginAt(stream, seq);
    const start = (seq + (from - at)) >>> 0;
    const held = distance(stream.message, start) < 0 ? stream.held : new Uint8Array(0);
    const view = new Uint8Array(held.length + Math.max(0, end - from));
    view.set(held);
    view.set(bytes.subarray(from, end), held.length);
    const base = (start - held.length) >>> 0;
    stream.next = after;
    this.#readView(stream, view, base, isCut, after);
  }

  #readView(stream: Stream, view: Uint8Array, base: number, isCut: boolean, after: number): void {
    const marks = this.#marks;
    marks.begin(view);
    let at = distance(stream.message, base);
    while (at < view.length) {
      const read = this.#readMessage(stream, view, at, isCut);
      if (read < 0) {
        at = Number.NaN;
        break;
      }
      if (read === 0) break;
      at += read;
    }
    for (const { from, octets } of marks.list) stream.marks.push({ from: (base + from) >>> 0, octets });
    if (stream.marks.length > MOST_MARKS) stream.marks = stream.marks.slice(-MOST_MARKS);
    stream.held = new Uint8Array(0);
    // Lost: a later segment that begins with a message is where reading goes on.
    if (Number.isNaN(at) || (isCut && at < distance(after, base))) stream.message = stream.next = lostBefore(after);
    else {
      stream.message = (base + at) >>> 0;
      if (at < view.length) stream.held = view.slice(at);
      if (stream.held.length > MOST_HELD) stream.message = stream.next = lostBefore(after);
    }
  }

  #readMessage(stream: Stream, view: Uint8Array, at: number, isCut: boolean): number {
    if (stream.framing === HTTP1) return markHttp1(this.#marks, stream, view, at, view.length, isCut);
    if (stream.framing === TLS) return markTlsRecord(this.#marks, stream, view, at, view.length, isCut);
    if (isPreface(view, at, view.length)) {
      this.#marks.keep(at, Math.min(view.length, at + PREFACE.length));
      return PREFACE.length;
    }
    return markHttp2Frame(this.#marks, view, at, view.length, isCut);
  }
}

function isBegun({ framing }: Stream, bytes: Uint8Array, at: number, end: number): boolean {
  if (framing === HTTP1) return isStatusLine(bytes, at, end);
  return framing === TLS
    ? isRecord(bytes, at, end)
    : serverOpening(bytes, at, end) === HTTP2 || isPreface(bytes, at, end);
}

function beginAt(stream: Stream, seq: number): void {
  stream.message = stream.next = seq;
  stream.held = new Uint8Array(0);
  stream.body = 'head';
}

/** A place that no following segment continues. */
const lostBefore = (after: number): number => (after - 1) >>> 0;

/** How far `a` is behind `b`, in sequence space (RFC 9293, 3.4): negative when it comes before. */
const distance = (a: number, b: number): number => (a - b) | 0;
