import { shellQuote } from '../../text/shell-quote.ts';
import type { Command, Explanation, Fix, Names } from '../rule/rule.ts';
import type { Cause } from '../rule/weigh.ts';
import { counterOf, counters, runs } from '../words/commands.ts';
import { counted } from '../words/counted.ts';
import { type Family, familyOf, fragments, oneWay } from '../words/display-filter.ts';

/** Capture filters for fragments (pcap-filter(7)). */
export const FRAGMENTS: Readonly<Record<Family, string>> = {
  4: 'ip[6:2] & 0x3fff != 0',
  6: 'ip6[6] == 44',
};

/** Seconds after which Linux gives up reassembly: IP_FRAG_TIME (net/ip.h) and IPV6_FRAG_TIMEOUT (net/ipv6.h). */
export const REASSEMBLY_SECONDS: Readonly<Record<Family, number>> = { 4: 30, 6: 60 };

/** Octets of a ping that needs three fragments over Ethernet. */
const FRAGMENTED_PING = 3000;

/** Commands that show that fragments do not arrive. */
export function fragmentCommands(source: string, destination: string, names: Names): Command[] {
  const family = familyOf(destination);
  return [
    runs(names.machine(source), `ping -c 3 -W 1 -M dont -s ${FRAGMENTED_PING} ${shellQuote(destination)}`, {
      expect: 'no answer, where a ping of ordinary size is answered',
      shows: { lacks: '[1-9]\\d* received' },
    }),
    counters(names.machine(destination), ['IpReasmTimeout', 'IpReasmFails'], family, {
      expect: `both rise, about ${REASSEMBLY_SECONDS[family]} s after each datagram`,
      shows: { rises: counterOf('IpReasmFails', family) },
    }),
  ];
}

/** @param where the place where pieces are lost: "before node1 eth0" */
export function fragmentFixes(source: string, destination: string, where: string, isDns: boolean, names: Names): Fix[] {
  return [
    ...(isDns ? ['Limit DNS answers to 1232 octets (EDNS buffer size; bufsize plugin of CoreDNS).'] : []),
    `Let fragments from ${names.address(source)} to ${names.address(destination)} pass ${where} (firewall, security group, cloud network).`,
    `Or send datagrams that need no fragmentation: lower the MTU of ${names.address(source)}, or the size that its application uses.`,
  ];
}

/** Where the capture holds one port only and no later fragments, or later fragments and nothing else. */
export const hiddenByFilter = (point: string, missing: 'rest' | 'first'): Cause =>
  missing === 'rest'
    ? {
        id: 'hidden-by-filter',
        cause: 'a capture filter on the port hides later fragments, which carry no ports',
        telling: [`${point} holds packets of one port only, no later fragment and no ARP`],
        for: [],
        against: [],
        fix: [`Capture again at ${point} without a port in the filter (host instead of port).`],
      }
    : {
        id: 'other-device',
        cause:
          'the first fragments come by another device (a LAG spreads packets by their ports), or a filter hides them',
        telling: [`${point} holds later fragments and nothing else`],
        for: [],
        against: [],
        fix: [`Capture at all devices of the LAG, or at the bond itself, and without a filter.`],
      };

/** Requests that leave in fragments get no answer, and those sent whole do. */
export function explainUnansweredFragments(
  source: string,
  destination: string,
  requests: number,
  wholeAnswered: number,
  names: Names,
): Explanation {
  return {
    message: `${counted(requests, 'request')} from ${names.address(source)} to ${names.address(destination)} leave in fragments and none is answered, while ${counted(wholeAnswered, 'request')} sent whole ${wholeAnswered === 1 ? 'is' : 'are'}`,
    why: 'The service answers what arrives. All fragments leave this point, so some are lost on the way, or those of the answers on the way back.',
    causes: [
      {
        id: 'fragments-filtered',
        cause: 'a firewall or cloud network drops fragments',
        for: ['later fragments carry no ports, so port rules do not match them', 'datagrams that need none pass'],
        against: [],
        fix: fragmentFixes(source, destination, 'on the way', false, names),
      },
      {
        id: 'request-too-large',
        cause: 'the service does not take requests of this size',
        for: [],
        against: [],
      },
    ],
    confirm: fragmentCommands(source, destination, names),
    fix: [],
    wireshark: `${oneWay(source, destination)} && ${fragments(familyOf(destination))}`,
  };
}
