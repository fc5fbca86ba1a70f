import { type Packet, TUNNEL_KINDS, type TunnelHeader } from '../../decode/packet.ts';
import { CountedValues } from '../compact/counted-values.ts';
import { formatMac } from '../compact/link-address.ts';
import type { PacketRef, TunnelFates, TunnelFlow } from '../evidence/evidence.ts';
import type { Limits } from '../limits.ts';
import type { OtherRoom } from '../tables/capture-room.ts';
import type { LinearMemory } from '../tables/linear-memory.ts';
import { finish, mix, SEED } from '../tables/mix.ts';
import { NO_ROW, RowTable } from '../tables/row-table.ts';
import { isDns } from './dns-messages.ts';
import type { Seen } from './observation.ts';
import { OuterChecksums } from './outer-checksums.ts';
import { type CountedPath, TunnelPaths } from './tunnel-paths.ts';

const TCP = 6;
const UDP = 17;

/** Returned for a packet that is not encapsulated, or whose tunnel did not fit. */
export const NO_TUNNEL = -1;

/** Counts of one tunnel flow; texts are created at the end. */
interface Tunnel {
  index: number;
  point: number;
  kind: number;
  source: number;
  destination: number;
  networkId: number;
  destinationPort: number;
  depth: number;
  packets: number;
  octets: number;
  first: PacketRef;
  lastPacket: number;
  lastTime: number;
  largestOuterL3: number;
  fragments: number;
  innerSourceMacs: CountedValues;
  innerDestinationMacs: CountedValues;
  innerSources: CountedValues;
  innerDestinations: CountedValues;
  ttls: CountedValues;
  sourceMacs: CountedValues;
  destinationMacs: CountedValues;
  checksums: OuterChecksums;
}

/**
 * Tunnel flows: one for each direction of (point, kind, outer addresses, network identifier, destination port, depth).
 * The outer source port is left out, because it is a hash of the inner flow (RFC 7348, 5).
 */
export class TunnelTracker {
  leftOut = 0;
  readonly #limits: Limits;
  readonly #room: OtherRoom | undefined;
  readonly #tunnels: Tunnel[] = [];
  /** Where a core counts, too. */
  #paths: TunnelPaths | undefined;
  readonly #byHeader = new RowTable((index) => {
    const tunnel = this.#tunnels[index];
    return hash(tunnel, tunnel.depth, tunnel.point);
  });

  constructor(limits: Limits, room?: OtherRoom) {
    this.#room = room;
    this.#limits = limits;
  }

  /** Counts the tunnels of `packet`; returns the index of the outermost, or `NO_TUNNEL`. */
  onPacket(packet: Packet, seen: Seen): number {
    let outermost = NO_TUNNEL;
    for (let depth = 0; depth < packet.depth; depth++) {
      const tunnel = this.#tunnelOf(packet, depth, seen);
      if (tunnel === undefined) continue;
      if (depth === 0) outermost = tunnel.index;
      count(tunnel, packet, depth, seen);
    }
    if (this.#paths !== undefined && outermost !== NO_TUNNEL && packet.depth === 1 && mayBeTaken(packet))
      this.#paths.note(packet, seen.point, outermost, this.#tunnels[outermost].checksums.isDone);
    return outermost;
  }

  /** Lets a core count packets of the paths that this tracker meets from now on. */
  moveInto(linear: LinearMemory): void {
    this.#paths = new TunnelPaths(linear);
  }

  /** Where it finds them. */
  get places(): TunnelPaths['places'] {
    return this.#paths?.places ?? { paths: 0, pathSlots: 0, pathMask: 0 };
  }

  finish(formatAddress: (address: number) => string, fatesOf: (index: number) => TunnelFates): TunnelFlow[] {
    for (const path of this.#paths?.counted() ?? []) addPath(this.#tunnels[path.tunnel], path);
    return this.#tunnels.map((tunnel) => toFlow(tunnel, formatAddress, fatesOf(tunnel.index)));
  }

  #tunnelOf(packet: Packet, depth: number, seen: Seen): Tunnel | undefined {
    const outer = packet.tunnels[depth];
    const byHeader = this.#byHeader;
    for (let index = byHeader.first(hash(outer, depth, seen.point)); index !== NO_ROW; index = byHeader.next()) {
      const tunnel = this.#tunnels[index];
      if (matches(tunnel, outer, depth, seen.point)) return tunnel;
    }
    if (this.#tunnels.length >= this.#limits.tunnels || this.#room?.take('tunnel') === false) {
      this.leftOut++;
      return undefined;
    }
    const tunnel = this.#add(packet, outer, depth, seen);
    byHeader.put(tunnel.index);
    return tunnel;
  }

  #add(packet: Packet, outer: TunnelHeader, depth: number, { point, time }: Seen): Tunnel {
    const counted = (): CountedValues => new CountedValues(this.#limits.countedValues);
    const tunnel: Tunnel = {
      index: this.#tunnels.length,
      point,
      kind: outer.kind,
      source: outer.source,
      destination: outer.destination,
      networkId: outer.networkId,
      destinationPort: outer.destinationPort,
      depth,
      packets: 0,
      octets: 0,
      first: { packet: packet.number, time },
      lastPacket: 0,
      lastTime: 0,
      largestOuterL3: 0,
      fragments: 0,
      innerSourceMacs: counted(),
      innerDestinationMacs: counted(),
      innerSources: counted(),
      innerDestinations: counted(),
      ttls: counted(),
      sourceMacs: counted(),
      destinationMacs: counted(),
      checksums: new OuterChecksums(this.#limits.tunnelChecksums),
    };
    this.#tunnels.push(tunnel);
    return tunnel;
  }
}

const matches = (tunnel: Tunnel, outer: TunnelHeader, depth: number, point: number): boolean =>
  tunnel.source === outer.source &&
  tunnel.destination === outer.destination &&
  tunnel.networkId === outer.networkId &&
  tunnel.destinationPort === outer.destinationPort &&
  tunnel.point === point &&
  tunnel.kind === outer.kind &&
  tunnel.depth === depth;

type TunnelKey = Pick<TunnelHeader, 'source' | 'destination' | 'networkId' | 'kind' | 'destinationPort'>;

function hash(
  { source, destination, networkId, kind, destinationPort }: TunnelKey,
  depth: number,
  point: number,
): number {
  const ends = mix(mix(mix(SEED, source | 0), destination | 0), networkId);
  return finish(mix(mix(ends, (depth << 24) | (kind << 16) | destinationPort), point));
}

function count(tunnel: Tunnel, packet: Packet, depth: number, seen: Seen): void {
  const outer = packet.tunnels[depth];
  tunnel.packets++;
  tunnel.octets += outer.l3Length;
  tunnel.lastPacket = packet.number;
  tunnel.lastTime = seen.time;
  if (outer.l3Length > tunnel.largestOuterL3) tunnel.largestOuterL3 = outer.l3Length;
  if (outer.moreFragments) tunnel.fragments++;
  tunnel.ttls.add(outer.ttl);
  if (outer.linkAt >= 0) {
    tunnel.destinationMacs.addMac(packet.bytes, outer.linkAt);
    tunnel.sourceMacs.addMac(packet.bytes, outer.linkAt + 6);
  }
  countInner(tunnel, packet, depth + 1);
  tunnel.checksums.onPacket(packet, outer, seen);
}

/** The packet inside this tunnel: the next tunnel's outer header, or the innermost packet. */
function countInner(tunnel: Tunnel, packet: Packet, depth: number): void {
  const deeper = depth < packet.depth ? packet.tunnels[depth] : undefined;
  const linkAt = deeper === undefined ? packet.ethernetAt : deeper.linkAt;
  if (linkAt >= 0 && linkAt > packet.tunnels[depth - 1].ipAt) {
    tunnel.innerDestinationMacs.addMac(packet.bytes, linkAt);
    tunnel.innerSourceMacs.addMac(packet.bytes, linkAt + 6);
  }
  if (deeper === undefined && packet.ipVersion === 0) return;
  tunnel.innerSources.add((deeper ?? packet).source);
  tunnel.innerDestinations.add((deeper ?? packet).destination);
}

/** Adds what a core has counted, as `count` would have done for each of these packets. */
function addPath(tunnel: Tunnel, path: CountedPath): void {
  const { packets, outerMacs, innerMacs } = path;
  tunnel.packets += packets;
  tunnel.octets += path.octets;
  if (path.lastPacket > tunnel.lastPacket) {
    tunnel.lastPacket = path.lastPacket;
    tunnel.lastTime = path.lastTime;
  }
  if (path.largest > tunnel.largestOuterL3) tunnel.largestOuterL3 = path.largest;
  tunnel.ttls.add(path.ttl, packets);
  if (outerMacs !== null) {
    tunnel.destinationMacs.add(outerMacs.destination, packets);
    tunnel.sourceMacs.add(outerMacs.source, packets);
  }
  if (innerMacs !== null) {
    tunnel.innerDestinationMacs.add(innerMacs.destination, packets);
    tunnel.innerSourceMacs.add(innerMacs.source, packets);
  }
  tunnel.innerSources.add(path.innerSource, packets);
  tunnel.innerDestinations.add(path.innerDestination, packets);
  tunnel.checksums.counts.absent += path.withoutChecksum;
}

function toFlow(tunnel: Tunnel, formatAddress: (address: number) => string, fates: TunnelFates): TunnelFlow {
  return {
    index: tunnel.index,
    point: tunnel.point,
    kind: TUNNEL_KINDS[tunnel.kind],
    source: formatAddress(tunnel.source),
    destination: formatAddress(tunnel.destination),
    networkId: tunnel.networkId,
    destinationPort: tunnel.destinationPort,
    packets: tunnel.packets,
    octets: tunnel.octets,
    first: tunnel.first,
    last: { packet: tunnel.lastPacket, time: tunnel.lastTime },
    innerSourceMacs: tunnel.innerSourceMacs.listAs(formatMac),
    innerDestinationMacs: tunnel.innerDestinationMacs.listAs(formatMac),
    innerSources: tunnel.innerSources.listAs(formatAddress),
    innerDestinations: tunnel.innerDestinations.listAs(formatAddress),
    largestOuterL3: tunnel.largestOuterL3,
    fragments: tunnel.fragments,
    ttls: tunnel.ttls.list(),
    checksums: tunnel.checksums.counts,
    firstBadChecksum: tunnel.checksums.firstBad,
    fates,
    sourceMacs: tunnel.sourceMacs.listAs(formatMac),
    destinationMacs: tunnel.destinationMacs.listAs(formatMac),
    depth: tunnel.depth,
  };
}

/** Whether a core takes such packets. */
const mayBeTaken = (packet: Packet): boolean => packet.protocol === TCP || (packet.protocol === UDP && isDns(packet));
