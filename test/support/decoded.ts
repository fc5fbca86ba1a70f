import { AddressBook } from '../../src/decode/address-book.ts';
import { PacketDecoder } from '../../src/decode/decode-packet.ts';
import type { Packet } from '../../src/decode/packet.ts';
import { recordOf } from './capture-bytes.ts';
import type { Payload } from './frames.ts';

/** The packet of one frame, by a decoder of its own. The frame begins at offset 3 of its buffer: `FRAME_AT`. */
export const decoded = (
  frame: Payload,
  options: { linkType?: number; snaplen?: number; originalLength?: number } = {},
): Packet => new PacketDecoder(new AddressBook()).decode(recordOf(frame, options), options.linkType ?? 1);

export const FRAME_AT = 3;

/** Addresses as text. */
export const sourceOf = (packet: Packet): string => packet.addresses.format(packet.source);
export const destinationOf = (packet: Packet): string => packet.addresses.format(packet.destination);
