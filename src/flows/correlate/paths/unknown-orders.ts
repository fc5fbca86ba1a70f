import type { Member } from '../same-traffic/same-traffic.ts';

/** Pairs of biflows of one conversation for which the order of passage is unknown. */
export class UnknownOrders {
  readonly #pairs = new Map<number, Set<number>>();

  add(a: Member, b: Member): void {
    const [low, high] = idsOf(a, b);
    const known = this.#pairs.get(low);
    if (known === undefined) this.#pairs.set(low, new Set([high]));
    else known.add(high);
  }

  has(a: Member, b: Member): boolean {
    const [low, high] = idsOf(a, b);
    return this.#pairs.get(low)?.has(high) ?? false;
  }
}

const idsOf = ({ biflow: a }: Member, { biflow: b }: Member): [number, number] =>
  a.id < b.id ? [a.id, b.id] : [b.id, a.id];
