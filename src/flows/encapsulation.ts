import { type Packet, TUNNEL_KINDS, type TunnelKind } from '../decode/packet.ts';

/**
 * The kinds of tunnels around a packet as one number: four bits for each tunnel, the outermost in the lowest bits; 0
 * for none.
 *
 * Addresses and network identifiers are left out. They may differ between the two directions of one connection
 * (masqueraded outer sources; identities of Cilium that travel as VNI).
 */
export function encapsulationOf(packet: Packet): number {
  let code = 0;
  for (let at = 0; at < packet.depth; at++) code |= (packet.tunnels[at].kind + 1) << (4 * at);
  return code;
}

/** The kinds that `code` encodes, outermost first. */
export function tunnelKindsOf(code: number): TunnelKind[] {
  const kinds: TunnelKind[] = [];
  for (let rest = code; rest !== 0; rest >>>= 4) kinds.push(TUNNEL_KINDS[(rest & 15) - 1]);
  return kinds;
}

/** The code of these kinds. */
export const encapsulationCode = (kinds: readonly TunnelKind[]): number =>
  kinds.reduce((code, kind, at) => code | ((TUNNEL_KINDS.indexOf(kind) + 1) << (4 * at)), 0);
