import { PcapdiagError } from '../../text/pcapdiag-error.ts';
import { u16, u16le, u32, u32le } from '../octets.ts';
import { ByteWindow } from './byte-window.ts';
import type { CaptureReader, RecordSink } from './capture-record.ts';
import { emptyRecord } from './empty-record.ts';
import {
  BLOCK,
  blockByteOrder,
  type Candidate,
  looksLikeBlock,
  MAX_BLOCK_LENGTH,
  MIN_BLOCK_LENGTH,
} from './pcapng-blocks.ts';
import {
  INTERFACE_FIXED_LENGTH,
  type PcapngInterface,
  readInterface,
  readStatistics,
  STATISTICS_FIXED_LENGTH,
} from './pcapng-interface.ts';
import { PcapngInterfaces } from './pcapng-interfaces.ts';
import { eachOption, OPTION, optionCounter, optionText } from './pcapng-options.ts';
import { PcapngRuns } from './pcapng-runs.ts';
import { ProblemList } from './problem-list.ts';

/** Interface, time stamp, captured and original length. */
const TIMED_PACKET_FIXED_LENGTH = 20;

/**
 * Reads pcapng with any number of sections, in either byte order. Interfaces are numbered over the whole file.
 *
 * `onInterface` is called again, with the same index, when the file gives the drop counters of an interface later. A
 * packet without a time (Simple Packet Block) gets the time of the previous packet. Damage loses its block. Reading
 * continues at the next place where a block of a known type ends with the same length as it began with.
 */
export class PcapngReader implements CaptureReader {
  readonly format = 'pcapng';
  readonly #sink: RecordSink;
  readonly #problems: ProblemList;
  readonly #window = new ByteWindow();
  readonly #runs: PcapngRuns;
  readonly #record = emptyRecord();
  readonly #onComment: (text: string) => void;
  #littleEndian = true;
  #interfaces = new PcapngInterfaces(0);
  #sections = 0;
  /** File offset where the damage began, while the next block is being searched; else -1. */
  #lostAt = -1;
  #lostBecause = '';

  constructor(sink: RecordSink) {
    this.#sink = sink;
    this.#runs = new PcapngRuns(sink, this.#window);
    this.#problems = new ProblemList(sink);
    this.#onComment = (text) => sink.onComment?.(text);
  }

  /** @throws PcapdiagError `corrupt-header` or `unsupported-format` for the first section header only. */
  push(chunk: Uint8Array): void {
    this.#runs.begin({ sections: this.#sections, interfaces: this.#interfaces, isLittleEndian: this.#littleEndian });
    this.#window.append(chunk);
    this.#parse(false);
    this.#window.keepRest();
  }

  room(bytes: number): Uint8Array {
    return this.#window.room(bytes);
  }

  end(): void {
    if (this.#sections === 0) {
      throw new PcapdiagError('corrupt-header', 'the file ends inside its section header', { offset: 0 });
    }
    this.#parse(true);
    this.#problems.finish();
  }

  #u32(bytes: Uint8Array, at: number): number {
    return this.#littleEndian ? u32le(bytes, at) : u32(bytes, at);
  }

  #u16(bytes: Uint8Array, at: number): number {
    return this.#littleEndian ? u16le(bytes, at) : u16(bytes, at);
  }

  #parse(atEnd: boolean): void {
    const window = this.#window;
    for (;;) {
      if (this.#lostAt >= 0 && !this.#findBlock(atEnd)) return;
      while (this.#lostAt < 0 && this.#readBlock()) {}
      if (this.#lostAt >= 0) continue;
      if (atEnd && window.at < window.end) this.#cutTail();
      return;
    }
  }

  #cutTail(): void {
    const window = this.#window;
    const message = `the file ends inside a block, ${window.end - window.at} bytes after it began`;
    this.#problems.add('truncated', window.base + window.at, message);
    window.at = window.end;
  }

  #lose(offset: number, because: string): void {
    this.#lostAt = offset;
    this.#lostBecause = because;
  }

  /** Reads one block, if it is complete. False when more bytes are needed or the block is damaged. */
  #readBlock(): boolean {
    this.#runs.take(this.#sections, this.#record);
    const window = this.#window;
    const { bytes, at, end } = window;
    if (end - at < MIN_BLOCK_LENGTH) return false;
    const offset = window.base + at;
    const littleEndian = blockByteOrder(bytes, at, this.#littleEndian);
    if (littleEndian === undefined) return this.#refuse(offset, 'a section header without its byte-order magic');
    const told = littleEndian ? u32le(bytes, at + 4) : u32(bytes, at + 4);
    // Some writers write the padding of the packet but do not count it in the block's length.
    const length = (told + 3) & ~3;
    if (told < MIN_BLOCK_LENGTH || told > MAX_BLOCK_LENGTH)
      return this.#refuse(offset, `a block claims a length of ${told}`);
    if (end - at < length) return false;
    const toldAgain = littleEndian ? u32le(bytes, at + length - 4) : u32(bytes, at + length - 4);
    if (toldAgain !== told) return this.#refuse(offset, `a block of length ${told} ends with length ${toldAgain}`);
    window.at = at + length;
    const type = littleEndian ? u32le(bytes, at) : u32(bytes, at);
    if (type === BLOCK.sectionHeader) this.#startSection(bytes, at, at + length - 4, littleEndian);
    else this.#readBody(type, bytes, at + 8, at + length - 4, offset);
    return true;
  }

  #refuse(offset: number, because: string): false {
    if (this.#sections === 0) throw new PcapdiagError('corrupt-header', because, { offset });
    this.#lose(offset, because);
    return false;
  }

  #startSection(bytes: Uint8Array, at: number, end: number, littleEndian: boolean): void {
    const offset = this.#window.base + at;
    const major = littleEndian ? u16le(bytes, at + 12) : u16(bytes, at + 12);
    const minor = littleEndian ? u16le(bytes, at + 14) : u16(bytes, at + 14);
    // Version 1.0, and 1.2, which some writers used for the same format (draft-ietf-opsawg-pcapng, 4.1).
    if (end - at < 24 || major !== 1 || (minor !== 0 && minor !== 2)) {
      const because = `pcapng version ${major}.${minor} is not supported, only 1.0`;
      if (this.#sections === 0) throw new PcapdiagError('unsupported-format', because, { offset });
      this.#problems.add('corrupt', offset, `${because}; the section is read as if it were`);
    }
    this.#sections++;
    this.#littleEndian = littleEndian;
    this.#interfaces = new PcapngInterfaces(this.#interfaces.nextIndex);
    this.#comments(bytes, at + 24, end);
  }

  #comments(bytes: Uint8Array, at: number, end: number): void {
    eachOption(bytes, at, end, this.#littleEndian, (code, valueAt, length) => {
      if (code === OPTION.comment) this.#onComment(optionText(bytes, valueAt, length));
    });
  }

  /** The body of a block extends from `at` to `end`. Blocks of other types are skipped. */
  #readBody(type: number, bytes: Uint8Array, at: number, end: number, offset: number): void {
    switch (type) {
      case BLOCK.enhancedPacket:
        this.#readTimedPacket(this.#u32(bytes, at), bytes, at, end, offset);
        break;
      case BLOCK.simplePacket:
        this.#readSimplePacket(bytes, at, end, offset);
        break;
      case BLOCK.packet:
        this.#readOldPacket(bytes, at, end, offset);
        break;
      case BLOCK.interfaceDescription:
        this.#readInterface(bytes, at, end, offset);
        break;
      case BLOCK.interfaceStatistics:
        this.#readStatistics(bytes, at, end);
        break;
    }
  }

  #readInterface(bytes: Uint8Array, at: number, end: number, offset: number): void {
    if (end - at < INTERFACE_FIXED_LENGTH) {
      this.#problems.add('corrupt', offset, 'an interface description is too short');
      return;
    }
    const { nextIndex } = this.#interfaces;
    const added = readInterface(bytes, at, end, this.#littleEndian, nextIndex, this.#onComment);
    this.#interfaces.add(added);
    this.#sink.onInterface(added.described);
  }

  #readStatistics(bytes: Uint8Array, at: number, end: number): void {
    if (end - at < STATISTICS_FIXED_LENGTH) return;
    const on = this.#interfaces.at(this.#u32(bytes, at));
    if (on === undefined) return;
    const told = readStatistics(bytes, at, end, this.#littleEndian, on.described, this.#onComment);
    if (told) this.#sink.onInterface(on.described);
  }

  /** Obsolete Packet Block: like the enhanced one, but with a 16-bit interface followed by a drop count. */
  #readOldPacket(bytes: Uint8Array, at: number, end: number, offset: number): void {
    const drops = this.#u16(bytes, at + 2);
    this.#record.dropCount = drops === 0xffff ? 0 : drops;
    this.#readTimedPacket(this.#u16(bytes, at), bytes, at, end, offset);
  }

  /**
   *   0            4            8            12           16           20
   *   | interface  | time, high | time, low  | captured   | original   | packet, padding, options
   */
  #readTimedPacket(section: number, bytes: Uint8Array, at: number, end: number, offset: number): void {
    if (end - at < TIMED_PACKET_FIXED_LENGTH) {
      this.#brokenPacket('a packet block is too short', offset);
      return;
    }
    const on = this.#interfaces.at(section);
    if (on === undefined) {
      this.#brokenPacket(`a packet is said to be of interface ${section}, of ${this.#interfaces.length}`, offset);
      return;
    }
    const captured = this.#u32(bytes, at + 12);
    const start = at + TIMED_PACKET_FIXED_LENGTH;
    if (captured > end - start) {
      this.#brokenPacket(`a packet claims ${captured} bytes in a block with room for ${end - start}`, offset);
      return;
    }
    on.clock.read(this.#u32(bytes, at + 4), this.#u32(bytes, at + 8), this.#record);
    const optionsAt = start + ((captured + 3) & ~3);
    if (end - optionsAt >= 4) this.#readPacketOptions(bytes, optionsAt, end);
    this.#emit(on, bytes, start, captured, this.#u32(bytes, at + 16), offset);
  }

  #brokenPacket(because: string, offset: number): void {
    this.#record.dropCount = 0;
    this.#problems.add('corrupt', offset, `${because}; the block is skipped`);
  }

  #readPacketOptions(bytes: Uint8Array, at: number, end: number): void {
    const record = this.#record;
    eachOption(bytes, at, end, this.#littleEndian, (code, valueAt, length) => {
      if (code === OPTION.packetFlags && length >= 4) record.flags = this.#u32(bytes, valueAt);
      else if (code === OPTION.packetDropCount && length >= 8) {
        record.dropCount = optionCounter(bytes, valueAt, this.#littleEndian);
      } else if (code === OPTION.comment) this.#onComment(optionText(bytes, valueAt, length));
    });
  }

  /** Original length, packet, padding. The captured length follows from the snaplen, or from the block. */
  #readSimplePacket(bytes: Uint8Array, at: number, end: number, offset: number): void {
    const on = this.#interfaces.at(0);
    const room = end - at - 4;
    if (on === undefined || room < 0) {
      this.#brokenPacket(on === undefined ? 'a packet without an interface' : 'a packet block is too short', offset);
      return;
    }
    const original = this.#u32(bytes, at);
    const captured = Math.min(original, on.described.snaplen || original);
    if (captured > room) {
      this.#brokenPacket(`a packet of ${captured} bytes in a block with room for ${room}`, offset);
      return;
    }
    this.#emit(on, bytes, at + 4, captured, original, offset);
  }

  #emit(
    on: PcapngInterface,
    bytes: Uint8Array,
    start: number,
    captured: number,
    original: number,
    offset: number,
  ): void {
    const record = this.#record;
    record.bytes = bytes;
    record.start = start;
    record.end = start + captured;
    record.originalLength = original;
    record.interfaceIndex = on.described.index;
    record.offset = offset;
    this.#sink.onRecord(record);
    record.flags = 0;
    record.dropCount = 0;
  }

  /** Moves to the next place that looks like a block; false when more bytes are needed or none remain. */
  #findBlock(atEnd: boolean): boolean {
    const window = this.#window;
    const { bytes, end } = window;
    let at = Math.max(window.at, this.#lostAt + 1 - window.base);
    let found: Candidate = 'no';
    while (at < end && (found = looksLikeBlock(bytes, at, end, this.#littleEndian, atEnd)) === 'no') at++;
    window.at = Math.min(at, end);
    if (found !== 'yes' && !atEnd) return false;
    const skipped = window.base + window.at - this.#lostAt;
    this.#problems.add('corrupt', this.#lostAt, `${this.#lostBecause}; ${skipped} bytes skipped`);
    this.#lostAt = -1;
    return found === 'yes';
  }
}
