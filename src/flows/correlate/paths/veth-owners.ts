import type { Joined } from '../../capture/capture-digest.ts';
import { atPoint } from '../points/at-point.ts';
import { rolesOf } from '../same-traffic/member-tracks.ts';
import type { Member } from '../same-traffic/same-traffic.ts';
import { isLinkLocal } from './next-device.ts';

/** Share of a veth's packets that its pod sends or receives: all but multicast of the host and truncated packets. */
const OWN_SHARE = 0.9;

/**
 * Which pod a veth belongs to. Only its packets pass there, so packets of other pods that are not seen there are not
 * lost.
 */
export class VethOwners {
  readonly #evidence: Joined;
  readonly #owners = new Map<number, ReadonlySet<string>>();

  constructor(evidence: Joined) {
    this.#evidence = evidence;
  }

  /** @param passages all passages of a conversation, under any addresses */
  isOfAnother(point: number, passages: readonly Member[]): boolean {
    if (this.#evidence.points[point].role !== 'pod-veth') return false;
    const own = this.#ownersOf(point);
    if (own.size === 0) return false;
    return !passages.some((member) => {
      const { client, server } = rolesOf(member);
      return own.has(client.address) || own.has(server.address);
    });
  }

  /** Addresses to or from which nearly all packets of a veth go; none when nothing is seen there. */
  #ownersOf(point: number): ReadonlySet<string> {
    const known = this.#owners.get(point);
    if (known !== undefined) return known;
    const here = atPoint(this.#evidence.hosts, point).filter(({ outer }) => !outer);
    const packets = here.reduce((sum, { sent }) => sum + sent, 0);
    const own = here.filter(
      ({ address, sent, received }) => packets > 0 && !isLinkLocal(address) && sent + received >= packets * OWN_SHARE,
    );
    const owners = new Set(own.map(({ address }) => address));
    this.#owners.set(point, owners);
    return owners;
  }
}
