import type { AddressBook } from './address-book.ts';
import { beginPacket } from './begin-packet.ts';
import { Bounds } from './bounds.ts';
import { decodeOrdinary, NOT_ORDINARY, WITHOUT_OPTIONS } from './decode-ordinary.ts';
import type { CaptureRecord } from './files/capture-record.ts';
import { LINKTYPE_ETHERNET } from './link-types.ts';
import { Packet } from './packet.ts';
import { readLink } from './read-link.ts';
import { readNetwork } from './read-network.ts';
import { readTransport } from './read-transport.ts';

/**
 * Decodes records down to the innermost transport header, all into one `Packet`.
 *
 *   ordinary? ─yes─→ all in one go ───────→ done
 *      no └─→ link → network → transport ─→ done
 *                      ▲           │
 *                      └─ tunnel ──┘
 */
export class PacketDecoder {
  /** Reused: valid until the next `decode`. */
  readonly packet: Packet;
  readonly #bounds = new Bounds();
  readonly #ordinaryApart: boolean;
  /** How the latest packet was decoded. */
  #ordinary = NOT_ORDINARY;

  /**
   * @param ordinaryApart false decodes ordinary records like any other. A test uses it to check that this makes no
   *   difference.
   */
  constructor(addresses: AddressBook, ordinaryApart = true) {
    this.#ordinaryApart = ordinaryApart;
    this.packet = new Packet(addresses);
  }

  /**
   * Fills `packet` from `record` and returns it. It never throws: `packet.stop` says what could not be decoded. The
   * caller sets `packet.number`. `linkType` is a LINKTYPE_ number.
   */
  decode(record: CaptureRecord, linkType: number): Packet {
    const packet = this.packet;
    const mayBe = linkType === LINKTYPE_ETHERNET && this.#ordinaryApart;
    this.#ordinary = mayBe ? decodeOrdinary(packet, record, this.#ordinary === WITHOUT_OPTIONS) : NOT_ORDINARY;
    if (this.#ordinary !== NOT_ORDINARY) return packet;
    const bounds = this.#bounds;
    beginPacket(packet, record, linkType);
    bounds.begin(record.start, record.end, record.originalLength);
    let at = readLink(packet, bounds, linkType);
    while (at >= 0) {
      at = readNetwork(packet, bounds, at);
      if (at >= 0) at = readTransport(packet, bounds, at);
    }
    return packet;
  }
}
