import { PcapdiagError } from '../../text/pcapdiag-error.ts';
import type { CaptureFormat, RecordSink } from './capture-record.ts';
import { emptyRecord } from './empty-record.ts';
import { linkTypeOf, PCAP_HEADER_LENGTH } from './pcap-header.ts';

const RECORD_HEADER_LENGTH = 16;
const MICROSECONDS = 1_000_000;

/** The used part of a parser of the npm package `pcap-parser`: its events. */
export interface PcapParserEvents {
  /** The header of the file comes first. */
  on(event: 'globalHeader', listener: (header: PcapParserFileHeader) => void): unknown;
  /** Each packet. */
  on(event: 'packet', listener: (packet: PcapParserPacket) => void): unknown;
  /** The end of the file. */
  on(event: 'end', listener: () => void): unknown;
  /** What the parser cannot read. */
  on(event: 'error', listener: (error: Error) => void): unknown;
  /** Takes a listener away. */
  // biome-ignore lint/suspicious/noExplicitAny: removes listeners of every event.
  removeListener(event: string, listener: (...values: any[]) => void): unknown;
}

/** Header of a pcap file, as the parser gives it. */
export interface PcapParserFileHeader {
  /** Octets kept of each packet at most. */
  snapshotLength: number;
  /** Number of the link type in the tcpdump registry. */
  linkLayerType: number;
}

/** A packet, as the parser gives it. */
export interface PcapParserPacket {
  /** Header of the record. */
  header: {
    /** Whole seconds since 1970. */
    timestampSeconds: number;
    /** The rest, microseconds. */
    timestampMicroseconds: number;
    /** Octets in the file. */
    capturedLength: number;
    /** Octets on the wire. */
    originalLength: number;
  };
  /** The octets. */
  data: Uint8Array;
}

/** A capture that arrives as the events of a `pcap-parser`. */
export interface PcapParserSource {
  /** Name for messages. */
  readonly name: string;
  /** Reads all packets into `sink`. */
  readInto(sink: RecordSink, signal?: AbortSignal): Promise<PcapParserResult>;
}

/** What a parser has read. */
export interface PcapParserResult {
  /** Format of the file. */
  format: CaptureFormat;
  /** Octets of the file that were read. */
  bytesRead: number;
}

/**
 * Feeds an analysis from a parser of the npm package `pcap-parser`, for programs that already use one:
 *
 *     analyze(fromPcapParser(pcapParser.parse('a.pcap')))
 *
 * It has the limits of that parser. It reads only microsecond pcap. It trusts any record length, so after damage the
 * rest of the file is lost. A truncated last record is lost and cannot be reported. There is no back-pressure. Call it
 * before the parser has begun to read, in the same turn of the event loop. A path given to `analyze` has none of these
 * limits.
 *
 * @param name used in messages
 */
export function fromPcapParser(parser: PcapParserEvents, name = 'pcap-parser'): PcapParserSource {
  return { name, readInto: (sink, signal) => readInto(parser, sink, signal) };
}

function readInto(
  parser: PcapParserEvents,
  sink: RecordSink,
  signal: AbortSignal | undefined,
): Promise<PcapParserResult> {
  return new Promise((resolve, reject) => {
    let offset = 0;
    const record = emptyRecord();
    const stop = (finish: () => void): void => {
      parser.removeListener('globalHeader', onHeader);
      parser.removeListener('packet', onPacket);
      parser.removeListener('end', onEnd);
      // This listener stays, because an error event without a listener would end the process.
      finish();
    };
    const guarded = (act: () => void): void => {
      try {
        signal?.throwIfAborted();
        act();
      } catch (error) {
        stop(() => reject(error));
      }
    };
    const onHeader = (header: PcapParserFileHeader): void =>
      guarded(() => {
        offset = PCAP_HEADER_LENGTH;
        sink.onInterface({
          index: 0,
          linkType: linkTypeOf(header.linkLayerType),
          snaplen: header.snapshotLength,
          isOnly: true,
        });
      });
    const onPacket = ({ header, data }: PcapParserPacket): void =>
      guarded(() => {
        const { timestampMicroseconds } = header;
        record.seconds = header.timestampSeconds + Math.floor(timestampMicroseconds / MICROSECONDS);
        record.nanoseconds = (timestampMicroseconds % MICROSECONDS) * 1000;
        record.bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
        record.end = data.byteLength;
        record.originalLength = header.originalLength;
        record.offset = offset;
        offset += RECORD_HEADER_LENGTH + data.byteLength;
        sink.onRecord(record);
      });
    const onEnd = (): void =>
      stop(() => {
        if (offset > 0) resolve({ format: 'pcap', bytesRead: offset });
        else reject(new PcapdiagError('not-a-capture', 'the parser ended before a file header', { offset: 0 }));
      });
    const onError = (error: Error): void =>
      stop(() => reject(new PcapdiagError('not-a-capture', error.message, { offset, cause: error })));
    parser.on('globalHeader', onHeader);
    parser.on('packet', onPacket);
    parser.on('end', onEnd);
    parser.on('error', onError);
  });
}
