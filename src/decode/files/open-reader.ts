import { PcapdiagError } from '../../text/pcapdiag-error.ts';
import type { CaptureFormat, CaptureReader, RecordSink } from './capture-record.ts';
import { PCAP_HEADER_LENGTH } from './pcap-header.ts';
import { PcapReader } from './pcap-reader.ts';
import { PcapngReader } from './pcapng-reader.ts';
import { SNIFF_LENGTH, type Sniffed, sniff } from './sniff.ts';

/** A first chunk of so many bytes is none of a small file (`READ_LENGTH` of source-chunks.ts). */
const LARGE_CHUNK = 1 << 18;
/** Bytes of such a chunk that are read apart, some records: runs of records begin after these, see `RecordRuns`. */
const FIRST_BYTES = 1 << 12;

/**
 * Recognises the format from the first bytes pushed, then reads it.
 *
 * `push` and `end` throw a PcapdiagError when the bytes as a whole are not a readable capture: `empty-file`,
 * `not-a-capture`, `unsupported-format` or `corrupt-header`.
 */
export class OpenReader {
  readonly #sink: RecordSink;
  #reader: CaptureReader | undefined;
  /** Bytes collected before the format is known: fewer than SNIFF_LENGTH. */
  #first = new Uint8Array(0);

  constructor(sink: RecordSink) {
    this.#sink = sink;
  }

  /** Undefined until enough bytes have been pushed. */
  get format(): CaptureFormat | undefined {
    return this.#reader?.format;
  }

  /** Memory into which the next chunk can be read; undefined until the format is known. */
  room(bytes: number): Uint8Array | undefined {
    return this.#reader?.room(bytes);
  }

  push(chunk: Uint8Array): void {
    if (this.#reader !== undefined) {
      this.#reader.push(chunk);
      return;
    }
    const first = this.#first.length === 0 ? chunk : concatenated(this.#first, chunk);
    if (first.length < SNIFF_LENGTH) {
      this.#first = first.slice();
      return;
    }
    this.#first = new Uint8Array(0);
    this.#open(first);
  }

  end(): void {
    if (this.#reader === undefined) this.#open(this.#first);
    this.#reader?.end();
  }

  #open(first: Uint8Array): void {
    if (first.length === 0) throw new PcapdiagError('empty-file', 'the file is empty', { offset: 0 });
    const sniffed = sniff(first);
    if (sniffed.kind === 'pcapng') {
      this.#pushFirst(new PcapngReader(this.#sink), first);
      return;
    }
    if (sniffed.kind !== 'pcap') throw notReadable(sniffed);
    if (first.length < PCAP_HEADER_LENGTH) {
      const message = `the file ends inside its header: ${first.length} of ${PCAP_HEADER_LENGTH} bytes`;
      throw new PcapdiagError('corrupt-header', message, { offset: first.length });
    }
    this.#pushFirst(new PcapReader(first, this.#sink), first.subarray(PCAP_HEADER_LENGTH));
  }

  #pushFirst(reader: CaptureReader, bytes: Uint8Array): void {
    this.#reader = reader;
    const isLarge = bytes.length >= LARGE_CHUNK - PCAP_HEADER_LENGTH;
    if (isLarge) reader.push(bytes.subarray(0, FIRST_BYTES));
    reader.push(isLarge ? bytes.subarray(FIRST_BYTES) : bytes);
  }
}

function notReadable(sniffed: Sniffed): PcapdiagError {
  const where = { offset: 0 };
  switch (sniffed.kind) {
    case 'unsupported':
      return new PcapdiagError(
        'unsupported-format',
        `this is ${sniffed.name}, which is not read; ${sniffed.instead}`,
        where,
      );
    case 'gzip':
    case 'zstd':
      return new PcapdiagError('unsupported-format', `${sniffed.kind} compression is nested too deeply`, where);
    case 'text':
      return new PcapdiagError('not-a-capture', 'this is text, not a capture; record one with: tcpdump -w FILE', where);
    default:
      return new PcapdiagError('not-a-capture', 'the first bytes are those of no capture format', where);
  }
}

function concatenated(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
