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
  | ByteStream
  | NamedCapture
  | CaptureFile
  | PcapParserSource
  | CaptureParts;

/** A stream of Node, `process.stdin` for example, or of the Web. It must have no encoding: strings are refused. */
export interface ByteStream {
  /** Gives the chunks one after the other. */
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array | string>;
}

/** Bytes of a capture under a name. */
export interface NamedCapture {
  /** Name for messages, and for the capture point (`node1__eth0.pcap`). */
  name: string;
  /** The octets of the file, compressed or not. */
  data: Uint8Array | AsyncIterable<Uint8Array>;
}

/** A file whose path is not valid UTF-8, as the octets that the operating system uses. */
export interface CaptureFile {
  /** Name for messages. */
  name: string;
  /** Octets of the path. */
  file: Uint8Array;
}

/**
 * One capture in several files, in order of time. Capture programs write these when they start a new file now and then.
 */
export interface CaptureParts {
  /** Name for messages. */
  name: string;
  /** The files. */
  parts: readonly (string | NamedCapture | CaptureFile)[];
}

/** Sources that give one file's bytes. */
export type OfBytes = Exclude<CaptureSource, PcapParserSource | CaptureParts>;
