/** Stands for no link address, or one too many. */
export const NO_LINK_ADDRESS = 0;

/** Most different link addresses that get a number: what a 16-bit column can hold. */
const MOST = 65_535;

/** Gives link addresses small numbers, so that two of them cost a connection 4 bytes and not 16. */
export class LinkAddresses {
  readonly #numbers = new Map<number, number>();
  readonly #addresses: number[] = [Number.NaN];

  /** Number of an address below 2⁴⁸. */
  numberOf(address: number): number {
    const known = this.#numbers.get(address);
    if (known !== undefined) return known;
    if (this.#addresses.length > MOST) return NO_LINK_ADDRESS;
    this.#numbers.set(address, this.#addresses.length);
    return this.#addresses.push(address) - 1;
  }

  /** The address; NaN for `NO_LINK_ADDRESS`, which equals no address. */
  addressOf(number: number): number {
    return this.#addresses[number];
  }
}
