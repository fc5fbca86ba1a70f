/** Shared empty list, because most lists of most connections are empty. It cannot be changed; see `appended`. */
export const EMPTY: never[] = Object.freeze([] as never[]) as never[];

/** Appends `item`: returns the same list, or a new one in place of `EMPTY`. */
export function appended<T>(list: T[], item: T): T[] {
  if (list === EMPTY) return [item];
  list.push(item);
  return list;
}
