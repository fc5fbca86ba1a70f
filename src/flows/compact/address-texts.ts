import { FIRST_IPV6, formatIpv4 } from '../../decode/address-book.ts';
import { RecentTexts } from '../../text/recent-texts.ts';
import type { Endpoint } from '../evidence/evidence.ts';

/** Texts that are remembered. */
const REMEMBERED_TEXTS = 4096;

/** Texts of the IPv6 addresses that records name by number, by that number; an IPv4 address is its own number. */
export type Ipv6Texts = ReadonlyMap<number, string>;

/** Gathers the texts of addresses that are in records, while there is the book that numbers them. */
export class Ipv6TextsOf {
  readonly texts = new Map<number, string>();
  readonly #format: (address: number) => string;

  constructor(format: (address: number) => string) {
    this.#format = format;
  }

  /** @param word as `wordOf` gives it, of an IPv6 address */
  add(word: number): void {
    const address = FIRST_IPV6 + word;
    if (!this.texts.has(address)) this.texts.set(address, this.#format(address));
  }
}

/** What a record holds of an address: IPv4 as it is, of IPv6 its number less 2³². A mark beside it must say that it is IPv6. */
export const wordOf = (address: number): number => (address >= FIRST_IPV6 ? address - FIRST_IPV6 : address);

/** End points from records. */
export class AddressTexts {
  readonly #texts: RecentTexts;

  constructor(ipv6: Ipv6Texts) {
    this.#texts = new RecentTexts(REMEMBERED_TEXTS, (address) => ipv6.get(address) ?? formatIpv4(address));
  }

  /** @param address IPv4, or from 2³² the number of an IPv6 address */
  of(address: number): string {
    return this.#texts.of(address);
  }

  endpoint(word: number, isIpv6: boolean, port: number): Endpoint {
    return { address: this.of(isIpv6 ? FIRST_IPV6 + word : word), port };
  }
}
