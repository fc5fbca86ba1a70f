import type { ByteWindow } from './byte-window.ts';
import type { RecordForm, RecordRuns, RecordSink, RunSink } from './capture-record.ts';
import { MAX_BLOCK_LENGTH } from './pcapng-blocks.ts';
import type { PcapngInterfaces } from './pcapng-interfaces.ts';

/** Octets of an Enhanced Packet Block without options, besides the packet. */
const BLOCK_OCTETS = 32;

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
    this.#window.moveInto((bytes) => runs.memory(bytes));
  }

  /** Moves the window behind the packets that were taken. */
  take(sections: number): void {
    const window = this.#window;
    if (this.#runs !== undefined && sections === 1) window.at = this.#runs.take(window.bytes, window.at, window.end);
  }
}

/** The form of its packets, where their times are usual ones. */
function formOf({ sections, interfaces, isLittleEndian }: RunsOf): RecordForm | undefined {
  const clock = sections === 1 ? interfaces.at(0)?.clock : undefined;
  if (clock === undefined || clock.unitsPerSecond === 0 || clock.offsetSeconds !== 0) return undefined;
  const { unitsPerSecond } = clock;
  return { isBlocks: true, isLittleEndian, maxCaptured: MAX_BLOCK_LENGTH - BLOCK_OCTETS, unitsPerSecond };
}
