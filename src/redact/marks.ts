import type { Pseudonyms } from './pseudonyms.ts';

/** Octets of a stream or message that do not become any others: structure that stays, or text with its pseudonyms. */
export interface Mark {
  /** Offset, or sequence number. */
  from: number;
  octets: Uint8Array;
}

/** Collects marks while a message is read. The octets that are read stay as they are. */
export class Marks {
  readonly list: Mark[] = [];
  readonly #pseudonyms: Pseudonyms;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(pseudonyms: Pseudonyms) {
    this.#pseudonyms = pseudonyms;
  }

  begin(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.list.length = 0;
  }

  /** `bytes[from … to)` stays. */
  keep(from: number, to: number): void {
    if (from >= to) return;
    const last = this.list.at(-1);
    const octets = this.#bytes.slice(from, to);
    if (last !== undefined && last.from + last.octets.length === from)
      this.list[this.list.length - 1] = { from: last.from, octets: Buffer.concat([last.octets, octets]) };
    else this.list.push({ from, octets });
  }

  /** Words in `bytes[from … to)` get their pseudonyms, what is between them stays. */
  words(from: number, to: number): void {
    if (from >= to) return;
    const octets = this.#bytes.slice(from, to);
    this.#pseudonyms.words.replace(octets, 0, octets.length);
    this.list.push({ from, octets });
  }

  /** Equal octets become equal ones, wherever the segments end. */
  same(from: number, to: number, length: number): void {
    if (from >= to) return;
    const octets = this.#bytes.slice(from, to);
    this.#pseudonyms.octets.fill(octets, 0, octets.length, length);
    this.list.push({ from, octets });
  }

  address(from: number, to: number): void {
    if (to - from !== 4 && to - from !== 16) return;
    this.list.push({ from, octets: this.#pseudonyms.addresses.map(this.#bytes.slice(from, to)) });
  }
}

/** Replaces `bytes[at … end)`: marks as they say, everything between them by other octets. */
export function applyMarks(
  { octets }: Pseudonyms,
  marks: readonly Mark[],
  bytes: Uint8Array,
  at: number,
  end: number,
  length: number,
): void {
  const sorted = marks
    .map(({ from, octets: own }) => ({
      from: Math.max(from, at),
      to: Math.min(end, from + own.length),
      own,
      first: from,
    }))
    .filter(({ from, to }) => from < to)
    .sort((a, b) => a.from - b.from);
  let filled = at;
  for (const { from, to } of sorted) {
    if (from > filled) octets.fill(bytes, filled, from);
    filled = Math.max(filled, to);
  }
  if (filled < end) octets.fill(bytes, filled, end, Math.max(0, length - (filled - at)));
  for (const { from, to, own, first } of sorted) bytes.set(own.subarray(from - first, to - first), from);
}
