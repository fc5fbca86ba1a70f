import { ipv6Groups } from '../../../text/ipv6-groups.ts';
import type { Joined } from '../../capture/capture-digest.ts';
import type { CapturePoint, PointRole } from '../../evidence/evidence.ts';
import { atPoint, groupBy } from '../points/at-point.ts';
import { INITIAL_TTLS } from '../same-traffic/thresholds.ts';

/** A packet of one direction at one point, by the addresses that determine where it goes next. */
export interface Passage {
  point: number;
  depth: number;
  source: string;
  destination: string;
  port: number;
  /** Seen at the NIC of a node or host. */
  isNic: boolean;
  /** Outer addresses; the packet's own addresses when not encapsulated. */
  wireSource: string;
  wireDestination: string;
}

/**
 * Determines which device of a host should see packets next from the order of devices alone, when no similar packets
 * have passed:
 *
 *   out:  veth → bridge → (route) → tunnel device → NIC
 *   in:   NIC → tunnel device → bridge → veth
 *
 * Between hosts: from NIC to the NIC that owns the address. The result is -1 unless exactly one point can be next.
 */
export class NextDevice {
  readonly #evidence: Joined;
  readonly #clockOf: (point: number) => number;
  readonly #ofHost: ReadonlyMap<string | null, CapturePoint[]>;
  readonly #nics: readonly CapturePoint[];
  readonly #busiest = new Map<number, Set<string>>();

  /** @param evidence the hosts of its points must be known */
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

  /** The only veth of the host whose pod is unknown, when there is exactly one. */
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

  /** Whether the address is on the link of this point: it sends there, or sends ARP requests there. */
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
   * Packets of a pod for a pod of another node go through the tunnel device. The address range identifies other pods:
   * the pods of a cluster share one range, and those of a node have a part of it.
   */
  #outOfHost({ source, destination }: Passage, host: string): number {
    if (netOf(source) === netOf(destination) || rangeOf(source) !== rangeOf(destination)) return -1;
    const isHere = this.pointsOf(host, ['bridge', 'pod-veth']).some((point) => this.sends(point, destination));
    return isHere ? -1 : single(this.pointsOf(host, ['tunnel-device']));
  }

  /** From the tunnel device or the NIC to the pod, unless the host itself is addressed. */
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

  /**
   * Packets from a tunnel are for a pod. Plain packets on a NIC are for a pod when packets of pods come from the same
   * range.
   */
  #isForPod({ isNic, source, destination }: Passage): boolean {
    return !isNic || (rangeOf(source) === rangeOf(destination) && netOf(source) !== netOf(destination));
  }

  /** Whether a point only shows unsolicited packets of devices: solicitations, multicast. */
  isQuiet(point: number): boolean {
    return !this.#hostsAt(point).some((host) => !isLinkLocal(host.address));
  }

  /** Whether packets go to the address and come from it. Broadcast ARP of a neighbour only comes from it. */
  #owns(point: number, address: string): boolean {
    return this.#hostsAt(point).some((host) => host.address === address && host.sent > 0 && host.received > 0);
  }

  /**
   * ARP answers are unicast. Among other hosts' NICs, only the one with the address saw the answer to the sender's own
   * question. The same holds for the question of a router, which sends no packets of its own.
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

  /**
   * Whether the address answers from this host: its packets still have their initial hop limit at the tunnel device.
   */
  #isOwn({ point, destination }: Pick<Passage, 'point' | 'destination'>): boolean {
    return this.#hostsAt(point).some(
      (host) => host.address === destination && host.ttls.some(({ value }) => INITIAL_TTLS.includes(value)),
    );
  }

  #servesNetOf(bridge: number, address: string): boolean {
    return this.#hostsAt(bridge).some((host) => netOf(host.address) === netOf(address));
  }

  /** The NIC of another host that has the address, or the destination MAC of the frames, or the pod behind it. */
  #nicOf(passage: Passage): number {
    const clock = this.#clockOf(passage.point);
    const nics = this.#nics.filter(({ index }) => this.#clockOf(index) !== clock);
    if (this.#speaks(passage.point, passage.wireDestination)) return -1;
    const known = nics
      .map(({ index }) => index)
      .filter((index) => this.#owns(index, passage.wireDestination) || this.#answersFor(index, passage));
    // If several NICs saw the address, the one that owns it is chosen; the others only communicate with it.
    if (known.length > 1) return single(known.filter((index) => this.#busiestAt(index).has(passage.wireDestination)));
    if (known.length === 1) return known[0];
    if (passage.depth > 0) return -1;
    return single(
      nics
        .filter(({ index, host }) => this.#isFramedFor(index, passage) || this.#isHome(host, passage.destination))
        .map(({ index }) => index),
    );
  }

  /** The addresses in most packets. They include the NIC's own address, and that of its partner if it has only one. */
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

  /** Whether it sends more than neighbour messages about itself (which IPv6 counts as packets). */
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

  /** Whether the frames at the first point are addressed to the MAC address with which the NIC's own address sends. */
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
   * Whether an address is a pod of the host: it sends behind the NIC, with its initial hop limit, and has a neighbour
   * entry. The address of a service also sends there, where answers are translated back, but nobody asks for its MAC
   * address.
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

/** Subnet that nodes get for their pods: /24 (flannel, kubeadm default), /64 in IPv6. */
export const netOf = (address: string): string =>
  ipv6Groups(address)?.slice(0, 4).join(':') ?? address.slice(0, address.lastIndexOf('.'));

/** Range that the pods of a cluster share: /16 in IPv4 (kubeadm, k3s, RKE2 defaults), at most /32 in IPv6. */
const rangeOf = (address: string): string =>
  ipv6Groups(address)?.slice(0, 2).join(':') ?? address.split('.').slice(0, 2).join('.');

/**
 * Addresses that every device has, or receives without being the partner (RFC 4291, 2.5.6 and 2.7; RFC 3927; RFC 5771).
 */
export const isLinkLocal = (address: string): boolean =>
  /^(?:fe80:|ff|::$|0\.|169\.254\.|22[4-9]\.|23\d\.|255\.)/i.test(address);
