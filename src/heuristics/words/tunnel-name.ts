import type { TunnelFlow } from '../../flows/evidence/evidence.ts';

/**
 * "VXLAN (UDP 8472)", "IPIP (IP protocol 4)": the name, and the port or protocol that a firewall rule has to contain.
 */
export function tunnelName({ kind, destinationPort }: Pick<TunnelFlow, 'kind' | 'destinationPort'>): string {
  switch (kind) {
    case 'vxlan':
    case 'vxlan-gpe':
      return `VXLAN (UDP ${destinationPort})`;
    case 'geneve':
      return `Geneve (UDP ${destinationPort})`;
    case 'gre':
      return 'GRE (IP protocol 47)';
    case 'ipip':
    case '4in6':
      return 'IPIP (IP protocol 4)';
    case '6in4':
    case '6in6':
      return 'IPv6-in-IP (IP protocol 41)';
  }
}
