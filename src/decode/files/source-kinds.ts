import type { PcapParserSource } from './from-pcap-parser.ts';

/**
 * Where the bytes of a capture come from: a path (`-` is standard input), the bytes, a stream or other source of chunks,
 * any of them with a name for messages, the events of a `pcap-parser` (`fromPcapParser`), or files that follow one another.
 */
export type CaptureSource =
  | string
  | Uint8Array
  | AsyncIterable<Uint8Array>
  | NodeJS.ReadableStream
  | NamedCapture
  | CaptureFile
  | PcapParserSource
  | CaptureParts;

/** Bytes of a capture under a name. */
export interface NamedCapture {
  name: string;
  data: Uint8Array | AsyncIterable<Uint8Array>;
}

/** A file whose path is no valid UTF-8, as the octets that the operating system takes. */
export interface CaptureFile {
  /** For messages. */
  name: string;
  file: Uint8Array;
}

/** One capture in several files, in order of time, as a capture program writes that begins a new file now and then. */
export interface CaptureParts {
  name: string;
  parts: readonly (string | NamedCapture | CaptureFile)[];
}

/** Sources that give one file's bytes. */
export type OfBytes = Exclude<CaptureSource, PcapParserSource | CaptureParts>;
