import { PcapngClock } from './pcapng-clock.ts';
import type { PcapngInterface } from './pcapng-interface.ts';

/** Interfaces of a section whose names are kept for what the file says of them later; a host has some thousands. */
export const NAMED_INTERFACES = 10_000;

const FEWEST_FURTHER = 4096;

/**
 * The interfaces of a pcapng section, by their index in it. A file may have millions of them, so of those beyond the first
 * `NAMED_INTERFACES` only what reading their packets needs is kept, in 15 octets each.
 */
export class PcapngInterfaces {
  readonly #firstIndex: number;
  readonly #named: PcapngInterface[] = [];
  #further = 0;
  #linkTypes = new Uint16Array(0);
  #snaplens = new Uint32Array(0);
  #resolutions = new Uint8Array(0);
  #offsets = new Float64Array(0);
  /** The one that was asked for last, of those without a name. */
  #latest: PcapngInterface | undefined;

  /** @param firstIndex index of the first one over the whole file */
  constructor(firstIndex: number) {
    this.#firstIndex = firstIndex;
  }

  get length(): number {
    return this.#named.length + this.#further;
  }

  /** Index of the next one over the whole file. */
  get nextIndex(): number {
    return this.#firstIndex + this.length;
  }

  add(added: PcapngInterface): void {
    if (this.#named.length < NAMED_INTERFACES) {
      this.#named.push(added);
      return;
    }
    const nth = this.#further++;
    if (nth === this.#linkTypes.length) this.#grow(Math.max(FEWEST_FURTHER, 2 * nth));
    this.#linkTypes[nth] = added.described.linkType;
    this.#snaplens[nth] = added.described.snaplen;
    this.#resolutions[nth] = added.clock.resolution;
    this.#offsets[nth] = added.clock.offsetSeconds;
  }

  /** The interface of that index in the section; undefined when there is none. */
  at(index: number): PcapngInterface | undefined {
    if (index < this.#named.length) return this.#named[index];
    if (index >= this.length) return undefined;
    if (this.#latest?.described.index !== this.#firstIndex + index) this.#latest = this.#nameless(index);
    return this.#latest;
  }

  #nameless(index: number): PcapngInterface {
    const nth = index - this.#named.length;
    const [resolution, offsetSeconds] = [this.#resolutions[nth], this.#offsets[nth]];
    const known = this.#latest?.clock;
    const isSame = known?.resolution === resolution && known.offsetSeconds === offsetSeconds;
    return {
      described: { index: this.#firstIndex + index, linkType: this.#linkTypes[nth], snaplen: this.#snaplens[nth] },
      clock: isSame ? known : new PcapngClock(resolution, offsetSeconds),
    };
  }

  #grow(length: number): void {
    const [linkTypes, snaplens] = [this.#linkTypes, this.#snaplens];
    const [resolutions, offsets] = [this.#resolutions, this.#offsets];
    (this.#linkTypes = new Uint16Array(length)).set(linkTypes);
    (this.#snaplens = new Uint32Array(length)).set(snaplens);
    (this.#resolutions = new Uint8Array(length)).set(resolutions);
    (this.#offsets = new Float64Array(length)).set(offsets);
  }
}
