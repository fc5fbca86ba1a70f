import type { Packet } from '../../decode/packet.ts';
import type { Direction } from '../evidence/evidence.ts';
import { DeferredAccess } from '../ordinary/deferred-access.ts';
import { DEFERRED_LAYOUT } from '../ordinary/deferred-layout.ts';
import { MOST_DEFERRED } from '../ordinary/run-limits.ts';
import type { LinearMemory } from '../tables/linear-memory.ts';
import { ConnectionTable } from '../tcp/connection-table.ts';
import { noteSack } from '../tcp/note-delivery.ts';
import { noteKinds } from '../tcp/note-trouble.ts';
import { SegmentContext } from '../tcp/segment-context.ts';
import type { TcpTracker } from '../tcp/tcp-tracker.ts';

/** Segments that a core has followed, and of which the rest is noted in objects: duplicate ACKs, and SACK blocks. */
export class DeferredSegments {
  readonly #records: DeferredAccess;
  readonly #context = new SegmentContext();
  readonly #packet: Packet;
  readonly #tcp: TcpTracker;

  /** @param packet a spare one */
  constructor(linear: LinearMemory, tcp: TcpTracker, packet: Packet) {
    this.#records = new DeferredAccess(MOST_DEFERRED * DEFERRED_LAYOUT.bytes, linear);
    this.#tcp = tcp;
    this.#packet = packet;
  }

  /** Where a core writes them. */
  get linearAddress(): number {
    return this.#records.linearAddress;
  }

  /** Notes the first `length` of them, in order. @param before is called with the number of each packet first */
  note(length: number, before: (packet: number) => void): void {
    for (let at = 0; at < length * DEFERRED_LAYOUT.bytes; at += DEFERRED_LAYOUT.bytes) {
      before(this.#records.packet(at));
      this.#note(at);
    }
  }

  #note(at: number): void {
    const records = this.#records;
    const tcp = this.#tcp;
    const packet = this.#packet;
    const context = this.#context;
    const connection = records.connection(at);
    const block = tcp.records.blockOf(connection);
    const direction = records.direction(at) as Direction;
    context.set(connection, block, ConnectionTable.placeOf(connection), direction, records.time(at));
    packet.number = records.packet(at);
    packet.tcpSeq = records.seq(at);
    packet.tcpAck = records.ack(at);
    packet.tcpFlags = records.flags(at);
    packet.tcpWindow = records.window(at);
    packet.l3Length = records.l3Length(at);
    packet.ipId = records.ipId(at);
    packet.ttl = records.ttl(at);
    packet.payloadLength = 0;
    const kinds = records.kinds(at);
    if (kinds !== 0) noteKinds(tcp, packet, context, kinds);
    const edges = records.sackEdges(at);
    if (edges === 0) return;
    packet.tcpSackCount = edges >> 1;
    for (let edge = 0; edge < edges; edge++) packet.tcpSack[edge] = records.sackEdge(at + FIRST_EDGE + 4 * edge);
    noteSack(tcp, packet, context, records.isForeign(at) !== 0);
  }
}

/** Where the edges of SACK blocks begin in the record. */
const FIRST_EDGE = DEFERRED_LAYOUT.parts[1].at[0];
