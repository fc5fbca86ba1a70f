import type { Packet } from '../decode/packet.ts';
import { tunnelKindsOf } from './encapsulation.ts';
import type { DatagramFlow, Direction, DnsExchange } from './evidence.ts';
import { keptDatagrams } from './kept-exchanges.ts';
import type { Limits } from './limits.ts';

/** Tunnels kept of one flow; the two directions have one each as a rule. */
const MOST_TUNNELS = 8;

/**
 * UDP, SCTP and other packets by biflow. Which side is the client was decided by `FlowNumbers`.
 */
export class DatagramTracker {
  flows: DatagramFlow[] = [];
  total = 0;
  readonly #limits: Limits;
  readonly #byFlow = new Map<number, DatagramFlow>();
  /** One bit for each biflow number that was met: those beyond the limit and those let go are counted once. */
  #met = new Uint8Array(1024);

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Keeps the first `most` answered flows, those without an answer, and those of `lookups`. */
  thin(most: number, lookups: readonly DnsExchange[]): void {
    this.flows = keptDatagrams(this.flows, most, lookups);
    this.#byFlow.clear();
    for (const flow of this.flows) this.#byFlow.set(flow.flow, flow);
  }

  /** @param direction of this packet; `packet` is in it, so its ports tell which side is the client */
  onPacket(
    packet: Packet,
    point: number,
    time: number,
    encapsulation: number,
    tunnel: number,
    flow: number,
    direction: Direction,
  ): void {
    const known = this.#byFlow.get(flow) ?? this.#add(packet, point, encapsulation, flow, direction);
    if (known === undefined) return;
    known.packets[direction]++;
    known.octets[direction] += packet.payloadLength;
    const first = known.first[direction] === null;
    if (first) known.first[direction] = { packet: packet.number, time };
    const last = known.last[direction];
    if (last === null) known.last[direction] = { packet: packet.number, time };
    else {
      last.packet = packet.number;
      last.time = time;
    }
    if (packet.l3Length > known.largestL3[direction]) known.largestL3[direction] = packet.l3Length;
    const samples = known.samples[direction];
    // A list of one, which most stay, is a tenth of the size of an empty one that is pushed to.
    if (first) known.samples[direction] = [known.first[direction]!];
    else if (samples.length < this.#limits.packetsPerItem) samples.push({ packet: packet.number, time });
    if (tunnel >= 0 && known.tunnels.length < MOST_TUNNELS && !known.tunnels.includes(tunnel)) {
      known.tunnels.push(tunnel);
    }
  }

  #add(
    packet: Packet,
    point: number,
    encapsulation: number,
    flow: number,
    direction: Direction,
  ): DatagramFlow | undefined {
    if (this.#isMet(flow)) return undefined;
    this.total++;
    if (this.flows.length >= this.#limits.datagrams) return undefined;
    const source = { address: packet.addresses.format(packet.source), port: packet.sourcePort };
    const destination = { address: packet.addresses.format(packet.destination), port: packet.destinationPort };
    const made: DatagramFlow = {
      index: this.flows.length,
      point,
      flow,
      protocol: packet.protocol,
      client: direction === 0 ? source : destination,
      server: direction === 0 ? destination : source,
      packets: [0, 0],
      octets: [0, 0],
      first: [null, null],
      last: [null, null],
      largestL3: [0, 0],
      samples: [[], []],
      encapsulation: tunnelKindsOf(encapsulation),
      tunnels: [],
    };
    this.flows.push(made);
    this.#byFlow.set(flow, made);
    return made;
  }

  /** Whether the flow was met before; from now on it was. */
  #isMet(flow: number): boolean {
    const at = flow >>> 3;
    if (at >= this.#met.length) {
      const larger = new Uint8Array(at * 2);
      larger.set(this.#met);
      this.#met = larger;
    }
    const bit = 1 << (flow & 7);
    if ((this.#met[at] & bit) !== 0) return true;
    this.#met[at] |= bit;
    return false;
  }
}
