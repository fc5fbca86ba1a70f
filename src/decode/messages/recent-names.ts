/** Names that are remembered, a power of two; a name replaces another one of the same place. */
const PLACES = 1024;

/** A name of a question as it was written, and its texts. */
export interface RecentName {
  /** The octets of all labels with their lengths, and the zero behind them. */
  readonly octets: Uint8Array;
  readonly name: string;
  readonly nameHash: number;
}

/** Names of the latest questions, so that messages about one name share one string, which is made once. */
export class RecentNames {
  readonly #places: (RecentName | undefined)[] = Array<RecentName | undefined>(PLACES).fill(undefined);

  /** @param hash of the octets in [at, end) */
  find(bytes: Uint8Array, at: number, end: number, hash: number): RecentName | undefined {
    const known = this.#places[hash & (PLACES - 1)];
    if (known === undefined || known.octets.length !== end - at) return undefined;
    const { octets } = known;
    for (let nth = 0; nth < octets.length; nth++) if (octets[nth] !== bytes[at + nth]) return undefined;
    return known;
  }

  add(bytes: Uint8Array, at: number, end: number, hash: number, name: string, nameHash: number): void {
    this.#places[hash & (PLACES - 1)] = { octets: bytes.slice(at, end), name, nameHash };
  }
}
