/** Stands for every empty list: most lists of most connections are. Nobody can add to it, see `appended`. */
export const EMPTY: never[] = Object.freeze([] as never[]) as never[];

/** The list with `item` at its end: the same one, or a new one in the place of `EMPTY`. */
export function appended<T>(list: T[], item: T): T[] {
  if (list === EMPTY) return [item];
  list.push(item);
  return list;
}
