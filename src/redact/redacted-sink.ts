import type { CaptureInterface, CaptureRecord, FileProblem, RecordSink } from '../decode/files/capture-record.ts';
import { type RecordRedaction, recordRedaction } from './redact-records.ts';
import type { Redaction } from './redaction.ts';

/** Passes on what is read of one capture with pseudonyms in place of what it says: packets, names of devices, comments. */
export class RedactedSink implements RecordSink {
  readonly #sink: RecordSink;
  readonly #redaction: Redaction;
  readonly #redact: RecordRedaction;
  readonly #linkTypes: number[] = [];

  constructor(sink: RecordSink, redaction: Redaction) {
    this.#sink = sink;
    this.#redaction = redaction;
    this.#redact = recordRedaction(redaction);
  }

  onInterface({ name, description: _description, filter, ...described }: CaptureInterface): void {
    this.#linkTypes[described.index] = described.linkType;
    this.#sink.onInterface({
      ...described,
      ...(name !== undefined && { name: this.#redaction.device(name) }),
      ...(filter !== undefined && { filter: this.#redaction.text(filter) }),
    });
  }

  onRecord(record: CaptureRecord): void {
    const bytes = new Uint8Array(record.bytes.subarray(record.start, record.end));
    const copy = { ...record, bytes, start: 0, end: bytes.length };
    this.#redact(copy, this.#linkTypes[record.interfaceIndex] ?? -1);
    this.#sink.onRecord(copy);
  }

  /** Anybody may have written anything in it. */
  onComment(_text: string): void {}

  onProblem(problem: FileProblem): void {
    this.#sink.onProblem(problem);
  }
}
