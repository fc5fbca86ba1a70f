import { PcapdiagError } from '../../text/pcapdiag-error.ts';
import { u8, u32, u32le } from '../octets.ts';
import { ByteWindow } from './byte-window.ts';
import type {
  CaptureFormat,
  CaptureInterface,
  CaptureReader,
  CaptureRecord,
  RecordForm,
  RecordRuns,
  RecordSink,
  RunSink,
} from './capture-record.ts';
import { emptyRecord } from './empty-record.ts';
import { lengthOrder, linkTypeOf, PCAP_HEADER_LENGTH, pcapVariant } from './pcap-header.ts';
import { ProblemList } from './problem-list.ts';

const RECORD_HEADER_LENGTH = 16;
/** The patched header of 1999 appends interface index, protocol and packet type. */
const MODIFIED_RECORD_HEADER_LENGTH = 24;

/**
 * Longest record of ordinary link types. libpcap's MAXIMUM_SNAPLEN and Wireshark's WTAP_MAX_PACKET_SIZE_STANDARD have
 * this value.
 */
const MAX_CAPTURED = 262_144;
/** Largest snaplen that is used as a limit. A larger one (0xffffffff is common) carries no information. */
const MAX_BELIEVED_SNAPLEN = 16 << 20;

/**
 * Consecutive record headers that must look right before reading resumes after damage. Each passes by chance with
 * probability 2⁻³⁵.
 */
const RESYNC_CHAIN = 3;
/** Most seconds between neighbouring records of such a chain. */
const RESYNC_SECONDS = 86_400;

/** Packet type of the modified record header, as in linux/if_packet.h. */
const PACKET_OUTGOING = 4;
const PACKET_OTHERHOST = 3;
/** epb_flags, bits 0-1. */
const INBOUND = 1;
const OUTBOUND = 2;

/**
 * Reads classic pcap. The file header must be whole in the first chunk pushed (`openReader` ensures this).
 *
 * A record header with an impossible length is damage. Reading continues at the next place where three headers in a row
 * look right. The search looks at each byte once, and holds at most three records.
 */
export class PcapReader implements CaptureReader {
  readonly format: CaptureFormat;
  readonly #sink: RecordSink;
  readonly #problems: ProblemList;
  readonly #window = new ByteWindow();
  readonly #record = emptyRecord();
  readonly #littleEndian: boolean;
  readonly #headerLength: number;
  readonly #unitsPerSecond: number;
  readonly #nanosecondsPerUnit: number;
  readonly #maxCaptured: number;
  /** Versions before 2.3 wrote the original length first; version 2.3 may have either order (libpcap, sf-pcap.c). */
  readonly #lengthsSwapped: 'never' | 'maybe' | 'always';
  /** Of records that the sink may take itself; undefined for rare forms. */
  readonly #form: RecordForm | undefined;
  #runs: RecordRuns | undefined;
  /** File offset where the damage began, while the next record is being searched; else -1. */
  #lostAt = -1;
  #lostBecause = '';

  /** @throws PcapdiagError `unsupported-format` for a version before 2.0. */
  constructor(header: Uint8Array, sink: RecordSink) {
    const variant = pcapVariant(header, 0);
    if (variant === undefined) throw new PcapdiagError('not-a-capture', 'no pcap magic number', { offset: 0 });
    this.format = variant.format;
    this.#littleEndian = variant.littleEndian;
    this.#sink = sink;
    this.#problems = new ProblemList(sink);
    this.#headerLength = variant.format === 'pcap-modified' ? MODIFIED_RECORD_HEADER_LENGTH : RECORD_HEADER_LENGTH;
    this.#unitsPerSecond = variant.format === 'pcap-ns' ? 1_000_000_000 : 1_000_000;
    this.#nanosecondsPerUnit = 1_000_000_000 / this.#unitsPerSecond;
    this.#lengthsSwapped = lengthOrder(header, variant.littleEndian);
    const described = this.#describeInterface(header);
    const { snaplen } = described;
    this.#maxCaptured = snaplen > MAX_CAPTURED && snaplen <= MAX_BELIEVED_SNAPLEN ? snaplen : MAX_CAPTURED;
    const isUsual = this.#headerLength === RECORD_HEADER_LENGTH && this.#lengthsSwapped === 'never';
    const { maxCaptured, unitsPerSecond } = { maxCaptured: this.#maxCaptured, unitsPerSecond: this.#unitsPerSecond };
    const { littleEndian: isLittleEndian } = variant;
    this.#form = isUsual ? { isBlocks: false, isLittleEndian, maxCaptured, unitsPerSecond } : undefined;
    this.#window.base = PCAP_HEADER_LENGTH;
    sink.onInterface(described);
  }

  push(chunk: Uint8Array): void {
    if (this.#runs === undefined && this.#form !== undefined) this.#beginRuns(this.#form);
    this.#window.append(chunk);
    this.#parse(false);
    this.#window.keepRest();
  }

  #beginRuns(form: RecordForm): void {
    const runs = (this.#sink as RunSink).runs?.(form);
    if (runs === undefined) return;
    this.#runs = runs;
    this.#window.moveInto((bytes) => runs.memory(bytes));
  }

  room(bytes: number): Uint8Array {
    return this.#window.room(bytes);
  }

  end(): void {
    this.#parse(true);
    this.#problems.finish();
  }

  #describeInterface(header: Uint8Array): CaptureInterface {
    return { index: 0, linkType: linkTypeOf(this.#u32(header, 20)), snaplen: this.#u32(header, 16), isOnly: true };
  }

  #u32(bytes: Uint8Array, at: number): number {
    return this.#littleEndian ? u32le(bytes, at) : u32(bytes, at);
  }

  #parse(atEnd: boolean): void {
    const window = this.#window;
    for (;;) {
      if (this.#lostAt >= 0 && !this.#findRecord(atEnd)) return;
      this.#readRecords(atEnd);
      if (this.#lostAt >= 0) continue;
      if (atEnd && window.at < window.end) this.#cutTail();
      if (this.#lostAt < 0) return;
    }
  }

  /** Reads complete records, until the bytes end or a header is damaged. */
  #readRecords(atEnd: boolean): void {
    const window = this.#window;
    const { bytes, end, base } = window;
    const headerLength = this.#headerLength;
    const maxCaptured = this.#maxCaptured;
    const record = this.#record;
    const sink = this.#sink;
    let at = window.at;
    record.bytes = bytes;
    const runs = this.#runs;
    while (end - at >= headerLength) {
      if (runs !== undefined) at = runs.take(bytes, at, end);
      if (end - at < headerLength) break;
      let captured = this.#u32(bytes, at + 8);
      let original = this.#u32(bytes, at + 12);
      if (this.#lengthsSwapped !== 'never' && (this.#lengthsSwapped === 'always' || captured > original)) {
        [captured, original] = [original, captured];
      }
      const start = at + headerLength;
      const next = start + captured;
      if (captured > maxCaptured) {
        this.#lose(base + at, `a record claims ${captured} bytes, more than the ${maxCaptured} there can be`);
        break;
      }
      if (next > end) break;
      if (captured > original) {
        // A captured length above the original length is rare and may be damage. The next header decides.
        if (end - next < headerLength && !atEnd) break;
        if (this.#overrunsAt(next)) {
          this.#lose(base + at, `a record claims ${captured} bytes of ${original}, and no record follows it`);
          break;
        }
      }
      const units = this.#u32(bytes, at + 4);
      record.seconds = this.#u32(bytes, at);
      record.nanoseconds = units * this.#nanosecondsPerUnit;
      if (units >= this.#unitsPerSecond) carrySeconds(record);
      if (headerLength === MODIFIED_RECORD_HEADER_LENGTH) record.flags = directionFlags(u8(bytes, at + 22));
      record.start = start;
      record.end = next;
      record.originalLength = original;
      record.offset = base + at;
      at = next;
      sink.onRecord(record);
    }
    window.at = at;
  }

  /** Whether the bytes at `at` are certainly not a record header. */
  #overrunsAt(at: number): boolean {
    const { bytes, end } = this.#window;
    if (end - at < this.#headerLength) return false;
    const lengthAt = this.#lengthsSwapped === 'always' ? at + 12 : at + 8;
    return this.#u32(bytes, lengthAt) > this.#maxCaptured;
  }

  #lose(offset: number, because: string): void {
    this.#lostAt = offset;
    this.#lostBecause = because;
  }

  /**
   * The file ends inside a record. If the captured length exceeds the original length, that length may be the damage.
   */
  #cutTail(): void {
    const window = this.#window;
    const { bytes, at, end } = window;
    const left = end - at;
    if (left >= this.#headerLength && this.#u32(bytes, at + 8) > this.#u32(bytes, at + 12)) {
      for (let next = at + 1; next < end; next++) {
        if (this.#chainAt(next, true) !== 'yes') continue;
        this.#lose(window.base + at, 'a record reaches over the end of the file, and others lie in it');
        return;
      }
    }
    const need = left < this.#headerLength ? 'its header' : `its ${this.#u32(bytes, at + 8)} bytes`;
    this.#problems.add(
      'truncated',
      window.base + at,
      `the file ends inside a record, ${left} bytes after it began and before ${need} were whole`,
    );
    window.at = end;
  }

  /** Moves to the next place that looks like records; false when more bytes are needed or none remain. */
  #findRecord(atEnd: boolean): boolean {
    const window = this.#window;
    // The damaged header itself is skipped.
    let at = Math.max(window.at, this.#lostAt + 1 - window.base);
    let found: Chain = 'no';
    while (at < window.end && (found = this.#chainAt(at, atEnd)) === 'no') at++;
    window.at = Math.min(at, window.end);
    if (found === 'more') return false;
    if (found === 'no' && !atEnd) return false;
    const skipped = window.base + window.at - this.#lostAt;
    this.#problems.add('corrupt', this.#lostAt, `${this.#lostBecause}; ${skipped} bytes skipped`);
    this.#lostAt = -1;
    return found === 'yes';
  }

  /** Whether valid records follow each other from `at`. */
  #chainAt(at: number, atEnd: boolean): Chain {
    const { bytes, end } = this.#window;
    let previousSeconds = 0;
    for (let links = 0; links < RESYNC_CHAIN; links++) {
      if (atEnd && links > 0 && at === end) return 'yes';
      if (end - at < this.#headerLength) return atEnd ? (links > 1 ? 'yes' : 'no') : 'more';
      const captured = this.#u32(bytes, at + 8);
      const original = this.#u32(bytes, at + 12);
      if (captured === 0 || captured > original || original > MAX_CAPTURED) return 'no';
      if (this.#u32(bytes, at + 4) >= this.#unitsPerSecond) return 'no';
      const seconds = this.#u32(bytes, at);
      if (links > 0 && Math.abs(seconds - previousSeconds) > RESYNC_SECONDS) return 'no';
      previousSeconds = seconds;
      at += this.#headerLength + captured;
    }
    return 'yes';
  }
}

type Chain = 'yes' | 'no' | 'more';

/** A fraction of more than a second is invalid, but its meaning is clear: it is added to the seconds. */
function carrySeconds(record: CaptureRecord): void {
  record.seconds += Math.floor(record.nanoseconds / 1_000_000_000);
  record.nanoseconds %= 1_000_000_000;
}

function directionFlags(packetType: number): number {
  if (packetType === PACKET_OUTGOING) return OUTBOUND;
  return packetType < PACKET_OTHERHOST ? INBOUND : 0;
}
