import { u32, u32le } from '../octets.ts';
import type { ByteWindow } from './byte-window.ts';
import type { RecordForm, RecordRuns, RecordSink, RunSink } from './capture-record.ts';
import { MAX_BLOCK_LENGTH } from './pcapng-blocks.ts';
import type { TimeParts } from './pcapng-clock.ts';
import type { PcapngInterfaces } from './pcapng-interfaces.ts';

/** Octets of an Enhanced Packet Block without options, besides the packet. */
const BLOCK_OCTETS = 32;
/** Where the two words of its time stamp lie. */
const STAMP_HIGH_AT = 12;
const STAMP_LOW_AT = 16;

/** What a reader knows when it asks for runs. */
export interface RunsOf {
  /** Sections so far: the first one alone is read in runs, as interfaces of further ones are others. */
  sections: number;
  interfaces: PcapngInterfaces;
  isLittleEndian: boolean;
}

/** Hands runs of packets of the first interface of a file to a sink that takes them. */
export class PcapngRuns {
  readonly #sink: RunSink;
  readonly #window: ByteWindow;
  #runs: RecordRuns | undefined;
  /** What was known when it was asked. */
  #of: RunsOf | undefined;

  constructor(sink: RecordSink, window: ByteWindow) {
    this.#sink = sink;
    this.#window = window;
  }

  /** Asks the sink, before each chunk until it can. */
  begin(of: RunsOf): void {
    if (this.#runs !== undefined) return;
    const form = formOf(of);
    const runs = form && this.#sink.runs?.(form);
    if (runs === undefined) return;
    this.#runs = runs;
    this.#of = of;
    this.#window.moveInto((bytes) => runs.memory(bytes));
  }

  /** Moves the window behind the packets that were taken. @param latest gets the time of the last one of these */
  take(sections: number, latest: TimeParts): void {
    const window = this.#window;
    if (this.#runs === undefined || sections !== 1) return;
    const from = window.at;
    window.at = this.#runs.take(window.bytes, from, window.end);
    if (window.at > from) this.#readTime(latest);
  }

  /** Reads the time of the block before the window: a packet without a time that follows has the same one. */
  #readTime(latest: TimeParts): void {
    const { bytes, at } = this.#window;
    const word = this.#of?.isLittleEndian === false ? u32 : u32le;
    const block = at - word(bytes, at - 4);
    this.#of?.interfaces
      .at(0)
      ?.clock.read(word(bytes, block + STAMP_HIGH_AT), word(bytes, block + STAMP_LOW_AT), latest);
  }
}

/** The form of its packets, where their times are usual ones. */
function formOf({ sections, interfaces, isLittleEndian }: RunsOf): RecordForm | undefined {
  const clock = sections === 1 ? interfaces.at(0)?.clock : undefined;
  if (clock === undefined || clock.unitsPerSecond === 0 || clock.offsetSeconds !== 0) return undefined;
  const { unitsPerSecond } = clock;
  return { isBlocks: true, isLittleEndian, maxCaptured: MAX_BLOCK_LENGTH - BLOCK_OCTETS, unitsPerSecond };
}
