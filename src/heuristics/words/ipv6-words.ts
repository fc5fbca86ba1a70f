import { ipv6Number } from '../../text/addresses.ts';
import type { Explanation, Occurrence } from '../rule/rule.ts';

/** Octets of IPv6's fixed header. The IPv6 payload length does not include them (RFC 8200, 3). */
const IPV6_HEADER = 40;

/** Fields and tests of a display filter for IPv4, each with its IPv6 replacement. */
const FILTER_WORDS: readonly [RegExp, string | ((...groups: string[]) => string)][] = [
  [/\bip\.ttl\b/g, 'ipv6.hlim'],
  [/\bip\.len>=(\d+)/g, (_, octets) => `ipv6.plen>=${Math.max(0, Number(octets) - IPV6_HEADER)}`],
  [/\(ip\.flags\.mf==1 \|\| ip\.frag_offset>0\)/g, 'ipv6.fraghdr'],
  [/\bicmp\.type==3 && icmp\.code==3\b/g, 'icmpv6.type==1 && icmpv6.code==4'],
  [
    /\bicmp\.type==3 && \(icmp\.code==9 \|\| icmp\.code==10 \|\| icmp\.code==13\)/g,
    'icmpv6.type==1 && (icmpv6.code==1 || icmpv6.code==5 || icmpv6.code==6)',
  ],
  [/\bicmp\.type==11\b/g, 'icmpv6.type==3'],
  [/\bicmp &&/g, 'icmpv6 &&'],
  [/\barp && arp\.dst\.proto_ipv4==/g, 'icmpv6.nd.ns.target_address=='],
  [/\barp\.src\.proto_ipv4==/g, 'icmpv6.nd.na.target_address=='],
];

/** Words of commands for IPv4, each with its IPv6 replacement. Sysctls of TCP are under net.ipv4 for both. */
const COMMAND_WORDS: readonly [RegExp, string][] = [
  [/\biptables\b/g, 'ip6tables'],
  [/\bip route(?= *(?:$|[;|]))/g, 'ip -6 route'],
  [/\bip rule\b/g, 'ip -6 rule'],
  [/\bip -4\b/g, 'ip -6'],
  [/\bicmp\[0\]==3 and icmp\[1\]==4/g, 'icmp6 and ip6[40]==2'],
  [/\bIpReasm/g, 'Ip6Reasm'],
  [/\bUdpInCsumErrors\b/g, 'Udp6InCsumErrors'],
  [/\bconntrack -L\b/g, 'conntrack -L -f ipv6'],
  [/\barping -c \d+ (\S+)/g, 'ndisc6 -m $1 <interface>'],
];

/** Rules write commands and filters for IPv4. This rewrites them for an occurrence that is about IPv6 addresses. */
export function inIpv6Words(explanation: Explanation, { subject }: Occurrence): Explanation {
  if (!namesIpv6(`${subject.client} ${subject.server} ${explanation.wireshark}`)) return explanation;
  return {
    ...explanation,
    confirm: explanation.confirm.map((one) => ({ ...one, command: commandOf(one.command) })),
    fix: explanation.fix.map(commandOf),
    wireshark: filterOf(explanation.wireshark),
  };
}

/** True when the text holds an IPv6 address, with or without brackets and port. */
const namesIpv6 = (text: string): boolean => text.split(/[^0-9a-f:]+/i).some((word) => ipv6Number(word) !== undefined);

const commandOf = (command: string): string =>
  COMMAND_WORDS.reduce((text, [word, inIpv6]) => text.replace(word, inIpv6), command);

function filterOf(filter: string): string {
  const ofAddresses = filter.replace(/\bip\.(addr|src|dst)==([0-9a-f:]+)/gi, (test: string, field, address) =>
    ipv6Number(address) === undefined ? test : `ipv6.${field}==${address}`,
  );
  // For a tunnel over IPv4 the filter names outer addresses, so its other fields are those of the outer header too.
  if (/\bip\.(?:addr|src|dst)==/.test(ofAddresses)) return ofAddresses;
  return FILTER_WORDS.reduce((text, [word, inIpv6]) => text.replace(word, inIpv6 as string), ofAddresses);
}
