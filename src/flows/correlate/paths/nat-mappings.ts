import { type Direction, type Endpoint, type NatMapping, TO_CLIENT, TO_SERVER } from '../../evidence/evidence.ts';
import { matchPackets } from '../matching/packet-match.ts';
import { sameEndpoint } from '../same-traffic/biflow.ts';
import { rolesOf, trackOf } from '../same-traffic/member-tracks.ts';
import type { Member } from '../same-traffic/same-traffic.ts';
import type { SightingStore, Track } from '../same-traffic/sighting-store.ts';

const PROTOCOL_NAMES: Record<number, NatMapping['protocol']> = { 1: 'icmp', 58: 'icmp', 6: 'tcp', 17: 'udp' };

/**
 * Link-local addresses are never translated, because they are only valid on their link (RFC 4291, 2.5.6; RFC 3927, 7).
 */
const LINK_LOCAL = /^(?:fe[89ab][0-9a-f]:|169\.254\.)/i;

/**
 * Rows at the start of a direction that are compared first. All rows are compared only if these have no packet in
 * common.
 */
const HEAD_ROWS = 64;

/**
 * Collects address translations. A changed destination is DNAT, a changed source is SNAT.
 *
 * A translation happens to a single packet. A point may show a conversation under two addresses without a translation
 * between them: a request to the address of the service, and an answer from the address of the pod that nobody
 * translated back. So each passage is compared with the next passage of the same packet:
 *
 *   veth   ──▶ service    ◀── pod                 veth ◀── pod and bridge ──▶ service lie side by side,
 *   bridge ──▶ service    ◀── pod  ──▶ pod        but no packet is in both
 */
export class NatMap {
  readonly #mappings = new Map<string, NatMapping>();
  readonly #store: SightingStore;

  constructor(store: SightingStore) {
    this.#store = store;
  }

  /** @param ordered members along the path from client to server */
  enter(ordered: readonly Member[]): void {
    if (PROTOCOL_NAMES[ordered[0].biflow.protocol] === undefined) return;
    if (ordered.every((member) => haveSameEnds(ordered[0], member))) return;
    const pairs: [Member, Member][] = [];
    for (let i = 0; i < ordered.length - 1; i++) {
      const next = ordered.findIndex((member, at) => at > i && this.#sharePackets(ordered[i], member));
      if (next >= 0) pairs.push([ordered[i], ordered[next]]);
    }
    const isProved = pairs.some(([before, after]) => !haveSameEnds(before, after));
    // Segment boundaries differ at every point, so only the order of the points can be used.
    const neighbours = ordered.slice(1).map((after, i): [Member, Member] => [ordered[i], after]);
    for (const [before, after] of isProved ? pairs : neighbours) this.#enterPair(before, after);
  }

  #sharePackets(a: Member, b: Member): boolean {
    const share = (direction: Direction, part: (track: Track) => Track): boolean =>
      matchPackets(part(trackOf(this.#store, a, direction)), part(trackOf(this.#store, b, direction))).some(
        (at) => at >= 0,
      );
    return share(TO_SERVER, headOf) || share(TO_CLIENT, headOf) || share(TO_SERVER, whole) || share(TO_CLIENT, whole);
  }

  #enterPair(before: Member, after: Member): void {
    const protocol = PROTOCOL_NAMES[before.biflow.protocol];
    const [a, b] = [rolesOf(before), rolesOf(after)];
    const between: [number, number] = [before.biflow.point, after.biflow.point];
    if (!sameEndpoint(a.server, b.server)) this.#add('dnat', protocol, a.server, b.server, between);
    if (!sameEndpoint(a.client, b.client)) this.#add('snat', protocol, a.client, b.client, between);
  }

  #add(
    kind: NatMapping['kind'],
    protocol: NatMapping['protocol'],
    before: Endpoint,
    after: Endpoint,
    between: [number, number],
  ): void {
    if (LINK_LOCAL.test(before.address)) return;
    const key = `${kind} ${protocol} ${before.address} ${before.port} ${after.address} ${after.port} ${between.join()}`;
    const known = this.#mappings.get(key);
    if (known === undefined) this.#mappings.set(key, { kind, protocol, before, after, between, conversations: 1 });
    else known.conversations++;
  }

  list(): NatMapping[] {
    return [...this.#mappings.values()];
  }
}

const whole = (track: Track): Track => track;

const headOf = (track: Track): Track =>
  track.rows.length <= HEAD_ROWS ? track : { ...track, rows: track.rows.subarray(0, HEAD_ROWS) };

function haveSameEnds(a: Member, b: Member): boolean {
  const [x, y] = [rolesOf(a), rolesOf(b)];
  return sameEndpoint(x.client, y.client) && sameEndpoint(x.server, y.server);
}
