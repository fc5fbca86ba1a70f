import { u16, u32 } from '../../decode/octets.ts';
import { FRAGMENT_NONE, type Packet } from '../../decode/packet.ts';
import { mix, SEED } from '../tables/mix.ts';

const TCP = 6;

/** Fields that stay equal on every hop. */
export function identityHash(packet: Packet, point: number, encapsulation: number, payload: number): number {
  let hash = mix(mix(SEED, point), encapsulation);
  hash = mix(hash, packet.source | 0);
  hash = mix(hash, packet.destination | 0);
  hash = mix(hash, (packet.ipVersion << 24) | (packet.protocol << 16) | (packet.ipId & 0xffff));
  hash = mix(hash, (packet.sourcePort << 16) | packet.destinationPort);
  hash = mix(hash, packet.l3Length);
  hash = mix(hash, payload);
  if (packet.protocol === TCP) return tcpHash(packet, hash);
  if (packet.fragment !== FRAGMENT_NONE) hash = mix(hash, packet.fragmentOffset | (packet.ipId >>> 16));
  return mix(hash, (packet.icmpType << 24) | (packet.icmpCode << 16) | packet.icmpSequence);
}

function tcpHash(packet: Packet, before: number): number {
  let hash = mix(before, packet.tcpSeq);
  hash = mix(hash, packet.tcpAck);
  hash = mix(hash, (packet.tcpFlags << 16) | packet.tcpWindow);
  if (packet.tcpHasTimestamps) hash = mix(mix(hash, packet.tcpTsValue), packet.tcpTsEcho);
  for (let at = 0; at < packet.tcpSackCount * 2; at++) hash = mix(hash, packet.tcpSack[at] | 0);
  return packet.fragment === FRAGMENT_NONE ? hash : mix(hash, packet.fragmentOffset);
}

/** Fields, besides the inner TTL, that a hop changes: outermost link addresses, VLAN, direction, outer TTL. */
export function linkHash(packet: Packet): number {
  const { bytes, depth } = packet;
  let hash = mix(mix(SEED, packet.vlan), packet.direction);
  const ethernetAt = depth > 0 ? packet.tunnels[0].linkAt : packet.ethernetAt;
  if (ethernetAt >= 0) {
    hash = mix(hash, u32(bytes, ethernetAt));
    hash = mix(hash, u32(bytes, ethernetAt + 4));
    hash = mix(hash, u32(bytes, ethernetAt + 8));
  } else if (depth === 0 && packet.sourceMacAt >= 0) {
    hash = mix(hash, u32(bytes, packet.sourceMacAt));
    hash = mix(hash, u16(bytes, packet.sourceMacAt + 4));
  }
  return depth > 0 ? mix(hash, packet.tunnels[0].ttl) : hash;
}
