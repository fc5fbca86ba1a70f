import type { FileProblem, RecordSink } from './capture-record.ts';

/** Most problems reported one by one. A hostile file can have one every few bytes. */
const MAX_TOLD = 100;

/** Reports the first problems of a file, and then the number of the others. */
export class ProblemList {
  readonly #sink: RecordSink;
  #told = 0;
  #untold = 0;
  #lastOffset = 0;

  constructor(sink: RecordSink) {
    this.#sink = sink;
  }

  add(kind: FileProblem['kind'], offset: number, message: string): void {
    this.#lastOffset = offset;
    if (this.#told >= MAX_TOLD && kind === 'corrupt') {
      this.#untold++;
      return;
    }
    this.#told++;
    this.#sink.onProblem({ kind, offset, message });
  }

  /** At the end of the file. */
  finish(): void {
    if (this.#untold === 0) return;
    const message = `${this.#untold} more damaged places, the last at offset ${this.#lastOffset}`;
    this.#sink.onProblem({ kind: 'corrupt', offset: this.#lastOffset, message });
    this.#untold = 0;
  }
}
