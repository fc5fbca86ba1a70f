import { u8, u32 } from '../../decode/octets.ts';
import type { Packet } from '../../decode/packet.ts';

/** Payload octets that go into the hash. */
const HASHED_OCTETS = 64;
/** FNV-1a, 32 bits: offset basis and prime. */
export const BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

/**
 * Hash of the first 64 captured payload octets and the payload length; 0 when nothing was captured of the payload.
 * FNV-1a by words of four octets, each rotated in, which takes a quarter of the time of FNV-1a by octets.
 */
export function payloadHash(packet: Packet): number {
  const { bytes, payloadAt, payloadEnd } = packet;
  const captured = payloadEnd - payloadAt;
  if (captured <= 0 || packet.payloadLength === 0) return 0;
  const end = captured > HASHED_OCTETS ? payloadAt + HASHED_OCTETS : payloadEnd;
  let hash = Math.imul(BASIS ^ packet.payloadLength, PRIME);
  let at = payloadAt;
  for (; at + 4 <= end; at += 4) hash = mix(hash, u32(bytes, at));
  for (; at < end; at++) hash = mix(hash, u8(bytes, at));
  return avalanche(hash) || 1;
}

/** One word into a hash. The rotation carries high bits down, which the multiplication alone does not. */
export function mix(hash: number, word: number): number {
  const product = Math.imul(hash ^ word, PRIME);
  return (product << 13) | (product >>> 19);
}

/** Spreads every bit over all (the end of MurmurHash3, 32 bits); 0 to 2³²-1. */
export function avalanche(hash: number): number {
  let h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
