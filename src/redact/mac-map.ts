import { createHmac } from 'node:crypto';
import type { AddressMap } from './address-map.ts';

const OCTETS = 6;
/** First bit sent: a group of stations. Second: the number is not from a manufacturer (IEEE 802, 8.2). */
const GROUP = 0x01;
const GROUP_AND_LOCAL = 0x03;
const MOST_REMEMBERED = 100_000;

/** Addresses that many machines share by design: they stay. VRRP, HSRP, Calico's veth, none, and bridge groups. */
const KEPT = [
  /^f{12}$/,
  /^000000000000$/,
  /^eeeeeeeeeeee$/,
  /^00005e000[12]/,
  /^00000c07ac/,
  /^00000c9ff/,
  /^0180c20000/,
  /^01000c/,
  /^feffffffffff$/,
];

/**
 * Link addresses to pseudonyms. The bits for a group and for a local number stay. Groups of IPv4 (RFC 1112, 6.4) and IPv6
 * (RFC 2464, 7) follow the pseudonym of the group's address.
 */
export class MacMap {
  readonly #key: Uint8Array;
  readonly #addresses: AddressMap;
  readonly #known = new Map<string, Uint8Array>();

  constructor(key: Uint8Array, addresses: AddressMap) {
    this.#key = key;
    this.#addresses = addresses;
  }

  map(mac: Uint8Array): Uint8Array {
    const name = Buffer.from(mac).toString('hex');
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const mapped = this.#mapped(new Uint8Array(mac), name);
    if (this.#known.size >= MOST_REMEMBERED) this.#known.clear();
    this.#known.set(name, mapped);
    return mapped;
  }

  /** Replaces the address at `at`; one that is cut is left to the caller. */
  replace(bytes: Uint8Array, at: number, end: number): void {
    if (at >= 0 && at + OCTETS <= end) bytes.set(this.map(bytes.slice(at, at + OCTETS)), at);
  }

  #mapped(mac: Uint8Array, name: string): Uint8Array {
    if (KEPT.some((pattern) => pattern.test(name))) return mac.slice();
    if (name.startsWith('3333')) {
      const group = this.#addresses.map(Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ...mac.subarray(2)));
      return Uint8Array.of(0x33, 0x33, ...group.subarray(12));
    }
    const sealed = createHmac('sha256', this.#key).update(mac).digest();
    if (name.startsWith('01005e')) {
      const isLocalControl = mac[3] === 0 && mac[4] === 0;
      return isLocalControl ? mac.slice() : Uint8Array.of(1, 0, 0x5e, sealed[0] & 0x7f, sealed[1], sealed[2]);
    }
    const mapped = new Uint8Array(sealed.subarray(0, OCTETS));
    mapped[0] = (mapped[0] & ~GROUP_AND_LOCAL) | (mac[0] & GROUP_AND_LOCAL);
    // An address of nobody would be taken for "none".
    if ((mac[0] & GROUP) === 0) mapped[1] |= 1;
    return mapped;
  }
}
