import type {
  CaptureInterface,
  CaptureRecord,
  FileProblem,
  RecordForm,
  RecordRuns,
  RecordSink,
  RunSink,
} from '../../decode/files/capture-record.ts';
import { emptyRecord } from '../../decode/files/empty-record.ts';

/** Most seconds by which the queues of one network card interleave, each served by its own processor. */
export const DISORDER_SECONDS = 0.001;
/** Most records that wait for earlier ones. In real captures records are up to 20 places late. */
const HELD_RECORDS = 64;
/** After this many records in order, the rest is assumed to be in order. */
const TRIAL_RECORDS = 4096;

const NANOSECONDS = 1e9;
const DISORDER_NANOSECONDS = DISORDER_SECONDS * NANOSECONDS;

/** Takes records with their numbers in the file, from 1. */
export interface NumberedSink extends Omit<RecordSink, 'onRecord'> {
  onRecord(record: CaptureRecord, number: number): void;
  /** Takes runs of records in order, if it can. */
  ordinary?(form: RecordForm): OrdinaryRuns | undefined;
}

/** The previous record of the file. */
export interface LatestRecord {
  seconds: number;
  nanoseconds: number;
  number: number;
}

/** As `RecordRuns`, for records that are later than the latest one, which it sets to the last one that it took. */
export interface OrdinaryRuns {
  memory(bytes: number): Uint8Array;
  take(latest: LatestRecord, octets: Uint8Array, at: number, end: number): number;
  /** Counts the records from `at` on that are in order and followed by `spare` more in order. */
  findOrdered(latest: LatestRecord, octets: Uint8Array, at: number, end: number, spare: number): number;
  /** Offset behind those that `findOrdered` found. */
  readonly orderedEnd: number;
}

interface Held {
  record: CaptureRecord;
  number: number;
}

/**
 * Passes records on in order of time, with their numbers in the file. When several processors write a capture,
 * neighbouring records may be swapped: an answer before its question, or a segment after its successor, although the
 * network delivered both in order.
 *
 *   the first 4,096     each record waits until one is a millisecond later, or 64 wait; where the next 64 can be seen in
 *                       memory and are in order, it need not wait
 *   in order until then each is handed on at once, without a copy
 *   a small step back   from then on all wait as the first ones did; so the first record out of order stays where it is
 *   a larger one        the clock was set: there is no order to be restored
 */
export class TimeOrder implements RunSink, RecordRuns {
  readonly #sink: NumberedSink;
  readonly #trial: number;
  readonly #latest: LatestRecord = { seconds: Number.NEGATIVE_INFINITY, nanoseconds: 0, number: 0 };
  #runs: OrdinaryRuns | undefined;
  /** Number of the last record of which is known that none of those that could wait with it is earlier. */
  #orderedUntil = 0;
  #isDisordered = false;
  /** Sorted by time, and by place in the file for equal times. */
  readonly #held: Held[] = [];
  readonly #spare: Held[] = [];

  /** @param trial records after which the rest is assumed to be in order */
  constructor(sink: NumberedSink, trial = TRIAL_RECORDS) {
    this.#sink = sink;
    this.#trial = trial;
  }

  onInterface(described: CaptureInterface): void {
    this.#sink.onInterface(described);
  }

  onComment(text: string): void {
    this.#sink.onComment?.(text);
  }

  onProblem(problem: FileProblem): void {
    this.#sink.onProblem(problem);
  }

  onRecord(record: CaptureRecord): void {
    const latest = this.#latest;
    const number = ++latest.number;
    const { seconds, nanoseconds } = record;
    if (seconds < latest.seconds || (seconds === latest.seconds && nanoseconds < latest.nanoseconds)) {
      const later = nanosecondsBetween(record, latest.seconds, latest.nanoseconds);
      this.#isDisordered ||= later > -DISORDER_NANOSECONDS;
    }
    latest.seconds = seconds;
    latest.nanoseconds = nanoseconds;
    if (this.#isDisordered || (number <= this.#trial && number > this.#orderedUntil)) {
      this.#hold(record, number);
      return;
    }
    if (this.#held.length > 0) this.end();
    this.#sink.onRecord(record, number);
  }

  /** The sink may take runs of records that need not wait: after the trial, or when enough others follow in order. */
  runs(form: RecordForm): RecordRuns | undefined {
    // A file of one chunk is not worth it.
    if (this.#isDisordered || this.#latest.number === 0) return undefined;
    this.#runs ??= this.#sink.ordinary?.(form);
    return this.#runs === undefined ? undefined : this;
  }

  memory(bytes: number): Uint8Array {
    return this.#runs?.memory(bytes) ?? new Uint8Array(bytes);
  }

  take(octets: Uint8Array, at: number, end: number): number {
    const runs = this.#runs;
    if (runs === undefined || this.#isDisordered) return at;
    const latest = this.#latest;
    if (latest.number >= this.#trial) return this.#held.length > 0 ? at : runs.take(latest, octets, at, end);
    // As long as those that were found are not all read, they lie in the same octets: others follow them there.
    if (latest.number >= this.#orderedUntil) {
      const ordered = runs.findOrdered(latest, octets, at, end, HELD_RECORDS);
      if (ordered === 0) return at;
      this.#orderedUntil = latest.number + ordered;
    }
    this.end();
    return runs.take(latest, octets, at, runs.orderedEnd);
  }

  /** Called after the last record. */
  end(): void {
    while (this.#held.length > 0) this.#release();
  }

  #hold(record: CaptureRecord, number: number): void {
    const held = this.#held;
    if (held.length > 0) {
      const latest = held[held.length - 1].record;
      if (nanosecondsBetween(record, latest.seconds, latest.nanoseconds) <= -DISORDER_NANOSECONDS) this.end();
    }
    while (held.length > 0 && this.#isSettled(held[0].record, record)) this.#release();
    if (held.length === HELD_RECORDS) this.#release();
    let at = held.length;
    while (at > 0 && isBefore(record, held[at - 1].record)) at--;
    held.splice(at, 0, this.#copyOf(record, number));
  }

  #isSettled(waiting: CaptureRecord, { seconds, nanoseconds }: CaptureRecord): boolean {
    return nanosecondsBetween(waiting, seconds, nanoseconds) <= -DISORDER_NANOSECONDS;
  }

  #release(): void {
    const first = this.#held.shift();
    if (first === undefined) return;
    this.#sink.onRecord(first.record, first.number);
    this.#spare.push(first);
  }

  /** Copies the record, because the reader reuses it and its buffer. */
  #copyOf(from: CaptureRecord, number: number): Held {
    const copy = this.#spare.pop() ?? { record: emptyRecord(), number };
    const { record } = copy;
    const length = from.end - from.start;
    if (record.bytes.length < length) record.bytes = new Uint8Array(Math.max(length, 2 * record.bytes.length));
    record.bytes.set(from.bytes.subarray(from.start, from.end));
    record.end = length;
    record.seconds = from.seconds;
    record.nanoseconds = from.nanoseconds;
    record.originalLength = from.originalLength;
    record.interfaceIndex = from.interfaceIndex;
    record.flags = from.flags;
    record.dropCount = from.dropCount;
    record.offset = from.offset;
    copy.number = number;
    return copy;
  }
}

const isBefore = (a: CaptureRecord, b: CaptureRecord): boolean =>
  a.seconds < b.seconds || (a.seconds === b.seconds && a.nanoseconds < b.nanoseconds);

/** How much later the record is, in nanoseconds. */
const nanosecondsBetween = (record: CaptureRecord, seconds: number, nanoseconds: number): number =>
  (record.seconds - seconds) * NANOSECONDS + (record.nanoseconds - nanoseconds);
