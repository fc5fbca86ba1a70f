import { type Packet, TUNNEL_KINDS, type TunnelKind } from '../decode/packet.ts';

/**
 * The kinds of tunnels around a packet as one number: four bits a tunnel, the outermost lowest; 0 for none.
 *
 * Addresses and network identifiers are left out: the two directions of a connection differ in them (masqueraded
 * outer sources; identities of Cilium that travel as VNI), and it stays one connection.
 */
export function encapsulationOf(packet: Packet): number {
  let code = 0;
  for (let at = 0; at < packet.depth; at++) code |= (packet.tunnels[at].kind + 1) << (4 * at);
  return code;
}

/** The kinds that `code` stands for, outermost first. */
export function tunnelKindsOf(code: number): TunnelKind[] {
  const kinds: TunnelKind[] = [];
  for (let rest = code; rest !== 0; rest >>>= 4) kinds.push(TUNNEL_KINDS[(rest & 15) - 1]);
  return kinds;
}

/** The number that stands for these kinds. */
export const encapsulationCode = (kinds: readonly TunnelKind[]): number =>
  kinds.reduce((code, kind, at) => code | ((TUNNEL_KINDS.indexOf(kind) + 1) << (4 * at)), 0);
