/**
 * Removes what was begun long ago from the front of a map: entries stand in the order in which they were begun.
 * An entry at the front that is still in use keeps those behind it; that costs memory, never a match.
 */
export function dropOld(open: Map<string, { lastTime: number }>, time: number, seconds: number): void {
  for (const [key, { lastTime }] of open) {
    if (time - lastTime < seconds) return;
    open.delete(key);
  }
}
