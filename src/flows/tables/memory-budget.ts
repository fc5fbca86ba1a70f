/** Bytes that several owners share: a floor for each kind, and a pool for whoever comes first. */
export type Shares<Kind extends string> = Readonly<Record<Kind, { bytes: number; floor: number }>>;

/**
 * One budget of several tables. Each item is charged with the bytes that it will take until the report is made. A flood
 * of one kind takes the pool at most; the floor of another kind stays.
 *
 * Invariant: the sum of what was taken and not given back is at most the total.
 */
export class MemoryBudget<Kind extends string> {
  readonly #accounts: Readonly<Record<Kind, Account>>;
  /** How often there was no room, by kind. */
  readonly #refused = new Map<Kind, number>();
  #pool: number;

  /** @param total bytes; what the floors do not take is the pool. Floors shrink when they exceed it. */
  constructor(total: number, shares: Shares<Kind>) {
    const kinds = Object.keys(shares) as Kind[];
    const floors = kinds.reduce((sum, kind) => sum + shares[kind].floor, 0);
    const scale = Math.min(1, total / Math.max(1, floors));
    this.#accounts = Object.fromEntries(
      kinds.map((kind) => [kind, new Account(shares[kind].bytes, shares[kind].floor * scale)]),
    ) as unknown as Record<Kind, Account>;
    // Rounding must not leave less than nothing: then nothing at all would be granted.
    this.#pool = Math.max(0, total - floors * scale);
  }

  /** Takes the bytes of so many items. False, and nothing is taken, when there is no room. */
  take(kind: Kind, items = 1): boolean {
    const account = this.#accounts[kind];
    const { taken, floor } = account;
    const after = taken + account.bytes * items;
    const fromPool = Math.max(0, after - floor) - Math.max(0, taken - floor);
    if (fromPool > this.#pool) {
      this.#refused.set(kind, (this.#refused.get(kind) ?? 0) + 1);
      return false;
    }
    if (fromPool > 0) this.#pool -= fromPool;
    account.taken = after;
    return true;
  }

  /** For how many items there is room. */
  left(kind: Kind): number {
    const { taken, floor, bytes } = this.#accounts[kind];
    return Math.floor((Math.max(0, floor - taken) + this.#pool) / bytes);
  }

  /** Gives back the bytes of items that are gone. */
  giveBack(kind: Kind, items: number): void {
    const account = this.#accounts[kind];
    const { taken, floor } = account;
    const after = Math.max(0, taken - account.bytes * items);
    this.#pool += Math.max(0, taken - floor) - Math.max(0, after - floor);
    account.taken = after;
  }

  /** How often there was no room, by kind; kinds that always had room are missing. */
  refused(): Partial<Record<Kind, number>> {
    return Object.fromEntries(this.#refused) as Partial<Record<Kind, number>>;
  }
}

/** What one kind may take, and has taken. */
class Account {
  readonly bytes: number;
  readonly floor: number;
  taken = 0;

  constructor(bytes: number, floor: number) {
    this.bytes = bytes;
    this.floor = floor;
  }
}

/**
 * How many items of each kind fit into `total` bytes: all of them, or the same share of each. A kind with few items
 * keeps `least` of them in any case.
 */
export function sharedOut<Kind extends string>(
  counts: Readonly<Record<Kind, number>>,
  bytes: Readonly<Record<Kind, number>>,
  total: number,
  least: number,
): Record<Kind, number> {
  const kinds = Object.keys(counts) as Kind[];
  const needed = kinds.reduce((sum, kind) => sum + counts[kind] * bytes[kind], 0);
  const share = Math.min(1, total / Math.max(1, needed));
  return Object.fromEntries(
    kinds.map((kind) => [kind, Math.max(Math.min(counts[kind], least), Math.floor(counts[kind] * share))]),
  ) as Record<Kind, number>;
}
