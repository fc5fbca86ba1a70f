/**
 * Adds `item` to the list under `key`. It changes the list in place, because copying it each time would take quadratic
 * time.
 */
export function appendTo<K, T>(groups: Map<K, T[]>, key: K, item: T): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, [item]);
  else group.push(item);
}
