/** Parts of Wireshark display filters, each for the address family that it is about. */

import { ipv6Number } from '../../text/addresses.ts';

/** Version of the Internet Protocol. */
export type Family = 4 | 6;

export const familyOf = (address: string): Family => (ipv6Number(address) === undefined ? 4 : 6);

/** Octets of IPv6's fixed header. The IPv6 payload length does not include them (RFC 8200, 3). */
const IPV6_HEADER = 40;

const field = (name: 'addr' | 'src' | 'dst', address: string): string =>
  `${familyOf(address) === 6 ? 'ipv6' : 'ip'}.${name}==${address}`;

/** Packets from or to an address. */
export const withAddress = (address: string): string => field('addr', address);
export const fromAddress = (address: string): string => field('src', address);
export const toAddress = (address: string): string => field('dst', address);
/** Packets between two addresses, both ways. */
export const between = (a: string, b: string): string => `${withAddress(a)} && ${withAddress(b)}`;
/** What a client sends to one address, and what comes back to it, which may be from another one. */
export const bothWays = (client: string, asked: string, answersFrom: string): string =>
  answersFrom === asked
    ? between(client, asked)
    : `${withAddress(client)} && (${withAddress(asked)} || ${withAddress(answersFrom)})`;
/** Packets from one address to another. */
export const oneWay = (from: string, to: string): string => `${fromAddress(from)} && ${toAddress(to)}`;

/** A test of the TTL or hop limit, as in `hopLimit(4, '<=30')`. */
export const hopLimit = (family: Family, test: string): string => `${family === 6 ? 'ipv6.hlim' : 'ip.ttl'}${test}`;

/** IP packets of this many octets or more, headers included. */
export const lengthFrom = (family: Family, octets: number): string =>
  family === 6 ? `ipv6.plen>=${Math.max(0, octets - IPV6_HEADER)}` : `ip.len>=${octets}`;

export const fragments = (family: Family): string =>
  family === 6 ? 'ipv6.fraghdr' : '(ip.flags.mf==1 || ip.frag_offset>0)';

/** ICMP "port unreachable" (RFC 792; RFC 4443, 3.1). */
export const portUnreachable = (family: Family): string =>
  family === 6 ? 'icmpv6.type==1 && icmpv6.code==4' : 'icmp.type==3 && icmp.code==3';

/** ICMP "protocol unreachable" and, in IPv6, "unrecognized next header". */
export const protocolUnreachable = (family: Family): string =>
  family === 6 ? 'icmpv6.type==4 && icmpv6.code==1' : 'icmp.type==3 && icmp.code==2';

/** ICMP destination unreachable, whatever the code. */
export const unreachable = (family: Family): string => (family === 6 ? 'icmpv6.type==1' : 'icmp.type==3');

/** ICMP errors that a rule sends: administratively prohibited (RFC 1812, 5.2.7.1; RFC 4443, 3.1). */
export const prohibited = (family: Family): string =>
  family === 6
    ? 'icmpv6.type==1 && (icmpv6.code==1 || icmpv6.code==5 || icmpv6.code==6)'
    : 'icmp.type==3 && (icmp.code==9 || icmp.code==10 || icmp.code==13)';

export const timeExceeded = (family: Family): string => (family === 6 ? 'icmpv6.type==3' : 'icmp.type==11');

export const echoOf = (address: string): string =>
  `${familyOf(address) === 6 ? 'icmpv6' : 'icmp'} && ${withAddress(address)}`;

/** Questions "who has the address": ARP, or neighbour discovery. */
export const asksFor = (address: string): string =>
  familyOf(address) === 6 ? `icmpv6.nd.ns.target_address==${address}` : `arp && arp.dst.proto_ipv4==${address}`;

/** Claims of an address: ARP, or neighbour discovery. */
export const claimsOf = (address: string): string =>
  familyOf(address) === 6 ? `icmpv6.nd.na.target_address==${address}` : `arp.src.proto_ipv4==${address}`;
