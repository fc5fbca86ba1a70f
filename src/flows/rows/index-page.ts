import type { LinearMemory } from '../tables/linear-memory.ts';
import { PAGE_PACKETS } from './row-places.ts';

const NOT_FOLLOWED = -1;

/** Words of `PacketIndex` for the latest packets, in linear memory: a core and the general way note them in turns. */
export class IndexPage {
  readonly linearAddress: number;
  readonly #words: Int32Array;
  readonly #tunnels: Uint16Array;
  /** Number of its first packet. */
  first = 0;
  /** Packets that it holds, from that one on. */
  packets = 0;

  constructor(linear: LinearMemory) {
    this.linearAddress = linear.allocate(PAGE_PACKETS * Int32Array.BYTES_PER_ELEMENT);
    this.#words = linear.view(Int32Array, this.linearAddress, PAGE_PACKETS);
    const tunnels = linear.allocate(PAGE_PACKETS * Uint16Array.BYTES_PER_ELEMENT);
    this.#tunnels = linear.view(Uint16Array, tunnels, PAGE_PACKETS);
  }

  /** Whether the page ends before the packet. */
  isBehind(packet: number): boolean {
    return packet >= this.first + this.packets;
  }

  holds(packet: number): boolean {
    return packet >= this.first && packet < this.first + this.packets;
  }

  set(packet: number, word: number): void {
    this.#words[packet - this.first] = word;
  }

  setTunnel(packet: number, word: number): void {
    this.#tunnels[packet - this.first] = word;
  }

  /** Address of the words of tunnels. */
  get tunnelAddress(): number {
    return this.#tunnels.byteOffset;
  }

  /** The words of tunnels up to the last one that is not 0. */
  writtenTunnels(): Uint16Array {
    const tunnels = this.#tunnels;
    let end = this.packets;
    while (end > 0 && tunnels[end - 1] === 0) end--;
    return tunnels.subarray(0, end);
  }

  /** The words up to the last packet that was noted, as unsigned ones. */
  written(): Uint32Array {
    const words = this.#words;
    let end = this.packets;
    while (end > 0 && words[end - 1] === NOT_FOLLOWED) end--;
    return new Uint32Array(words.buffer, words.byteOffset, end);
  }

  /**
   * Begins a page at a packet.
   * @param last packet with a word
   * @param known words by packet: records in order of time may have brought later packets before this one
   * @param tunnels the same of tunnels
   */
  begin(packet: number, last: number, known: Uint32Array, tunnels: Uint16Array): void {
    this.first = packet;
    this.packets = Math.min(PAGE_PACKETS, last + 1 - packet);
    this.#words.fill(NOT_FOLLOWED);
    this.#words.set(known.subarray(packet, packet + this.packets));
    this.#tunnels.fill(0);
    this.#tunnels.set(tunnels.subarray(packet, packet + this.packets));
  }
}
