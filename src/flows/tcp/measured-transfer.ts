import { grown, grownIn } from '../tables/columns.ts';
import type { LinearMemory } from '../tables/linear-memory.ts';
import { DIRECTION, LEAST_FLIGHT, NUMBERS, ROOM } from './transfer-numbers.ts';

const FIRST_TRANSFERS = 16;

/**
 * Large transfers while they are measured: `NUMBERS` each in one array, which packets change without making objects. An
 * array for each one would be memory that V8 allocates and frees apart.
 *
 * Invariant: numbers of transfers 1 to `length` are valid; `numbers` is replaced when it grows.
 */
export class MeasuredTransfers {
  numbers: Float64Array = new Float64Array(FIRST_TRANSFERS * NUMBERS);
  length = 0;
  #linear: LinearMemory | undefined;

  /** Begins a transfer. @returns its position plus one, as the record of its connection has it */
  add(direction: 0 | 1): number {
    const at = this.length++ * NUMBERS;
    if (at === this.numbers.length) this.#grow(2 * at);
    this.numbers[at + DIRECTION] = direction;
    this.numbers[at + LEAST_FLIGHT] = this.numbers[at + ROOM] = Number.POSITIVE_INFINITY;
    return this.length;
  }

  /** Offset of its first number; -1 where there is none. @param position plus one */
  offsetOf(position: number): number {
    return position === 0 || position > this.length ? -1 : (position - 1) * NUMBERS;
  }

  /** Transfers that there is memory for. */
  get room(): number {
    return this.numbers.length / NUMBERS;
  }

  /** Moves the numbers into linear memory, where they stay. */
  moveInto(linear: LinearMemory): void {
    this.#linear = linear;
    this.#grow(this.numbers.length);
  }

  #grow(numbers: number): void {
    const linear = this.#linear;
    this.numbers = linear === undefined ? grown(this.numbers, numbers) : grownIn(linear, this.numbers, numbers);
  }
}
