import type { Joined } from '../../capture/capture-digest.ts';
import { type Direction, type PathSummary, TO_CLIENT, TO_SERVER } from '../../evidence/evidence.ts';
import type { AnyConversation } from '../../evidence/ordinary-conversation.ts';
import { countsOf } from '../same-traffic/leg-counts.ts';
import { rowsOf } from '../same-traffic/member-tracks.ts';
import type { Member } from '../same-traffic/same-traffic.ts';
import type { SightingStore } from '../same-traffic/sighting-store.ts';

/** Distinct orders of points, the most frequent first, with the packets seen and lost at each point. */
export class PathSummaries {
  readonly #paths = new Map<string, PathSummary>();
  readonly #evidence: Joined;

  constructor(evidence: Joined) {
    this.#evidence = evidence;
  }

  enter(conversation: AnyConversation, ordered: readonly Member[], store: SightingStore): void {
    const points = ordered.map(({ biflow }) => biflow.point);
    const key = points.join();
    let path = this.#paths.get(key);
    if (path === undefined) {
      const zeros = () => points.map(() => 0);
      path = { points, conversations: 0, packets: [zeros(), zeros()], lost: [zeros(), zeros()] };
      this.#paths.set(key, path);
    }
    path.conversations++;
    const packetsOf = (member: Member, direction: Direction): number => {
      const rows = rowsOf(store, member, direction);
      return store.isWhole(member.biflow) ? rows : (countsOf(this.#evidence, member, direction)?.packets ?? rows);
    };
    ordered.forEach((member, leg) => {
      path.packets[TO_SERVER][leg] += packetsOf(member, TO_SERVER);
      path.packets[TO_CLIENT][leg] += packetsOf(member, TO_CLIENT);
    });
    if (conversation.hops.length === 0) return;
    const legOf = new Map<number, number>();
    for (const [leg, point] of points.entries()) if (!legOf.has(point)) legOf.set(point, leg);
    for (const { direction, from, lost, unknown } of conversation.hops) {
      const leg = legOf.get(from);
      if (unknown === null && leg !== undefined) path.lost[direction][leg] += lost;
    }
  }

  list(): PathSummary[] {
    return [...this.#paths.values()].sort((a, b) => b.conversations - a.conversations);
  }
}
