import type { Packet } from '../../decode/packet.ts';
import { MessageAccess } from '../ordinary/message-access.ts';
import { MESSAGE_BYTES } from '../ordinary/message-layout.ts';
import { MOST_MESSAGES } from '../ordinary/run-limits.ts';
import type { LinearMemory } from '../tables/linear-memory.ts';
import { NOTHING_SEEN, type Seen } from '../trackers/observation.ts';

const UDP = 17;

/** What takes a datagram of which only the message is left to be read. */
export interface DatagramTaker {
  onTakenDatagram(packet: Packet, encapsulation: number, seen: Seen): void;
}

/** Datagrams of DNS that a core has counted, and of which the messages become objects. */
export class DeferredMessages {
  readonly #records: MessageAccess;
  readonly #taker: DatagramTaker;
  readonly #packet: Packet;
  readonly #seen: Seen = { ...NOTHING_SEEN };
  /** Offset of the first one that was not handed on. */
  #at = 0;
  #end = 0;

  /** @param packet a spare one of the capture's addresses */
  constructor(linear: LinearMemory, taker: DatagramTaker, packet: Packet) {
    this.#records = new MessageAccess(MOST_MESSAGES * MESSAGE_BYTES, linear);
    this.#taker = taker;
    this.#packet = packet;
  }

  /** Where a core writes them. */
  get linearAddress(): number {
    return this.#records.linearAddress;
  }

  /** Begins with the first of `length` messages of a run. */
  begin(length: number): void {
    this.#at = 0;
    this.#end = length * MESSAGE_BYTES;
  }

  /** Hands on those before the packet of this number, in order. @param octets of the file */
  handOn(before: number, octets: Uint8Array): void {
    while (this.#at < this.#end && this.#records.packet(this.#at) < before) {
      this.#handOn(this.#at, octets);
      this.#at += MESSAGE_BYTES;
    }
  }

  #handOn(at: number, octets: Uint8Array): void {
    const records = this.#records;
    const packet = this.#packet;
    const seen = this.#seen;
    const ports = records.ports(at);
    packet.number = records.packet(at);
    packet.bytes = octets;
    packet.ipVersion = records.isIpv6(at) === 1 ? 6 : 4;
    packet.protocol = UDP;
    packet.source = records.source(at);
    packet.destination = records.destination(at);
    packet.sourcePort = ports >>> 16;
    packet.destinationPort = ports & 0xffff;
    packet.l3Length = records.l3Length(at);
    packet.payloadAt = packet.transportAt = records.payload(at) - octets.byteOffset;
    packet.payloadEnd = records.payloadEnd(at) - octets.byteOffset;
    packet.payloadLength = records.payloadLength(at);
    seen.point = records.point(at);
    seen.time = records.time(at);
    seen.flow = records.flow(at);
    seen.direction = records.direction(at);
    seen.tunnel = records.tunnel(at);
    this.#taker.onTakenDatagram(packet, records.encapsulation(at), seen);
  }
}
