import type { Joined } from '../../capture/capture-digest.ts';
import { type Direction, type Endpoint, type PathSummary, TO_CLIENT, TO_SERVER } from '../../evidence/evidence.ts';
import type { AnyConversation } from '../../evidence/ordinary-conversation.ts';
import { countsOf } from '../same-traffic/leg-counts.ts';
import { rolesOf, rowsOf } from '../same-traffic/member-tracks.ts';
import type { Member } from '../same-traffic/same-traffic.ts';
import type { SightingStore } from '../same-traffic/sighting-store.ts';
import { RefusedSizes } from './refused-sizes.ts';

/** Distinct orders of points, the most frequent first, with the packets seen and lost at each point. */
export class PathSummaries {
  readonly #paths = new Map<string, PathSummary>();
  readonly #evidence: Joined;
  readonly #refused: RefusedSizes;

  constructor(evidence: Joined) {
    this.#evidence = evidence;
    this.#refused = new RefusedSizes(evidence);
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
      return store.isCounted(member.biflow) ? rows : (countsOf(this.#evidence, member, direction)?.packets ?? rows);
    };
    ordered.forEach((member, leg) => {
      path.packets[TO_SERVER][leg] += packetsOf(member, TO_SERVER);
      path.packets[TO_CLIENT][leg] += packetsOf(member, TO_CLIENT);
    });
    if (conversation.hops.length === 0) return;
    const legOf = new Map<number, number>();
    for (const [leg, point] of points.entries()) if (!legOf.has(point)) legOf.set(point, leg);
    for (const hop of conversation.hops) {
      const leg = legOf.get(hop.from);
      if (hop.unknown !== null || hop.lost === 0 || leg === undefined) continue;
      if (!this.#refused.has(hop, endsOf(ordered, hop.direction))) path.lost[hop.direction][leg] += hop.lost;
    }
  }

  list(): PathSummary[] {
    return [...this.#paths.values()].sort((a, b) => b.conversations - a.conversations);
  }
}

const endsOf = (ordered: readonly Member[], direction: Direction): [Endpoint, Endpoint][] =>
  ordered.map((member) => {
    const { client, server } = rolesOf(member);
    return direction === TO_SERVER ? [client, server] : [server, client];
  });
