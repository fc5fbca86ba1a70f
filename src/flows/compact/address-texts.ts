import { FIRST_IPV6, formatIpv4 } from '../../decode/address-book.ts';
import { RecentTexts } from '../../text/recent-texts.ts';
import type { Endpoint } from '../evidence/evidence.ts';

/** Most texts that are cached. */
const REMEMBERED_TEXTS = 4096;

/** Texts of IPv6 addresses by the numbers that records use. An IPv4 address is its own number. */
export type Ipv6Texts = ReadonlyMap<number, string>;

/** Collects the texts of addresses in records, while the address book that numbers them exists. */
export class Ipv6TextsOf {
  readonly texts = new Map<number, string>();
  readonly #format: (address: number) => string;

  constructor(format: (address: number) => string) {
    this.#format = format;
  }

  /** @param word of an IPv6 address, from `wordOf` */
  add(word: number): void {
    const address = FIRST_IPV6 + word;
    if (!this.texts.has(address)) this.texts.set(address, this.#format(address));
  }
}

/**
 * How a record stores an address: an IPv4 address unchanged, an IPv6 address as its number less 2³². A separate mark
 * must say which it is.
 */
export const wordOf = (address: number): number => address >>> 0;

/** Reads end points from records. */
export class AddressTexts {
  readonly #texts: RecentTexts;

  constructor(ipv6: Ipv6Texts) {
    this.#texts = new RecentTexts(REMEMBERED_TEXTS, (address) => ipv6.get(address) ?? formatIpv4(address));
  }

  /** @param address an IPv4 address, or the number of an IPv6 address (2³² and above) */
  of(address: number): string {
    return this.#texts.of(address);
  }

  endpoint(word: number, isIpv6: boolean, port: number): Endpoint {
    return { address: this.of(isIpv6 ? FIRST_IPV6 + word : word), port };
  }
}
