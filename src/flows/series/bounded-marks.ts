import type { AckStep, SackRange, SentRange } from '../evidence/series.ts';

/** Most marks of one kind: three for each pixel of a wide screen, so that more could not be told apart. */
export const MOST_MARKS = 3000;

/**
 * Marks of one connection. Where it has more packets than there is room for, ordinary ones that follow each other within
 * one slot of time become one mark; what is odd keeps its own.
 */
export class BoundedMarks {
  readonly sent: SentRange[] = [];
  readonly acks: AckStep[] = [];
  readonly sacks: SackRange[] = [];
  readonly roundTrips: { time: number; seconds: number }[] = [];
  readonly leftOut = { sent: 0, sacks: 0, sizes: 0 };
  /** Seconds within which ordinary marks are joined; 0 joins none. */
  readonly #slot: number;

  /** @param packets of the connection, and how long it lasted, in seconds */
  constructor(packets: number, duration: number) {
    this.#slot = packets > MOST_MARKS ? (2 * duration) / MOST_MARKS : 0;
  }

  addSent(range: SentRange): void {
    const last = this.sent.at(-1);
    if (last !== undefined && range.time - last.time < this.#slot && isContinued(last, range)) {
      last.until = range.time;
      last.to = range.to;
      last.packets += range.packets;
    } else if (this.sent.length < 2 * MOST_MARKS) this.sent.push(range);
    else this.leftOut.sent++;
  }

  /** The latest of a slot stands for it: acknowledgements only grow. A shut window keeps its own mark. */
  addAck(step: AckStep): void {
    const last = this.acks.at(-1);
    const before = this.acks.at(-2);
    const isOrdinary = (each: AckStep): boolean => each.limit === null || each.limit > each.ack;
    if (
      last !== undefined &&
      before !== undefined &&
      step.time - before.time < this.#slot &&
      isOrdinary(last) &&
      isOrdinary(step)
    )
      this.acks[this.acks.length - 1] = { ...step, duplicate: step.duplicate && last.duplicate };
    else if (this.acks.length < 2 * MOST_MARKS) this.acks.push(step);
  }

  addSack(range: SackRange): void {
    const last = this.sacks.at(-1);
    // The first block grows with each acknowledgement.
    if (last !== undefined && last.from === range.from && range.time - last.time < this.#slot) {
      last.to = range.to;
      last.time = range.time;
    } else if (this.sacks.length < MOST_MARKS) this.sacks.push(range);
    else this.leftOut.sacks++;
  }

  /** Of a slot the longest one is kept. */
  addRoundTrip(time: number, seconds: number): void {
    const last = this.roundTrips.at(-1);
    if (last !== undefined && time - last.time < this.#slot) last.seconds = Math.max(last.seconds, seconds);
    else if (this.roundTrips.length < MOST_MARKS) this.roundTrips.push({ time, seconds });
  }
}

const isContinued = (last: SentRange, next: SentRange): boolean =>
  last.kind === next.kind && (next.kind === 'new' || next.kind === 'again') && last.to === next.from;
