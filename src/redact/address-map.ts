import { createCipheriv } from 'node:crypto';
import { WELL_KNOWN_SERVICE_RANGES } from '../text/addresses.ts';
import { octetsOfAddress } from './address-text.ts';

/**
 * Addresses to pseudonyms that keep prefixes, as Crypto-PAn does (Xu, Fan, Ammar, Moon: Prefix-Preserving IP Address
 * Anonymization, 2002): two addresses with the same first n bits get pseudonyms with the same first n bits, and no two
 * addresses get the same one. Bit n is turned by one bit of AES over the n bits before it.
 *
 * Bits that tell the class of an address are not turned: whether it is private, link-local, multicast, in a usual range
 * of service addresses, and so on.
 */

/** Ranges whose members stay members, and nobody else becomes one. */
const CLASSES = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '224.0.0.0/24',
  '232.0.0.0/8',
  '239.0.0.0/8',
  '240.0.0.0/4',
  '::/96',
  '::ffff:0:0/96',
  '64:ff9b::/96',
  '2000::/3',
  '2001::/32',
  '2001:db8::/32',
  '2002::/16',
  'fc00::/8',
  'fd00::/8',
  'fe80::/10',
  'fe80::/64',
  'ff00::/8',
];
/** Addresses with a meaning of their own: they stay as they are. */
const KEPT = [
  '0.0.0.0/8',
  '127.0.0.0/8',
  '224.0.0.0/24',
  '255.255.255.255/32',
  // Metadata and name servers of clouds and nodes; the gateway of Calico.
  '169.254.169.254/32',
  '169.254.20.10/32',
  '169.254.25.10/32',
  '169.254.1.1/32',
  '168.63.129.16/32',
  '::/127',
  'fd00:ec2::254/128',
  'fd00:ec2::23/128',
];
/** Multicast of IPv6: flags and scope stay, groups of the registry (RFC 4291, 2.7.1) too, but for solicited nodes. */
const GROUP_BITS = 16;
const GROUP_NUMBER_BITS = 96;
/** ff02::1:ff00:0/104 (RFC 4291, 2.7.1). */
const SOLICITED = 'ff02::1:ff00:0';
const SOLICITED_BITS = 104;
/** Bits of the part that numbers hosts in the smallest usual subnets: the first and last number of it stay. */
const HOST_BITS_4 = 8;
const HOST_BITS_6 = 64;
const MAPPED = ['::ffff:0:0', '64:ff9b::'];
const EMBEDDED_BITS = 96;
const BLOCK = 16;
/** Addresses that are remembered; then it begins anew. 20 MB. */
const MOST_REMEMBERED = 100_000;

interface Range {
  octets: Uint8Array;
  bits: number;
}

const rangeOf = (cidr: string): Range => {
  const [address, bits] = cidr.split('/');
  return { octets: octetsOfAddress(address), bits: Number(bits) };
};

function readTables() {
  const kept = KEPT.map(rangeOf);
  const services = WELL_KNOWN_SERVICE_RANGES.map(({ cidr }) => rangeOf(cidr));
  return {
    ranges: [...CLASSES.map(rangeOf), ...kept, ...services],
    unchanged: kept,
    solicited: octetsOfAddress(SOLICITED),
    mapped: MAPPED.map(octetsOfAddress),
  };
}

let read: ReturnType<typeof readTables> | undefined;
/** The addresses above as octets, from the first pseudonym on: most analyses make none. */
const tables = (): ReturnType<typeof readTables> => (read ??= readTables());

export class AddressMap {
  readonly #cipher: ReturnType<typeof createCipheriv>;
  readonly #pad: Uint8Array;
  readonly #known = new Map<string, Uint8Array>();

  /** @param key 32 octets */
  constructor(key: Uint8Array) {
    this.#cipher = createCipheriv('aes-128-ecb', key.subarray(0, BLOCK), null).setAutoPadding(false);
    // `slice` of a Buffer is no copy.
    this.#pad = new Uint8Array(key.subarray(BLOCK, 2 * BLOCK));
  }

  /** The pseudonym of an address of 4 or 16 octets, or of the first octets of one that is cut (`family` tells which). */
  map(address: Uint8Array, family: 4 | 6 = address.length === 4 ? 4 : 6): Uint8Array {
    const name = `${family}${Buffer.from(address).toString('latin1')}`;
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const mapped = this.#mapped(new Uint8Array(address), family);
    if (this.#known.size >= MOST_REMEMBERED) this.#known.clear();
    this.#known.set(name, mapped);
    return mapped;
  }

  /** Replaces the address of `octets` octets at `at`, as far as it is before `end`. */
  replace(bytes: Uint8Array, at: number, end: number, octets: 4 | 16): void {
    const stop = Math.min(end, at + octets);
    if (at < stop) bytes.set(this.map(bytes.slice(at, stop), octets === 4 ? 4 : 6), at);
  }

  #mapped(address: Uint8Array, family: 4 | 6): Uint8Array {
    const size = family === 4 ? 4 : BLOCK;
    if (tables().unchanged.some(({ octets, bits }) => octets.length === size && common(octets, address) >= bits))
      return address.slice();
    if (family === 6 && tables().mapped.some((prefix) => common(prefix, address) >= EMBEDDED_BITS)) {
      const mapped = address.slice();
      mapped.set(this.map(address.slice(EMBEDDED_BITS / 8), 4), EMBEDDED_BITS / 8);
      return mapped;
    }
    const kept = Math.max(keptBits(address, size), family === 6 ? keptOfGroup(address) : 0);
    return this.#turned(address, size, kept);
  }

  /** @param kept first bits that stay */
  #turned(address: Uint8Array, size: number, kept: number): Uint8Array {
    const bits = address.length * 8;
    const blocks = new Uint8Array(bits * BLOCK);
    for (let bit = 0; bit < bits; bit++) blocks.set(this.#prefix(address, bit), bit * BLOCK);
    const sealed = this.#cipher.update(blocks);
    const turned = address.slice();
    const hostFrom = size * 8 - (size === 4 ? HOST_BITS_4 : HOST_BITS_6);
    for (let bit = kept; bit < bits; bit++) {
      if (bit >= hostFrom && isUniform(address, hostFrom, bit)) continue;
      if ((sealed[bit * BLOCK] & 0x80) !== 0) turned[bit >> 3] ^= 0x80 >> (bit & 7);
    }
    return turned;
  }

  /** The first bits of the address, filled up from the pad. */
  #prefix(address: Uint8Array, bits: number): Uint8Array {
    const block = this.#pad.slice();
    const whole = bits >> 3;
    block.set(address.subarray(0, whole), 0);
    const rest = bits & 7;
    if (rest > 0) {
      const mask = 0xff << (8 - rest);
      block[whole] = (address[whole] & mask) | (block[whole] & ~mask & 0xff);
    }
    return block;
  }
}

/** First bits that decide whether an address is in a range, as far as it agrees with the range. */
function keptBits(address: Uint8Array, size: number): number {
  let kept = 0;
  for (const { octets, bits } of tables().ranges)
    if (octets.length === size) kept = Math.max(kept, Math.min(bits, common(octets, address) + 1));
  return kept;
}

function keptOfGroup(address: Uint8Array): number {
  if (address[0] !== 0xff) return 0;
  if (common(tables().solicited, address) >= SOLICITED_BITS) return SOLICITED_BITS;
  // Numbers up to 0x1ffff are given by the registry (RFC 3307, 4.1).
  const isRegistered = isUniform(address, GROUP_BITS, GROUP_NUMBER_BITS) && address[12] === 0 && address[13] <= 1;
  return isRegistered ? 128 : GROUP_BITS;
}

/** Number of first bits that are equal. */
function common(a: Uint8Array, b: Uint8Array): number {
  const octets = Math.min(a.length, b.length);
  for (let at = 0; at < octets; at++) if (a[at] !== b[at]) return at * 8 + Math.clz32(a[at] ^ b[at]) - 24;
  return octets * 8;
}

/** Whether the bits from `from` to `to` are all 0 (first numbers of a subnet), or, of IPv4, all 1 (its broadcast). */
function isUniform(address: Uint8Array, from: number, to: number): boolean {
  let [zeros, ones] = [true, address.length === 4];
  for (let bit = from; bit < to; bit++) {
    const isSet = (address[bit >> 3] & (0x80 >> (bit & 7))) !== 0;
    if (isSet) zeros = false;
    else ones = false;
  }
  return zeros || ones;
}
