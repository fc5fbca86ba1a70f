import { grown } from '../tables/columns.ts';
import { MOST_FLOWS } from './packet-index.ts';

/** How many packets each direction of each flow had, copies left out: in place of rows where nothing is compared. */
export class FlowCounts {
  #packets = new Uint32Array(2048);

  /** Counts a packet of a flow; one without a flow (`NO_FLOW_IN_ROW`) counts nowhere. */
  add(flow: number, direction: number): void {
    if (flow >= MOST_FLOWS) return;
    const at = 2 * flow + direction;
    if (at >= this.#packets.length) this.#packets = grown(this.#packets, 2 * at);
    this.#packets[at]++;
  }

  packets(flow: number, direction: number): number {
    return this.#packets[2 * flow + direction] ?? 0;
  }
}
