import type { Packet } from '../decode/packet.ts';
import { tunnelKindsOf } from './encapsulation.ts';
import type { DatagramFlow, Direction } from './evidence.ts';
import type { Limits } from './limits.ts';

/** Tunnels kept of one flow; the two directions have one each as a rule. */
const MOST_TUNNELS = 8;

/**
 * UDP, SCTP and other packets by biflow. Which side is the client was decided by `FlowNumbers`.
 */
export class DatagramTracker {
  readonly flows: DatagramFlow[] = [];
  total = 0;
  readonly #limits: Limits;
  readonly #byFlow = new Map<number, DatagramFlow>();
  /** Flows beyond the limit, to count each once; bounded by the biflow numbers. */
  readonly #beyond = new Set<number>();

  constructor(limits: Limits) {
    this.#limits = limits;
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
    if (this.flows.length >= this.#limits.datagrams) {
      if (!this.#beyond.has(flow)) {
        this.#beyond.add(flow);
        this.total++;
      }
      return undefined;
    }
    this.total++;
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
}
