import { randomBytes } from 'node:crypto';
import { isAddressText, octetsOfAddress, textOfAddress } from './address-text.ts';
import { Pseudonyms } from './pseudonyms.ts';

/** Octets of a key that is made here. */
const KEY_OCTETS = 32;
const MAC = /(?<![0-9a-f:.-])(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}(?![0-9a-f:-])/i;
const IPV4 = /(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d]|\.\d)(?:\/\d{1,2}(?!\d))?/;
const IPV6 = /(?<![0-9a-z:.])[0-9a-f:]*:[0-9a-f:]*:[0-9a-f:.]*(?:\/\d{1,3}(?!\d))?/i;
/** Devices that every machine has; of those that are named after a pod only what they begin with stays. */
const NUMBERED_DEVICE = /^(cali|veth|lxc|azv|eni|gke|tap|vnet)([0-9a-z]+)$/i;
const HEX = /^[0-9a-f]+$/;
/** Capture, compression, and the numbers of tcpdump -C. */
const ENDING = /(?:\.(?:pcapng|pcap|cap|ntar|dmp|tar)\d*)?(?:\.(?:gz|zst|xz))?$/i;

/** The pseudonyms behind a redaction: for what reads packets and reports here, and no part of the library. */
export let pseudonymsOf: (redaction: Redaction) => Pseudonyms;

/**
 * Pseudonyms for addresses, names and payload, by a key: the same key gives the same ones in every capture and report,
 * and nothing can be turned back without it. Addresses keep their prefixes and classes.
 */
export class Redaction {
  readonly #pseudonyms: Pseudonyms;

  static {
    pseudonymsOf = (redaction) => redaction.#pseudonyms;
  }

  /** @param key any text or octets; without one it is made by chance, and nothing of later runs fits */
  constructor(key: string | Uint8Array = randomBytes(KEY_OCTETS)) {
    if (key.length === 0) throw new RangeError('the key of a redaction is empty');
    this.#pseudonyms = new Pseudonyms(key);
  }

  /** The pseudonym of an IPv4 or IPv6 address in text form, or of a range such as 10.244.1.0/24. Other text is returned. */
  address(text: string): string {
    const [base, length] = text.split('/');
    if (!isAddressText(base)) return text;
    const mapped = this.#pseudonyms.addresses.map(octetsOfAddress(base)).slice();
    if (length === undefined) return textOfAddress(mapped);
    for (let bit = Number(length); bit < mapped.length * 8; bit++) mapped[bit >> 3] &= ~(0x80 >> (bit & 7));
    return `${textOfAddress(mapped)}/${length}`;
  }

  /** The pseudonym of a link address, "02:42:ac:11:00:02". */
  mac(text: string): string {
    const mapped = this.#pseudonyms.macs.map(Buffer.from(text.replace(/[:-]/g, ''), 'hex'));
    return Buffer.from(mapped)
      .toString('hex')
      .replace(/(..)(?=.)/g, `$1${text.charAt(2)}`);
  }

  /** The pseudonym of a name of a host, a pod, or of DNS: word by word, so that its form stays. */
  name(text: string): string {
    return this.#pseudonyms.words.text(text);
  }

  /** A path or name of a capture file: device and ending stay. */
  fileName(path: string): string {
    const ending = ENDING.exec(path)?.[0] ?? '';
    const stem = path.slice(0, path.length - ending.length);
    const at = stem.lastIndexOf('__');
    return at < 0
      ? this.name(stem) + ending
      : `${this.name(stem.slice(0, at))}__${this.device(stem.slice(at + 2))}${ending}`;
  }

  /** The name of a network device: only the part that stands for a pod gets a pseudonym. */
  device(name: string): string {
    const numbered = NUMBERED_DEVICE.exec(name);
    if (numbered === null) return name;
    const [, kind, number] = numbered;
    return kind + (HEX.test(number) ? this.#pseudonyms.words.hex(number) : this.name(number));
  }

  /**
   * The fingerprint that a redacted report has in place of this one: the same by one key, so that baselines of redacted
   * reports fit. What a fingerprint is made from can be guessed and tested without it.
   */
  fingerprint(text: string): string {
    return text.replace(/[0-9a-f]+$/, (digits) => this.#pseudonyms.words.hex(digits));
  }

  /**
   * A text with the addresses in it replaced.
   *
   * @param names what else is replaced, and by what, where it stands as a word of its own
   */
  text(text: string, names: ReadonlyMap<string, string> = NO_NAMES): string {
    return text.replace(patternOf(names), (found) => names.get(found) ?? this.#addressIn(found));
  }

  #addressIn(found: string): string {
    if (MAC.test(found) && found.length === 17) return this.mac(found);
    // A colon or full stop behind an address belongs to the sentence.
    for (let end = found.length; end > 1; end--) {
      const candidate = found.slice(0, end);
      if (isAddressText(candidate.split('/')[0])) return this.address(candidate) + found.slice(end);
      if (!/[:.]$/.test(candidate)) break;
    }
    return found;
  }
}

const NO_NAMES: ReadonlyMap<string, string> = new Map();
const patterns = new WeakMap<ReadonlyMap<string, string>, RegExp>();

/** Names first, the longest first, then addresses. */
function patternOf(names: ReadonlyMap<string, string>): RegExp {
  const known = patterns.get(names);
  if (known !== undefined) return known;
  const longest = [...names.keys()].sort((a, b) => b.length - a.length).map(escaped);
  const words = longest.length === 0 ? [] : [`(?<![\\w-])(?:${longest.join('|')})(?![\\w-])`];
  const pattern = new RegExp([...words, MAC.source, IPV4.source, IPV6.source].join('|'), 'gi');
  patterns.set(names, pattern);
  return pattern;
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
