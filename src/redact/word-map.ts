import { createHmac } from 'node:crypto';

/** Words of names that tell what a name is about, not whose it is: DNS of Kubernetes, reverse names, protocols. */
const KEPT: ReadonlySet<string> = new Set(['svc', 'cluster', 'local', 'localhost', 'pod', 'arpa', 'in', 'addr', 'ip6']);
const MOST_REMEMBERED = 50_000;
const DIGITS = 10;
const LETTERS = 26;
/** Octets beyond ASCII. */
const HIGH = 128;

/**
 * Words to pseudonyms of the same length: a letter becomes a letter of the same case, a digit a digit. Each character is
 * turned by a key that depends on those before it, so no two words get the same pseudonym, and words that begin alike
 * get pseudonyms that begin alike. Case does not matter to DNS (RFC 4343): it does not change which letter.
 */
export class WordMap {
  readonly #key: Uint8Array;
  readonly #known = new Map<string, Uint8Array>();

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /** Replaces all words in `bytes[at … end)`; what is between them stays. */
  replace(bytes: Uint8Array, at: number, end: number): void {
    for (let from = at; from < end; from++) {
      if (!isWordOctet(bytes[from])) continue;
      let to = from + 1;
      while (to < end && isWordOctet(bytes[to])) to++;
      this.#replaceWord(bytes, from, to);
      from = to;
    }
  }

  /** The words of a text replaced. */
  text(text: string): string {
    const octets = new TextEncoder().encode(text);
    this.replace(octets, 0, octets.length);
    return Buffer.from(octets).toString('utf8').replaceAll('\ufffd', '_');
  }

  /** A pseudonym of hexadecimal digits, for as many of them. */
  hex(digits: string): string {
    const sealed = createHmac('sha256', this.#key).update(`hex ${digits}`).digest('hex');
    return sealed.padEnd(digits.length, sealed).slice(0, digits.length);
  }

  #replaceWord(bytes: Uint8Array, from: number, to: number): void {
    const word = Buffer.from(bytes.subarray(from, to)).toString('latin1').toLowerCase();
    if (KEPT.has(word)) return;
    const turns = this.#turnsOf(word);
    for (let at = from; at < to; at++) bytes[at] = turned(bytes[at], turns[at - from]);
  }

  /** How far each character is turned. */
  #turnsOf(word: string): Uint8Array {
    const known = this.#known.get(word);
    if (known !== undefined) return known;
    const turns = new Uint8Array(word.length);
    for (let at = 0; at < word.length; at++)
      turns[at] = createHmac('sha256', this.#key).update(word.slice(0, at), 'latin1').digest()[0];
    if (this.#known.size >= MOST_REMEMBERED) this.#known.clear();
    this.#known.set(word, turns);
    return turns;
  }
}

const isDigit = (octet: number): boolean => octet >= 0x30 && octet <= 0x39;
const isUpper = (octet: number): boolean => octet >= 0x41 && octet <= 0x5a;
const isLower = (octet: number): boolean => octet >= 0x61 && octet <= 0x7a;
const isWordOctet = (octet: number): boolean => isLower(octet) || isDigit(octet) || isUpper(octet) || octet >= HIGH;

function turned(octet: number, by: number): number {
  if (isDigit(octet)) return 0x30 + ((octet - 0x30 + by) % DIGITS);
  if (isUpper(octet)) return 0x41 + ((octet - 0x41 + by) % LETTERS);
  if (isLower(octet)) return 0x61 + ((octet - 0x61 + by) % LETTERS);
  return HIGH + ((octet - HIGH + by) % HIGH);
}
