import type { PcapParserSource } from './from-pcap-parser.ts';

/**
 * The source of a capture's bytes: a path (`-` is standard input), the bytes themselves, a stream or another source of
 * chunks. Any of them may have a name for messages. Other sources are the events of a `pcap-parser` (`fromPcapParser`),
 * and a sequence of files.
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

/** A file whose path is not valid UTF-8, as the octets that the operating system uses. */
export interface CaptureFile {
  /** Name for messages. */
  name: string;
  file: Uint8Array;
}

/**
 * One capture in several files, in order of time. Capture programs write these when they start a new file now and then.
 */
export interface CaptureParts {
  name: string;
  parts: readonly (string | NamedCapture | CaptureFile)[];
}

/** Sources that give one file's bytes. */
export type OfBytes = Exclude<CaptureSource, PcapParserSource | CaptureParts>;
