/** Octets of IP and ICMP echo headers (RFC 792, RFC 8200 and 4443). */
const ECHO_HEADERS = { 4: 20 + 8, 6: 40 + 8 } as const;

/** The size to pass to `ping -s` for packets of an IP length. */
export const pingOctets = (l3Length: number, destination: string): number =>
  l3Length - ECHO_HEADERS[destination.includes(':') ? 6 : 4];
