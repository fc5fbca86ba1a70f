import type { Packet } from '../../decode/packet.ts';
import { type CompactDatagram, compactDatagrams } from '../compact/compact-datagram.ts';
import { DatagramTable } from '../compact/datagram-table.ts';
import type { Direction } from '../evidence/evidence.ts';
import type { Limits } from '../limits.ts';
import type { OtherRoom } from '../tables/capture-room.ts';
import { grown } from '../tables/columns.ts';

/** In place of a record number: the flow appeared when the table was full. */
const NO_RECORD = -1;

/** UDP, SCTP and other packets by biflow. `FlowNumbers` decides which side is the client. */
export class DatagramTracker {
  total = 0;
  readonly #limits: Limits;
  readonly #room: OtherRoom | undefined;
  readonly #records = new DatagramTable();
  /** Record number plus one, by flow number; 0 for a flow that has not appeared. */
  #recordOf = new Int32Array(1024);

  constructor(limits: Limits, room?: OtherRoom) {
    this.#room = room;
    this.#limits = limits;
  }

  /** All flows, in the order of their first packets. The tracker accepts no further packets. */
  finish(formatAddress: (address: number) => string): CompactDatagram[] {
    return compactDatagrams(this.#records.toTransferable(formatAddress));
  }

  /** @param direction of this packet; with its ports, it tells which side is the client */
  onPacket(
    packet: Packet,
    point: number,
    time: number,
    encapsulation: number,
    tunnel: number,
    flow: number,
    direction: Direction,
  ): void {
    let known = this.#recordOf[flow] ?? 0;
    if (known === 0) known = this.#add(packet, point, encapsulation, flow, direction);
    if (known === NO_RECORD) return;
    this.#records.count(known - 1, packet, time, tunnel, direction, this.#limits.packetsPerItem);
  }

  #add(packet: Packet, point: number, encapsulation: number, flow: number, direction: Direction): number {
    this.total++;
    if (flow >= this.#recordOf.length) this.#recordOf = grown(this.#recordOf, flow * 2);
    const isRoom = this.#records.length < this.#limits.datagrams && this.#room?.take('datagram') !== false;
    const known = isRoom ? this.#records.add(packet, point, encapsulation, flow, direction) + 1 : NO_RECORD;
    this.#recordOf[flow] = known;
    return known;
  }
}
