import type { Passage } from './next-device.ts';

/** Numbers of two passages fit into one exact integer. More passages than this take more memory than there is. */
export const MOST_PASSAGES = 2 ** 26;

/** Room for a port, and for none, in an exact integer beside a point and a depth. */
const PORTS = 2 ** 17;
/** Tunnels around a packet are at most this many (`decode/bounds.ts` allows fewer). */
const DEPTHS = 2 ** 6;

type Numbers = Map<number, number>;

/** Numbers for passages, from 1: equal ones have one number. Cheaper than a text for each, as most repeat. */
export class PassageNumbers {
  readonly #addresses = new Map<string, number>();
  /** By the two addresses, then those of the wire, then point, depth and port. */
  readonly #passages = new Map<number, Map<number, Numbers>>();
  #last = 0;

  of({ point, depth, source, destination, port, wireSource, wireDestination }: Passage): number {
    const ends = this.#pair(source, destination);
    let ofEnds = this.#passages.get(ends);
    if (ofEnds === undefined) this.#passages.set(ends, (ofEnds = new Map()));
    const wire = this.#pair(wireSource, wireDestination);
    let ofWire = ofEnds.get(wire);
    if (ofWire === undefined) ofEnds.set(wire, (ofWire = new Map()));
    const place = (point * DEPTHS + depth) * PORTS + port + 1;
    let number = ofWire.get(place);
    if (number === undefined) ofWire.set(place, (number = ++this.#last));
    return number;
  }

  #pair(from: string, to: string): number {
    return this.#numberOf(from) * MOST_PASSAGES + this.#numberOf(to);
  }

  #numberOf(address: string): number {
    let number = this.#addresses.get(address);
    if (number === undefined) this.#addresses.set(address, (number = this.#addresses.size));
    return number;
  }
}
