/** What every reader of capture files produces: interfaces and then records, through one sink. */

/** One interface of a capture file. Classic pcap has exactly one, with index 0. */
export interface CaptureInterface {
  /** Index over the whole file; numbering continues in a second pcapng section. */
  index: number;
  /** LINKTYPE_ number of the tcpdump registry. */
  linkType: number;
  /** Most octets kept of each packet; 0 when the file does not say. */
  snaplen: number;
  /** Name of the interface, as the file has it. */
  name?: string;
  /** Description of the interface, as the file has it. */
  description?: string;
  /** Capture filter (if_filter), as text. */
  filter?: string;
  /** True where the form of the file allows no other interface: classic pcap. */
  isOnly?: true;
  /** Packets dropped by the interface (isb_ifdrop), by the latest value in the file. */
  interfaceDropped?: number;
  /** Packets dropped by the operating system (isb_osdrop), by the latest value in the file. */
  systemDropped?: number;
}

/** One record. The reader reuses this object and its buffer: valid until the next call of the sink. */
export interface CaptureRecord {
  /** Whole seconds since 1970. A broken file may have a negative or impossible value. */
  seconds: number;
  /** The rest in nanoseconds, 0 to 999,999,999. */
  nanoseconds: number;
  /** Buffer that holds the packet from `start` to `end`. */
  bytes: Uint8Array;
  /** Offset of its first octet in `bytes`. */
  start: number;
  /** Offset behind its last octet in `bytes`. */
  end: number;
  /** Octets on the wire, according to the file. */
  originalLength: number;
  /** Index of its interface, from 0. */
  interfaceIndex: number;
  /** epb_flags word (pcapng), 0 when absent; bits 0-1: 1 inbound, 2 outbound. */
  flags: number;
  /** Packets lost between the preceding packet and this one (epb_dropcount), 0 when absent. */
  dropCount: number;
  /** Offset of the record in the (decompressed) file, octets. */
  offset: number;
}

/** How a file of classic pcap, or of pcapng with one interface, writes its records. */
export interface RecordForm {
  /** Enhanced Packet Blocks of pcapng. */
  readonly isBlocks: boolean;
  readonly isLittleEndian: boolean;
  /** Most octets of a record. */
  readonly maxCaptured: number;
  /** Units of its times, a divisor of 10⁹. */
  readonly unitsPerSecond: number;
}

/** Takes runs of records straight from the octets of a file. */
export interface RecordRuns {
  /** Memory in which the octets have to lie. */
  memory(bytes: number): Uint8Array;
  /** Takes as many of the records in octets[at … end) as it can. @returns the offset behind the last one that it took */
  take(octets: Uint8Array, at: number, end: number): number;
}

/** Takes what a reader finds in a capture file. */
export interface RecordSink {
  /** Called for each interface, before its records. */
  onInterface(described: CaptureInterface): void;
  /** Called for each record. */
  onRecord(record: CaptureRecord): void;
  /** A comment of the file, section, interface or packet (hostile text). */
  onComment?(text: string): void;
  /** Reports a defect of the file. Reading continues where it can. */
  onProblem(problem: FileProblem): void;
}

/** A defect of the file; the rest of the file was still read. */
export interface FileProblem {
  /** `truncated`: the file ends inside a record. `corrupt`: bytes were skipped to find the next record. `compression`: the compressed stream is cut or broken. */
  kind: 'truncated' | 'corrupt' | 'compression';
  /** Offset in the decompressed file, octets. */
  offset: number;
  /** The defect in words. */
  message: string;
}

/** Format of a capture file: `pcap-ns` has nanoseconds, `pcap-modified` is that of Kuznetzov's tcpdump. */
export type CaptureFormat = 'pcap' | 'pcap-ns' | 'pcap-modified' | 'pcapng';

/** Takes the bytes of a file in chunks of any size, and calls the sink for each complete record. */
export interface CaptureReader {
  readonly format: CaptureFormat;
  push(chunk: Uint8Array): void;
  /** Memory into which the next chunk of so many bytes can be read: then the reader does not copy it. */
  room(bytes: number): Uint8Array;
  /** End of input. Reports a truncated last record through `onProblem`. */
  end(): void;
}

/** A sink that may take runs of records, too. Sinks of programs that only read packets do not. */
export interface RunSink extends RecordSink {
  /** Whoever can take runs of records says so here, asked with each chunk until it can. */
  runs?(form: RecordForm): RecordRuns | undefined;
}
