import { u32le } from '../octets.ts';

/**
 * WireGuard message (Donenfeld: WireGuard, NDSS 2017, 5.4; Linux drivers/net/wireguard/messages.h): what is readable of
 * it. All fields are little-endian. The three octets behind the type are reserved and zero.
 *
 *  | type |  0   0   0  | sender index  | …                    1, initiation: 148 octets
 *  | type |  0   0   0  | sender index  | receiver index | …   2, response: 92 octets
 *  | type |  0   0   0  | receiver index | …                   3, cookie reply: 64 octets
 *  | type |  0   0   0  | receiver index | counter (8) | …     4, data: 16 octets, packet padded to 16, tag of 16
 */
export const INITIATION = 1;
export const RESPONSE = 2;
export const COOKIE_REPLY = 3;
export const DATA = 4;
/** Octets that are read of any message. */
export const LENGTH = 12;

/** Octets of the messages of fixed length, by type. */
const LENGTHS: readonly (number | undefined)[] = [undefined, 148, 92, 64];
/** Octets of a data message without a packet: a keep-alive. */
export const EMPTY_DATA = 32;
/** A packet is padded to a multiple of this. */
export const PADDING = 16;

/** Type of the message in a datagram of `length` octets; 0 when it is none of WireGuard. */
export function typeOf(bytes: Uint8Array, at: number, length: number): number {
  const type = u32le(bytes, at);
  if (type === DATA) return length >= EMPTY_DATA && length % PADDING === 0 ? DATA : 0;
  // An array is slow where an index is larger than any that it has, and other datagrams begin with any number.
  return type < LENGTHS.length && LENGTHS[type] === length ? type : 0;
}

/** Of an initiation or response. */
export const senderIndex = (bytes: Uint8Array, at: number): number => u32le(bytes, at + 4);
/** Of a cookie reply or data. */
export const receiverIndex = (bytes: Uint8Array, at: number): number => u32le(bytes, at + 4);
export const receiverIndexOfResponse = (bytes: Uint8Array, at: number): number => u32le(bytes, at + 8);
/** Low 32 bits. */
export const counter = (bytes: Uint8Array, at: number): number => u32le(bytes, at + 8);
