/** Items of a list by their point. */
const byPoint = new WeakMap<readonly unknown[], { length: number; items: ReadonlyMap<number, unknown[]> }>();

const NONE: readonly never[] = [];

/**
 * The items of one point, in order of the list: hosts, tunnels, ARP exchanges. The list is grouped by point once, and
 * again after it has grown. The point of an item in the list must not change.
 */
export function atPoint<T extends { point: number }>(list: readonly T[], point: number): readonly T[] {
  let sorted = byPoint.get(list);
  if (sorted === undefined || sorted.length !== list.length) {
    sorted = { length: list.length, items: groupBy(list, ({ point }) => point) };
    byPoint.set(list, sorted);
  }
  return (sorted.items.get(point) as T[] | undefined) ?? NONE;
}

/** Groups items by a key, each group in order of the list. */
export function groupBy<T, K>(list: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of list) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
