import { type Conversation, type PathSummary, TO_CLIENT, TO_SERVER } from '../evidence.ts';
import { trackOf } from './clocks.ts';
import type { Member } from './same-traffic.ts';
import type { SightingStore } from './sighting-store.ts';

/** Distinct orders of points, most travelled first, with the packets seen and lost at each. */
export class PathSummaries {
  readonly #paths = new Map<string, PathSummary>();

  enter(conversation: Conversation, ordered: readonly Member[], store: SightingStore): void {
    const points = ordered.map(({ biflow }) => biflow.point);
    const key = points.join();
    let path = this.#paths.get(key);
    if (path === undefined) {
      const zeros = () => points.map(() => 0);
      path = { points, conversations: 0, packets: [zeros(), zeros()], lost: [zeros(), zeros()] };
      this.#paths.set(key, path);
    }
    path.conversations++;
    ordered.forEach((member, leg) => {
      path.packets[TO_SERVER][leg] += trackOf(store, member, TO_SERVER).rows.length;
      path.packets[TO_CLIENT][leg] += trackOf(store, member, TO_CLIENT).rows.length;
    });
    for (const { direction, from, lost, assessable } of conversation.hops)
      if (assessable && points.includes(from)) path.lost[direction][points.indexOf(from)] += lost;
  }

  list(): PathSummary[] {
    return [...this.#paths.values()].sort((a, b) => b.conversations - a.conversations);
  }
}
