import { ipv6Groups } from '../../../text/ipv6-groups.ts';
import type { Joined } from '../../capture/capture-digest.ts';
import type { CapturePoint, PointRole } from '../../evidence/evidence.ts';
import { atPoint, groupBy } from '../points/at-point.ts';
import { INITIAL_TTLS } from '../same-traffic/thresholds.ts';

/** A packet of one direction at one point, by the addresses that decide where it goes next. */
export interface Passage {
  point: number;
  depth: number;
  source: string;
  destination: string;
  port: number;
  /** Seen at the NIC of a node or host. */
  isNic: boolean;
  /** Outer addresses; the own ones when not encapsulated. */
  wireSource: string;
  wireDestination: string;
}

/**
 * Which device of a host should see packets next, by the order of devices alone, where nothing like them has passed:
 *
 *   out:  veth → bridge → (route) → tunnel device → NIC
 *   in:   NIC → tunnel device → bridge → veth
 *
 * Between hosts: from NIC to the NIC that owns the address. Only where one point alone can be next; -1 elsewhere.
 */
export class NextDevice {
  readonly #evidence: Joined;
  readonly #clockOf: (point: number) => number;
  readonly #ofHost: ReadonlyMap<string | null, CapturePoint[]>;
  readonly #nics: readonly CapturePoint[];
  readonly #busiest = new Map<number, Set<string>>();

  /** @param evidence with the hosts of its points found */
  constructor(evidence: Joined, clockOf: (point: number) => number) {
    this.#evidence = evidence;
    this.#clockOf = clockOf;
    this.#ofHost = groupBy(evidence.points, ({ host }) => host);
    this.#nics = evidence.points.filter(({ role }) => isNicRole(role));
  }

  after(passage: Passage, inbound: boolean | null): number {
    const { host, role } = this.#evidence.points[passage.point];
    const { isNic } = passage;
    if (isNic && inbound !== true) return this.#nicOf(passage);
    if (host === null || inbound === null) return -1;
    if (!inbound) return this.#outward(passage, host, role);
    if (isNic && passage.depth > 0) return single(this.pointsOf(host, ['tunnel-device']));
    if (role === 'tunnel-device' || isNic) return this.#inward(passage, host);
    return role === 'bridge' ? this.#vethOf(passage, host) : -1;
  }

  /** A veth of the host of which nothing tells whose it is, when it is the only one there. */
  quietVeth({ point }: Passage): number {
    const { host } = this.#evidence.points[point];
    const veth = host === null ? -1 : single(this.pointsOf(host, ['pod-veth']));
    return veth >= 0 && this.isQuiet(veth) ? veth : -1;
  }

  #hostsAt = (point: number) => atPoint(this.#evidence.hosts, point);

  pointsOf(host: string, roles: readonly PointRole[]): number[] {
    return (this.#ofHost.get(host) ?? []).filter(({ role }) => roles.includes(role)).map(({ index }) => index);
  }

  sends(point: number, address: string): boolean {
    return this.#hostsAt(point).some((host) => host.address === address && host.sent > 0);
  }

  /** The address is on the link of this point: it sends there, or asks there who has another address. */
  isNear(point: number, address: string): boolean {
    return this.sends(point, address) || atPoint(this.#evidence.arp, point).some(({ asker }) => asker === address);
  }

  #outward(passage: Passage, host: string, role: PointRole): number {
    if (role === 'pod-veth') {
      const bridges = this.pointsOf(host, ['bridge']);
      if (bridges.length > 0) return single(bridges.filter((point) => this.#isActive(point, passage.source)));
    }
    if (role === 'pod-veth' || role === 'bridge') return this.#outOfHost(passage, host);
    if (role !== 'tunnel-device') return -1;
    return single(
      this.pointsOf(host, ['node-nic']).filter((point) => atPoint(this.#evidence.tunnels, point).length > 0),
    );
  }

  /**
   * Packets of a pod for a pod of another node go through the tunnel device. Who the others are is told by the range:
   * the pods of a cluster share one, and those of a node have a part of it.
   */
  #outOfHost({ source, destination }: Passage, host: string): number {
    if (netOf(source) === netOf(destination) || rangeOf(source) !== rangeOf(destination)) return -1;
    const isHere = this.pointsOf(host, ['bridge', 'pod-veth']).some((point) => this.sends(point, destination));
    return isHere ? -1 : single(this.pointsOf(host, ['tunnel-device']));
  }

  /** From the tunnel device or the NIC to the pod: not when the host itself is addressed. */
  #inward(passage: Passage, host: string): number {
    if (this.sends(passage.point, passage.destination) && this.#isOwn(passage)) return -1;
    const bridge = single(this.pointsOf(host, ['bridge']));
    const isNic = passage.isNic && this.pointsOf(host, ['tunnel-device']).length > 0;
    if (isNic) return -1;
    const isNext = this.isQuiet(bridge) ? this.#isForPod(passage) : this.#servesNetOf(bridge, passage.destination);
    if (bridge >= 0 && isNext) return bridge;
    const veth = this.#vethOf(passage, host);
    return veth >= 0 || bridge >= 0 || !this.#isForPod(passage) ? veth : this.quietVeth(passage);
  }

  #vethOf({ destination }: Passage, host: string): number {
    return single(this.pointsOf(host, ['pod-veth']).filter((point) => this.#isActive(point, destination)));
  }

  /** What comes out of a tunnel is for a pod; plain packets on a NIC are when pods' ones come from the same range. */
  #isForPod({ isNic, source, destination }: Passage): boolean {
    return !isNic || (rangeOf(source) === rangeOf(destination) && netOf(source) !== netOf(destination));
  }

  /** Nothing but what a device says for itself: solicitations, multicast. */
  isQuiet(point: number): boolean {
    return !this.#hostsAt(point).some((host) => !isLinkLocal(host.address));
  }

  /** Packets go to the address and come from it; a neighbour's broadcast ARP only comes. */
  #owns(point: number, address: string): boolean {
    return this.#hostsAt(point).some((host) => host.address === address && host.sent > 0 && host.received > 0);
  }

  /**
   * ARP answers are unicast: of other hosts' NICs only the one that has the address saw the answer to the sender's own
   * question, or to that of a router, which sends nothing of its own.
   */
  #answersFor(point: number, { wireSource, wireDestination }: Passage): boolean {
    return atPoint(this.#evidence.arp, point).some(
      ({ asker, target, replies }) =>
        replies.length > 0 &&
        ((target === wireDestination && (asker === wireSource || !this.sends(point, asker))) ||
          (asker === wireDestination && (target === wireSource || !this.sends(point, target)))),
    );
  }

  #isActive(point: number, address: string): boolean {
    return this.#hostsAt(point).some((host) => host.address === address);
  }

  /** The address answers from this very host: its packets still have their first hop limit at the tunnel device. */
  #isOwn({ point, destination }: Pick<Passage, 'point' | 'destination'>): boolean {
    return this.#hostsAt(point).some(
      (host) => host.address === destination && host.ttls.some(({ value }) => INITIAL_TTLS.includes(value)),
    );
  }

  #servesNetOf(bridge: number, address: string): boolean {
    return this.#hostsAt(bridge).some((host) => netOf(host.address) === netOf(address));
  }

  /** The NIC of another host that has the address, or what the frames are addressed to, or the pod behind it. */
  #nicOf(passage: Passage): number {
    const clock = this.#clockOf(passage.point);
    const nics = this.#nics.filter(({ index }) => this.#clockOf(index) !== clock);
    if (this.#speaks(passage.point, passage.wireDestination)) return -1;
    const known = nics
      .map(({ index }) => index)
      .filter((index) => this.#owns(index, passage.wireDestination) || this.#answersFor(index, passage));
    // Where several saw the address, it is the one whose own it is: the others only talk to it.
    if (known.length > 1) return single(known.filter((index) => this.#busiestAt(index).has(passage.wireDestination)));
    if (known.length === 1) return known[0];
    if (passage.depth > 0) return -1;
    return single(
      nics
        .filter(({ index, host }) => this.#isFramedFor(index, passage) || this.#isHome(host, passage.destination))
        .map(({ index }) => index),
    );
  }

  /** The addresses that take part in most packets: its own is among them, with that of its only partner. */
  #busiestAt(point: number): Set<string> {
    const known = this.#busiest.get(point);
    if (known !== undefined) return known;
    const packets = new Map<string, number>();
    for (const { address, sent, received } of this.#hostsAt(point))
      packets.set(address, (packets.get(address) ?? 0) + sent + received);
    const most = [...packets.values()].reduce((a, b) => Math.max(a, b), 0);
    const busiest = new Set([...packets].filter(([, count]) => count === most).map(([address]) => address));
    this.#busiest.set(point, busiest);
    return busiest;
  }

  /** Sends more than it says of itself as a neighbour (which IPv6 counts as packets). */
  #speaks(point: number, address: string): boolean {
    const sent = this.#hostsAt(point).reduce((sum, host) => (host.address === address ? sum + host.sent : sum), 0);
    if (sent === 0) return false;
    let asNeighbour = 0;
    for (const { protocol, asker, target, requestsTotal, replies } of atPoint(this.#evidence.arp, point)) {
      if (protocol !== 'nd') continue;
      if (asker === address) asNeighbour += requestsTotal;
      if (target === address) asNeighbour += replies.length;
    }
    return sent > asNeighbour;
  }

  /** The frames at the first point are addressed to the MAC with which the NIC's own address sends. */
  #isFramedFor(point: number, { point: from, destination }: Passage): boolean {
    const [busiest, ...partners] = this.#busiestAt(point);
    if (partners.length > 0) return false;
    const own = this.#hostsAt(point).find((host) => host.address === busiest && host.sent > 0);
    const macs = new Set(own?.macs.map(({ value }) => value));
    return atPoint(this.#evidence.connections, from).some(
      ({ server, directions }) =>
        server.address === destination && directions[0].destinationMacs.some(({ value }) => macs.has(value)),
    );
  }

  /**
   * A pod of the host: it speaks behind the NIC, with the hop limit it started with, and has a neighbour. The address of a
   * service speaks there too, where answers are translated back, and nobody asks for its MAC.
   */
  #isHome(host: string | null, address: string): boolean {
    if (host === null) return false;
    return this.pointsOf(host, ['bridge', 'pod-veth']).some(
      (point) =>
        this.#isOwn({ point, destination: address }) &&
        atPoint(this.#evidence.arp, point).some(
          ({ asker, target, replies }) => asker === address || (target === address && replies.length > 0),
        ),
    );
  }
}

export const isNicRole = (role: PointRole): boolean => role === 'node-nic' || role === 'host-nic';

const single = (points: number[]): number => (points.length === 1 ? points[0] : -1);

/** The net that nodes get for their pods: /24 (flannel, kubeadm default), /64 in IPv6. */
export const netOf = (address: string): string =>
  ipv6Groups(address)?.slice(0, 4).join(':') ?? address.slice(0, address.lastIndexOf('.'));

/** The range that the pods of a cluster share: /16 in IPv4 (kubeadm, k3s, RKE2 defaults), /32 at most in IPv6. */
const rangeOf = (address: string): string =>
  ipv6Groups(address)?.slice(0, 2).join(':') ?? address.split('.').slice(0, 2).join('.');

/** Addresses that every device has or hears without being talked to (RFC 4291, 2.5.6 and 2.7; RFC 3927; RFC 5771). */
export const isLinkLocal = (address: string): boolean =>
  /^(?:fe80:|ff|::$|0\.|169\.254\.|22[4-9]\.|23\d\.|255\.)/i.test(address);
