import type { Evidence, Leg, TunnelFlow } from '../../flows/evidence/evidence.ts';
import { tunnelName } from '../words/tunnel-name.ts';

/**
 * Octets that a tunnel puts in front of an inner IP packet, without the outer IP header: UDP 8, VXLAN or Geneve without
 * options 8, inner Ethernet 14 (RFC 7348, 5; RFC 8926, 3.4); GRE 4 without key (RFC 2784).
 */
const HEADERS: Record<TunnelFlow['kind'], number> = {
  vxlan: 30,
  'vxlan-gpe': 30,
  geneve: 30,
  gre: 4,
  ipip: 0,
  '4in6': 0,
  '6in4': 0,
  '6in6': 0,
};
const IPV4_HEADER = 20;
const IPV6_HEADER = 40;

/**
 * Overhead of encapsulation: the names of the tunnels, outermost first, and the octets that they add to an inner IP
 * packet.
 */
export interface Overhead {
  depth: number;
  name: string;
  octets: number;
}

/** Overhead of the leg with the deepest encapsulation; null when no leg is encapsulated. */
export function overheadOf(evidence: Evidence, legs: readonly Leg[]): Overhead | null {
  const deepest = legs.reduce<Leg | null>(
    (most, leg) => (leg.encapsulation.length > (most?.encapsulation.length ?? 0) ? leg : most),
    null,
  );
  if (deepest === null) return null;
  const layers = deepest.encapsulation.map((kind, depth) => {
    const flow = evidence.tunnels.find(
      (tunnel) => tunnel.point === deepest.point && tunnel.kind === kind && tunnel.depth === depth,
    );
    const version6 = kind === '4in6' || kind === '6in6' || (flow?.source.includes(':') ?? false);
    return {
      name: tunnelName({ kind, destinationPort: flow?.destinationPort ?? 0 }).replace(/ \(.*/, ''),
      octets: HEADERS[kind] + (version6 ? IPV6_HEADER : IPV4_HEADER),
    };
  });
  return {
    depth: layers.length,
    name: layers
      .map(({ name }) => name)
      .reverse()
      .join(' inside '),
    octets: layers.reduce((sum, { octets }) => sum + octets, 0),
  };
}

/** Octets that one tunnel adds to an inner IP packet. */
export const octetsOf = ({ kind, source }: Pick<TunnelFlow, 'kind' | 'source'>): number =>
  HEADERS[kind] + (source.includes(':') ? IPV6_HEADER : IPV4_HEADER);
