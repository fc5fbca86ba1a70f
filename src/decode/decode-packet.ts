import type { AddressBook } from './address-book.ts';
import { Bounds } from './bounds.ts';
import type { CaptureRecord } from './files/capture-record.ts';
import { clearNetwork } from './open-tunnel.ts';
import { Packet } from './packet.ts';
import { readLink } from './read-link.ts';
import { readNetwork } from './read-network.ts';
import { readTransport } from './read-transport.ts';

/** Bits 0 and 1 of epb_flags: 1 inbound, 2 outbound (pcapng, 4.3.1). `DIRECTION_…` uses the same numbers. */
const FLAGS_DIRECTION = 3;

/**
 * Decodes records down to the innermost transport header, all into one `Packet`.
 *
 *   link → network → transport ─→ done
 *            ▲           │
 *            └─ tunnel ──┘
 */
export class PacketDecoder {
  /** Reused: valid until the next `decode`. */
  readonly packet: Packet;
  readonly #bounds = new Bounds();

  constructor(addresses: AddressBook) {
    this.packet = new Packet(addresses);
  }

  /**
   * Fills `packet` from `record` and returns it. It never throws: `packet.stop` says what could not be decoded. The
   * caller sets `packet.number`. `linkType` is a LINKTYPE_ number.
   */
  decode(record: CaptureRecord, linkType: number): Packet {
    const packet = this.packet;
    const bounds = this.#bounds;
    begin(packet, record, linkType);
    bounds.begin(record.start, record.end, record.originalLength);
    let at = readLink(packet, bounds, linkType);
    while (at >= 0) {
      at = readNetwork(packet, bounds, at);
      if (at >= 0) at = readTransport(packet, bounds, at);
    }
    return packet;
  }
}

function begin(packet: Packet, record: CaptureRecord, linkType: number): void {
  packet.seconds = record.seconds;
  packet.nanoseconds = record.nanoseconds;
  packet.bytes = record.bytes;
  packet.start = record.start;
  packet.end = record.end;
  packet.originalLength = record.originalLength;
  packet.linkType = linkType;
  packet.interfaceIndex = record.interfaceIndex;
  const direction = record.flags & FLAGS_DIRECTION;
  packet.direction = direction === FLAGS_DIRECTION ? 0 : direction;
  packet.linkInterface = -1;
  packet.vlan = -1;
  packet.ethernetAt = -1;
  packet.sourceMacAt = -1;
  packet.destinationMacAt = -1;
  packet.depth = 0;
  packet.stop = undefined;
  clearNetwork(packet);
  clearTransport(packet);
}

/**
 * Clears fields that only some transports set. The outer header of a tunnel is UDP or has no ports, so once per record
 * is enough.
 */
function clearTransport(packet: Packet): void {
  packet.tcpSeq = 0;
  packet.tcpAck = 0;
  packet.tcpFlags = 0;
  packet.tcpWindow = 0;
  packet.tcpMss = -1;
  packet.tcpWindowScale = -1;
  packet.tcpSackPermitted = false;
  packet.tcpSignature = 0;
  packet.tcpHasTimestamps = false;
  packet.tcpTsValue = 0;
  packet.tcpTsEcho = 0;
  packet.tcpSackCount = 0;
  packet.tcpOptionsIncomplete = false;
  packet.icmpType = 0;
  packet.icmpCode = 0;
  packet.icmpSequence = 0;
  packet.icmpMtu = 0;
  packet.quotedAt = -1;
}
