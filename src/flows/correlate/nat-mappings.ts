import type { Endpoint, NatMapping } from '../evidence.ts';
import { sameEndpoint } from './biflow.ts';
import { rolesOf } from './hop-count.ts';
import type { Member } from './same-traffic.ts';

const PROTOCOL_NAMES: Record<number, NatMapping['protocol']> = { 1: 'icmp', 58: 'icmp', 6: 'tcp', 17: 'udp' };

/** Collects address translations between neighbouring legs: destination changed is DNAT, source changed is SNAT. */
export class NatMap {
  readonly #mappings = new Map<string, NatMapping>();

  /** @param ordered members along the path from client to server */
  enter(ordered: readonly Member[]): void {
    for (let i = 1; i < ordered.length; i++) {
      const [before, after] = [ordered[i - 1], ordered[i]];
      const protocol = PROTOCOL_NAMES[before.biflow.protocol];
      if (protocol === undefined) continue;
      const [a, b] = [rolesOf(before), rolesOf(after)];
      const between: [number, number] = [before.biflow.point, after.biflow.point];
      if (!sameEndpoint(a.server, b.server)) this.#add('dnat', protocol, a.server, b.server, between);
      if (!sameEndpoint(a.client, b.client)) this.#add('snat', protocol, a.client, b.client, between);
    }
  }

  #add(
    kind: NatMapping['kind'],
    protocol: NatMapping['protocol'],
    before: Endpoint,
    after: Endpoint,
    between: [number, number],
  ): void {
    const key = `${kind} ${protocol} ${before.address} ${before.port} ${after.address} ${after.port} ${between.join()}`;
    const known = this.#mappings.get(key);
    if (known === undefined) this.#mappings.set(key, { kind, protocol, before, after, between, conversations: 1 });
    else known.conversations++;
  }

  list(): NatMapping[] {
    return [...this.#mappings.values()];
  }
}
