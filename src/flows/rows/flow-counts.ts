import { grown, grownIn } from '../tables/columns.ts';
import type { LinearMemory } from '../tables/linear-memory.ts';
import { MOST_FLOWS } from './packet-index.ts';

/** How many packets each direction of each flow had, copies left out: in place of rows where nothing is compared. */
export class FlowCounts {
  #packets: Uint32Array = new Uint32Array(2048);
  #linear: LinearMemory | undefined;

  /** Counts a packet of a flow; one without a flow (`NO_FLOW_IN_ROW`) counts nowhere. */
  add(flow: number, direction: number): void {
    if (flow >= MOST_FLOWS) return;
    const at = 2 * flow + direction;
    if (at >= this.#packets.length) this.#grow(2 * at);
    this.#packets[at]++;
  }

  /** Moves the counts into linear memory, until `moveOut`. */
  moveInto(linear: LinearMemory): void {
    this.#linear = linear;
    this.#grow(this.#packets.length);
  }

  /** Moves them into memory of their own, as they outlive everything else there. */
  moveOut(): void {
    this.#linear = undefined;
    this.#packets = this.#packets.slice();
  }

  /** Address of the counts in linear memory. */
  get linearAddress(): number {
    return this.#packets.byteOffset;
  }

  /** Counts that there is room for. */
  get rows(): number {
    return this.#packets.length;
  }

  #grow(rows: number): void {
    const linear = this.#linear;
    this.#packets = linear === undefined ? grown(this.#packets, rows) : grownIn(linear, this.#packets, rows);
  }

  packets(flow: number, direction: number): number {
    return this.#packets[2 * flow + direction] ?? 0;
  }
}
