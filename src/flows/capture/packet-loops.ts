import type { Packet } from '../../decode/packet.ts';
import type { PacketLoop } from '../evidence/evidence.ts';
import type { CopyAccess } from './copy-access.ts';
import { COPY_BYTES } from './copy-layout.ts';

const NO_ROW = -1;
/** Passes with falling TTL that make a loop. */
const LOOP_PASSES = 3;
const MOST_COUNTED = 255;

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
  /** What is known of the last packets, of the owner. */
  readonly #rows: CopyAccess;
  readonly #most: number;
  readonly #formatAddress: (address: number) => string;
  /** The loop that a packet makes, by the row of its last pass; rows are used again, so with the packet's number. */
  readonly #loopAt = new Map<number, { loop: PacketLoop; packet: number }>();

  /** @param most loops that are kept */
  constructor(rows: CopyAccess, most: number, formatAddress: (address: number) => string) {
    this.#rows = rows;
    this.#most = most;
    this.#formatAddress = formatAddress;
  }

  /** A packet comes by; whether it did before, `again` tells. */
  begin(row: number): void {
    const rows = this.#rows;
    const at = row * COPY_BYTES;
    rows.setPasses(at, 1);
    rows.setRises(at, 0);
    rows.setPrevious(at, NO_ROW);
  }

  /** The packet of `row` is the one of `earlier`. */
  again(row: number, earlier: number, packet: Packet, point: number): void {
    const rows = this.#rows;
    const at = row * COPY_BYTES;
    const earlierAt = earlier * COPY_BYTES;
    const ttl = rows.ttl(at);
    const earlierTtl = rows.ttl(earlierAt);
    const rises = Math.min(MOST_COUNTED, rows.rises(earlierAt) + (ttl > earlierTtl ? 1 : 0));
    rows.setRises(at, rises);
    const known = this.#loopAt.size === 0 ? undefined : this.#takeLoop(row, earlier);
    if (known !== undefined) known.rises = rises;
    if (ttl >= earlierTtl) return;
    const passes = Math.min(MOST_COUNTED, rows.passes(earlierAt) + 1);
    rows.setPasses(at, passes);
    rows.setPrevious(at, earlier);
    if (known !== undefined) {
      if (ttl >= known.ttls[known.ttls.length - 1]) return;
      known.ttls.push(ttl);
      known.packets.push(this.#refOf(row));
    } else if (passes === LOOP_PASSES && this.loops.length < this.#most) this.#add(row, earlier, packet, point);
  }

  /** The loop of `earlier`, which is from now on that of `row`. */
  #takeLoop(row: number, earlier: number): PacketLoop | undefined {
    const known = this.#loopAt.get(earlier);
    if (known === undefined || known.packet !== this.#rows.packet(earlier * COPY_BYTES)) return undefined;
    this.#loopAt.delete(earlier);
    this.#loopAt.set(row, { loop: known.loop, packet: this.#rows.packet(row * COPY_BYTES) });
    return known.loop;
  }

  #add(row: number, earlier: number, packet: Packet, point: number): void {
    const rows = [this.#rows.previous(earlier * COPY_BYTES), earlier, row];
    const loop: PacketLoop = {
      point,
      source: this.#formatAddress(packet.source),
      destination: this.#formatAddress(packet.destination),
      protocol: packet.protocol,
      ipId: packet.ipId,
      ttls: rows.map((at) => this.#rows.ttl(at * COPY_BYTES)),
      packets: rows.map((at) => this.#refOf(at)),
      rises: this.#rows.rises(row * COPY_BYTES),
    };
    this.loops.push(loop);
    this.#loopAt.set(row, { loop, packet: packet.number });
  }

  #refOf(row: number): { packet: number; time: number } {
    const at = row * COPY_BYTES;
    return { packet: this.#rows.packet(at), time: this.#rows.time(at) };
  }
}
