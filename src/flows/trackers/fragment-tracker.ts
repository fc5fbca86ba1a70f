import { u8 } from '../../decode/octets.ts';
import { FRAGMENT_NONE, type Packet, type TunnelHeader } from '../../decode/packet.ts';
import { tunnelKindsOf } from '../encapsulation.ts';
import type { FragmentedDatagram } from '../evidence/evidence.ts';
import { FRAGMENT_SECONDS, type Limits } from '../limits.ts';
import { AgedMap } from './aged-map.ts';

const IPV4_HEADER = 20;
/** Octets of an IPv6 header with a fragment header. */
const IPV6_HEADER = 48;
const PROTOCOL_BY_KIND: Record<string, number> = { gre: 47, ipip: 4, '4in6': 4, '6in4': 41, '6in6': 41 };
const TCP = 6;
const UDP = 17;

/** Most ranges [start, end) of seen octets, sorted and merged. Further ranges are not stored separately. */
const MOST_PIECES = 64;

interface Open {
  datagram: FragmentedDatagram;
  pieces: [number, number][];
  lastTime: number;
}

/** Follows fragmented datagrams, inner and outer, until they are complete or time out. */
export class FragmentTracker {
  total = 0;
  incomplete = 0;
  readonly #limits: Limits;
  readonly #open = AgedMap.byText<Open>();
  readonly #kept: FragmentedDatagram[] = [];
  #keptWhole = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Whether `packet` may be a fragment: a quick check for the caller. */
  static concerns(packet: Packet): boolean {
    if (packet.fragment !== FRAGMENT_NONE) return true;
    for (let at = 0; at < packet.depth; at++) if (packet.tunnels[at].moreFragments) return true;
    return false;
  }

  onPacket(packet: Packet, point: number, time: number, encapsulation: number): void {
    for (let depth = 0; depth < packet.depth; depth++) {
      const outer = packet.tunnels[depth];
      if (outer.moreFragments) this.#onOuterFirst(packet, outer, depth, point, time, encapsulation);
    }
    if (packet.fragment === FRAGMENT_NONE) return;
    // Octets of the datagram's payload in this fragment: everything after the IP headers.
    const header = packet.ipVersion === 6 ? IPV6_HEADER : (u8(packet.bytes, packet.ipAt) & 15) * 4;
    const octets = Math.max(0, packet.l3Length - header);
    const open = this.#datagram(packet, packet, packet.protocol, packet.depth, point, time, encapsulation);
    this.#add(open, packet.fragmentOffset, octets, packet.moreFragments, time);
    const { sourcePort, destinationPort, tcpSeq: seq } = packet;
    if (packet.protocol === TCP && packet.fragmentOffset === 0 && sourcePort !== 0)
      open.datagram.tcp ??= { sourcePort, destinationPort, seq };
  }

  /** Datagrams that are still waiting at the end of the capture are incomplete. */
  finish(): FragmentedDatagram[] {
    this.#open.dropOld(Number.POSITIVE_INFINITY, 0, this.#keep);
    return this.#kept.sort((a, b) => a.first.packet - b.first.packet);
  }

  #onOuterFirst(
    packet: Packet,
    outer: TunnelHeader,
    depth: number,
    point: number,
    time: number,
    encapsulation: number,
  ): void {
    const kind = tunnelKindsOf(encapsulation)[depth];
    const protocol = outer.udpAt >= 0 ? UDP : PROTOCOL_BY_KIND[kind];
    const open = this.#datagram(packet, outer, protocol, depth, point, time, encapsulation);
    const version6 = outer.source >= 2 ** 32;
    this.#add(open, 0, outer.l3Length - (version6 ? IPV6_HEADER : IPV4_HEADER), true, time);
    open.datagram.outer = true;
  }

  #datagram(
    packet: Packet,
    { source, destination, ipId }: { source: number; destination: number; ipId: number },
    protocol: number,
    depth: number,
    point: number,
    time: number,
    encapsulation: number,
  ): Open {
    const around = encapsulation & ((1 << (4 * depth)) - 1);
    const key = `${point} ${around} ${source} ${destination} ${protocol} ${ipId}`;
    const known = this.#open.get(key);
    if (known !== undefined && time - known.lastTime < FRAGMENT_SECONDS) return known;
    if (known !== undefined) {
      this.#open.delete(key);
      this.#keep(known);
    }
    // Beyond the limit, the oldest waiting one is dropped.
    this.#open.dropOld(time, FRAGMENT_SECONDS, this.#keep, this.#limits.openFragments - 1);
    this.total++;
    const { addresses } = packet;
    const datagram: FragmentedDatagram = {
      point,
      source: addresses.format(source),
      destination: addresses.format(destination),
      protocol,
      ipId,
      first: { packet: packet.number, time },
      packets: 0,
      seenOctets: 0,
      totalOctets: null,
      hasFirst: false,
      tcp: null,
      complete: false,
      encapsulation: tunnelKindsOf(around),
      outer: false,
    };
    const open = { datagram, pieces: [], lastTime: time };
    this.#open.set(key, open);
    return open;
  }

  #add(open: Open, offset: number, octets: number, more: boolean, time: number): void {
    const { datagram } = open;
    datagram.packets++;
    open.lastTime = time;
    if (offset === 0) datagram.hasFirst = true;
    if (!more) datagram.totalOctets = offset + octets;
    if (open.pieces.length < MOST_PIECES) addPiece(open.pieces, offset, offset + octets);
    datagram.seenOctets = open.pieces.reduce((total, [start, end]) => total + end - start, 0);
    datagram.complete =
      datagram.totalOctets !== null && open.pieces.length === 1 && datagram.seenOctets >= datagram.totalOctets;
  }

  /** A complete one also stays open; otherwise copies of its fragments would start it again. */
  readonly #keep = ({ datagram }: Open): void => {
    if (!datagram.complete) {
      if (this.incomplete++ < this.#limits.fragments) this.#kept.push(datagram);
    } else if (this.#keptWhole++ < this.#limits.fragments) this.#kept.push(datagram);
  };
}

/** Inserts [start, end) into sorted, disjoint ranges. */
function addPiece(pieces: [number, number][], start: number, end: number): void {
  if (end <= start) return;
  pieces.push([start, end]);
  pieces.sort((a, b) => a[0] - b[0]);
  let kept = 0;
  for (let at = 1; at < pieces.length; at++) {
    if (pieces[at][0] <= pieces[kept][1]) pieces[kept][1] = Math.max(pieces[kept][1], pieces[at][1]);
    else pieces[++kept] = pieces[at];
  }
  pieces.length = Math.min(pieces.length, kept + 1);
}
