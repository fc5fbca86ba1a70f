import { type Packet, TUNNEL_KINDS } from '../decode/packet.ts';
import { GrowingFlow } from './flow-row.ts';
import { endText, hasPorts, protocolName } from './packet-words.ts';

/** Most flows that are kept; packets of later ones are counted. 100 MB. */
const MOST_FLOWS = 200_000;
const TCP = 6; // IANA protocol numbers
const SYN = 0x02;
const ACK = 0x10;

/** Which flow a packet belongs to, and from which end. */
export interface Member {
  flow: GrowingFlow;
  from: 0 | 1;
}

/**
 * The connections and exchanges of a capture: packets with the same two ends, protocol and tunnels. A connection with a
 * new initial sequence number is a new one.
 */
export class FlowBook {
  readonly flows: GrowingFlow[] = [];
  /** Packets of flows beyond the limit. */
  beyond = 0;
  readonly #byKey = new Map<string, GrowingFlow>();

  /** Counts the packet. Undefined for a packet without IP, and beyond the limit. */
  add(packet: Packet, time: number): Member | undefined {
    if (packet.ipVersion === 0) return undefined;
    const ports = hasPorts(packet.protocol);
    const [source, destination] = [
      ports ? `${packet.source}:${packet.sourcePort}` : `${packet.source}`,
      ports ? `${packet.destination}:${packet.destinationPort}` : `${packet.destination}`,
    ];
    const side = source <= destination ? 0 : 1;
    const ends = side === 0 ? `${source} ${destination}` : `${destination} ${source}`;
    const key = `${keyOfTunnels(packet)}${packet.protocol} ${ends}`;
    const flow = this.#flowOf(key, packet, side, time);
    if (flow === undefined) return undefined;
    const from = side === flow.clientSide ? 0 : 1;
    flow.add(from, time, packet.originalLength, packet.payloadLength);
    if (flow.isTcp && packet.transportAt >= 0)
      flow.addSegment(from, time, packet.tcpFlags, packet.tcpSeq, packet.payloadLength);
    return { flow, from };
  }

  #flowOf(key: string, packet: Packet, side: number, time: number): GrowingFlow | undefined {
    const known = this.#byKey.get(key);
    const isSyn = packet.protocol === TCP && (packet.tcpFlags & (SYN | ACK)) === SYN;
    if (known !== undefined && !(isSyn && known.isEndedBySyn(side, packet.tcpSeq))) return known;
    if (this.flows.length >= MOST_FLOWS) {
      this.beyond++;
      return undefined;
    }
    const flow = new GrowingFlow(newRow(this.flows.length + 1, packet, time));
    const isAnswer = packet.protocol === TCP && (packet.tcpFlags & (SYN | ACK)) === (SYN | ACK);
    flow.isTcp = packet.protocol === TCP;
    flow.clientSide = isAnswer ? 1 - side : side;
    if (isAnswer) [flow.row.client, flow.row.server] = [flow.row.server, flow.row.client];
    this.flows.push(flow);
    this.#byKey.set(key, flow);
    return flow;
  }
}

/** Kinds of the tunnels. Their identifiers may differ by direction: Cilium writes the identity of the sender there. */
function keyOfTunnels(packet: Packet): string {
  let key = '';
  for (let depth = 0; depth < packet.depth; depth++) key += `${packet.tunnels[depth].kind} `;
  return key;
}

const newRow = (number: number, packet: Packet, time: number): GrowingFlow['row'] => ({
  number,
  protocol: protocolName(packet.protocol),
  tunnels: packet.tunnels
    .slice(0, packet.depth)
    .map(({ kind, networkId }) => (networkId === 0 ? TUNNEL_KINDS[kind] : `${TUNNEL_KINDS[kind]} ${networkId}`)),
  client: endText(packet, packet.source, packet.sourcePort),
  server: endText(packet, packet.destination, packet.destinationPort),
  packets: [0, 0],
  octets: [0, 0],
  payload: [0, 0],
  first: time,
  duration: 0,
  history: '',
  roundTrip: null,
  sentAgain: 0,
  state: 'open',
});
