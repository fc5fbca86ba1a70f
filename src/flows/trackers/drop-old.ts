/**
 * Removes old entries from the front of a map whose entries are in order of their start.
 * An entry at the front that is still in use keeps those after it. That costs memory, but never a match.
 */
export function dropOld(open: Map<string, { lastTime: number }>, time: number, seconds: number): void {
  for (const [key, { lastTime }] of open) {
    if (time - lastTime < seconds) return;
    open.delete(key);
  }
}
