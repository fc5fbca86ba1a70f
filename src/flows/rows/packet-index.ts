import type { LinearMemory } from '../tables/linear-memory.ts';
import type { Seen } from '../trackers/observation.ts';
import { IndexPage } from './index-page.ts';
import { INDEX_COPY, INDEX_FLOW_SHIFT, INDEX_TO_CLIENT } from './row-marks.ts';

/** Most packets of one capture that are indexed: 40 MB for flows, and 20 MB for tunnels if there are any. */
export const INDEXED_PACKETS = 10_000_000;

/** The index as plain data for a worker's message. */
export interface PacketIndexData {
  flows: Uint32Array;
  tunnels: Uint16Array;
}

const NOT_FOLLOWED = 0xffffffff;
/** Flow numbers are assigned from 0 in sequence. A larger number means "no flow", and does not fit beside two bits. */
export const MOST_FLOWS = 2 ** 30 - 1;
const RETRANSMISSION = 1;

/**
 * Results of the first pass for each packet, by packet number: flow, direction, whether it is a copy, whether it is a
 * retransmission, tunnel. With it a second pass creates the rows of chosen flows from the headers alone.
 */
export class PacketIndex {
  #flows: Uint32Array;
  /** Outermost tunnel plus one, with the mark of a retransmission; 0 for most packets. */
  #tunnels: Uint16Array;
  #isFull = false;
  /** Where a core notes packets, too. */
  #page: IndexPage | undefined;

  constructor({ flows, tunnels }: PacketIndexData = { flows: new Uint32Array(0), tunnels: new Uint16Array(0) }) {
    this.#flows = flows;
    this.#tunnels = tunnels;
  }

  /** Null when the index is incomplete. */
  toTransferable(): PacketIndexData | null {
    return this.#isFull ? null : { flows: this.#flows, tunnels: this.#tunnels };
  }

  /** False when there were more packets than `INDEXED_PACKETS`. Then the index cannot be used. */
  get isComplete(): boolean {
    return !this.#isFull;
  }

  /** Copies the stored results of a packet into `seen`. @returns false when it belongs to no flow */
  recall(packet: number, seen: Seen): boolean {
    const word = this.#flows[packet] ?? NOT_FOLLOWED;
    if (word === NOT_FOLLOWED) return false;
    const tunnel = this.#tunnels[packet] ?? 0;
    seen.flow = word >>> INDEX_FLOW_SHIFT;
    seen.direction = (word & INDEX_TO_CLIENT) === 0 ? 0 : 1;
    seen.copy = (word & INDEX_COPY) !== 0;
    seen.retransmission = (tunnel & RETRANSMISSION) !== 0;
    seen.tunnel = (tunnel >>> 1) - 1;
    return true;
  }

  /**
   * @param packet number in the capture, from 1
   * @param tunnel number of the outermost tunnel plus one, 0 without, below 2¹⁵
   */
  set(packet: number, flow: number, direction: number, copy: boolean, retransmission: boolean, tunnel: number): void {
    if (packet > INDEXED_PACKETS) this.#giveUp();
    if (this.#page?.isBehind(packet)) this.#turnPage(packet);
    if (flow >= MOST_FLOWS || this.#isFull) return;
    const word = (flow << INDEX_FLOW_SHIFT) | (direction === 0 ? 0 : INDEX_TO_CLIENT) | (copy ? INDEX_COPY : 0);
    const page = this.#page;
    if (page?.holds(packet)) page.set(packet, word);
    else {
      if (packet >= this.#flows.length) this.#flows = grown(this.#flows, packet, NOT_FOLLOWED);
      this.#flows[packet] = word;
    }
    this.#setTunnel(packet, (tunnel << 1) | (retransmission ? RETRANSMISSION : 0));
  }

  #setTunnel(packet: number, word: number): void {
    if (word === 0) return;
    if (this.#page?.holds(packet)) {
      this.#page.setTunnel(packet, word);
      return;
    }
    if (packet >= this.#tunnels.length) this.#tunnels = grown(this.#tunnels, packet, 0);
    this.#tunnels[packet] = word;
  }

  /** Notes packets in linear memory from now on, until `moveOut`. */
  moveInto(linear: LinearMemory): void {
    this.#page = new IndexPage(linear);
  }

  /** Moves all into memory of its own. */
  moveOut(): void {
    this.#turnPage(0);
    this.#page = undefined;
  }

  /** Where a core notes packets: addresses of the page, its first packet, and how many it holds. */
  get places(): { index: number; indexTunnels: number; firstIndexed: number; mostIndexed: number } {
    const page = this.#page;
    if (page === undefined) return { index: 0, indexTunnels: 0, firstIndexed: 0, mostIndexed: 0 };
    return {
      index: page.linearAddress,
      indexTunnels: page.tunnelAddress,
      firstIndexed: page.first,
      mostIndexed: page.packets,
    };
  }

  /** Moves what was noted in the page, and begins one for `packet`. */
  #turnPage(packet: number): void {
    const page = this.#page;
    if (page === undefined) return;
    const written = page.written();
    const tunnels = page.writtenTunnels();
    if (!this.#isFull && written.length > 0) {
      const end = page.first + written.length;
      if (end > this.#flows.length) this.#flows = grown(this.#flows, end - 1, NOT_FOLLOWED);
      this.#flows.set(written, page.first);
    }
    if (!this.#isFull && tunnels.length > 0) {
      const end = page.first + tunnels.length;
      if (end > this.#tunnels.length) this.#tunnels = grown(this.#tunnels, end - 1, 0);
      this.#tunnels.set(tunnels, page.first);
    }
    page.begin(packet, this.#isFull ? Number.POSITIVE_INFINITY : INDEXED_PACKETS, this.#flows, this.#tunnels);
  }

  #giveUp(): void {
    this.#isFull = true;
    this.#flows = new Uint32Array(0);
    this.#tunnels = new Uint16Array(0);
  }
}

/** A longer copy with space for `index`; the new part is filled with `value`. */
function grown<T extends Uint32Array | Uint16Array>(array: T, index: number, value: number): T {
  const length = Math.min(INDEXED_PACKETS, Math.max(index, 2 * array.length)) + 1;
  const longer = new (array.constructor as new (length: number) => T)(length);
  longer.set(array);
  if (value !== 0) longer.fill(value, array.length);
  return longer;
}
