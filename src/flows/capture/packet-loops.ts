import type { Packet } from '../../decode/packet.ts';
import type { PacketLoop } from '../evidence/evidence.ts';

const NO_ROW = -1;
/** Passes with falling TTL that make a loop. */
const LOOP_PASSES = 3;
const MOST_COUNTED = 255;

/** What is known of the last packets: columns by row, of the owner. */
interface Rows {
  readonly ttl: Uint8Array;
  readonly time: Float64Array;
  readonly packet: Uint32Array;
}

/**
 * Packets that pass one point again and again with falling TTL, written down with all their passes:
 *
 *   row   4   9   15   22       the same packet
 *   TTL   60  58  56   56       passes 1, 2, 3 and 1: the third one makes it a loop
 *
 * A router only lowers the TTL. A packet that comes by with a higher one than before was captured at several places:
 * `rises` counts that, before and after the third pass.
 */
export class PacketLoops {
  readonly loops: PacketLoop[] = [];
  readonly #rows: Rows;
  readonly #most: number;
  readonly #formatAddress: (address: number) => string;
  /** Passes with falling TTL so far. */
  readonly #passes: Uint8Array;
  readonly #rises: Uint8Array;
  /** Row of the previous pass of the same packet. */
  readonly #previous: Int32Array;
  /** The loop that a packet makes, by the row of its last pass; rows are used again, so with the packet's number. */
  readonly #loopAt = new Map<number, { loop: PacketLoop; packet: number }>();

  /** @param most loops that are kept */
  constructor(rows: Rows, most: number, formatAddress: (address: number) => string) {
    this.#rows = rows;
    this.#most = most;
    this.#formatAddress = formatAddress;
    this.#passes = new Uint8Array(rows.ttl.length);
    this.#rises = new Uint8Array(rows.ttl.length);
    this.#previous = new Int32Array(rows.ttl.length);
  }

  /** A packet comes by; whether it did before, `again` tells. */
  begin(row: number): void {
    this.#passes[row] = 1;
    this.#rises[row] = 0;
    this.#previous[row] = NO_ROW;
  }

  /** The packet of `row` is the one of `earlier`. */
  again(row: number, earlier: number, packet: Packet, point: number): void {
    const { ttl } = this.#rows;
    this.#rises[row] = Math.min(MOST_COUNTED, this.#rises[earlier] + (ttl[row] > ttl[earlier] ? 1 : 0));
    const known = this.#loopAt.size === 0 ? undefined : this.#takeLoop(row, earlier);
    if (known !== undefined) known.rises = this.#rises[row];
    if (ttl[row] >= ttl[earlier]) return;
    const passes = Math.min(MOST_COUNTED, this.#passes[earlier] + 1);
    this.#passes[row] = passes;
    this.#previous[row] = earlier;
    if (known !== undefined) {
      if (ttl[row] >= known.ttls[known.ttls.length - 1]) return;
      known.ttls.push(ttl[row]);
      known.packets.push(this.#refOf(row));
    } else if (passes === LOOP_PASSES && this.loops.length < this.#most) this.#add(row, earlier, packet, point);
  }

  /** The loop of `earlier`, which is from now on that of `row`. */
  #takeLoop(row: number, earlier: number): PacketLoop | undefined {
    const known = this.#loopAt.get(earlier);
    if (known === undefined || known.packet !== this.#rows.packet[earlier]) return undefined;
    this.#loopAt.delete(earlier);
    this.#loopAt.set(row, { loop: known.loop, packet: this.#rows.packet[row] });
    return known.loop;
  }

  #add(row: number, earlier: number, packet: Packet, point: number): void {
    const rows = [this.#previous[earlier], earlier, row];
    const loop: PacketLoop = {
      point,
      source: this.#formatAddress(packet.source),
      destination: this.#formatAddress(packet.destination),
      protocol: packet.protocol,
      ipId: packet.ipId,
      ttls: rows.map((at) => this.#rows.ttl[at]),
      packets: rows.map((at) => this.#refOf(at)),
      rises: this.#rises[row],
    };
    this.loops.push(loop);
    this.#loopAt.set(row, { loop, packet: packet.number });
  }

  #refOf(row: number): { packet: number; time: number } {
    return { packet: this.#rows.packet[row], time: this.#rows.time[row] };
  }
}
