import type { TunnelFates } from '../evidence/evidence.ts';
import { type Column, growColumns, grownIn } from '../tables/columns.ts';
import type { LinearMemory } from '../tables/linear-memory.ts';

const FIRST_ROWS = 16;

/** A row for each tunnel. */
class TunnelColumns {
  sent: Uint32Array = new Uint32Array(FIRST_ROWS);
  answered: Uint32Array = new Uint32Array(FIRST_ROWS);
  wrong: Uint32Array = new Uint32Array(FIRST_ROWS);
  wrongAnswered: Uint32Array = new Uint32Array(FIRST_ROWS);
}

/** Verified packets of each tunnel: how many were sent, answered, had wrong outer checksums, and were answered still. */
export class FatesOfTunnels {
  readonly #columns = new TunnelColumns();
  #linear: LinearMemory | undefined;

  add(name: keyof TunnelFates, tunnel: number): void {
    if (tunnel >= this.#columns.sent.length) this.#grow(2 * tunnel);
    this.#columns[name][tunnel]++;
  }

  of(tunnel: number): TunnelFates {
    const { sent, answered, wrong, wrongAnswered } = this.#columns;
    return {
      sent: sent[tunnel] ?? 0,
      answered: answered[tunnel] ?? 0,
      wrong: wrong[tunnel] ?? 0,
      wrongAnswered: wrongAnswered[tunnel] ?? 0,
    };
  }

  /** Moves them into linear memory, where they stay. */
  moveInto(linear: LinearMemory): void {
    this.#linear = linear;
    this.#grow(this.#columns.sent.length);
  }

  /** Where a core finds them: addresses of the columns that it counts in, and their rows. */
  get places(): { tunnelsSent: number; tunnelsAnswered: number; tunnelRows: number } {
    const { sent, answered } = this.#columns;
    return { tunnelsSent: sent.byteOffset, tunnelsAnswered: answered.byteOffset, tunnelRows: sent.length };
  }

  #grow(rows: number): void {
    const columns = this.#columns;
    const linear = this.#linear;
    if (linear === undefined) {
      growColumns(columns, rows);
      return;
    }
    const moved = <T extends Column>(column: T): T => grownIn(linear, column, rows);
    columns.sent = moved(columns.sent);
    columns.answered = moved(columns.answered);
    columns.wrong = moved(columns.wrong);
    columns.wrongAnswered = moved(columns.wrongAnswered);
  }
}
